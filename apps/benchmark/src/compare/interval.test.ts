import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ratioInterval } from './interval.js';

const samples = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 15 });

describe('the interval of a ratio', () => {
  it('holds the ratio and lies within what the samples allow', () => {
    fc.assert(
      fc.property(samples, samples, (above, below) => {
        const { ratio, low, high } = ratioInterval(above, below, 0.99);
        expect(low).toBeLessThanOrEqual(ratio * (1 + 1e-12));
        expect(high).toBeGreaterThanOrEqual(ratio * (1 - 1e-12));
        expect(low).toBeGreaterThanOrEqual((Math.min(...above) / Math.max(...below)) * (1 - 1e-12));
        expect(high).toBeLessThanOrEqual((Math.max(...above) / Math.min(...below)) * (1 + 1e-12));
      }),
      { numRuns: 20 },
    );
  });

  it('is the same in every run, and wider where more confidence is asked for', () => {
    fc.assert(
      fc.property(samples, samples, (above, below) => {
        const wide = ratioInterval(above, below, 0.999);
        const narrow = ratioInterval(above, below, 0.8);
        expect(ratioInterval(above, below, 0.999)).toEqual(wide);
        expect(wide.low).toBeLessThanOrEqual(narrow.low);
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
      }),
      { numRuns: 20 },
    );
  });

  it('follows a slowdown of all samples', () => {
    const before = [1, 1.02, 0.98, 1.01, 0.99];
    const { ratio, low, high } = ratioInterval(
      before.map((value) => value * 2),
      before,
      0.95,
    );
    expect(ratio).toBe(2);
    expect(low).toBeGreaterThan(1.9);
    expect(high).toBeLessThan(2.1);
  });

  it('refuses no samples', () => {
    expect(() => ratioInterval([], [1], 0.95)).toThrow(RangeError);
  });
});
