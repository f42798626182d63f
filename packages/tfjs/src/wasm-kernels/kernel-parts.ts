// How kernels get at their inputs and attributes, whose types tfjs leaves open, and make their output.
import { BackendError } from '@difsr/graph';
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, bringHere } from '../host.js';

/** An input by name, on the device; take all inputs before a view of any. */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new BackendError(`the kernel was called without its input "${name}"`);
  bringHere(tensor);
  return tensor;
}

/** An attribute that is a number. */
export function numberAttribute(attributes: NamedAttrMap | undefined, name: string): number {
  const value = attributes?.[name];
  if (typeof value !== 'number')
    throw new BackendError(`the kernel's attribute "${name}" is a number, got ${String(value)}`);
  return value;
}

/** An attribute that is a text. */
export function textAttribute(attributes: NamedAttrMap | undefined, name: string): string {
  const value = attributes?.[name];
  if (typeof value !== 'string')
    throw new BackendError(`the kernel's attribute "${name}" is a text, got ${String(value)}`);
  return value;
}

/** A new tensor for the kernel to fill. */
export function output(shape: readonly number[], dtype: 'float32' | 'int32'): TensorInfo {
  return allocate(shape, dtype);
}
