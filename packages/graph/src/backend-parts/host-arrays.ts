// The arrays in which host tensors reach a backend: one kind for each element type.
import { sizeOf, truthBytes, type HostData, type HostTensor } from '../backend.js';
import { formatShape, GraphError, type DType } from '../types.js';

/** The array that holds a tensor's values, by element type. */
export interface HostArrays {
  readonly float32: Float32Array;
  readonly int32: Int32Array;
  readonly bool: Uint8Array;
}

/** Any of them. */
export type HostArray = HostArrays[DType];

const constructors: { readonly [D in DType]: (length: number) => HostArrays[D] } = {
  float32: (length) => new Float32Array(length),
  int32: (length) => new Int32Array(length),
  bool: (length) => new Uint8Array(length),
};

/** A zeroed array for values of an element type. */
export function zeroArray(dtype: DType, length: number): HostArray {
  return constructors[dtype](length);
}

/**
 * For backends: a caller's values, checked, in the array for their element type. It is the caller's own array, or a copy
 * where that differs: float32 of float64 values, the bytes 0 and 1 of other truth values.
 *
 * @param name for the message.
 * @throws GraphError where the array is of another kind than the dtype says, or has another length than the shape.
 * @example
 * hostArray('x', { dtype: 'float32', shape: [2], data: Float64Array.of(1, 2) }); // Float32Array [1, 2]
 */
export function hostArray(name: string, { dtype, shape, data }: HostTensor): HostArray {
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

function matches(dtype: DType, array: HostData): array is HostArray {
  return array.constructor === constructors[dtype](0).constructor;
}
