import { evaluate, type HostTensor } from '@difsr/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exportTask,
  LOWEST,
  rankingTask,
  recommendTask,
  surveyTask,
  traceScores,
  type InferenceTask,
} from './index.js';
import {
  DIF,
  FEATURES,
  ints,
  itemsOf,
  numbers,
  SCHEMA,
  SEQUENCES,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

const model = tiny('dif-sr', { ...DIF, fusion: 'gate' });
const columns = SCHEMA.items + 1;
const traced = traceScores(model);
const weights = weightsOf(traced);
const inputs = { ...weights, ...FEATURES, items: itemsOf(SEQUENCES, 5) };
const flat = numbers(traced.scores, inputs);
/** Scores per user. */
const scores = SEQUENCES.map((_, user) => flat.slice(user * columns, (user + 1) * columns));
/** Item ids, best first, equal scores by the lower id. */
const order = (user: number, without: readonly number[] = []): number[] =>
  Array.from({ length: SCHEMA.items }, (_, i) => i + 1)
    .filter((id) => !without.includes(id))
    .sort((a, b) => (scores[user]?.[b] ?? NaN) - (scores[user]?.[a] ?? NaN) || a - b);

function runTask({ graph }: InferenceTask, feeds: Values): Record<string, HostTensor> {
  return evaluate(graph, Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name))));
}
const item = fc.integer({ min: 1, max: SCHEMA.items });

