// A running average of the weights is what a run is judged by and keeps; the training beside it is the one without.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, type Dataset } from '@difsr/data';
import { averagesOf, createReferenceBackend, type HostTensor } from '@difsr/graph';
import { trainingTask } from '@difsr/models';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import { evaluateRun, openRun, train, type TrainOptions } from '../index.js';
import { readTensors } from '../run/tensors.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 40, items: 130 });
const SIZES = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

function config(averageDecay: number, training: object = {}, model: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'sasrec', ...SIZES, ...model },
    training: { epochs: 3, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, averageDecay, ...training },
    evaluation: { ks: [5, 10] },
    backend: 'reference',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-averages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, given: RunConfig, options: Partial<TrainOptions> = {}): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  try {
    await train({
      config: given,
      dataset,
      backend,
      out: join(folder, name),
      ...options,
      onEvent: (event) => (events.push(event), options.onEvent?.(event)),
    });
  } finally {
    await backend.dispose();
  }
  return events;
}

const bytes = (name: string, file: string): Promise<Buffer> => readFile(join(folder, name, `${file}.safetensors`));
const tensors = async (name: string, file: string): Promise<Record<string, HostTensor>> =>
  (await readTensors(join(folder, name, `${file}.safetensors`))).tensors;
const metricsOf = (events: readonly TrainingEvent[]): number[] =>
  events.flatMap((event) => (event.kind === 'epoch' ? [event.record.valid['ndcg@10'] ?? Number.NaN] : []));

describe('averages of weights', () => {
  it('leave the training as it is, and are what is validated and kept', async () => {
    const plain = await run('plain', config(0, { epochs: 1 }));
    const averaged = await run('averaged', config(0.8, { epochs: 1 }));
    const [before, after] = [await tensors('plain', 'optimizer'), await tensors('averaged', 'optimizer')];
    for (const [name, { data }] of Object.entries(before)) expect(after[name]?.data, name).toEqual(data);
    const { model } = await openRun(join(folder, 'averaged'));
    const parameters = trainingTask(model).trained;
    const kept = await tensors('averaged', 'model');
    const averages = averagesOf(parameters, after);
    for (const [name, { data }] of Object.entries(averages)) expect(kept[name]?.data, name).toEqual(data);
    expect(averages['items.weight']?.data).not.toEqual(before['items.weight']?.data);
    expect(metricsOf(averaged)).not.toEqual(metricsOf(plain));
  });

  it('are what `evaluate` ranks with: it gives the validation metrics of the run', async () => {
    const events = await run('run', config(0.9));
    const backend = createReferenceBackend();
    const { valid } = await evaluateRun({ run: await openRun(join(folder, 'run')), dataset, backend });
    await backend.dispose();
    expect(valid['ndcg@10']).toBeCloseTo(Math.max(...metricsOf(events)), 12);
  });

  it('give the same bytes, interrupted and resumed or not', async () => {
    await run('whole', config(0.9));
    const controller = new AbortController();
    let seen = 0;
    await run('cut', config(0.9), {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && ++seen === 7 && controller.abort()),
    });
    await run('cut', config(0.9), { resume: true });
    for (const file of ['optimizer', 'model']) expect(await bytes('cut', file)).toEqual(await bytes('whole', file));
  });

  it('leave alone what is not trained', async () => {
    await run('run', config(0.9, { epochs: 1 }, { name: 'dif-sr', sideWidth: 4, freezeSide: true }));
    const [state, kept] = [await tensors('run', 'optimizer'), await tensors('run', 'model')];
    const frozen = Object.keys(state).filter((name) => name.startsWith('fields.') && !name.includes('average'));
    expect(frozen.length).toBeGreaterThan(0);
    for (const name of frozen) expect(kept[name]?.data).toEqual(state[name]?.data);
    expect(Object.keys(state).filter((name) => frozen.some((own) => name === `average.${own}`))).toEqual([]);
  });
});
