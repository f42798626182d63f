// Where a browser finds the .wasm files of tfjs. Vite copies a file that is named as in `new URL('file', import.meta.url)` and puts
// its final address there. Webpack does so too, but fails where the package is not installed, and is told to leave it. Elsewhere
// these addresses lead nowhere, and wasmPaths names better ones.
//
// The expression above must stay as it is written: vite looks into modules that hold such a text, and with webpack's comments
// in between those below are none. (The tests of the workspace's `browser` folder fail without it.)

/** Addresses by the file names that tfjs asks for. */
export function wasmFiles(): Record<string, string> {
  const addresses = {
    'tfjs-backend-wasm.wasm': new URL(
      /* webpackIgnore: true */ '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
      import.meta.url,
    ),
    'tfjs-backend-wasm-simd.wasm': new URL(
      /* webpackIgnore: true */ '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
      import.meta.url,
    ),
    'tfjs-backend-wasm-threaded-simd.wasm': new URL(
      /* webpackIgnore: true */ '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
      import.meta.url,
    ),
  };
  return Object.fromEntries(Object.entries(addresses).map(([file, { href }]) => [file, href]));
}
