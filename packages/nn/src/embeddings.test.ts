import { createGraph, differentiate, evaluate, input, type HostTensor, type Tensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { embed, pooledEmbedding, type Pooling } from './index.js';

// Row 0 is not zero on purpose: "no value" must not read it.
const TABLE: HostTensor = { dtype: 'float32', shape: [4, 2], data: Float64Array.of(100, 200, 1, -2, 3, 5, -8, 4) };
/** One value; two; none; the same twice; a gap between two. */
const IDS: HostTensor = {
  dtype: 'int32',
  shape: [5, 3],
  data: Int32Array.of(1, 0, 0, 1, 2, 0, 0, 0, 0, 3, 3, 0, 2, 0, 3),
};
const EXPECTED: { readonly [P in Pooling]: readonly number[] } = {
  sum: [1, -2, 4, 3, 0, 0, -16, 8, -5, 9],
  mean: [1, -2, 2, 1.5, 0, 0, -8, 4, -2.5, 4.5],
  max: [1, -2, 3, 5, 0, 0, -8, 4, 3, 5],
};
/** Gradient of the sum of all elements: how often each row counts. */
const ROW_GRADIENTS: { readonly [P in Pooling]: readonly number[] } = {
  sum: [0, 0, 2, 2, 2, 2, 3, 3],
  mean: [0, 0, 1.5, 1.5, 1, 1, 1.5, 1.5],
  max: [0, 0, 1, 1, 2, 2, 1, 1],
};

const table = input('table', [4, 2]);
const ids = input('ids', ['rows', 3], 'int32');

function gradientAndValue(y: Tensor): { readonly value: number[]; readonly gradient: number[] } {
  const ones = input('ones', y.shape);
  const [gradient] = differentiate([[y, ones]], [table]);
  if (gradient === undefined) throw new Error('the table is not reached');
  const shape = y.shape.map((dim) => (typeof dim === 'number' ? dim : 5));
  const weights: HostTensor = {
    dtype: 'float32',
    shape,
    data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1),
  };
  const result = evaluate(createGraph({ y, gradient }), { table: TABLE, ids: IDS, ones: weights });
  return { value: [...(result['y']?.data ?? [])], gradient: [...(result['gradient']?.data ?? [])] };
}

describe('pooling', () => {
  it.each(['sum', 'mean', 'max'] as const)(
    '%s: hand values; zeros for an item without values; row 0 is never read',
    (pooling) => {
      const { value, gradient } = gradientAndValue(pooledEmbedding(table, ids, pooling));
      expect(value).toEqual(EXPECTED[pooling]);
      expect(gradient).toEqual(ROW_GRADIENTS[pooling]);
    },
  );
});

describe('embed', () => {
  it('looks rows up, row 0 like any other', () => {
    const { value, gradient } = gradientAndValue(embed(table, ids));
    expect(value.slice(0, 6)).toEqual([1, -2, 100, 200, 100, 200]);
    expect(gradient).toEqual([8, 8, 2, 2, 2, 2, 3, 3]);
  });

  it('with frozen padding gives the same values, and row 0 no gradient', () => {
    const { value, gradient } = gradientAndValue(embed(table, ids, { freezePadding: true }));
    expect(value).toEqual(gradientAndValue(embed(table, ids)).value);
    expect(gradient).toEqual([0, 0, 2, 2, 2, 2, 3, 3]);
  });
});
