import { createGraph, evaluate, input, normal, streamId, type HostTensor } from '@difsr/graph';
import { expect, it } from 'vitest';
import { declareGru, gru, initialValues, Scope } from './index.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (row: readonly number[], x: readonly number[]): number =>
  row.reduce((sum, weight, j) => sum + weight * (x[j] ?? 0), 0);
const random = (name: string, count: number): number[] => [
  ...normal({ seed: 7, step: 0, stream: streamId(name) }, count),
];

/** The recurrence of one row by plain loops, from the equations: reset, update, candidate. */
function states(steps: readonly (readonly number[])[], w: number[][], u: number[][], width: number): number[][] {
  let state = Array.from({ length: width }, () => 0);
  return steps.map((x) => {
    const before = state;
    state = state.map((own, j) => {
      const [wr = [], wz = [], wn = []] = [w[j], w[width + j], w[2 * width + j]];
      const [ur = [], uz = [], un = []] = [u[j], u[width + j], u[2 * width + j]];
      const reset = sigmoid(dot(wr, x) + dot(ur, before));
      const update = sigmoid(dot(wz, x) + dot(uz, before));
      const candidate = Math.tanh(dot(wn, x) + reset * dot(un, before));
      return (1 - update) * candidate + update * own;
    });
    return state;
  });
}

const rowsOf = (data: readonly number[], width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width));
const floats = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(data),
});

const [INPUTS, WIDTH, LENGTH] = [2, 3, 4];
const scope = new Scope({ training: false });
const x = input('x', ['batch', 'length', INPUTS]);
const graph = createGraph({ y: gru(x, declareGru(scope, INPUTS, WIDTH, { layers: 2 })) });
const specs = scope.parameters.map(({ spec }) => spec);
const weights = Object.fromEntries(
  specs.map(({ name, shape }) => [
    name,
    random(
      name,
      shape.reduce((a, b) => a * b, 1),
    ),
  ]),
);
const run = (batch: number, length: number, data: readonly number[]): number[] => {
  const feeds = Object.fromEntries(specs.map(({ name, shape }) => [name, floats(shape, weights[name] ?? [])]));
  return [...(evaluate(graph, { ...feeds, x: floats([batch, length, INPUTS], data) })['y']?.data ?? [])];
};

it('layers of gated recurrent units are the recurrence that they are named after', () => {
  const rows = random('x', 2 * LENGTH * INPUTS);
  const expected = rowsOf(rows, LENGTH * INPUTS).flatMap((row) => {
    let steps = rowsOf(row, INPUTS);
    for (const k of [0, 1]) {
      const of = (name: string, width: number): number[][] =>
        rowsOf(weights[`layers.${k}.${name}.weight`] ?? [], width);
      steps = states(steps, of('input', k === 0 ? INPUTS : WIDTH), of('recurrent', WIDTH), WIDTH);
    }
    return steps.flat();
  });
  const found = run(2, LENGTH, rows);
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 13));
});

it('what stands behind a sequence does not reach its states, and a sequence may have no step', () => {
  const row = random('row', 2 * INPUTS);
  const padded = run(1, LENGTH, [...row, ...random('noise', (LENGTH - 2) * INPUTS)]);
  expect(padded.slice(0, 2 * WIDTH)).toEqual(run(1, 2, row));
  expect(run(3, 0, [])).toEqual([]);
});

it('their weights are declared layer by layer, and start as they are told', () => {
  expect(specs.map(({ name, shape, decay }) => [name, shape, decay])).toEqual([
    ['layers.0.input.weight', [9, 2], true],
    ['layers.0.recurrent.weight', [9, 3], true],
    ['layers.1.input.weight', [9, 3], true],
    ['layers.1.recurrent.weight', [9, 3], true],
  ]);
  const own = new Scope({ training: false });
  declareGru(own, 4, 2, { initializer: { kind: 'constant', value: 0.5 } });
  const values = initialValues(
    own.parameters.map(({ spec }) => spec),
    1,
  );
  expect(Object.values(values).flatMap(({ data }) => [...data])).toEqual(Array.from({ length: 36 }, () => 0.5));
  expect(() => declareGru(own, 4, 2, { layers: 0 })).toThrow('declareGru: layers is a whole number from 1 on, got 0');
});
