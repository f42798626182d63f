// Tensors of the devices `cpu` and `wasm` as typed arrays in place: both compute in memory that JavaScript sees, so what
// tfjs has no exact or quick kernel for is a loop here. Other devices compose it from kernels.
import { engine, type KernelBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '@difsr/graph';
import { deviceName } from './kernel.js';

/** Whether the active device's memory can be read and written from here. */
export function hasHostMemory(): boolean {
  const name = deviceName();
  return name === 'cpu' || name === 'wasm';
}

function viewOf(backend: KernelBackend, x: TensorInfo): unknown {
  if ('typedArrayFromHeap' in backend && typeof backend.typedArrayFromHeap === 'function')
    return backend.typedArrayFromHeap(x);
  // Not `instanceof`: a bundle may hold the device's class twice.
  if (!('data' in backend && typeof backend.data === 'object' && backend.data !== null)) return undefined;
  if (!('get' in backend.data && typeof backend.data.get === 'function')) return undefined;
  const held: unknown = backend.data.get(x.dataId); // the cpu device: its own array (readSync copies truth values)
  return typeof held === 'object' && held !== null && 'values' in held ? held.values : undefined;
}

/**
 * Moves a tensor that was made on another device to the active one, if its memory is here. tfjs does so at the first look,
 * when the memory that it takes may move all memory, and views that have been taken before are lost (its own as well).
 */
export function bringHere(x: TensorInfo): void {
  if (!hasHostMemory()) return;
  const { backend } = engine();
  if ('getMemoryOffset' in backend && typeof backend.getMemoryOffset === 'function') backend.getMemoryOffset(x.dataId);
  else viewOf(backend, x);
}

/** The values in the right kind of array: the cpu device casts without changing it, which costs a copy here. */
function converted<T>(x: TensorInfo, view: unknown, from: (values: ArrayLike<number>) => T): T {
  if (view instanceof Float32Array || view instanceof Int32Array || view instanceof Uint8Array) return from(view);
  throw new TypeError(
    `tfjs's device "${deviceName()}" holds a ${x.dtype} tensor as ${Object.prototype.toString.call(view)}`,
  );
}

/** The values of a float32 tensor in place. Allocating may move wasm's memory: take views after the last allocation. */
export function floatsOf(x: TensorInfo): Float32Array {
  const view = viewOf(engine().backend, x);
  return view instanceof Float32Array ? view : converted(x, view, (values) => Float32Array.from(values));
}

/** The values of an int32 tensor in place. */
export function intsOf(x: TensorInfo): Int32Array {
  const view = viewOf(engine().backend, x);
  return view instanceof Int32Array ? view : converted(x, view, (values) => Int32Array.from(values));
}

/** The values of a bool tensor in place. */
export function bitsOf(x: TensorInfo): Uint8Array {
  const view = viewOf(engine().backend, x);
  return view instanceof Uint8Array ? view : converted(x, view, (values) => Uint8Array.from(values));
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** A new tensor whose values are undefined; write them through its view. */
export function allocate(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): Tensor {
  const { backend } = engine();
  // wasm: memory without a copy. (The cpu device has a method of this name with other arguments.)
  if (deviceName() === 'wasm' && 'makeOutput' in backend && typeof backend.makeOutput === 'function')
    return engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], dtype));
  return engine().makeTensor(new arrays[dtype](sizeOf(shape)), [...shape], dtype);
}
