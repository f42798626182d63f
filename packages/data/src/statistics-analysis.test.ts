// The analysis against numbers worked out by hand.
import { expect, test } from 'vitest';
import { buildDataset } from './build.js';
import { analyseDataset, concentration, distribution } from './statistics-analysis.js';
import type { Dataset } from './types.js';

const DAY = 86_400;
/** 2001-09-09, midnight UTC. */
const START = 11_574 * DAY;

/** A data set of [user, item, day] rows, with attributes by item. */
function datasetOf(
  rows: readonly (readonly [user: string, item: string, day: number])[],
  attributes: Readonly<Record<string, readonly string[]>> = {},
  time: (day: number) => number = (day) => START + day * DAY,
): Dataset {
  const users = [...new Set(rows.map(([user]) => user))];
  const items = [...new Set(rows.map(([, item]) => item))];
  const ids = Object.keys(attributes);
  return buildDataset({
    name: 'hand',
    format: 'hand',
    source: 'hand',
    interactions: {
      userTokens: users,
      itemTokens: items,
      users: Int32Array.from(rows, ([user]) => users.indexOf(user)),
      items: Int32Array.from(rows, ([, item]) => items.indexOf(item)),
      times: Float64Array.from(rows, ([, , day]) => time(day)),
    },
    items: { ids, columns: [{ name: 'tag', kind: 'multi-categorical', values: Object.values(attributes) }] },
    report: [],
  });
}

// Ann: a b c d (train a b, valid c, test d); Bob: a a b (train a a, test b); Cem: e (train).
const SMALL_ROWS = [
  ['ann', 'a', 0],
  ['ann', 'b', 1],
  ['ann', 'c', 1],
  ['ann', 'd', 3],
  ['bob', 'a', 2],
  ['bob', 'a', 2.5],
  ['bob', 'b', 40],
  ['cem', 'e', 45],
] as const;
const SMALL = datasetOf(SMALL_ROWS, { a: ['x', 'y'], b: ['x'], c: [], d: ['x', 'z'], e: ['x'], f: ['x'] });

test('lengths and popularity', () => {
  const { lengths, itemInteractions, popularity, split } = analyseDataset(SMALL);
  expect(split).toEqual({ method: 'leave-one-out', train: 5, context: 0, valid: 1, test: 2 });
  // 1, 3, 4
  expect(lengths).toMatchObject({ min: 1, max: 4, mean: 8 / 3, quantiles: { p25: 2, p50: 3, p75: 3.5 } });
  // a 3, b 2, c 1, d 1, e 1, f 0
  expect(itemInteractions.histogram).toEqual([
    { from: 0, to: 0, count: 1 },
    { from: 1, to: 1, count: 3 },
    { from: 2, to: 2, count: 1 },
    { from: 3, to: 3, count: 1 },
  ]);
  // Ranks 1..6 times (0 1 1 1 2 3): 2 x (0 + 2 + 3 + 4 + 10 + 18) / (6 x 8) - 7 / 6.
  expect(popularity.gini).toBeCloseTo(74 / 48 - 7 / 6, 12);
  expect(popularity).toMatchObject({ top1: 3 / 8, top10: 3 / 8 });
  expect(popularity.curve.find(({ items }) => items === 0.5)).toEqual({ items: 0.5, interactions: 6 / 8 });
  expect(popularity.curve.at(-1)).toEqual({ items: 1, interactions: 1 });
});

test('repeats, cold items and targets', () => {
  const { repeats, cold, leakage } = analyseDataset(SMALL);
  expect(repeats).toEqual({ interactions: 1, share: 1 / 8, inARow: 1, inARowShare: 1 / 8 });
  // c and d are targets only, f is never used; b is trained on by Ann.
  expect(cold).toEqual({ items: 3, share: 0.5, unused: 1, valid: 1, test: 1 });
  expect(leakage.targetsInHistory).toEqual({ valid: 0, test: 0 });
});

test('what training sees of the future', () => {
  // Training on days 0, 1, 2, 2 and 45; test targets on days 3 and 40. The median training interaction is on day 2.
  expect(analyseDataset(SMALL).leakage).toMatchObject({
    beforeLastTraining: 1,
    beforeMedianTraining: 0,
    trainingAfterTarget: 1 / 5,
  });
});

