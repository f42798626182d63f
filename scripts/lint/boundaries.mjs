// Who may import whom. One row per workspace folder; the lint rule `difsr/import-boundary` reads this table.
// A row names what the folder's sources may import; tests may import more (see `testsMayImport`).

/**
 * @typedef {object} Boundary
 * @property {readonly string[]} ours Our own packages that may be imported.
 * @property {boolean} node Whether Node's built-in modules may be imported; without it the package runs in browsers.
 * @property {readonly string[]} [native] Runtimes (onnxruntime-node, tfjs) that may be imported.
 */

/** Runtimes that only a backend may import: installing one must never pull another. */
export const NATIVE = ['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-common', '@tensorflow/'];

const ERRORS = '@difsr/errors';
/** The entry of a package for browsers that is for Node.js alone. */
const NODE_ENTRY = '@difsr/errors/packages';
const FILES = '@difsr/files';
const GRAPH = '@difsr/graph';
const NN = '@difsr/nn';
const ATTENTION = '@difsr/attention';
const MODELS = '@difsr/models';
const DATA = '@difsr/data';
const PREPARE = '@difsr/prepare';
const METRICS = '@difsr/metrics';
const ONNX = '@difsr/onnx';
const ONNXRUNTIME = '@difsr/onnxruntime';
const TFJS = '@difsr/tfjs';
const TRAINING = '@difsr/training';
const LIBRARY = '@difsr/library';
const SERVER = '@difsr/server';

const TFJS_DEVICES = [
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgl',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
];
const TFJS_CORE = '@tensorflow/tfjs-core';
const TFJS_LAYERS = '@tensorflow/tfjs-layers';

/** What lies below the library. */
const LOWER = [ERRORS, FILES, GRAPH, NN, ATTENTION, MODELS, DATA, PREPARE, METRICS, ONNX, ONNXRUNTIME, TFJS, TRAINING];

/** Longest prefix of a file's path wins, so that a subpath may have a row of its own.
 * @type {Readonly<Record<string, Boundary>>} */
export const BOUNDARIES = {
  'packages/errors/': { ours: [], node: false },
  'packages/errors/src/commands/': { ours: [], node: true },
  'packages/errors/src/packages/': { ours: [], node: true },
  'packages/files/': { ours: [ERRORS], node: true },
  'packages/graph/': { ours: [ERRORS], node: false },
  'packages/nn/': { ours: [ERRORS, GRAPH], node: false },
  'packages/attention/': { ours: [ERRORS, GRAPH, NN], node: false },
  // createDifAttention imports the backend that the config names, when it is called.
  'packages/attention/src/kernel/': { ours: [ERRORS, GRAPH, NN, ONNXRUNTIME, TFJS], node: false },
  'packages/attention/src/onnxruntime/': { ours: [ERRORS, GRAPH, NN, ONNX], node: false },
  'packages/attention/src/tfjs/': { ours: [ERRORS, GRAPH, NN, TFJS], node: false, native: [TFJS_CORE] },
  'packages/attention/src/tfjs-layers/': {
    ours: [ERRORS, GRAPH, NN, TFJS],
    node: false,
    native: [TFJS_CORE, TFJS_LAYERS],
  },
  'packages/attention/scripts/': { ours: [ATTENTION], node: true },
  'packages/models/': { ours: [ERRORS, GRAPH, NN, ATTENTION], node: false },
  'packages/metrics/': { ours: [ERRORS], node: false },
  'packages/data/': { ours: [ERRORS], node: false },
  'packages/prepare/': { ours: [ERRORS, FILES, DATA], node: true },
  'packages/onnx/': { ours: [ERRORS, GRAPH], node: false },
  'packages/onnx/scripts/': { ours: [], node: true },
  'packages/onnxruntime/': { ours: [ERRORS, GRAPH, ONNX], node: false },
  'packages/onnxruntime/src/node/': { ours: [ERRORS, GRAPH, ONNX], node: true, native: ['onnxruntime-node'] },
  'packages/onnxruntime/src/web/': {
    ours: [ERRORS, GRAPH, ONNX],
    node: false,
    native: ['onnxruntime-web/wasm', 'onnxruntime-web/webgpu'],
  },
  'packages/tfjs/': { ours: [ERRORS, GRAPH], node: false, native: [TFJS_CORE, ...TFJS_DEVICES] },
  'packages/training/': { ours: [ERRORS, FILES, GRAPH, NN, ATTENTION, MODELS, DATA, METRICS], node: true },
  'packages/library/': { ours: LOWER, node: true },
  'apps/': { ours: [...LOWER, LIBRARY], node: true },
  // Loads the server where it is installed.
  'apps/trainer/': { ours: [...LOWER, LIBRARY, SERVER], node: true },
  'fixtures/': { ours: LOWER, node: true },
  // Drives a browser from Node; what it puts into the page is in src/page.
  'browser/src/': { ours: [ERRORS, GRAPH, NN, ATTENTION, MODELS, ONNXRUNTIME, TFJS], node: true },
  'browser/src/page/': {
    ours: [ERRORS, GRAPH, NN, ATTENTION, MODELS, ONNXRUNTIME, TFJS],
    node: false,
    native: ['onnxruntime-web', TFJS_CORE, ...TFJS_DEVICES],
  },
  'apps/benchmark/': {
    ours: [...LOWER, LIBRARY],
    node: true,
    native: ['onnxruntime-node', TFJS_CORE, ...TFJS_DEVICES], // it measures what a user would write with them
  },
};

