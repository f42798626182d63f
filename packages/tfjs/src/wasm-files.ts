// Where a browser finds the .wasm files of tfjs. Bundlers (vite, webpack) recognise `new URL(..., import.meta.url)`, copy the file
// and put its final address here. Without a bundler these addresses lead nowhere: then wasmPaths names them.

/** Addresses by the file names that tfjs asks for; undefined where the package was not there to be bundled. */
export function wasmFiles(): Record<string, string> | undefined {
  // Within `try`, webpack does not fail on a package that is not installed.
  try {
    const addresses = {
      'tfjs-backend-wasm.wasm': new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url),
      'tfjs-backend-wasm-simd.wasm': new URL(
        '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
        import.meta.url,
      ),
      'tfjs-backend-wasm-threaded-simd.wasm': new URL(
        '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
        import.meta.url,
      ),
    };
    return Object.fromEntries(Object.entries(addresses).map(([file, { href }]) => [file, href]));
  } catch {
    return undefined;
  }
}
