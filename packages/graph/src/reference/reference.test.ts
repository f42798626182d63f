// The oracle itself: values known from elsewhere, and what it does with ids, NaN and ties.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  cast,
  concat,
  constant,
  contract,
  equal,
  input,
  layerNorm,
  less,
  matmul,
  maximum,
  mul,
  pad,
  rank,
  reduceMax,
  reduceSum,
  scatterAdd,
  scatterAddLast,
  select,
  sigmoid,
  slice,
  softmax,
  softplus,
  tableCrossEntropy,
  topK,
  transpose,
  type Operand,
} from '../build.js';
import { at } from '../types.js';
import type { Tensor } from '../signatures.js';
import { erf } from './erf.js';
import { dotRows } from './products.js';
import { floats, ints, bits, valueOf, x, ids } from './reference.test.support.js';

describe('erf', () => {
  // From Abramowitz & Stegun's table and from multi-precision arithmetic.
  const known: [number, number][] = [
    [0, 0],
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.49, 0.9995707121322661],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [6, 1],
    [Infinity, 1],
  ];
  it.each(known)('of %d', (argument, value) => {
    expect(Math.abs(erf(argument) - value)).toBeLessThanOrEqual(2e-15 * value);
    expect(erf(-argument)).toBe(-erf(argument));
  });

  it('has the Gaussian as its derivative everywhere, also where the formula changes', () => {
    for (let z = -4; z <= 4; z += 0.0625) {
      const h = 1e-3;
      const slope = (8 * (erf(z + h) - erf(z - h)) - (erf(z + 2 * h) - erf(z - 2 * h))) / (12 * h);
      expect(Math.abs(slope - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z))).toBeLessThan(1e-11);
    }
    expect(erf(Number.NaN)).toBeNaN();
  });
});

describe('products', () => {
  it('agree with the definition at all sizes around the blocks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 135 }),
        fc.constantFrom(0, 1, 3, 255, 256, 257, 520),
        (m, n, k) => {
          const a = Float64Array.from({ length: m * k }, (_, i) => ((i * 7) % 11) - 5);
          const b = Float64Array.from({ length: n * k }, (_, i) => ((i * 5) % 13) - 6);
          const out = new Float64Array(m * n).fill(9);
          dotRows(a, 0, b, 0, out, 0, m, n, k);
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              let sum = 0;
              for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[j * k + p]!;
              if (out[i * n + j] !== sum) return false;
            }
          }
          return true;
        },
      ),
      { numRuns: 60 },
    );
  });

  it('do not depend on how rows are cut into batches', () => {
    const [a, b] = [
      Float64Array.from({ length: 37 * 300 }, (_, i) => Math.sin(i)),
      Float64Array.from({ length: 70 * 300 }, (_, i) => Math.cos(i)),
    ];
    const [whole, parts] = [new Float64Array(37 * 70), new Float64Array(37 * 70)];
    dotRows(a, 0, b, 0, whole, 0, 37, 70, 300);
    for (let row = 0; row < 37; row++) dotRows(a, row * 300, b, 0, parts, row * 70, 1, 70, 300);
    expect(parts).toEqual(whole);
  });

  it('of small matrices by hand, transposed and repeated', () => {
    const feeds = { x: floats([2, 2], 1, 2, 3, 4), w: floats([2, 2, 1], 5, 6, 7, 8) };
    expect(valueOf(matmul(x(2, 2), input('w', [2, 2, 1])), feeds)).toEqual([17, 39, 23, 53]);
    expect(valueOf(matmul(x(2, 2), input('w', [2, 2, 1]), { transA: true }), feeds)).toEqual([23, 34, 31, 46]);
    const v = x(2, 2);
    expect(valueOf(contract(v, v), { x: feeds.x })).toEqual([10, 14, 14, 20]);
  });
});

