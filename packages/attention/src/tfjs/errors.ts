// The words with which tensors are named in errors.
import type { Tensor } from '@tensorflow/tfjs-core';
import { AttentionError } from '../error.js';

/** `float32 [2, 7, 16]` */
export function described({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Throws unless a tensor is of a dtype and shape; `undefined` in the shape stands for any size. */
export function requireTensor(
  name: string,
  tensor: Tensor,
  expected: { readonly dtype: 'float32' | 'bool'; readonly shape: readonly (readonly number[] | undefined)[] },
  text: string,
): void {
  const fits =
    tensor.dtype === expected.dtype &&
    tensor.shape.length === expected.shape.length &&
    expected.shape.every((sizes, axis) => sizes === undefined || sizes.includes(tensor.shape[axis] ?? -1));
  if (!fits) throw new AttentionError(`${name} is ${described(tensor)}, expected ${text}`);
}
