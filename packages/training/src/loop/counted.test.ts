// Models that are counted, on data of the size of MovieLens 100k: against counts and rankings made once more, by plain lists in float64.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceAt, splitDataset, type EvaluationCases } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { rankingMetrics } from '@difsr/metrics';
import { markov, type SequencePiece } from '@difsr/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import {
  createRecommender,
  evaluatePopular,
  evaluateRun,
  openRun,
  pretrainingOf,
  train,
  type TrainOptions,
} from '../index.js';

const dataset = generateDataset({ seed: 3, users: 943, items: 1682, meanLength: 100 });
const split = splitDataset(dataset);
const KS = [1, 10, 100];

// The second way. Followers of each item as they come; nothing is kept in tables, nothing is cut off.
const popularity = Array.from({ length: dataset.items.size }, () => 0);
const followers = new Map<number, Map<number, number>>();
for (let user = 0; user + 1 < split.train.offsets.length; user++) {
  const sequence = [...sequenceAt(split.train, user)];
  sequence.forEach((item, at) => {
    popularity[item] = (popularity[item] ?? 0) + 1;
    const before = sequence[at - 1];
    if (before === undefined) return;
    const own = followers.get(before) ?? new Map<number, number>();
    followers.set(before, own.set(item, (own.get(item) ?? 0) + 1));
  });
}
const ITEMS = Array.from({ length: dataset.items.size - 1 }, (_, i) => i + 1);
const countOf = (last: number, item: number): number => followers.get(last)?.get(item) ?? 0;
const byPopular = (a: number, b: number): number => (popularity[b] ?? 0) - (popularity[a] ?? 0) || a - b;
const POPULAR = ITEMS.toSorted(byPopular);
/** All items after a last one: by how often they followed it (the first `most` of them), then the popular ones. */
function markovOrder(last: number, most = Infinity): number[] {
  const own = [...(followers.get(last)?.keys() ?? [])];
  const kept = new Set(own.toSorted((a, b) => countOf(last, b) - countOf(last, a) || byPopular(a, b)).slice(0, most));
  return [...kept, ...POPULAR.filter((item) => !kept.has(item))];
}

/** So many that nothing is cut off. */
const MOST = Math.max(...[...followers.values()].map(({ size }) => size));

function plainMetrics({ histories, targets }: EvaluationCases, orderOf: (last: number) => number[]): object {
  const orders = new Map<number, number[]>();
  const ranks = Array.from(targets, (target, i) => {
    const last = sequenceAt(histories, i).at(-1) ?? 0;
    const order = orders.get(last) ?? orderOf(last);
    orders.set(last, order);
    return order.indexOf(target);
  });
  return rankingMetrics(ranks, KS);
}

function config(name: string, model: object = {}, training: object = {}): RunConfig {
  return runConfigSchema.parse({ model: { name, ...model }, training, evaluation: { ks: KS }, backend: 'reference' });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-counted-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function runTo(
  out: string,
  options: Partial<TrainOptions> & Pick<TrainOptions, 'config'>,
): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  await train({ dataset, backend, out: join(folder, out), onEvent: (event) => events.push(event), ...options });
  await backend.dispose();
  return events;
}

