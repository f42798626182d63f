// The tfjs devices that tests can use anywhere, with tfjs's own gradients (registered by tfjs-layers) for what a user writes
// around the attention.
import '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { readFileSync } from 'node:fs';
import type { HostTensor } from '@difsr/graph';
import { decodeSafetensors } from '@difsr/nn';
import * as tf from '@tensorflow/tfjs-core';

export const DEVICES = ['cpu', 'wasm'] as const;

/** Makes a device the active one. */
export async function use(device: (typeof DEVICES)[number]): Promise<void> {
  await tf.setBackend(device);
  await tf.ready();
}

/** A host tensor on the active device. */
export function onDevice({ dtype, shape, data }: HostTensor): tf.Tensor {
  return tf.tensor(data instanceof Float64Array ? Float32Array.from(data) : data, [...shape], dtype);
}

/** The float tensors of a golden case. */
export function golden(name: string): ReadonlyMap<string, HostTensor> {
  const file = new URL(`../../../../fixtures/reference/${name}.safetensors`, import.meta.url);
  const { tensors } = decodeSafetensors(readFileSync(file));
  const floats = Object.entries(tensors).flatMap(([key, { data, shape }]): [string, HostTensor][] =>
    data instanceof Float32Array || data instanceof Float64Array ? [[key, { dtype: 'float32', shape, data }]] : [],
  );
  return new Map(floats);
}

/** Largest difference as a share of the expected tensor's largest element. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [largest, off] = [1e-30, 0];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] ?? NaN));
    off = Math.max(off, Math.abs((actual[i] ?? NaN) - (expected[i] ?? NaN)));
  }
  return off / largest;
}
