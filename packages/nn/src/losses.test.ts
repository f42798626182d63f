// Losses against dense formulas in plain TypeScript, on random numbers.
import { createGraph, evaluate, input, normal, type HostTensor, type Tensor } from '@difsr/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributeLoss,
  binaryLoss,
  bprLoss,
  calibratedExponent,
  itemLoss,
  sampledSoftmaxLoss,
  softTargetLoss,
} from './index.js';

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
      { paddingClass },
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

  it.each([-30, -1.5, 0, 2])('gives seen classes a bias of %s, the target among them or not', (bias) => {
    const seen = [
      [2, 1, 0],
      [3, 0, 0],
      [0, 0, 0],
    ];
    const loss = itemLoss(
      hiddenInput,
      input('table', [items, width]),
      input('ids', ['targets'], 'int32'),
      weightsInput,
      { seen: { items: input('seen', ['targets', 3], 'int32'), bias: input('bias', [1]) } },
    );
    const expected = products(hidden, table).map((logits, row) => {
      const own = logits.map((logit, item) => (item > 0 && seen[row]?.includes(item) === true ? logit + bias : logit));
      const total = own.slice(1).reduce((sum, logit) => sum + Math.exp(logit), 0);
      return Number(weights.data[row]) * (Math.log(total) - (own[Number(ids.data[row])] ?? NaN));
    });
    const given = {
      seen: ints([targets, 3], ...seen.flat()),
      bias: { dtype: 'float32' as const, shape: [1], data: Float64Array.of(bias) },
    };
    expect(number(loss, { hidden, table, ids, weights, ...given })).toBeCloseTo(
      expected.reduce((a, b) => a + b, 0),
      11,
    );
  });
});

describe('what soft targets add', () => {
  it('makes the loss that against a whole distribution, where items are drawn as often as they are likely', () => {
    const items = 6;
    const table = random(2, [items, width]);
    const ids = ints([targets], 1, 5, 3);
    // Of each target eight draws: shares of its teacher's distribution.
    const drawn = [
      [1, 1, 1, 1, 2, 2, 3, 5],
      [2, 2, 2, 2, 2, 2, 2, 2],
      [1, 2, 3, 4, 5, 3, 3, 3],
    ];
    const given = { hidden, table, ids, weights };
    const taught = { ...given, drawn: ints([targets, 8], ...drawn.flat()) };
    const [tableInput, idsInput] = [input('table', [items, width]), input('ids', ['targets'], 'int32')];
    const plain = itemLoss(hiddenInput, tableInput, idsInput, weightsInput);
    const added = softTargetLoss(
      hiddenInput,
      tableInput,
      idsInput,
      weightsInput,
      input('drawn', ['targets', 8], 'int32'),
    );
    const weight = 0.3;
    const expected = products(hidden, table).map((logits, row) => {
      const total = Math.log(logits.slice(1).reduce((sum, logit) => sum + Math.exp(logit), 0));
      const lossOf = (item: number): number => total - (logits[item] ?? NaN);
      const soft = (drawn[row] ?? []).reduce((sum, item) => sum + lossOf(item) / 8, 0);
      return Number(weights.data[row]) * ((1 - weight) * lossOf(Number(ids.data[row])) + weight * soft);
    });
    expect(number(plain, given) + weight * number(added, taught)).toBeCloseTo(
      expected.reduce((a, b) => a + b, 0),
      11,
    );
  });
});

