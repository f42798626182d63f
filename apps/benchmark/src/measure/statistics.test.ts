import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile, ratios, summarize, uncertainty } from './statistics.js';

const samples = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('quantile', () => {
  it('interpolates as R and NumPy do', () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBeCloseTo(1.75, 12); // numpy.quantile([1, 2, 3, 4], .25)
    expect(quantile([10, 0], 0.9)).toBeCloseTo(9, 12);
  });

  it('does not depend on the order of samples and leaves them as they were', () => {
    fc.assert(
      fc.property(samples, share, (values, q) => {
        const before = [...values];
        expect(quantile(values.toReversed(), q)).toBe(quantile(values, q));
        expect(values).toEqual(before);
      }),
    );
  });

  it('has about that share of the samples at or below it', () => {
    fc.assert(
      fc.property(samples, share, (values, q) => {
        const value = quantile(values, q);
        expect(values.filter((x) => x <= value).length).toBeGreaterThanOrEqual(Math.floor(q * (values.length - 1)) + 1);
        expect(values.filter((x) => x >= value).length).toBeGreaterThanOrEqual(
          Math.floor((1 - q) * (values.length - 1)),
        );
      }),
    );
  });

  it('refuses no samples and shares beyond 0 to 1', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => quantile([1], 1.5)).toThrow('1.5');
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('summarize', () => {
  it('is in order', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const { min, q1, median, q3, max, count } = summarize(values);
        expect([min, q1, median, q3, max]).toEqual([min, q1, median, q3, max].toSorted((a, b) => a - b));
        expect(count).toBe(values.length);
        expect(values).toContain(min);
        expect(values).toContain(max);
      }),
    );
  });

  it('follows a change of unit', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const scaled = summarize(values.map((x) => x * 1024)); // a power of two: exact
        expect(scaled.median).toBe(summarize(values).median * 1024);
        expect(uncertainty(values.map((x) => x * 1024))).toBeCloseTo(uncertainty(values), 9);
      }),
    );
  });
});

describe('ratios', () => {
  it('cancel what slows both alike', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.1, max: 10, noNaN: true }), (drift, factor) => {
        for (const ratio of ratios(
          drift.map((x) => x * factor),
          drift,
        ))
          expect(ratio / factor).toBeCloseTo(1, 9);
      }),
    );
  });

  it('refuse samples of different rounds', () => {
    expect(() => ratios([1, 2], [1])).toThrow('2 and 1');
  });
});

describe('uncertainty', () => {
  it('is nothing where all samples are equal and shrinks with their number', () => {
    expect(uncertainty([3, 3, 3])).toBe(0);
    const few = [1, 2, 3, 4];
    expect(uncertainty([...few, ...few, ...few, ...few])).toBeLessThan(uncertainty(few));
  });
});