test('what training sees of the future is told within one day, too, moment by moment', () => {
  const hours = datasetOf(
    SMALL_ROWS.map(([user, item, day]) => [user, item, day / 100]),
    { a: [], b: [], c: [], d: [], e: [] },
  );
  expect(hours.times?.every((time) => Math.floor(time / DAY) === START / DAY)).toBe(true);
  expect(analyseDataset(hours).leakage).toMatchObject({
    beforeLastTraining: 1,
    beforeMedianTraining: 0,
    trainingAfterTarget: 1 / 5,
  });
});

test('training at the very moment of a target is not after it', () => {
  const rows = ['a', 'b', 'c'].flatMap((user) => ['i', 'j', 'k'].map((item, at) => [user, item, at] as const));
  expect(analyseDataset(datasetOf(rows)).leakage).toMatchObject({ trainingAfterTarget: 0, beforeLastTraining: 0 });
});

test('times: periods, holes, ties, pauses', () => {
  const { time } = analyseDataset(SMALL);
  expect(time).toMatchObject({
    first: START,
    last: START + 45 * DAY,
    calendar: true,
    unit: 'day',
    longestHole: { days: 36, after: '2001-09-12' },
    tied: { interactions: 1, share: 1 / 8, valid: 1, test: 0 },
    longestPause: 37.5 * DAY,
  });
  expect(time?.periods).toHaveLength(46);
  expect(time?.periods[1]).toEqual({ from: '2001-09-10', interactions: 2, train: 1, context: 0, valid: 1, test: 0 });
  // Ann: a day, none, two days; Bob: half a day, 37.5 days.
  expect(time?.pauses.map(({ count }) => count)).toEqual([1, 0, 1, 2, 0, 1, 0]);
});

test('months over longer spans, and ranges where times only count', () => {
  const rows = [
    ['ann', 'a', 0],
    ['ann', 'b', 100],
  ] as const;
  expect(analyseDataset(datasetOf(rows)).time?.periods.map(({ from, interactions }) => [from, interactions])).toEqual([
    ['2001-09', 1],
    ['2001-10', 0],
    ['2001-11', 0],
    ['2001-12', 1],
  ]);
  const counted = analyseDataset(datasetOf(rows, {}, (day) => day)).time;
  expect(counted).toMatchObject({ unit: 'range', calendar: false, longestHole: { days: 199, after: '0' } });
  expect(counted?.periods).toHaveLength(201);
});

test('fields', () => {
  const [tag] = analyseDataset(SMALL).fields;
  // x stands on a, b, d, e and f, y on a, z on d; c has none.
  expect(tag).toMatchObject({ name: 'tag', ownValue: 2 / 5, mostFrequent: 1 });
  expect(tag?.perItem).toMatchObject({ min: 0, max: 2, mean: 7 / 6 });
  expect(tag?.perValue).toMatchObject({ min: 1, max: 5, mean: 7 / 3 });
  expect(tag?.perValue.gini).toBeCloseTo((2 * (1 + 2 + 15)) / (3 * 7) - 4 / 3, 12);
});

test('identical sequences count from five interactions on', () => {
  const sequence = (user: string, length: number) =>
    Array.from({ length }, (_, place) => [user, `i${place}`, place] as const);
  const dataset = datasetOf([
    ...['a', 'b', 'c'].flatMap((user) => sequence(user, 5)),
    ...sequence('d', 4),
    ...sequence('e', 4),
  ]);
  expect(analyseDataset(dataset).leakage.identical).toEqual({ users: 3, sequences: 1 });
});

test('everything alike has no Gini; one holder of all has nearly 1', () => {
  expect(concentration([[7, 50]])).toMatchObject({ gini: 0, top1: 1 / 50, top10: 5 / 50 });
  expect(
    concentration([
      [0, 99],
      [7, 1],
    ]),
  ).toMatchObject({ gini: 0.99, top1: 1 });
  expect(concentration([])).toEqual({ gini: 0, top1: 0, top10: 0, curve: [] });
});

test('ranges of a histogram hold every count once', () => {
  const tally = Array.from({ length: 5000 }, (_, value) => [value * value, 1 + (value % 3)] as const);
  const { histogram } = distribution(tally);
  expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(tally.reduce((sum, [, count]) => sum + count, 0));
  for (const [index, { from, to, count }] of histogram.entries()) {
    const inside = tally.filter(([value]) => value >= from && value <= to).reduce((sum, [, own]) => sum + own, 0);
    expect(count, `${from} to ${to}`).toBe(inside);
    expect(from).toBe(index === 0 ? 0 : (histogram[index - 1]?.to ?? 0) + 1);
  }
});
