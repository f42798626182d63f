// Trains both examples, before and after, to convergence: `node examples/dist/convergence.js`. Early stopping on validation
// NDCG@10; what counts is the test of the best epoch. Results are collected in examples/runs/ after every run, and runs that are
// there already are not repeated, so an interrupted comparison goes on where it was. Delete the file to start over. `sasrec` or
// `bert4rec` as argument trains one of them alone: two processes on two cores may share the file. update-readmes.js publishes.
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import * as bert4recAfter from './bert4rec/after.js';
import * as bert4rec from './bert4rec/before.js';
import * as sasrecAfter from './sasrec/after.js';
import * as sasrec from './sasrec/before.js';
import { loadExampleData, type Catalogue, type ExampleData } from './shared/data.js';
import {
  readResults,
  resultsFile,
  resultsTable,
  writeResults,
  type ExampleName,
  type Run,
  type Settings,
  type Version,
} from './shared/results.js';
import { setUp } from './shared/setup.js';
import { train, type ModelOptions, type Recommender } from './shared/train.js';

const SIZES = { width: 32, inner: 64, layers: 2, heads: 1, length: 50, dropout: 0.2, batch: 16 } as const;

/** Not searched (see README.md); the models with genres take those of the plain ones. */
const SETTINGS: Readonly<Record<ExampleName, Settings>> = {
  sasrec: { ...SIZES, learningRate: 0.003, epochs: 30, patience: 5 },
  bert4rec: { ...SIZES, learningRate: 0.003, epochs: 60, patience: 5 },
};

type Constructor = new (catalogue: Catalogue, options: ModelOptions) => Recommender;

const MODELS: Readonly<Record<ExampleName, Readonly<Record<Version, Constructor>>>> = {
  sasrec: { before: sasrec.SASRec, after: sasrecAfter.SASRec },
  bert4rec: { before: bert4rec.BERT4Rec, after: bert4recAfter.BERT4Rec },
};

const SEEDS = [1, 2, 3];

async function runOnce(data: ExampleData, model: ExampleName, version: Version, seed: number): Promise<Run> {
  const settings = SETTINGS[model];
  const name = `${model} ${version}, seed ${seed}`;
  tf.engine().startScope();
  const { best, epochs } = await train(new MODELS[model][version](data, { ...settings, seed }), data, {
    ...settings,
    seed,
    onEpoch: ({ epoch, loss, valid, seconds }) =>
      console.log(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}, valid NDCG@10 ${valid.ndcg.toFixed(4)}, ${seconds.toFixed(0)} s`,
      ),
  });
  tf.engine().endScope();
  tf.disposeVariables();
  if (best.test === undefined) throw new Error('the best epoch was not tested');
  console.log(`${name}: best epoch ${best.epoch}, test NDCG@10 ${best.test.ndcg.toFixed(4)}`);
  const { epoch: bestEpoch, valid, test } = best;
  return { model, version, seed, bestEpoch, epochs: epochs.length, valid, test };
}

const [, , only] = process.argv;
const models = (['sasrec', 'bert4rec'] as const).filter((model) => only === undefined || only === model);
if (models.length === 0) throw new Error(`there is no example "${only}": say sasrec, bert4rec, or nothing for both`);
await setUp('wasm');
const data = await loadExampleData();
const file = resultsFile(data.name, 'runs');
const done = (): readonly Run[] => readResults(file)?.runs ?? []; // anew each time: another process may have added to it
for (const model of models) {
  for (const seed of SEEDS) {
    for (const version of ['before', 'after'] as const) {
      if (done().some((run) => run.model === model && run.version === version && run.seed === seed)) continue;
      const run = await runOnce(data, model, version, seed);
      writeResults(file, {
        environment: {
          node: process.version,
          tfjs: tf.version_core,
          device: tf.getBackend(),
          cpu: cpus()[0]?.model ?? 'unknown',
        },
        data: {
          name: data.name,
          users: data.train.length,
          items: data.items,
          genres: data.genreNames.length,
          trainingInteractions: data.train.reduce((sum, { length }) => sum + length, 0),
          protocol: 'leave-one-out, full ranking, seen items not masked',
        },
        settings: SETTINGS,
        runs: [...done(), run],
      });
    }
  }
}
console.log(resultsTable(done()));
