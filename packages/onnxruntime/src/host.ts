// Host tensors to ONNX Runtime's tensors and back.
import { GraphError, type DType, type HostTensor } from '@difsr/graph';
import type { HostArray } from '@difsr/graph/backend-parts';
import type { OrtTensor, Runtime } from './runtime.js';

/** The class `Tensor` of onnxruntime-node and onnxruntime-web, as far as it is used here. */
export interface TensorConstructor {
  new (type: 'float32', data: Float32Array, dims: readonly number[]): OrtTensor;
  new (type: 'int32', data: Int32Array, dims: readonly number[]): OrtTensor;
  new (type: 'bool' | 'uint8', data: Uint8Array, dims: readonly number[]): OrtTensor;
}

/** `Runtime.tensor` by that class. */
export function tensorMaker(Tensor: TensorConstructor): Runtime['tensor'] {
  return (dtype, array, shape) => {
    if (array instanceof Float32Array) return new Tensor('float32', array, shape);
    if (array instanceof Int32Array) return new Tensor('int32', array, shape);
    return new Tensor(dtype === 'bool' ? 'bool' : 'uint8', array, shape);
  };
}

/** The array of a result, which is the run's own fresh copy. */
export function ortArray(dtype: DType, { type, data }: OrtTensor): HostArray {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data;
  throw new GraphError(`an output of type ${type} where ${dtype} was expected`);
}

/** The result of a run as a host tensor. */
export function hostTensor(dtype: DType, tensor: OrtTensor): HostTensor {
  return { dtype, shape: tensor.dims, data: ortArray(dtype, tensor) };
}
