// Host tensors and mask descriptions to tfjs tensors on the active device, and back.
import { GraphError, maskOf, type DType, type HostTensor, type MaskFeed } from '@difsr/graph';
import { hostArray } from '@difsr/graph/backend-parts';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorOf, type Values } from './kernel.js';

/** A feed's type, known without its values. */
export function typeOfFeed(feed: HostTensor | MaskFeed): { readonly dtype: DType; readonly shape: readonly number[] } {
  return 'mask' in feed ? { dtype: 'bool', shape: feed.shape } : feed;
}

/** The feed as a tensor of the active device, which shares nothing with the caller's arrays. */
export function feedTensor(name: string, feed: HostTensor | MaskFeed): Tensor {
  if (!('mask' in feed)) return tensorOf(copied(name, feed), feed.shape, feed.dtype);
  return tensorOf(maskOf(feed), feed.shape, 'bool');
}

/** A copy of the values: tfjs's cpu device computes on the very array that it is given. */
function copied(name: string, tensor: HostTensor): Values {
  const array = hostArray(name, tensor);
  return array === tensor.data ? array.slice() : array;
}

/** A tensor's values as a fresh copy for the caller; waits where the device computes on its own. */
export async function hostTensor(tensor: Tensor): Promise<HostTensor> {
  const { dtype, shape } = tensor;
  const data: unknown = await tensor.data();
  if (!(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array))
    throw new GraphError(`tfjs gave a ${dtype} tensor as ${Object.prototype.toString.call(data)}`);
  // `from` copies, and mends what the cpu device's cast leaves in another kind of array.
  if (dtype === 'float32') return { dtype, shape: [...shape], data: Float32Array.from(data) };
  if (dtype === 'int32') return { dtype, shape: [...shape], data: Int32Array.from(data) };
  return { dtype: 'bool', shape: [...shape], data: Uint8Array.from(data) };
}
