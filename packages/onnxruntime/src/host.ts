// Host tensors to ONNX Runtime's tensors and back: element types, lengths, copies.
import { formatShape, GraphError, sizeOf, truthBytes, type DType, type HostData, type HostTensor } from '@difsr/graph';
import type { OrtTensor, Runtime } from './runtime.js';

/** Arrays that ONNX Runtime takes for each dtype. */
interface OrtArrays {
  readonly float32: Float32Array;
  readonly int32: Int32Array;
  readonly bool: Uint8Array;
}

/** Any of them. */
export type OrtArray = OrtArrays[DType];

const constructors: { readonly [D in DType]: (length: number) => OrtArrays[D] } = {
  float32: (length) => new Float32Array(length),
  int32: (length) => new Int32Array(length),
  bool: (length) => new Uint8Array(length),
};

/** A zeroed array of a dtype. */
export function allocate(dtype: DType, length: number): OrtArray {
  return constructors[dtype](length);
}

/**
 * The array of a host tensor as ONNX Runtime takes it: the same one, or a copy: float32 of float64 values, 0 and 1 of other bytes.
 *
 * @throws GraphError where the array is of another type than the dtype says, or has another length than the shape.
 */
export function checkedArray(name: string, { dtype, shape, data }: HostTensor): OrtArray {
  if (data.length !== sizeOf(shape)) {
    throw new GraphError(`"${name}" has ${data.length} values, its shape ${formatShape(shape)} takes ${sizeOf(shape)}`);
  }
  const array = dtype === 'float32' && data instanceof Float64Array ? Float32Array.from(data) : data;
  if (!matches(dtype, array))
    throw new GraphError(
      `"${name}" is ${dtype}, which travels as ${constructors[dtype](0).constructor.name}; got ${data.constructor.name}`,
    );
  return dtype === 'bool' && array instanceof Uint8Array ? truthBytes(array) : array;
}

function matches(dtype: DType, array: HostData): array is OrtArray {
  return array.constructor === constructors[dtype](0).constructor;
}

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
export function ortArray(dtype: DType, { type, data }: OrtTensor): OrtArray {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data;
  throw new GraphError(`an output of type ${type} where ${dtype} was expected`);
}

/** The result of a run as a host tensor. */
export function hostTensor(dtype: DType, tensor: OrtTensor): HostTensor {
  return { dtype, shape: tensor.dims, data: ortArray(dtype, tensor) };
}
