// What float16 does to a ranking: a model trained in float32 is evaluated in float32 and in float16, and the same
// training is done in float16. On the cpu device float16 is float32 rounded wherever float16 would round.
//
//   node scripts/measure-float16.mjs [--data generated] [--model dif-sr] [--epochs 40] [--seeds 3] [--threads 2] [--device cpu]
//
// Run it after a build. The settings are those of `difsr quickstart`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../packages/prepare/dist/index.js';
import { createWorkerBackend, devices } from '../packages/onnxruntime/dist/index.js';
import { evaluateRun, openRun, runConfigSchema, train } from '../packages/training/dist/index.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'generated' },
    model: { type: 'string', default: 'dif-sr' },
    epochs: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
  },
});
const device = devices.find((each) => each === values.device);
if (device === undefined) throw new Error(`no device "${values.device}": ${devices.join(', ')}`);
const { dataset } = await openDataset(values.data, { streaming: 'off' });
if ('store' in dataset) throw new TypeError('streaming is off, and sequences were left on disk');
const folder = await mkdtemp(join(tmpdir(), 'difsr-float16-'));

/** @param {'float32' | 'float16'} precision */
const open = (precision) => createWorkerBackend({ device, precision, threads: Number(values.threads) });

/** @param {'float32' | 'float16'} precision @param {number} seed */
async function trained(precision, seed) {
  const config = runConfigSchema.parse({
    data: { path: values.data },
    model: {
      name: values.model,
      maxLength: 20,
      hiddenDropout: 0.3,
      ...(values.model === 'dif-sr' ? { attributeLoss: 5 } : {}),
    },
    training: {
      epochs: Number(values.epochs),
      schedule: { kind: 'constant' },
      targetsPerStep: 1024,
      learningRate: 0.002,
      earlyStopping: { patience: 5 },
      seed,
    },
    threads: Number(values.threads),
  });
  const backend = await open(precision);
  /** @type {number[]} */
  const losses = [];
  const out = join(folder, `${precision}-${seed}`);
  const { run } = await train({
    config,
    dataset,
    backend,
    out,
    onEvent: (event) => void (event.kind === 'epoch' && losses.push(event.record.losses['loss'] ?? Number.NaN)),
  }).finally(() => backend.dispose());
  return { run: await openRun(run), losses };
}

/** @param {Awaited<ReturnType<typeof openRun>>} run @param {'float32' | 'float16'} precision */
async function evaluated(run, precision) {
  const backend = await open(precision);
  const { test } = await evaluateRun({ run, dataset, backend }).finally(() => backend.dispose());
  return ['recall@10', 'ndcg@10'].map((name) => `${name} ${test[name]?.toFixed(5)}`).join('  ');
}

try {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const full = await trained('float32', seed);
    const half = await trained('float16', seed);
    console.log(`seed ${seed}: epochs ${full.losses.length} in float32, ${half.losses.length} in float16`);
    console.log(`  last loss            ${full.losses.at(-1)?.toFixed(5)}   ${half.losses.at(-1)?.toFixed(5)}`);
    for (const [trainedIn, { run }] of /** @type {const} */ ([
      ['float32', full],
      ['float16', half],
    ]))
      for (const precision of /** @type {const} */ (['float32', 'float16']))
        console.log(`  trained in ${trainedIn}, ranked in ${precision}: ${await evaluated(run, precision)}`);
  }
} finally {
  await rm(folder, { recursive: true });
}