describe.each([
  ['popular', {}, () => POPULAR],
  ['markov', { successors: MOST }, (last: number) => markovOrder(last)],
  ['markov', { successors: 7 }, (last: number) => markovOrder(last, 7)],
])('%s %j', (name, options, orderOf) => {
  const out = `${name}-${JSON.stringify(options).replace(/\W/g, '')}`;

  it('ranks every target where a plain count has it, in one epoch that trains nothing', async () => {
    const events = await runTo(out, { config: config(name, options, { epochs: 30 }) });
    const run = await openRun(join(folder, out));
    const { metrics } = run;
    expect(metrics?.valid).toEqual(plainMetrics(split.valid, orderOf));
    expect(metrics?.test).toEqual(plainMetrics(split.test, orderOf));
    expect(metrics).toMatchObject({ counted: true, best: { epoch: 1 } });
    expect(events.filter(({ kind }) => kind === 'step')).toEqual([]);
    expect(events.find(({ kind }) => kind === 'start')).toMatchObject({
      counted: split.train.items.length,
      parameters: 0,
      epochs: 1,
    });
    const backend = createReferenceBackend();
    const { test } = await evaluateRun({ run, dataset, backend });
    expect(test).toEqual(metrics?.test);
  });

  it('recommends by what is saved, without the data', async () => {
    const backend = createReferenceBackend();
    const recommender = await createRecommender(await openRun(join(folder, out)), backend);
    const tokenOf = (item: number): string => dataset.items.tokens[item] ?? '';
    for (const last of [1, 2, 500, 1600]) {
      const { items } = await recommender.recommend([tokenOf(9), tokenOf(last)], { k: 40, includeSeen: true });
      expect(items.map(({ id }) => id)).toEqual(orderOf(last).slice(0, 40).map(tokenOf));
      const few = orderOf(last).slice(3, 9).toReversed();
      const chosen = await recommender.recommend([tokenOf(last)], { k: 6, only: few.map(tokenOf), includeSeen: true });
      expect(chosen.items.map(({ id }) => id)).toEqual(few.toReversed().map(tokenOf));
    }
    await expect(recommender.similar(tokenOf(2), { k: 3 })).rejects.toThrow(
      `similar: ${name} is counted: it has no rows of items that could be compared`,
    );
    await recommender.dispose();
  });

  it('has nothing to go on with, however many epochs are asked for', async () => {
    const file = join(folder, out, 'model.safetensors');
    const before = await readFile(file);
    const events = await runTo(out, { config: config(name, options, { epochs: 90 }), resume: true });
    expect(events.find(({ kind }) => kind === 'start')).toMatchObject({ over: 'finished', epochs: 1 });
    expect(events.filter(({ kind }) => kind === 'epoch' || kind === 'warning')).toEqual([]);
    expect((await readFile(file)).equals(before)).toBe(true);
  });
});

describe('a model that is counted', () => {
  it('is what is ranked beside every model, where it is the popular items', async () => {
    const { metrics } = await openRun(join(folder, 'popular-'));
    const { byTarget } = await evaluatePopular(split.test, { counts: popularity, ks: KS, maskSeen: false });
    expect(metrics?.test).toEqual(byTarget);
    expect(metrics?.popular.test).toEqual(byTarget);
    expect(await readFile(join(folder, 'popular-', 'README.md'), 'utf8')).toContain('it is what the model gives');
  });

  it('says how much of what followed is not kept', async () => {
    const events = await runTo('said', { config: config('markov', { successors: 2 }) });
    const cut = [...followers.values()].filter(({ size }) => size > 2);
    const counts = cut.map((own) => [...own.values()].toSorted((a, b) => b - a).slice(2));
    const pairs = counts.flat().reduce((a, b) => a + b, 0);
    const all = [...followers.values()].flatMap((own) => [...own.values()]).reduce((a, b) => a + b, 0);
    expect(events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))).toEqual([
      expect.stringContaining(
        `${cut.length} items have more than 2 different successors: the 2 most frequent of each are kept, and ${pairs} of ${all} pairs (${((100 * pairs) / all).toFixed(1)} %) count only as popularity`,
      ),
    ]);
  });

  it('begins with no weights of another run', async () => {
    const init = join(folder, 'popular-');
    await expect(runTo('begun', { config: config('markov'), init })).rejects.toThrow(
      'markov is counted: there are no weights that it could begin with',
    );
  });

  it('has nothing that could be pre-trained', () => {
    const asked = runConfigSchema.parse({ model: { name: 'markov' }, pretraining: { model: 's3-rec' } });
    expect(() => pretrainingOf(asked)).toThrow('markov is counted: it has no weights that could be pre-trained');
  });

  it('takes memory by item, not by pair of items', async () => {
    const items = 100_000;
    const counts = Array.from({ length: items + 1 }, (_, id) => (id === 0 ? 0 : 2));
    const row = Int32Array.from({ length: 2 * items }, (_, at) => 1 + ((at * 7919) % items));
    async function* sequences(): AsyncGenerator<SequencePiece> {
      yield { items: row.subarray(0, items), lengths: [items - 1, 1] };
      yield { items: row.subarray(items), lengths: [items] };
    }
    const counted = await markov.count?.({ maxLength: 1, successors: 20 }, { counts, sequences });
    const sizes = Object.values(counted?.tables ?? {}).map(({ data }) => data.length);
    expect(sizes).toEqual([(items + 1) * 20, (items + 1) * 20, items + 1]);
    // Each item is followed by the next one of the walk, as often as a sequence goes on there.
    const of = (name: string, item: number): number => counted?.tables[name]?.data[item * 20] ?? -1;
    expect([of('markov.successors', 1), of('markov.counts', 1)]).toEqual([7920, 2]);
    const [last = 0, next = 0] = row.subarray(items - 2);
    expect([of('markov.successors', last), of('markov.counts', last)]).toEqual([next, 1]);
  }, 60_000);
});
