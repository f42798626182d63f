// Runs that learn from others: what is drawn is what the teachers predict, and a run goes on without them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceStore, type Dataset } from '@difsr/data';
import { createGraph, createReferenceBackend, evaluate, type HostTensor } from '@difsr/graph';
import { inferenceTensors, traceScores } from '@difsr/models';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import { openRun, train, type TrainOptions } from '../index.js';
import { readTensors } from '../run/tensors.js';
import { drawItems, drawSoftTargets } from './draw.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 40, items: 130 });
const store = sequenceStore(dataset);
const SIZES = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-distillation-'));
  await run('first', config({ training: { seed: 1 } }));
  await run('second', config({ model: { name: 'sasrec', ...SIZES, maxLength: 5, itemFields: 'sum' } }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

function config(given: Record<string, object> = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'sasrec', ...SIZES },
    evaluation: { ks: [5, 10] },
    backend: 'reference',
    ...given,
    training: {
      epochs: 2,
      targetsPerStep: 64,
      learningRate: 0.02,
      seed: 3,
      checkpointSeconds: 0,
      ...given['training'],
    },
  });
}

/** Learns from both. */
function student(given: Record<string, object> = {}): RunConfig {
  const { distillation, ...rest } = given;
  return config({ distillation: { runs: [at('first'), at('second')], draws: 6, ...distillation }, ...rest });
}

async function run(name: string, given: RunConfig, options: Partial<TrainOptions> = {}): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  try {
    await train({
      config: given,
      dataset,
      backend,
      out: at(name),
      ...options,
      onEvent: (event) => (events.push(event), options.onEvent?.(event)),
    });
  } finally {
    await backend.dispose();
  }
  return events;
}

const bytes = (name: string): Promise<Buffer> => readFile(join(folder, name, 'optimizer.safetensors'));

