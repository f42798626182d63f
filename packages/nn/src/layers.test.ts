import { createGraph, evaluate, input, type HostTensor } from '@difsr/graph';
import { expect, it } from 'vitest';
import {
  declareFeedForward,
  declareLinear,
  declareNorm,
  feedForward,
  layerNorm,
  linear,
  Scope,
  widthOf,
} from './index.js';

const floats = (shape: readonly number[], ...data: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(data),
});
const x = input('x', ['rows', 2]);

it('linear is x W^T + b, with a weight [out, in]', () => {
  const scope = new Scope({ training: false });
  const y = linear(x, declareLinear(scope, 2, 3, 0.1));
  const out = evaluate(createGraph({ y }), {
    x: floats([1, 2], 2, 3),
    weight: floats([3, 2], 1, 0, 0, 1, 1, -1),
    bias: floats([3], 10, 20, 30),
  });
  expect([...(out['y']?.data ?? [])]).toEqual([12, 23, 29]);
  expect(scope.parameters.map(({ spec }) => [spec.name, spec.shape, spec.decay])).toEqual([
    ['weight', [3, 2], true],
    ['bias', [3], false],
  ]);
});

it('linear without bias declares none', () => {
  const scope = new Scope({ training: false });
  declareLinear(scope, 2, 3, 0.1, { bias: false });
  expect(scope.parameters.map(({ spec }) => spec.name)).toEqual(['weight']);
});

it('layer normalization uses the biased variance and is left out of weight decay', () => {
  const scope = new Scope({ training: false });
  const y = layerNorm(x, declareNorm(scope, 2), 0);
  const out = evaluate(createGraph({ y }), {
    x: floats([1, 2], 1, 5),
    weight: floats([2], 2, 3),
    bias: floats([2], 10, 20),
  });
  expect([...(out['y']?.data ?? [])]).toEqual([8, 23]);
  expect(scope.parameters.every(({ spec }) => !spec.decay)).toBe(true);
});

it('feed-forward is W_2 gelu(W_1 x), gelu by erf', () => {
  const scope = new Scope({ training: false });
  const y = feedForward(x, declareFeedForward(scope, 2, 1, 0.1));
  const feeds = {
    x: floats([1, 2], 1, 0),
    'input.weight': floats([1, 2], 1, 0),
    'input.bias': floats([1], 0),
    'output.weight': floats([2, 1], 1, 2),
    'output.bias': floats([2], 0, 1),
  };
  const out = evaluate(createGraph({ y }), feeds)['y'];
  expect(out?.data[0]).toBeCloseTo(0.8413447460685429, 14); // the normal distribution's value at 1
  expect(out?.data[1]).toBeCloseTo(2 * 0.8413447460685429 + 1, 14);
});

it('the width of an axis of unknown size is an error', () => {
  expect(widthOf(x)).toBe(2);
  expect(() => widthOf(input('y', ['rows']))).toThrow(/must have a known size, got "rows"/);
});
