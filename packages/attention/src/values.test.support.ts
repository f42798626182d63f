// Random feeds and quick evaluation for the tests of attention.
import { createGraph, evaluate, normal, streamId, type HostTensor, type Tensor } from '@difsr/graph';
import type { Scope } from '@difsr/nn';

export type Values = Readonly<Record<string, HostTensor>>;

/** Normal numbers that depend on the name and the seed. */
export function random(name: string, shape: readonly number[], seed: number): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { dtype: 'float32', shape, data: Float64Array.from(normal({ seed, step: 0, stream: streamId(name) }, count)) };
}

/** Random values of all declared parameters, biases included. */
export function parametersOf(scope: Scope, seed: number): Values {
  return Object.fromEntries(scope.parameters.map(({ spec }) => [spec.name, random(spec.name, spec.shape, seed)]));
}

/** Evaluates one tensor; feeds that it does not need are left out. */
export function valueOf(y: Tensor, feeds: Values): Float64Array {
  const graph = createGraph({ y });
  const out = evaluate(graph, Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name))))[
    'y'
  ];
  if (!(out?.data instanceof Float64Array)) throw new Error('not a float tensor');
  return out.data;
}

/** Ids of right-padded sequences `[rows, length]`. */
export function sequences(lengths: readonly number[], length: number): HostTensor {
  const data = lengths.flatMap((own, row) => Array.from({ length }, (_, i) => (i < own ? 1 + row + i : 0)));
  return { dtype: 'int32', shape: [lengths.length, length], data: Int32Array.from(data) };
}

/** Rows `from..to-1` of axis 1 of a `[batch, length, width]` tensor. */
export function columns(
  data: Float64Array,
  [batch, length, width]: readonly [number, number, number],
  to: number,
): number[][] {
  return Array.from({ length: batch }, (_, row) => [
    ...data.subarray(row * length * width, (row * length + to) * width),
  ]);
}
