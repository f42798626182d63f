// Two encoders that Python's onnx package wrote as PyTorch exports them (models/encoders.test.py), and how a model is run.
import { readFileSync } from 'node:fs';
import { type HostTensor } from '@difsr/graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import type { DifAttentionConfig } from '../kernel/config.js';
import { type Values } from '../values.test.support.js';
import { type SpliceDifAttentionOptions } from './splice.js';

export const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./models/${name}`, import.meta.url)));
export const bert: Uint8Array = read('bert.test.onnx'); // BERT4Rec-like, opset 14
export const sasrec: Uint8Array = read('sasrec.test.onnx'); // SASRec-like, opset 17
export const plain: DifAttentionConfig = { width: 16, heads: 2, maxLength: 12, causal: false };
export const layers: readonly number[] = [0, 1];

export interface Floats {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Runs a model; integers are fed as int64, as exported encoders want them. Gives its first output. */
export async function run(model: Uint8Array, feeds: Values): Promise<Floats> {
  const session = await InferenceSession.create(model);
  try {
    const given = Object.entries(feeds).map(([name, { dtype, shape, data }]): [string, Tensor] => [
      name,
      dtype === 'int32'
        ? new Tensor('int64', BigInt64Array.from(data, BigInt), shape)
        : dtype === 'bool'
          ? new Tensor('bool', Uint8Array.from(data), shape)
          : new Tensor('float32', Float32Array.from(data), shape),
    ]);
    const [output] = Object.values(await session.run(Object.fromEntries(given)));
    return floatsOf(output);
  } finally {
    await session.release();
  }
}

/** Ids `[batch, length]`, 1 to 23. */
export function ids(batch: number, length: number): HostTensor {
  const data = Int32Array.from({ length: batch * length }, (_, i) => 1 + ((i * 7) % 23));
  return { dtype: 'int32', shape: [batch, length], data };
}

/** Rows of 1 that end in 0: what is padding. */
export function padding(batch: number, length: number): HostTensor {
  const data = Int32Array.from({ length: batch * length }, (_, i) =>
    i % length < length - Math.floor(i / length) ? 1 : 0,
  );
  return { dtype: 'int32', shape: [batch, length], data };
}

export function floatsOf(tensor: Tensor | undefined): Floats {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('the model gave no floats');
  return { dims: tensor.dims, data: tensor.data };
}

export function difference(a: Floats, b: Floats): number {
  expect(b.dims).toEqual(a.dims);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] ?? NaN))), 0);
}

/** What replaces an attention of the BERT-like encoder. */
export function inBert(layer: number): Pick<SpliceDifAttentionOptions, 'replace' | 'item'> {
  return {
    replace: `/layer.${layer}/attention/output/Add_output_0`,
    item: layer === 0 ? '/embeddings/norm/Add_1_output_0' : '/layer.0/norm/Add_1_output_0',
  };
}

export function scaled({ shape, data }: HostTensor, factor: number): HostTensor {
  return { dtype: 'float32', shape, data: Float32Array.from(data, (value) => value * factor) };
}
