// Draws against what they promise: never an excluded item, every other one as often as its law says, in a time that no user changes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedLaw, uniformLaw, without, type ItemLaw } from './item-law.js';
import { negativeFeeds } from './negatives.js';

const integersOf = (law: ItemLaw, excluded: readonly number[]): number[] => {
  const { total, at } = without(law, excluded);
  return Array.from({ length: total }, (_, number) => at(number));
};

const counts = fc.array(fc.nat(4), { minLength: 1, maxLength: 12 });
const someOf = (items: number): fc.Arbitrary<number[]> =>
  fc.subarray(Array.from({ length: items }, (_, i) => i + 1)).map((ids) => ids.toSorted((a, b) => a - b));

describe('a law without some items', () => {
  it('gives every other item as often as it counts, and those never', () => {
    const cases = counts.chain((own) => fc.tuple(fc.constant(own), someOf(own.length)));
    fc.assert(
      fc.property(cases, ([own, excluded]) => {
        const expected = own.flatMap((count, i) =>
          excluded.includes(i + 1) ? [] : Array.from({ length: count }, () => i + 1),
        );
        expect(integersOf(countedLaw([9, ...own]), excluded)).toEqual(expected);
      }),
    );
  });

  it('gives all others alike where all are alike', () => {
    const cases = fc.integer({ min: 1, max: 15 }).chain((items) => fc.tuple(fc.constant(items), someOf(items)));
    fc.assert(
      fc.property(cases, ([items, excluded]) => {
        const others = Array.from({ length: items }, (_, i) => i + 1).filter((id) => !excluded.includes(id));
        expect(integersOf(uniformLaw(items), excluded)).toEqual(others);
      }),
    );
  });
});

const law = countedLaw([0, 50, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
const draw = { seed: 3, step: 5, popularity: () => law };
/** Two rows: one with nine of ten items, one with all. */
const windows = {
  items: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, /**/ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
  starts: Int32Array.of(0, 9),
  inputs: Int32Array.of(8, 9),
};
const targets = { items: Int32Array.of(2, 9, 10, 1), used: 3, rowOf: (slot: number) => (slot < 2 ? 0 : 1) };
const feedsOf = (config: object): ReturnType<typeof negativeFeeds> =>
  negativeFeeds({ config: { maxLength: 8, ...config }, schema: { items: 10 } }, windows, targets, draw);
const data = (feeds: ReturnType<typeof negativeFeeds>, name: string): number[] => {
  const tensor = feeds[name];
  if (tensor === undefined || !('data' in tensor)) throw new Error(`no ${name}`);
  return [...tensor.data];
};

describe('negatives of a step', () => {
  it.each(['uniform', 'popularity'])(
    '%s: none is of the row; a row that has everything has none, and nothing is tried for ever',
    (negativeSampling) => {
      const negatives = data(feedsOf({ loss: 'bce', negatives: 3, negativeSampling }), 'negativeItems');
      expect(negatives).toEqual([10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0]);
    },
  );

  it('in-batch: other targets of the step', () => {
    const negatives = data(feedsOf({ loss: 'bpr', negatives: 2, negativeSampling: 'in-batch' }), 'negativeItems');
    expect(negatives).toEqual([10, 10, 10, 10, 0, 0, 0, 0]);
  });

  it('are shared where they are many, each target without those of its row', () => {
    const feeds = feedsOf({ loss: 'gbce', negatives: 40 });
    const negatives = data(feeds, 'negativeItems');
    expect(new Set(negatives).size).toBeGreaterThan(5);
    const present = data(feeds, 'negativePresent');
    const own = (slot: number): number[] => present.slice(slot * 40, (slot + 1) * 40);
    expect(own(0)).toEqual(negatives.map((item) => Number(item === 10)));
    expect(own(1)).toEqual(own(0));
    expect([...own(2), ...own(3)]).toEqual(new Array(80).fill(0));
  });

  it('of the sampled softmax know how often they are expected', () => {
    const feeds = feedsOf({ loss: 'sampled-softmax', negatives: 400, negativeSampling: 'popularity' });
    const items = data(feeds, 'negativeItems');
    const logs = data(feeds, 'negativeLogCounts');
    const expected = (400 * 50) / 59;
    items.forEach((item, i) => expect(logs[i]).toBeCloseTo(Math.log(item === 1 ? expected : 400 / 59), 5));
    const times = items.filter((item) => item === 1).length;
    expect(Math.abs(times - expected)).toBeLessThan(4 * Math.sqrt(400 * (50 / 59) * (9 / 59)));
  });

  it('of the sampled softmax are in-batch all targets of the step, by their popularity', () => {
    const feeds = feedsOf({ loss: 'sampled-softmax', negativeSampling: 'in-batch' });
    expect(data(feeds, 'negativeItems')).toEqual([2, 9, 10, 0]);
    expect(data(feeds, 'negativeLogCounts').slice(0, 3)).toEqual(new Array(3).fill(Math.fround(Math.log(3 / 59))));
  });

  it('are none for a loss that needs none', () => {
    expect(feedsOf({ loss: 'cross-entropy' })).toEqual({});
  });
});
