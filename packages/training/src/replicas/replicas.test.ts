// Several workers give what one gives, and the same bytes every time, whatever interrupts them.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, type Dataset } from '@difsr/data';
import { createReferenceBackend, type Backend, type HostTensor } from '@difsr/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import { RunError, train, type TrainOptions } from '../index.js';
import { readTensors } from '../run/tensors.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 40, items: 130 });
const SIZES = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

function config(replicas: number, training: object = {}, model: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'dif-sr', ...SIZES, sideWidth: 4, attributeLoss: 1, ...model },
    training: { epochs: 2, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, replicas, ...training },
    evaluation: { ks: [5, 10] },
    backend: 'reference',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-replicas-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, options: Partial<TrainOptions> = {}): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  try {
    await train({
      config: config(2),
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

const bytes = (name: string): Promise<Buffer> => readFile(join(folder, name, 'optimizer.safetensors'));
const tensors = async (name: string): Promise<Record<string, HostTensor>> =>
  (await readTensors(join(folder, name, 'optimizer.safetensors'))).tensors;

/** The largest difference between two runs, parameters and the state of the optimizer together. */
async function difference(one: string, other: string): Promise<number> {
  const [a, b] = [await tensors(one), await tensors(other)];
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return Math.max(
    ...Object.entries(a).map(([name, { data, shape }]) => {
      expect(b[name]?.shape).toEqual(shape);
      return Math.max(...Array.from(data, (value, i) => Math.abs(value - (b[name]?.data[i] ?? Number.NaN))));
    }),
  );
}

describe('replicas', () => {
  it.each<[string, object, object]>([
    ['adam', {}, {}],
    ['adamw with decay, clipped', { optimizer: 'adamw', weightDecay: 0.1, clipNorm: 0.05 }, {}],
    ['sgd with momentum, clipped', { optimizer: 'sgd', momentum: 0.9, learningRate: 0.1, clipNorm: 0.5 }, {}],
    ['sgd alone', { optimizer: 'sgd', learningRate: 0.1 }, {}],
    ['adam, averaged', { averageDecay: 0.9 }, {}],
    ['adam, side embeddings frozen', {}, { freezeSide: true }],
    [
      'adam, a loss over parameters',
      { form: 'prefix' },
      { name: 'caser', maxLength: 4, hiddenSize: 8, normLoss: 0.01 },
    ],
    ['adam, in turns', { clipNorm: 0.5 }, { name: 'p-rnn', strategy: 'interleaved', hiddenSize: 8, maxLength: 8 }],
  ])('train what one worker trains: %s', async (_, training, model) => {
    const own = (replicas: number): RunConfig => {
      const { name, ...options } = { name: 'dif-sr', ...model };
      const base = config(replicas, training);
      return name === 'dif-sr' ? config(replicas, training, options) : { ...base, model: { name, ...options } };
    };
    await run('one', { config: own(1) });
    await run('three', { config: own(3) });
    expect(await difference('one', 'three')).toBeLessThan(1e-9);
  });

  it('report the losses of the whole step', async () => {
    const losses = (events: readonly TrainingEvent[]): number[] =>
      events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    const [one, two] = [losses(await run('one', { config: config(1) })), losses(await run('two'))];
    expect(one.length).toBeGreaterThan(4);
    one.forEach((loss, i) => expect(two[i]).toBeCloseTo(loss, 5));
  });

  it('give the same bytes every time, interrupted and resumed or not', async () => {
    await run('whole');
    const controller = new AbortController();
    let seen = 0;
    await run('cut', {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && ++seen === 3 && controller.abort()),
    });
    const resumed = await run('cut', { resume: true });
    expect(resumed[0]).toMatchObject({ kind: 'start', resumedAt: { epoch: 1, step: 5 } });
    expect(await bytes('cut')).toEqual(await bytes('whole'));
  });

  it('go on with what another number of them began, and say that the last bits differ', async () => {
    const controller = new AbortController();
    await run('run', {
      config: config(1),
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && controller.abort()),
    });
    const events = await run('run', { resume: true, config: config(3) });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'warning', message: expect.stringMatching(/replicas 1 -> 3/) }),
    );
    await run('one', { config: config(1) });
    const [a, b] = [await tensors('run'), await tensors('one')];
    for (const [name, { data }] of Object.entries(a))
      data.forEach((value, i) => expect(value).toBeCloseTo(b[name]?.data[i] ?? Number.NaN, 8));
  });

  it('fail together where one of them cannot compute, and say why', async () => {
    const inner = createReferenceBackend();
    const recipe = { module: new URL('nowhere.js', import.meta.url).href, create: 'create', options: {} };
    const backend: Backend = {
      name: 'broken',
      device: 'cpu',
      recipe,
      createVariables: (values) => inner.createVariables(values),
      compile: (graph, options) => inner.compile(graph, options),
      dispose: () => inner.dispose(),
    };
    await expect(run('run', { backend })).rejects.toThrow(/nowhere\.js/);
  });

  it('are refused where the backend has none', async () => {
    const inner = createReferenceBackend();
    const bare: Backend = {
      name: 'bare',
      device: 'cpu',
      createVariables: (values) => inner.createVariables(values),
      compile: (graph, options) => inner.compile(graph, options),
      dispose: () => inner.dispose(),
    };
    await expect(run('run', { backend: bare })).rejects.toThrow(RunError);
    expect(existsSync(join(folder, 'run'))).toBe(false);
  });
});
