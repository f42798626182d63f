// Losses against dense formulas in plain TypeScript, on random numbers.
import { createGraph, evaluate, input, normal, type HostTensor, type Tensor } from '@difsr/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributeLoss, itemLoss, pairwiseLoss } from './index.js';

const random = (stream: number, shape: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(
    normal(
      { seed: 11, step: 0, stream },
      shape.reduce((a, b) => a * b, 1),
    ),
  ),
});
const ints = (shape: readonly number[], ...data: readonly number[]): HostTensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(data),
});
const number = (loss: Tensor, feeds: Readonly<Record<string, HostTensor>>): number =>
  Number(evaluate(createGraph({ loss }), feeds)['loss']?.data[0]);

/** a [n, d] times b [m, d] transposed, as rows. */
function products(a: HostTensor, b: HostTensor): number[][] {
  const [n = 0, d = 0] = a.shape;
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: b.shape[0] ?? 0 }, (__, j) =>
      Array.from({ length: d }, (___, k) => Number(a.data[i * d + k]) * Number(b.data[j * d + k])).reduce(
        (x, y) => x + y,
        0,
      ),
    ),
  );
}

const targets = 3;
const width = 4;
const hidden = random(1, [targets, width]);
const weights: HostTensor = { dtype: 'float32', shape: [targets], data: Float64Array.of(0.5, 0, 2) };
const hiddenInput = input('hidden', ['targets', width]);
const weightsInput = input('weights', ['targets']);

describe('item loss', () => {
  const items = 6;
  const table = random(2, [items, width]);
  const ids = ints([targets], 1, 5, 3);

  it.each([
    [true, 0],
    [false, 1],
  ])('is the weighted cross-entropy, with the padding class (%s) or without', (paddingClass, first) => {
    const loss = itemLoss(
      hiddenInput,
      input('table', [items, width]),
      input('ids', ['targets'], 'int32'),
      weightsInput,
      paddingClass,
    );
    const expected = products(hidden, table).map((logits, row) => {
      const total = logits.slice(first).reduce((sum, logit) => sum + Math.exp(logit), 0);
      return Number(weights.data[row]) * (Math.log(total) - (logits[Number(ids.data[row])] ?? NaN));
    });
    expect(number(loss, { hidden, table, ids, weights })).toBeCloseTo(
      expected.reduce((a, b) => a + b, 0),
      12,
    );
  });
});

describe('pairwise loss', () => {
  it('is -log(1e-10 + sigmoid(positive - negative)), weighted', () => {
    const [positive, negative] = [random(3, [targets, width]), random(4, [targets, width])];
    const loss = pairwiseLoss(
      hiddenInput,
      input('positive', ['targets', width]),
      input('negative', ['targets', width]),
      weightsInput,
    );
    const margins = products(hidden, positive).map(
      (row, i) => (row[i] ?? NaN) - (products(hidden, negative)[i]?.[i] ?? NaN),
    );
    const expected = margins.reduce(
      (sum, margin, i) => sum - Number(weights.data[i]) * Math.log(1e-10 + 1 / (1 + Math.exp(-margin))),
      0,
    );
    expect(number(loss, { hidden, positive, negative, weights })).toBeCloseTo(expected, 12);
  });
});

describe('attribute loss', () => {
  const values = 7;
  const [weight, bias] = [random(5, [values, width]), random(6, [values])];
  const predictor = { weight: input('weight', [values, width]), bias: input('bias', [values]) };

  it('is the dense binary cross-entropy over all values but "none", for any sets of values', () => {
    const sets = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: values - 1 }), { maxLength: 3 }), {
      minLength: targets,
      maxLength: targets,
    });
    const loss = attributeLoss(hiddenInput, predictor, input('ids', ['targets', 3], 'int32'), weightsInput);
    fc.assert(
      fc.property(sets, (rows) => {
        const ids = ints([targets, 3], ...rows.flatMap((row) => [...row, 0, 0, 0].slice(0, 3)));
        const dense = products(hidden, weight).map((row, i) =>
          row.reduce((sum, product, value) => {
            if (value === 0) return sum;
            const probability = 1 / (1 + Math.exp(-(product + Number(bias.data[value]))));
            return sum - Math.log(rows[i]?.includes(value) === true ? probability : 1 - probability);
          }, 0),
        );
        const expected = dense.reduce((sum, own, i) => sum + (Number(weights.data[i]) * own) / (values - 1), 0);
        expect(number(loss, { hidden, weight, bias, ids, weights })).toBeCloseTo(expected, 11);
      }),
      { numRuns: 30 },
    );
  });

  it('stays finite for logits that would overflow a sigmoid', () => {
    const large: HostTensor = {
      dtype: 'float32',
      shape: [targets, width],
      data: new Float64Array(targets * width).fill(1e4),
    };
    const loss = attributeLoss(hiddenInput, predictor, input('ids', ['targets', 3], 'int32'), weightsInput);
    expect(
      Number.isFinite(
        number(loss, { hidden: large, weight, bias, ids: ints([targets, 3], 1, 2, 0, 0, 0, 0, 6, 0, 0), weights }),
      ),
    ).toBe(true);
  });

  it('of a field without values is an error', () => {
    const none = { weight: input('weight', [1, width]), bias: input('bias', [1]) };
    expect(() => attributeLoss(hiddenInput, none, input('ids', ['targets', 3], 'int32'), weightsInput)).toThrow(
      /at least one value/,
    );
  });
});