/**
 * Says why a file may not import a module, or undefined when it may.
 *
 * @param {string} file Path from the repository's root, with forward slashes.
 * @param {string} specifier What is imported, as written.
 * @returns {string | undefined} The reason with the cure.
 * @example
 * violation('packages/nn/src/linear.ts', '@difsr/models'); // '"@difsr/models" is above packages/nn ...'
 */
export function violation(file, specifier) {
  const folder = Object.keys(BOUNDARIES)
    .filter((prefix) => file.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];
  const row = folder === undefined ? undefined : BOUNDARIES[folder];
  if (folder === undefined || row === undefined) return undefined;
  if (specifier.startsWith('.')) return escapes(file, specifier);
  // A test may compare with any package and use Node; its package must still declare what it uses (checked by knip).
  if (/\.test(\.support)?\.ts$/.test(file)) return undefined;
  if (specifier.startsWith('node:')) {
    return row.node
      ? undefined
      : `"${specifier}": ${folder} also runs in browsers, so it may not import Node's modules. Take the value as an argument, or do this in packages/training, packages/prepare or an app.`;
  }
  if (NATIVE.some((name) => specifier === name || specifier.startsWith(name.endsWith('/') ? name : `${name}/`))) {
    return row.native?.includes(specifier)
      ? undefined
      : `"${specifier}" is a runtime: only its own backend package may import it. Use the Backend interface of @difsr/graph.`;
  }
  if (specifier === NODE_ENTRY && !row.node)
    return `"${specifier}" needs Node.js, and ${folder} also runs in browsers: use isMissingPackage and MissingPackageError of @difsr/errors.`;
  if (!specifier.startsWith('@difsr/') && specifier !== 'difsr') return undefined;
  const imported = specifier.split('/').slice(0, 2).join('/');
  if (row.ours.includes(imported)) return undefined;
  const allowed = row.ours.length === 0 ? 'none of our packages' : row.ours.join(', ');
  return `"${specifier}" may not be imported from ${folder} (allowed: ${allowed}). Imports run one way: apps -> library -> training -> models -> attention -> nn -> graph -> errors; move the shared part down or pass it in.`;
}

/**
 * A relative import must stay inside its own package, where its package.json and tsconfig see it.
 *
 * @param {string} file
 * @param {string} specifier
 * @returns {string | undefined}
 */
function escapes(file, specifier) {
  const parts = file.split('/');
  const depth = parts.length - 1 - (parts[0] === 'packages' || parts[0] === 'apps' ? 2 : 1);
  const ups = specifier.split('/').filter((part) => part === '..').length;
  return ups > depth ? `"${specifier}" leaves its package: import the other package by its name.` : undefined;
}
