// Runs that begin from another one, for the tests of initial weights: a folder with a trained run in it, and more of them.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, schemaOf, type Dataset } from '@difsr/data';
import { createReferenceBackend, sizeOf, type HostTensor } from '@difsr/graph';
import { modelOf, trainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { afterAll, beforeAll } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import { train, type InitialWeights, type TrainOptions } from '../index.js';
import { readTensors } from '../run/tensors.js';

export const dataset: Dataset = generateDataset({ seed: 7, users: 60, items: 130 });
export const DIF = { name: 'dif-sr', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8, sideWidth: 4 };
export const SASREC = { name: 'sasrec', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

export const config = (model: RunConfig['model'] = DIF, training: object = {}): RunConfig =>
  runConfigSchema.parse({
    model,
    training: { epochs: 1, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, learningRate: 0.01, ...training },
    evaluation: { ks: [10] },
    backend: 'reference',
  });

/** A folder of runs. */
export interface Runs {
  readonly folder: string;
  /** The run that others begin from. */
  readonly base: string;
  /** Its parameters; there are none before tests run. */
  readonly old: Readonly<Record<string, HostTensor>>;
  readonly run: (name: string, options?: Partial<TrainOptions>) => Promise<void>;
  /** Begins a run and ends it before its first step: what it took, and its first tensors. */
  readonly begin: (name: string, options?: Partial<TrainOptions>) => Promise<Begun>;
}

interface Begun {
  readonly initial: InitialWeights;
  readonly tensors: Record<string, HostTensor>;
}

/** A folder with a trained run, for the tests of one file: made before them, removed after them. */
export function trainedRuns(): Runs {
  const folder = mkdtempSync(join(tmpdir(), 'difsr-init-'));
  const base = join(folder, 'base');
  const run: Runs['run'] = async (name, options = {}) => {
    const backend = createReferenceBackend();
    await train({ config: config(), dataset, backend, out: join(folder, name), ...options });
    await backend.dispose();
  };
  const begin: Runs['begin'] = async (name, options = {}) => {
    const stop = new AbortController();
    let initial: InitialWeights | undefined;
    await run(name, {
      init: base,
      config: config(DIF, { seed: 4 }),
      ...options,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind !== 'initial-weights') return;
        const { kind: _, ...rest } = event;
        initial = rest;
        stop.abort();
      },
    });
    if (initial === undefined) throw new Error('nothing was said of initial weights');
    return { initial, tensors: (await readTensors(join(folder, name, 'optimizer.safetensors'))).tensors };
  };
  let old: Runs['old'] = {};
  beforeAll(async () => {
    await run('base');
    old = (await readTensors(join(base, 'model.safetensors'))).tensors;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    folder,
    base,
    get old() {
      return old;
    },
    run,
    begin,
  };
}

/** A row of a table. */
export const row = (tensor: HostTensor | undefined, id: number): number[] => {
  const width = sizeOf(tensor?.shape.slice(1) ?? []);
  return Array.from(tensor?.data.subarray(id * width, (id + 1) * width) ?? []);
};
/** As the seed has them. */
export const drawn = (data: Dataset, { model, training }: RunConfig): Record<string, HostTensor> =>
  initialValues(trainingTask(modelOf(model, schemaOf(data))).parameters, training.seed);
