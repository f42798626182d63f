import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBuckets } from './buckets.js';

/** Positions of all rows, padding included, plus the overhead. */
function cost(counts: readonly number[], buckets: readonly number[], overhead: number): number {
  const positions = counts.reduce((sum, count, length) => {
    if (count === 0) return sum;
    return sum + count * (buckets.find((bucket) => bucket >= length) ?? Infinity);
  }, 0);
  return positions + overhead * buckets.length;
}

/** Every non-empty ascending choice of lengths that ends with the last. */
function choices(lengths: readonly number[]): number[][] {
  const [last, ...rest] = [...lengths].reverse();
  if (last === undefined) return [[]];
  return Array.from({ length: 1 << rest.length }, (_, bits) => [
    ...rest.filter((__, i) => (bits >> i) & 1).reverse(),
    last,
  ]);
}

describe('chooseBuckets', () => {
  it('costs no more than any other choice', () => {
    const histograms = fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }).map((counts) => [0, ...counts]);
    fc.assert(
      fc.property(histograms, fc.integer({ min: 1, max: 4 }), fc.nat(30), (counts, maxBuckets, overhead) => {
        const chosen = chooseBuckets(counts, { maxBuckets, overhead });
        const lengths = counts.flatMap((count, length) => (count > 0 ? [length] : []));
        expect(chosen.length).toBeLessThanOrEqual(maxBuckets);
        expect(chosen.at(-1)).toBe(lengths.at(-1));
        const others = choices(lengths).filter((buckets) => buckets.length <= maxBuckets);
        expect(cost(counts, chosen, overhead)).toBe(
          Math.min(...others.map((buckets) => cost(counts, buckets, overhead))),
        );
      }),
    );
  });

  it('is empty without windows', () => {
    expect(chooseBuckets([0, 0, 0], { maxBuckets: 8, overhead: 1 })).toEqual([]);
  });
});