describe('elementwise', () => {
  it('is stable far out', () => {
    const far = { x: floats([4], -1000, 1000, -745, 40) };
    expect(valueOf(sigmoid(x(4)), far)).toEqual([0, 1, Math.exp(-745), 1]);
    expect(valueOf(softplus(x(4)), far)).toEqual([0, 1000, Math.exp(-745), 40]);
    expect(valueOf(softmax(x(4)), far)).toEqual([0, 1, 0, 0]);
    expect(valueOf(softmax(x(2)), { x: floats([2], 1e300, 1e300) })).toEqual([0.5, 0.5]);
  });

  it('carries NaN through sums, maxima and softmax', () => {
    const feeds = { x: floats([3], 1, Number.NaN, 2) };
    const v = x(3);
    for (const y of [reduceSum(v), reduceMax(v)]) expect(valueOf(y, feeds)).toEqual([Number.NaN]);
    expect(valueOf(maximum(x(3), 5), feeds)).toEqual([5, Number.NaN, 5]);
    expect(valueOf(softmax(x(3)), feeds)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(valueOf(cast(less(x(3), 2), 'int32'), feeds)).toEqual([1, 0, 0]);
    expect(valueOf(equal(v, v), feeds)).toEqual([1, 0, 1]);
  });

  it('casts by cutting off, and treats every number but 0 as true', () => {
    const feeds = { x: floats([5], -1.9, -0.5, 0, 0.5, 1.9) };
    expect(valueOf(cast(x(5), 'int32'), feeds)).toEqual([-1, 0, 0, 0, 1]);
    expect(valueOf(cast(x(5), 'bool'), feeds)).toEqual([1, 1, 0, 1, 1]);
  });

  it('wraps int32 around', () => {
    const big = (a: Operand): Tensor => mul(a, constant(65_537, 'int32'));
    expect(valueOf(big(ids(1)), { ids: ints([1], 65_537) })).toEqual([131_073]);
    expect(valueOf(add(ids(1), 1), { ids: ints([1], 2_147_483_647) })).toEqual([-2_147_483_648]);
  });

  it('moves elements as NumPy does', () => {
    const v = x(2, 3);
    const feeds = { x: floats([2, 3], 1, 2, 3, 4, 5, 6) };
    expect(valueOf(transpose(x(2, 3), [1, 0]), feeds)).toEqual([1, 4, 2, 5, 3, 6]);
    expect(valueOf(slice(x(2, 3), 1, 1, 3), feeds)).toEqual([2, 3, 5, 6]);
    expect(valueOf(pad(x(2, 3), 1, 1, 5), feeds)).toEqual([0, 1, 2, 3, 0, 0, 4, 5, 6, 0]);
    expect(valueOf(concat([v, v], 1), feeds)).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(valueOf(select(input('c', [2, 1], 'bool'), x(2, 3), 0), { ...feeds, c: bits([2, 1], 0, 1) })).toEqual([
      0, 0, 0, 4, 5, 6,
    ]);
    expect(valueOf(reduceSum(x(2, 3), [0]), feeds)).toEqual([5, 7, 9]);
    expect(valueOf(reduceMax(x(2, 3), [1]), feeds)).toEqual([3, 6]);
  });
});

describe('kernels', () => {
  it('layer normalization gives the row, its mean and its inverse deviation', () => {
    const outputs = layerNorm(x(1, 4), input('s', [4]), input('b', [4]), 0.75).node.outputs;
    const feeds = { x: floats([1, 4], 1, 2, 3, 4), s: floats([4], 1, 1, 2, 2), b: floats([4], 0, 0, 0, 1) };
    const inverse = 1 / Math.sqrt(1.25 + 0.75);
    expect(valueOf(at(outputs, 0), feeds)).toEqual([-1.5, -0.5, 1, 3].map((v, i) => v * inverse + (i === 3 ? 1 : 0)));
    expect(valueOf(at(outputs, 1), feeds)).toEqual([2.5]);
    expect(valueOf(at(outputs, 2), feeds)).toEqual([inverse]);
  });

  it('cross-entropy is -log softmax, without underflow, over blocks of rows', () => {
    const rows = 130;
    const h = Float64Array.from({ length: rows }, (_, i) => i - 65);
    const feeds = {
      x: { dtype: 'float32', shape: [rows, 1], data: h } as const,
      w: floats([3, 1], 5, 1, -20),
      ids: ints([rows], ...Array.from(h, (_, i) => 1 + (i % 2))),
    };
    const loss = (firstClass: 0 | 1): number[] =>
      valueOf(tableCrossEntropy(x('t', 1), input('w', [3, 1]), ids('t'), firstClass), feeds);
    const byHand = (classes: number[]): number[] =>
      Array.from(h, (z, i) => {
        const top = Math.max(...classes.map((c) => c * z));
        return top + Math.log(classes.reduce((sum, c) => sum + Math.exp(c * z - top), 0)) - (i % 2 === 0 ? 1 : -20) * z;
      });
    loss(0).forEach((value, i) => expect(value).toBeCloseTo(byHand([5, 1, -20])[i]!, 10));
    loss(1).forEach((value, i) => expect(value).toBeCloseTo(byHand([1, -20])[i]!, 10));
  });

  it('counts every repeated id in scatters', () => {
    expect(
      valueOf(scatterAdd(ids(4), input('u', [4, 2]), [3, 2]), {
        ids: ints([4], 2, 0, 2, 2),
        u: floats([4, 2], 1, 2, 3, 4, 5, 6, 7, 8),
      }),
    ).toEqual([3, 4, 0, 0, 13, 16]);
    expect(
      valueOf(scatterAddLast(ids(2, 2), input('u', [2, 2]), 3), {
        ids: ints([2, 2], 1, 1, 0, 2),
        u: floats([2, 2], 1, 2, 3, 4),
      }),
    ).toEqual([0, 3, 0, 3, 0, 4]);
  });

  it('top-k takes the lower id at a tie', () => {
    const { values, ids: places } = topK(x(2, 4), 3);
    const feeds = { x: floats([2, 4], 1, 3, 3, 1, 0, 0, 0, 5) };
    expect(valueOf(values, feeds)).toEqual([3, 3, 1, 5, 0, 0]);
    expect(valueOf(places, feeds)).toEqual([1, 2, 0, 3, 0, 1]);
  });

  describe('rank', () => {
    const rankOf = (scores: number[], target: number, excluded?: number[], firstItem: 0 | 1 = 1): number => {
      const gone = excluded && input('gone', [1, excluded.length], 'int32');
      const feeds = {
        x: floats([1, scores.length], ...scores),
        ids: ints([1], target),
        ...(excluded ? { gone: ints([1, excluded.length], ...excluded) } : {}),
      };
      return valueOf(rank(x(1, scores.length), ids(1), gone, firstItem), feeds)[0]!;
    };
    it('counts higher scores, and equal ones of lower ids', () => {
      expect(rankOf([9, 1, 3, 2, 3], 3)).toBe(2);
      expect(rankOf([9, 1, 3, 2, 3], 3, undefined, 0)).toBe(3);
      expect(rankOf([0, 2, 2, 2, 2], 1)).toBe(0);
      expect(rankOf([0, 2, 2, 2, 2], 4)).toBe(3);
    });
    it('does not count excluded items, however often they are named, nor the target itself', () => {
      expect(rankOf([9, 5, 3, 2, 4], 3, [1, 1, 4])).toBe(1);
      expect(rankOf([9, 5, 3, 2, 4], 3, [3, 0])).toBe(3);
    });
    it('puts a NaN target last, a NaN elsewhere first, and constant scores nowhere good', () => {
      expect(rankOf([0, 1, Number.NaN, 2], 2)).toBe(2);
      expect(rankOf([0, Number.NaN, 3, 2], 2)).toBe(1);
      expect(rankOf([0, Infinity, Infinity, -Infinity], 2)).toBe(1);
      expect(rankOf(Array(5).fill(Number.NaN) as number[], 3)).toBe(3);
    });
    it('is what sorting gives', () => {
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(0, 1, 2, -Infinity, Infinity, 0.5), { minLength: 2, maxLength: 12 }),
          fc.nat(),
          (scores, choice) => {
            const target = 1 + (choice % (scores.length - 1));
            const order = scores
              .map((_, id) => id)
              .slice(1)
              .toSorted((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! > scores[a]! ? 1 : -1));
            return rankOf(scores, target) === order.indexOf(target);
          },
        ),
      );
    });
  });
});