describe('losses against sampled negatives', () => {
  const negatives = 3;
  const positive = random(3, [targets]);
  const negative = random(4, [targets, negatives]);
  // The last target has none at all.
  const there = [
    [true, true, false],
    [false, true, true],
    [false, false, false],
  ];
  const present: HostTensor = {
    dtype: 'bool',
    shape: [targets, negatives],
    data: Uint8Array.from(there.flat().map(Number)),
  };
  const scores = {
    positive: input('positive', ['targets']),
    negative: input('negative', ['targets', negatives]),
    present: input('present', ['targets', negatives], 'bool'),
  };
  const feeds = { positive, negative, present, weights };
  const own = (row: number): number => Number(positive.data[row]);
  const others = (row: number): number[] =>
    (there[row] ?? []).flatMap((is, i) => (is ? [Number(negative.data[row * negatives + i])] : []));
  const weighted = (of: (row: number) => number): number =>
    [...weights.data].reduce<number>((sum, weight, row) => sum + Number(weight) * of(row), 0);
  const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

  it('BPR is the mean of -log(1e-10 + sigmoid(positive - negative)), and nothing without negatives', () => {
    const expected = weighted(
      (row) =>
        sum(others(row).map((other) => -Math.log(1e-10 + sigmoidOf(own(row) - other)))) /
        Math.max(1, others(row).length),
    );
    expect(number(bprLoss(scores, weightsInput), feeds)).toBeCloseTo(expected, 12);
  });

  it.each([1, 0.3])('BCE with exponent %f is that of probabilities', (beta) => {
    const expected = weighted(
      (row) => -Math.log(sigmoidOf(own(row)) ** beta) - sum(others(row).map((other) => Math.log(1 - sigmoidOf(other)))),
    );
    expect(number(binaryLoss(scores, weightsInput, beta), feeds)).toBeCloseTo(expected, 11);
  });

  it('the exponent of gBCE goes from 1 to the share of items that is sampled', () => {
    const of = (calibration: number): number => calibratedExponent({ negatives: 25, items: 101, calibration });
    expect(of(0)).toBeCloseTo(1, 14);
    expect(of(1)).toBeCloseTo(0.25, 14);
    expect(of(0.75)).toBeCloseTo(0.4375, 14);
    expect(calibratedExponent({ negatives: 256, items: 10, calibration: 1 })).toBe(1);
  });

  it('the sampled softmax divides what it samples by how often that is expected', () => {
    const logCounts = random(6, [negatives]);
    const loss = sampledSoftmaxLoss(scores, input('logCounts', [negatives]), weightsInput);
    const expected = weighted((row) => {
      const sampled = (there[row] ?? []).map((is, i) =>
        is ? Math.exp(Number(negative.data[row * negatives + i])) / Math.exp(Number(logCounts.data[i])) : 0,
      );
      return Math.log(Math.exp(own(row)) + sum(sampled)) - own(row);
    });
    expect(number(loss, { ...feeds, logCounts })).toBeCloseTo(expected, 11);
  });

  it('the sampled softmax over every item once is the softmax over all items', () => {
    const table = random(2, [6, width]);
    const all = Array.from({ length: 5 }, (_, i) => i + 1);
    const ids = [1, 5, 3];
    const rows = products(hidden, table);
    const given = {
      positive: { ...positive, data: Float64Array.from(ids, (id, row) => rows[row]?.[id] ?? NaN) },
      negative: { ...negative, shape: [targets, 5], data: Float64Array.from(rows.flatMap((row) => row.slice(1))) },
      present: {
        ...present,
        shape: [targets, 5],
        data: Uint8Array.from(ids.flatMap((id) => all.map((other) => Number(other !== id)))),
      },
      counts: { dtype: 'float32' as const, shape: [5], data: new Float64Array(5) },
      weights,
    };
    const sampled = sampledSoftmaxLoss(
      {
        positive: scores.positive,
        negative: input('negative', ['targets', 5]),
        present: input('present', ['targets', 5], 'bool'),
      },
      input('counts', [5]),
      weightsInput,
    );
    const full = itemLoss(hiddenInput, input('table', [6, width]), input('ids', ['targets'], 'int32'), weightsInput);
    expect(number(sampled, given)).toBeCloseTo(
      number(full, { hidden, table, ids: ints([targets], ...ids), weights }),
      12,
    );
  });

  it('stays finite where scores are large', () => {
    const large = { ...feeds, positive: { ...positive, data: Float64Array.of(900, -900, 0) } };
    const counts = { dtype: 'float32' as const, shape: [negatives], data: new Float64Array(negatives) };
    const all = [
      number(bprLoss(scores, weightsInput), large),
      number(binaryLoss(scores, weightsInput, 0.5), large),
      number(sampledSoftmaxLoss(scores, input('counts', [negatives]), weightsInput), { ...large, counts }),
    ];
    expect(all.map(Number.isFinite)).toEqual([true, true, true]);
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
