// Small tensors, and a graph evaluated by the interpreter.
import type { HostTensor } from '../backend.js';
import { input } from '../build.js';
import { createGraph } from '../graph.js';
import type { Tensor } from '../signatures.js';
import { evaluate } from './index.js';

export const floats = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float64Array.from(values),
});
export const ints = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
});
export const bits = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'bool',
  shape,
  data: Uint8Array.from(values),
});
export const valueOf = (y: Tensor, feeds: Record<string, HostTensor> = {}): number[] => [
  ...evaluate(createGraph({ y }), feeds)['y']!.data,
];
export const x = (...shape: (number | string)[]): Tensor => input('x', shape);
export const ids = (...shape: (number | string)[]): Tensor => input('ids', shape, 'int32');
