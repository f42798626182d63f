// How near a training epoch comes to its floor: the arithmetic of all its matrix products, counted on the graph that runs,
// over the rate of a large product measured in the same process, before and after.
//
//   node scripts/benchmark-epoch.mjs --data ../shared/data/s3rec/Beauty [--preset small|paper] [--epochs 3] [--threads 2]
//
// Run it on an idle machine, after a build.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sequenceStore } from '../packages/data/dist/index.js';
import { openDataset } from '../packages/prepare/dist/index.js';
import { at, bindShape, createGraph, input, matmul, reduceSum, trainingStep } from '../packages/graph/dist/index.js';
import { findModel, instantiate, trainingTask } from '../packages/models/dist/index.js';
import { createWorkerBackend } from '../packages/onnxruntime/dist/index.js';
import { planStoredEpoch, runConfigSchema, sideReader, sideSchema, train } from '../packages/training/dist/index.js';
import { presetsOf } from '../packages/library/dist/parts.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'generated' },
    preset: { type: 'string', default: 'small' },
    model: { type: 'string', default: 'dif-sr' },
    epochs: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const found = findModel(values.model);
if (found === undefined) throw new Error(`no model "${values.model}"`);
const own = presetsOf(found).get(values.preset);
if (own === undefined) throw new Error(`no preset "${values.preset}": ${[...presetsOf(found).keys()].join(', ')}`);
const threads = Number(values.threads);
const config = runConfigSchema.parse({
  data: { path: values.data },
  model: { ...own.model, name: values.model },
  training: { ...own.training, epochs: Number(values.epochs), earlyStopping: { patience: 0 } },
  threads,
});
const { dataset } = await openDataset(values.data, { streaming: 'off' });
if ('store' in dataset) throw new TypeError('streaming is off, and sequences were left on disk');

const SIZE = 1024;
const CHAIN = 8;

/**
 * GFLOP/s of a chain of 1024^3 products: median of some runs.
 * @param {import('../packages/graph/dist/index.js').Backend} backend
 */
async function matmulRate(backend) {
  const a = input('a', [SIZE, SIZE]);
  let y = a;
  for (let i = 0; i < CHAIN; i++) y = matmul(y, a);
  const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7919) % 101) / (101 * SIZE));
  const variables = await backend.createVariables({ a: { dtype: 'float32', shape: [SIZE, SIZE], data } });
  const program = await backend.compile(createGraph({ y: reduceSum(y) }), { variables });
  const times = [];
  for (let i = 0; i < 12; i++) {
    const started = performance.now();
    await program.run({});
    if (i >= 3) times.push(performance.now() - started);
  }
  await program.dispose();
  await variables.dispose();
  times.sort((x, z) => x - z);
  return (2 * SIZE ** 3 * CHAIN) / (at(times, times.length >> 1) * 1e6);
}

/**
 * Multiply-adds of a node's matrix products, times two.
 * @returns {number}
 * @param {import('../packages/graph/dist/index.js').Node} node
 * @param {ReadonlyMap<string, number>} sizes
 */
function operations(node, sizes) {
  /** @param {import('../packages/graph/dist/index.js').Shape} shape */
  const count = (shape) => bindShape(shape, sizes).reduce((product, size) => product * size, 1);
  switch (node.op) {
    case 'matmul': {
      const inner = at(node.inputs[0].shape, node.attributes.transA ? -2 : -1);
      return 2 * count(at(node.outputs, 0).shape) * count([inner]);
    }
    case 'contract':
      return 2 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, -1)]);
    case 'tableCrossEntropy': // logits
      return 2 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, 0)]);
    case 'tableCrossEntropyGrad': // two products more, on the same logits
      return 4 * count(node.inputs[0].shape) * count([at(node.inputs[1].shape, 0)]);
    case 'scan': {
      const [steps = 0] = bindShape([at(at(node.inputs, node.attributes.states).shape, 0)], sizes);
      return steps * node.attributes.body.nodes.reduce((sum, inner) => sum + operations(inner, sizes), 0);
    }
    default:
      return 0;
  }
}

const store = sequenceStore(dataset);
const model = instantiate(found, { ...own.model }, await sideSchema(dataset, store, undefined));
const task = trainingTask(model);
const { graph } = trainingStep({
  loss: task.loss,
  parameters: task.trained,
  optimizer: { kind: 'adam' },
  reported: task.parts,
});
const plan = planStoredEpoch({
  store,
  sides: sideReader(dataset, store, model.reads),
  maxLength: model.config.maxLength,
  targetsPerStep: config.training.targetsPerStep,
  seed: config.training.seed,
  epoch: 0,
  form: config.training.form,
});
let total = 0;
for (let step = 0; step < plan.steps; step++) {
  const { sizes } = model.objective.batch(model, await plan.windows(step), { seed: config.training.seed, step });
  for (const node of graph.nodes) total += operations(node, sizes);
}

const folder = await mkdtemp(join(tmpdir(), 'difsr-benchmark-'));
const backend = await createWorkerBackend({ device: 'cpu', threads });
const before = await matmulRate(backend);
/** @type {import('../packages/training/dist/index.js').EpochRecord[]} */
const epochs = [];
const { metrics } = await train({
  config,
  dataset,
  backend,
  out: join(folder, 'run'),
  onEvent: (event) => void (event.kind === 'epoch' && epochs.push(event.record)),
});
const after = await matmulRate(backend);
await backend.dispose();
await rm(folder, { recursive: true });

if (metrics === undefined) throw new Error('the run was interrupted');
const rate = Math.max(before, after);
const floor = total / 1e9 / rate;
const seconds = metrics.secondsPerEpoch;
/** @param {number} bytes */
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
console.log(
  `${values.model}, preset ${values.preset}, ${dataset.name}, ${threads} threads, ${plan.steps} steps an epoch, ${graph.nodes.length} nodes`,
);
console.log(`arithmetic of an epoch   ${(total / 1e9).toFixed(0)} GFLOP in matrix products`);
console.log(`matmul rate              ${before.toFixed(0)} GFLOP/s before, ${after.toFixed(0)} after`);
console.log(`floor                    ${floor.toFixed(2)} s an epoch (at the higher rate)`);
console.log(
  `measured                 ${seconds.toFixed(2)} s an epoch (${epochs.map((epoch) => epoch.seconds.toFixed(2)).join(', ')})`,
);
console.log(`fraction of the floor    ${((100 * floor) / seconds).toFixed(0)} %`);
console.log(`evaluation, all users    ${metrics.evaluationSeconds.toFixed(2)} s`);
console.log(`peak memory              ${mebibytes(metrics.peakMemoryBytes)}`);
console.log(
  `longest pause            ${Math.max(...epochs.map((epoch) => epoch.longestPauseMilliseconds)).toFixed(0)} ms of the calling thread`,
);
