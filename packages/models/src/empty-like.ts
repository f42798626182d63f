// Arrays of the kind of another one.
import type { HostData } from '@difsr/graph';

/** Zeros, as many as asked for, in the kind of array that `data` is. */
export function emptyLike(data: HostData, size: number): HostData {
  if (data instanceof Float32Array) return new Float32Array(size);
  if (data instanceof Float64Array) return new Float64Array(size);
  return data instanceof Int32Array ? new Int32Array(size) : new Uint8Array(size);
}
