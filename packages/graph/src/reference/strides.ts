// Walking tensors: where the elements of a broadcast, transposed or reduced operand lie.
import { sizeOf } from '../backend.js';

/** Distance in elements between neighbours along each axis, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Strides with which a value of shape `from` is read as if it had the larger shape `to`: 0 where it repeats. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : own[axis - lead]!));
}

/** Offset of every element of `shape`, row-major, under the given strides. */
export function offsetsOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  const offsets = new Int32Array(sizeOf(shape));
  if (offsets.length === 0) return offsets;
  // Built from the last axis outwards: each axis repeats what is there, shifted by its stride.
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let step = 1; step < shape[axis]!; step++) {
      const shift = step * strides[axis]!;
      for (let i = 0; i < filled; i++) offsets[step * filled + i] = offsets[i]! + shift;
    }
    filled *= shape[axis]!;
  }
  return offsets;
}

/** A walk over a tensor as rows of its last axis: the row offsets of an operand and its step within a row. */
export interface RowWalk {
  readonly rows: Int32Array;
  readonly step: number;
}

/** How an operand of shape `from` is read along the rows of the shape `to`. */
export function walkRows(from: readonly number[], to: readonly number[]): RowWalk {
  const strides = broadcastStrides(from, to);
  return { rows: offsetsOf(to.slice(0, -1), strides.slice(0, -1)), step: strides.at(-1) ?? 0 };
}
