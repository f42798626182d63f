// Values of the interpreter: tensors with their numbers, float32 held in double precision. A value
// is never written to once a rule has returned it, so reshapes and variables may share buffers.
import { maskOf, sizeOf, truthBytes, type HostData, type HostTensor, type MaskFeed } from '../backend.js';
import { formatShape, GraphError, type DType } from '../types.js';

interface ValueOf<D extends DType, Data extends HostData> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Data;
}

/** A float32 tensor, computed in float64. */
export type FloatValue = ValueOf<'float32', Float64Array>;
/** An int32 tensor. */
export type IntValue = ValueOf<'int32', Int32Array>;
/** A bool tensor, as bytes 0 and 1. */
export type BoolValue = ValueOf<'bool', Uint8Array>;
/** What the interpreter computes with. */
export type Value = FloatValue | IntValue | BoolValue;

export const floats = (shape: readonly number[], data: Float64Array = new Float64Array(sizeOf(shape))): FloatValue => ({
  dtype: 'float32',
  shape,
  data,
});
export const ints = (shape: readonly number[], data: Int32Array = new Int32Array(sizeOf(shape))): IntValue => ({
  dtype: 'int32',
  shape,
  data,
});
export const bools = (shape: readonly number[], data: Uint8Array = new Uint8Array(sizeOf(shape))): BoolValue => ({
  dtype: 'bool',
  shape,
  data,
});

/** A value of a dtype; `fill` writes its elements into fresh zeros. */
export function valueOf(
  dtype: DType,
  shape: readonly number[],
  fill: (data: Float64Array | Int32Array | Uint8Array) => void,
): Value {
  const value = dtype === 'float32' ? floats(shape) : dtype === 'int32' ? ints(shape) : bools(shape);
  fill(value.data);
  return value;
}

/** The same elements in another shape; the buffer is shared. */
export function withShape(value: Value, shape: readonly number[]): Value {
  switch (value.dtype) {
    case 'float32':
      return floats(shape, value.data);
    case 'int32':
      return ints(shape, value.data);
    case 'bool':
      return bools(shape, value.data);
  }
}

/** The value as float32; another dtype is a bug, since the op table checks dtypes. */
export function asFloats(value: Value): FloatValue {
  if (value.dtype !== 'float32') throw new GraphError(`expected float32 values, got ${value.dtype}`);
  return value;
}

/** The value as int32; another dtype is a bug, since the op table checks dtypes. */
export function asInts(value: Value): IntValue {
  if (value.dtype !== 'int32') throw new GraphError(`expected int32 values, got ${value.dtype}`);
  return value;
}

/** A caller's tensor as a value, always copied: later writes by the caller do not reach it. */
export function fromHost(name: string, host: HostTensor): Value {
  const { dtype, shape, data } = host;
  if (data.length !== sizeOf(shape))
    throw new GraphError(`"${name}" has ${data.length} elements for shape ${formatShape(shape)}`);
  if (dtype === 'float32' && (data instanceof Float32Array || data instanceof Float64Array))
    return floats([...shape], Float64Array.from(data));
  if (dtype === 'int32' && data instanceof Int32Array) return ints([...shape], data.slice());
  if (dtype === 'bool' && data instanceof Uint8Array) return bools([...shape], truthBytes(data).slice());
  const takes = { float32: 'Float32Array or Float64Array', int32: 'Int32Array', bool: 'Uint8Array' }[dtype];
  throw new GraphError(`"${name}" is ${dtype}, whose data is a ${takes}, got a ${data.constructor.name}`);
}

/** A feed as a value: a tensor copied, or the mask that it describes. */
export function fromFeed(name: string, feed: HostTensor | MaskFeed): Value {
  if (!('mask' in feed)) return fromHost(name, feed);
  return bools([...feed.shape], maskOf(feed));
}

/** A copy for the caller. */
export function toHost(value: Value): HostTensor {
  return { dtype: value.dtype, shape: [...value.shape], data: value.data.slice() };
}
