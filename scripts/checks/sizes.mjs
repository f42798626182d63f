// How large the entry points of the browser-safe packages are when a bundler is done with them, and whether anything of
// Node's gets into such a bundle. Works on the packed and unpacked packages, not on the sources.
import { isBuiltin } from 'node:module';
import { build } from 'esbuild';
import { BOUNDARIES } from '../lint/boundaries.mjs';
import { entryPoints } from './public-packages.mjs';

/**
 * Largest size of each entry point in kB, minified and not compressed: with all of its dependencies, but without backends
 * and runtimes (which are peers, and counted by themselves), and without what is only imported on demand. Every entry
 * that runs in browsers has a row; see docs/decisions/0046-publishing.md.
 * @type {Readonly<Record<string, number>>}
 */
const LIMITS = {
  '@difsr/errors': 10,
  '@difsr/graph': 66, // of it structured errors and checked options 6
  '@difsr/graph/backend-parts': 20,
  '@difsr/graph/conformance': 92, // of it parts of masks, and how optimizers pack parameters, 1
  '@difsr/nn': 40,
  '@difsr/attention': 60,
  '@difsr/attention/tfjs': 60,
  '@difsr/attention/tfjs-layers': 60,
  '@difsr/attention/onnxruntime': 60,
  '@difsr/models': 260,
  '@difsr/metrics': 16,
  '@difsr/data': 60,
  '@difsr/data/internal': 60,
  '@difsr/tfjs': 70,
  '@difsr/tfjs/register-kernels': 30,
  '@difsr/onnx': 180,
  '@difsr/onnx/lower': 180,
  '@difsr/onnxruntime': 180,
  '@difsr/onnxruntime/web': 180,
};

/** Backends and runtimes: peers, which the user installs. */
const PEERS = ['@difsr/tfjs', '@difsr/onnx', '@difsr/onnxruntime', '@tensorflow/*', 'onnxruntime-*'];
/** Never in a browser; imported on demand where somebody asks for them. */
const NODE_RUNTIMES = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'onnxruntime-node'];

/** Entry points that register something when they are imported, for their effect alone if need be. */
const REGISTERING = ['@difsr/attention/tfjs-layers', '@difsr/tfjs/register-kernels'];

/**
 * @typedef {import('./public-packages.mjs').Package} Package
 * @typedef {{ entry: string, all: number, own: number, onDemand: number }} Size in kB; own: of `all`, the package's own code
 */

/**
 * The entry points that must run in browsers, by the table of import boundaries.
 *
 * @param {readonly Package[]} packages
 * @returns {string[]}
 */
export const browserEntries = (packages) =>
  packages.flatMap(({ path, manifest }) =>
    entryPoints(manifest).filter((entry) => {
      const subpath = `${path}/src${entry.slice(manifest.name.length)}/`;
      return (BOUNDARIES[subpath] ?? BOUNDARIES[`${path}/`])?.node === false;
    }),
  );

/**
 * Bundles an entry point for browsers.
 *
 * @param {string} entry
 * @param {string} folder With a `node_modules` that holds the packages.
 * @param {readonly string[]} external
 * @param {string} [contents] The page's code.
 */
const bundle = (entry, folder, external, contents = `export * from '${entry}';`) =>
  build({
    stdin: { contents, resolveDir: folder, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    splitting: true, // what is imported on demand becomes a file of its own
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: [...external],
    absWorkingDir: folder,
    outdir: 'bundle',
    loader: { '.wasm': 'file' },
    write: false,
    metafile: true,
    logLevel: 'silent',
  });

/** @param {readonly import('esbuild').Message[]} messages */
const told = (messages) => messages.map(({ text, location }) => `${text} (${location?.file ?? '?'}:${location?.line})`);

/**
 * Measures one entry point without peers.
 *
 * @param {string} entry
 * @param {string} folder
 * @returns {Promise<Size>}
 */
export async function sizeOf(entry, folder) {
  const name = entry.split('/').slice(0, 2).join('/');
  const peers = PEERS.filter((peer) => peer !== name);
  const { outputs } = (await bundle(entry, folder, peers)).metafile;
  const root = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === 'entry.js') ?? '';
  const loaded = new Set([root]);
  for (const path of loaded) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && outputs[next] !== undefined) loaded.add(next);
    }
  }
  let [all, own, onDemand] = [0, 0, 0];
  for (const [path, { bytes, inputs }] of Object.entries(outputs)) {
    if (!loaded.has(path)) onDemand += bytes;
    else {
      all += bytes;
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        if (input.includes(`node_modules/${name}/`)) own += bytesInOutput;
      }
    }
  }
  return { entry, all: all / 1000, own: own / 1000, onDemand: onDemand / 1000 };
}

/**
 * Whatever of Node's modules gets into a browser bundle of an entry point with everything that it imports, peers included.
 *
 * @param {string} entry
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export async function nodeModulesIn(entry, folder) {
  try {
    const { metafile, warnings } = await bundle(entry, folder, NODE_RUNTIMES);
    const found = Object.values(metafile.inputs)
      .flatMap(({ imports }) => imports)
      .filter(({ path, external }) => external === true && isBuiltin(path))
      .map(({ path }) => `imports ${path}`);
    return [...found, ...told(warnings).filter((text) => text.includes('Could not resolve'))];
  } catch (error) {
    // esbuild refuses a built-in module itself.
    if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) return told(error.errors);
    throw error;
  }
}

/**
 * Everything that is wrong with the entry points for browsers; prints their sizes.
 *
 * @param {readonly Package[]} packages
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export async function bundleProblems(packages, folder) {
  const problems = [];
  const entries = browserEntries(packages);
  for (const entry of entries) {
    const builtins = await nodeModulesIn(entry, folder);
    problems.push(...builtins.map((what) => `${entry} cannot run in a browser: ${what}`));
    if (builtins.length > 0) continue; // it may not even build
    const { all, own, onDemand } = await sizeOf(entry, folder);
    console.log(
      `${entry.padEnd(30)} ${all.toFixed(1).padStart(6)} kB minified, ${own.toFixed(1).padStart(5)} its own` +
        (onDemand > 0 ? `, ${onDemand.toFixed(1)} on demand` : ''),
    );
    if (REGISTERING.includes(entry)) {
      const { outputFiles } = await bundle(entry, folder, ['@tensorflow/*'], `import '${entry}';`);
      if (!outputFiles.some(({ text }) => /register(Class|Kernel)/.test(text))) {
        problems.push(
          `${entry} registers nothing when it is imported for its effect: see "sideEffects" of its package.json`,
        );
      }
    }
    const limit = LIMITS[entry];
    if (limit === undefined) problems.push(`${entry} has no size limit: add one to LIMITS in scripts/checks/sizes.mjs`);
    else if (all >= limit) {
      problems.push(
        `${entry} is ${all.toFixed(1)} kB minified, less than ${limit} kB allowed (scripts/checks/sizes.mjs)`,
      );
    }
  }
  const unknown = Object.keys(LIMITS).filter((entry) => !entries.includes(entry));
  return [
    ...problems,
    ...unknown.map((entry) => `${entry} in LIMITS of scripts/checks/sizes.mjs is no entry for browsers`),
  ];
}
