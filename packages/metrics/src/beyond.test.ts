// Against definitions written out over whole lists, and hand calculations.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BeyondAccumulator, type ItemValues, meanCount, MetricsError } from './index.js';

const ITEMS = 9;
/** Items with none, one and several values. */
const VALUES: readonly (readonly number[])[] = [[], [1], [1, 2], [], [2, 3, 4], [4], [1, 2], [], [5, 1], [3]];

function fieldOf(name: string, rows: readonly (readonly number[])[]): ItemValues {
  const offsets = [0];
  for (const row of rows) offsets.push((offsets.at(-1) ?? 0) + row.length);
  return { name, offsets, values: rows.flat() };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The definitions, without a sum that is carried on. */
function written(lists: readonly (readonly number[])[], k: number, counts: readonly number[]): Record<string, number> {
  const first = lists.map((list) => list.slice(0, k)).filter((list) => list.length > 0);
  const shown = Array.from({ length: ITEMS }, (_, i) => first.flat().filter((item) => item === i + 1).length);
  const total = counts.slice(1).reduce((sum, count) => sum + count, 0);
  // Half the mean absolute difference of all pairs of items, relative to the mean.
  let apart = 0;
  for (const a of shown) for (const b of shown) apart += Math.abs(a - b);
  const gini = apart / (2 * ITEMS * (ITEMS - 1) * mean(shown));
  const distances = first.flatMap((list) => {
    const pairs = list.flatMap((a, i) =>
      list.slice(i + 1).flatMap((b) => {
        const [one, other] = [new Set(VALUES[a]), new Set(VALUES[b])];
        const all = new Set([...one, ...other]).size;
        return all === 0 ? [] : [1 - [...one].filter((value) => other.has(value)).length / all];
      }),
    );
    return pairs.length === 0 ? [] : [mean(pairs)];
  });
  return {
    [`coverage@${k}`]: new Set(first.flat()).size / ITEMS,
    [`gini@${k}`]: gini,
    [`novelty@${k}`]: mean(
      first.map((list) => mean(list.map((item) => -Math.log2(Math.max(1, counts[item] ?? 0) / total)))),
    ),
    [`popularity@${k}`]: mean(first.map((list) => mean(list.map((item) => counts[item] ?? 0)))),
    ...(distances.length === 0 ? {} : { [`diversity.brand@${k}`]: mean(distances) }),
  };
}

const listsOf = fc.array(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 5 }), {
  minLength: 1,
  maxLength: 12,
});
const countsOf = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: ITEMS, maxLength: ITEMS });

describe('properties of lists', () => {
  it('are those of the definitions, however lists are batched, with lists that end early', () => {
    fc.assert(
      fc.property(listsOf, countsOf, fc.nat(12), (lists, own, cut) => {
        fc.pre(lists.some((list) => list.length > 0) && own.some((count) => count > 0));
        const counts = [0, ...own];
        const found = new BeyondAccumulator({ ks: [4, 1], counts, fields: [fieldOf('brand', VALUES)] });
        const rows = lists.map((list) => [...list, 0, 0, 0, 0, 0].slice(0, 5));
        found.add(Int32Array.from(rows.slice(0, cut).flat()), 5);
        found.add(Int32Array.from(rows.slice(cut).flat()), 5);
        const expected = { ...written(lists, 1, counts), ...written(lists, 4, counts) };
        const result = found.result();
        expect(Object.keys(result).sort()).toEqual(Object.keys(expected).sort());
        for (const [name, value] of Object.entries(expected)) expect(result[name], name).toBeCloseTo(value, 10);
      }),
    );
  });

  it('are those of a hand calculation', () => {
    const lists = new BeyondAccumulator({
      ks: [2],
      counts: [0, 8, 4, 4],
      fields: [fieldOf('brand', [[], [1], [1, 2], [3]])],
    });
    lists.add(Int32Array.of(1, 2, 1, 3), 2);
    expect(lists.result()).toEqual({
      'coverage@2': 1,
      'gini@2': ((3 + 1 - 4) * 1 + (2 * 1 - 4) * 1 + (2 * 3 - 4) * 2) / (2 * 4), // counts 1, 1, 2
      'novelty@2': 1.5, // 1 and 2 bits
      'popularity@2': 6,
      'diversity.brand@2': (0.5 + 1) / 2,
    });
  });

  it('have the extremes of Gini: one list for everybody of one item, and every item alike', () => {
    const one = new BeyondAccumulator({ ks: [1], counts: [0, 1, 1, 1] });
    one.add(Int32Array.of(2, 2, 2), 1);
    const all = new BeyondAccumulator({ ks: [1], counts: [0, 1, 1, 1] });
    all.add(Int32Array.of(3, 1, 2), 1);
    expect([one.result()['gini@1'], all.result()['gini@1']]).toEqual([1, 0]);
  });

  it.each([
    ['no training interactions', { ks: [1], counts: [0, 0] }, /0 training interactions/],
    ['a field of other items', { ks: [1], counts: [0, 1], fields: [fieldOf('brand', VALUES)] }, /brand has 10 rows/],
    ['no cutoff', { ks: [], counts: [0, 1] }, /Cutoffs/],
  ])('refuse %s', (_, options, message) => {
    expect(() => new BeyondAccumulator(options)).toThrow(MetricsError);
    expect(() => new BeyondAccumulator(options)).toThrow(message);
  });

  it('refuse lists of another depth, ids that are no items, and no lists at all', () => {
    const lists = new BeyondAccumulator({ ks: [1], counts: [0, 1] });
    expect(() => lists.add(Int32Array.of(1, 1, 1), 2)).toThrow(/lists of 2/);
    expect(() => lists.add(Int32Array.of(2), 1)).toThrow(/2 is not an item/);
    expect(() => lists.result()).toThrow(MetricsError);
  });
});

describe('the popularity of what users took', () => {
  it('is the mean over rows of the mean of each', () => {
    expect(meanCount([[1, 2], [2], []], [0, 8, 4])).toBe(5);
    expect(() => meanCount([[]], [0, 1])).toThrow(MetricsError);
  });
});