describe('ranking', () => {
  it('counts the items before each target, padding never among them', () => {
    const task = rankingTask(model, { maskSeen: false });
    fc.assert(
      fc.property(fc.array(item, { minLength: 3, maxLength: 3 }), (targets) => {
        const { rank, check } = runTask(task, { ...inputs, targetItems: ints([3], targets) });
        expect([...(rank?.data ?? [])]).toEqual(targets.map((target, user) => order(user).indexOf(target)));
        expect(Number.isFinite(check?.data[0])).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves out what is seen', () => {
    const task = rankingTask(model, { maskSeen: true });
    const seen = [
      [1, 2],
      [3, 0],
      [0, 0],
    ];
    const targets = [5, 6, 7];
    const { rank } = runTask(task, { ...inputs, targetItems: ints([3], targets), seen: ints([3, 2], seen.flat()) });
    expect([...(rank?.data ?? [])]).toEqual(targets.map((target, user) => order(user, seen[user]).indexOf(target)));
  });

  it('puts the lower id first among equal scores, and shows weights that are not finite', () => {
    const task = rankingTask(model, { maskSeen: false });
    const table = weights['items.weight'];
    if (table === undefined) throw new Error('no item table');
    const constant = { ...weights, 'items.weight': { ...table, data: new Float64Array(table.data.length).fill(0.5) } };
    const { rank } = runTask(task, { ...inputs, ...constant, targetItems: ints([3], [1, 6, 11]) });
    expect([...(rank?.data ?? [])]).toEqual([0, 5, 10]);
    const broken = {
      ...weights,
      'items.weight': { ...table, data: Float64Array.from(table.data, (value, i) => (i === 9 ? NaN : value)) },
    };
    const { check } = runTask(task, { ...inputs, ...broken, targetItems: ints([3], [1, 6, 11]) });
    expect(Number.isFinite(check?.data[0])).toBe(false);
  });
});

describe('a survey', () => {
  it('ranks and lists under both protocols at once, in the order of the scores, and says where no item is left', () => {
    const task = surveyTask(model, 4);
    const all = Array.from({ length: SCHEMA.items }, (_, i) => i + 1);
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 3, maxLength: 3 }),
        fc.array(fc.subarray(all), { minLength: 3, maxLength: 3 }),
        (targets, seen) => {
          const width = Math.max(1, ...seen.map((ids) => ids.length));
          const rows = seen.flatMap((ids) => [...ids, ...Array.from({ length: width - ids.length }, () => 0)]);
          const found = runTask(task, { ...inputs, targetItems: ints([3], targets), seen: ints([3, width], rows) });
          const listed = (without: number[][]): number[] =>
            SEQUENCES.flatMap((_, user) => [...order(user, without[user]), 0, 0, 0, 0].slice(0, 4));
          expect([...(found['rank']?.data ?? [])]).toEqual(targets.map((id, user) => order(user).indexOf(id)));
          expect([...(found['ids']?.data ?? [])]).toEqual(listed([]));
          expect([...(found['maskedIds']?.data ?? [])]).toEqual(listed(seen));
          targets.forEach((id, user) => {
            if (seen[user]?.includes(id) === true) return; // the evaluation counts it as a miss
            expect(found['maskedRank']?.data[user]).toBe(order(user, seen[user]).indexOf(id));
          });
          expect(Number.isFinite(found['check']?.data[0])).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });
});

/** Every row may have all items, or what a set lacks is left out as well. */
const allowing = (rows: number, without: readonly number[] = []): Values => ({
  allowed: {
    dtype: 'bool',
    shape: [2, columns],
    data: Uint8Array.from({ length: 2 * columns }, (_, i) => (i < columns || !without.includes(i - columns) ? 1 : 0)),
  },
  allowedOf: ints(
    [rows],
    Array.from({ length: rows }, () => (without.length === 0 ? 0 : 1)),
  ),
});

describe('recommending', () => {
  it('gives the best items without those excluded, whatever their number', () => {
    const task = recommendTask(model, 4);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: SCHEMA.items }), { minLength: 9, maxLength: 9 }), (excluded) => {
        const { ids, values } = runTask(task, { ...inputs, ...allowing(3), excluded: ints([3, 3], excluded) });
        const expected = SEQUENCES.map((_, user) => order(user, excluded.slice(user * 3, user * 3 + 3)).slice(0, 4));
        expect([...(ids?.data ?? [])]).toEqual(expected.flat());
        expect([...(values?.data ?? [])]).toEqual(
          expected.flatMap((list, user) => list.map((id) => scores[user]?.[id])),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('marks places for which no item is left', () => {
    const task = recommendTask(model, 3);
    const all = Array.from({ length: 10 }, (_, i) => i + 1); // all but item 11
    const { ids, values } = runTask(task, {
      ...inputs,
      ...allowing(3),
      excluded: ints([3, 10], [...all, ...all, ...all]),
    });
    expect([ids?.data[0], values?.data[1]]).toEqual([11, LOWEST]);
  });

  it('takes an empty list of exclusions, and for each row the set that it names, padding never among it', () => {
    const feeds = { ...inputs, excluded: ints([3, 0], []) };
    const { ids } = runTask(recommendTask(model, 2), { ...feeds, ...allowing(3) });
    expect([...(ids?.data ?? [])]).toEqual(SEQUENCES.flatMap((_, user) => order(user).slice(0, 2)));
    const without = [1, 5, 7, 11];
    const mixed = { ...allowing(3, without), allowedOf: ints([3], [1, 0, 1]) };
    const { ids: own } = runTask(recommendTask(model, 11), { ...feeds, ...mixed });
    const left = [order(0, without), order(1), order(2, without)];
    left.forEach((list, row) => expect([...(own?.data.slice(row * 11, row * 11 + list.length) ?? [])]).toEqual(list));
  });
});

describe('for export', () => {
  it('scores of all columns and the best items come out together', () => {
    const { scores: all, ids } = runTask(exportTask(model, 3), inputs);
    expect([...(all?.data ?? [])]).toEqual(flat);
    expect([...(ids?.data ?? [])]).toEqual(SEQUENCES.flatMap((_, user) => order(user).slice(0, 3)));
  });

  it('an empty history recommends nothing, and says that it has no item', () => {
    const { ids, used } = runTask(exportTask(model, 3), { ...inputs, items: ints([2, 3], [0, 0, 0, 5, 2, 0]) });
    expect([...(used?.data ?? [])]).toEqual([0, 2]);
    expect([...(ids?.data.slice(0, 3) ?? [])]).toEqual([0, 0, 0]);
    expect([...(ids?.data.slice(3) ?? [])]).not.toContain(0);
  });

  it('leaves out what is excluded; what is no item excludes nothing, and places without an item hold 0', () => {
    const task = exportTask(model, 3, { excluded: true });
    const [best = 0, second = 0, third = 0, fourth = 0] = order(0);
    const { ids } = runTask(task, { ...inputs, excluded: ints([3, 2], [best, -1, 0, 0, 99, 0]) });
    expect([...(ids?.data.slice(0, 3) ?? [])]).toEqual([second, third, fourth]);
    expect([...(ids?.data.slice(3) ?? [])]).toEqual([...order(1).slice(0, 3), ...order(2).slice(0, 3)]);
    const all = Array.from({ length: 10 }, (_, i) => i + 1); // all but item 11
    const few = runTask(task, { ...inputs, excluded: ints([3, 10], [...all, ...all, ...all]) });
    expect([...(few.ids?.data ?? [])]).toEqual([11, 0, 0, 11, 0, 0, 11, 0, 0]);
  });

  it('an empty history scores every item zero', () => {
    expect(new Set(numbers(traced.scores, { ...inputs, items: ints([1, 3], [0, 0, 0]) }).map(Math.abs))).toEqual(
      new Set([0]),
    );
  });
});
