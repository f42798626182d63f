// Ranks of matrices whose singular values are known.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveRank, effectOf, EPSILON, meanEffect, numericalRank, singularValues } from './rank.js';

/** `a [n, k] b [k, n]`, row by row. */
function product(a: readonly number[][], b: readonly number[][]): number[] {
  return a.flatMap((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, x, i) => sum + x * (b[i]?.[j] ?? 0), 0)));
}

/** The matrix of a rotation in the plane of two axes. */
function rotation(n: number, p: number, q: number, angle: number): number[][] {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => {
      if (i === p && j === p) return Math.cos(angle);
      if (i === q && j === q) return Math.cos(angle);
      if (i === p && j === q) return -Math.sin(angle);
      if (i === q && j === p) return Math.sin(angle);
      return i === j ? 1 : 0;
    }),
  );
}

const rows = (flat: readonly number[], n: number): number[][] =>
  Array.from({ length: n }, (_, i) => flat.slice(i * n, (i + 1) * n));

describe('singular values', () => {
  it('are those that a matrix was made of, whatever the rotations on both sides', () => {
    const values = [7, 3, 1e-3, 1e-9, 0];
    const n = values.length;
    let matrix = values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
    for (const [p, q, angle] of [
      [0, 1, 0.7],
      [1, 3, 2.1],
      [2, 4, -1.3],
      [0, 4, 0.4],
    ] as const) {
      matrix = rows(product(rotation(n, p, q, angle), matrix), n);
      matrix = rows(product(matrix, rotation(n, q, p, angle / 3)), n);
    }
    singularValues(matrix.flat(), n).forEach((value, i) => {
      expect(Math.abs(value - (values[i] ?? 0))).toBeLessThan(7 * n * EPSILON.float64);
    });
  });

  it('of a product with an inner size k: k of them are more than round-off, and their squares add up to those of the entries', () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true });
    const shape = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 12 }));
    const factors = shape.chain(([k, n]) =>
      fc.tuple(
        fc.array(fc.array(number, { minLength: k, maxLength: k }), { minLength: n, maxLength: n }),
        fc.array(fc.array(number, { minLength: n, maxLength: n }), { minLength: k, maxLength: k }),
      ),
    );
    fc.assert(
      fc.property(factors, ([a, b]) => {
        const matrix = product(a, b);
        const values = singularValues(matrix, a.length);
        const squares = (of: readonly number[]): number => of.reduce((sum, x) => sum + x * x, 0);
        expect(squares(values)).toBeCloseTo(squares(matrix), 9);
        expect(numericalRank(values, 10 * EPSILON.float64)).toBeLessThanOrEqual(b.length);
      }),
      { seed: 1 },
    );
  });
});

describe('ranks', () => {
  it('count what exceeds s_max n eps of either precision', () => {
    const values = [10, 1, 10 * 3 * EPSILON.float32 * 0.99];
    expect(effectOf(values)).toMatchObject({ rank: 2, rank64: 3, spectrum: [1, 0.1, expect.any(Number)] });
    expect(effectOf([0, 0])).toEqual({ rank: 0, rank64: 0, effective: 0, spectrum: [0, 0] });
  });

  it('the effective one is n for n equal values, and 1 where one has all', () => {
    expect(effectiveRank([3, 3, 3, 3])).toBeCloseTo(4, 12);
    expect(effectiveRank([3, 0, 0])).toBeCloseTo(1, 12);
    // By hand: p = (3/4, 1/4), exp(-3/4 ln 3/4 - 1/4 ln 1/4).
    expect(effectiveRank([3, 1])).toBeCloseTo(4 / 3 ** 0.75, 12);
  });

  it('of several matrices are averaged, spectra geometrically', () => {
    const mean = meanEffect([effectOf([1, 0.1]), effectOf([1, 1e-20])]);
    expect(mean.rank).toBe(1.5);
    expect(mean.spectrum[1]).toBeCloseTo(Math.sqrt(0.1 * 1e-17), 15);
    expect(() => meanEffect([])).toThrow('no matrices');
  });
});