describe('draws', () => {
  it('are the items whose stretch of the distribution holds the number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 2, maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 6 }),
        (weights, numbers) => {
          // Item 1 was never taken.
          const counts = weights.map((_, item) => (item === 1 ? 0 : 1));
          const likely = weights.map((weight, item) => (item <= 1 ? 0 : weight));
          const whole = likely.reduce((a, b) => a + b, 0);
          fc.pre(whole > 0);
          const out = new Int32Array(numbers.length);
          drawItems(weights, counts, (draw) => numbers[draw] ?? 0, out);
          const expected = numbers.map((number) => {
            let sum = 0;
            return likely.findIndex((weight) => (sum += weight) > number * whole);
          });
          expect([...out].toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('come as often as the teachers predict them, of every place of every sequence', async () => {
    const backend = createReferenceBackend();
    const teachers = [await openRun(at('first')), await openRun(at('second'))];
    const options = { teachers, dataset, store, path: 'shop', backend, seed: 5, draws: 4_000, emit: () => undefined };
    const drawn = await drawSoftTargets(options);
    await backend.dispose();
    const [begin = 0, end = 0] = [store.split.train.begins[2], store.split.train.ends[2]];
    expect(end - begin).toBeGreaterThan(2);
    for (const interaction of [begin + 1, end - 1]) {
      const history = await store.read([begin], [interaction - begin]);
      const mean = new Float64Array(dataset.items.size);
      for (const teacher of teachers) {
        const shown = history.slice(-teacher.model.config.maxLength);
        const items: HostTensor = { dtype: 'int32', shape: [1, shown.length], data: Int32Array.from(shown) };
        const graph = createGraph({ scores: traceScores(teacher.model).scores });
        const feeds = Object.entries({ ...inferenceTensors(teacher), items }).filter(([name]) =>
          graph.inputs.has(name),
        );
        const scores = evaluate(graph, Object.fromEntries(feeds))['scores']?.data ?? [];
        const likely = Array.from(scores, (score, item) =>
          item === 0 || teacher.items.counts[item] === 0 ? 0 : Math.exp(score),
        );
        const whole = likely.reduce((a, b) => a + b, 0);
        likely.forEach((value, item) => (mean[item] = (mean[item] ?? 0) + value / whole / teachers.length));
      }
      const own = drawn?.data.subarray(interaction * 4_000, (interaction + 1) * 4_000) ?? [];
      const found = new Float64Array(mean.length);
      for (const item of own) found[item] = (found[item] ?? 0) + 1 / 4_000;
      // Four standard deviations of each share; of several hundred shares one in thousands lies outside.
      mean.forEach((share, item) =>
        expect(Math.abs((found[item] ?? 0) - share), `item ${item}`).toBeLessThan(4 * Math.sqrt(share / 4_000) + 1e-9),
      );
    }
    // What is no target is not predicted.
    expect([...(drawn?.data.subarray(begin * 4_000, begin * 4_000 + 3) ?? [])]).toEqual([0, 0, 0]);
  });
});

describe('a run that learns from others', () => {
  it('is told of each, reports the part of the loss, and trains other weights than without', async () => {
    const events = await run('student', student());
    const taught = events.flatMap((event) => (event.kind === 'teacher' ? [event] : []));
    expect(new Set(taught.map(({ run: name }) => name))).toEqual(new Set([at('first'), at('second')]));
    expect(taught.at(-1)).toMatchObject({ teacher: 2, teachers: 2, done: taught.at(-1)?.total });
    const epoch = events.find((event) => event.kind === 'epoch');
    expect(Object.keys(epoch?.record.losses ?? {})).toContain('loss.soft');
    await run('alone', config());
    expect(await bytes('student')).not.toEqual(await bytes('alone'));
    await run('deaf', student({ distillation: { weight: 0 } }));
    const [deaf, alone] = await Promise.all(
      ['deaf', 'alone'].map(async (name) => (await readTensors(join(folder, name, 'optimizer.safetensors'))).tensors),
    );
    for (const [name, { data }] of Object.entries(alone ?? {}))
      data.forEach((value, i) => expect(deaf?.[name]?.data[i], name).toBeCloseTo(value, 10));
  });

  it('goes on without its teachers, to the same bytes', async () => {
    await run('whole', student());
    await run('gone', config({ training: { seed: 1 } }));
    const given = student({ distillation: { runs: [at('gone'), at('second')] } });
    const controller = new AbortController();
    let seen = 0;
    await run('cut', given, {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && ++seen === 5 && controller.abort()),
    });
    await rm(at('gone'), { recursive: true });
    await run('cut', given, { resume: true });
    expect(await bytes('cut')).toEqual(await bytes('whole'));
  });

  it('that is stopped while it asks begins again', async () => {
    const controller = new AbortController();
    const stopped = await run('asked', student(), {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'teacher' && controller.abort()),
    });
    expect(stopped.filter(({ kind }) => kind === 'start')).toEqual([]);
    await run('asked', student(), { resume: true });
    expect(await bytes('asked')).toEqual(await bytes('student'));
  });

  it('is shared by replicas', async () => {
    await run('two', student({ training: { replicas: 2, epochs: 1 } }));
    await run('one', student({ training: { epochs: 1 } }));
    const [two, one] = await Promise.all(
      ['two', 'one'].map(async (name) => (await readTensors(join(folder, name, 'optimizer.safetensors'))).tensors),
    );
    for (const [name, { data }] of Object.entries(one ?? {}))
      data.forEach((value, i) => expect(two?.[name]?.data[i], name).toBeCloseTo(value, 9));
  });

  it.each<[string, Record<string, object>, RegExp]>([
    ['a loss that is of no distribution', { model: { name: 'sasrec', ...SIZES, loss: 'bpr' } }, /the loss bpr is none/],
    ['items that are scored apart', { model: { name: 'sasrec', ...SIZES, seenBias: true } }, /scored apart/],
    ['masked items', { model: { name: 'bert4rec', ...SIZES } }, /what others predict is the next item/],
    ['counts', { model: { name: 'markov' } }, /markov is counted: it learns from nobody/],
  ])('is refused for %s', async (_, given, message) => {
    await expect(run('refused', student(given))).rejects.toThrow(message);
  });

  it('is refused a teacher of other data, before anything is drawn', async () => {
    const other = generateDataset({ seed: 8, users: 40, items: 130 });
    await expect(run('other', student(), { dataset: other })).rejects.toThrow(
      /is not the one that this run was trained on/,
    );
  });
});

it('a model that is trained for something else teaches nobody', async () => {
  await run('masked', config({ model: { name: 'bert4rec', ...SIZES }, training: { epochs: 1 } }));
  await expect(run('taught', student({ distillation: { runs: [at('masked')] } }))).rejects.toThrow(
    /bert4rec is trained for "masked-item"/,
  );
});
