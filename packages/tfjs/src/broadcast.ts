// Where the elements of operands that broadcast lie, for loops over host memory.
import { at, sizeOf } from '@difsr/graph';

/**
 * For each place of the axes `to`, row-major, which place of an operand with the axes `own` is read there; `own`
 * broadcasts to `to`.
 */
export function broadcastPlaces(own: readonly number[], to: readonly number[]): Int32Array {
  const places = new Int32Array(sizeOf(to));
  if (places.length === 0) return places;
  let filled = 1;
  let stride = 1;
  for (let axis = to.length - 1; axis >= 0; axis--) {
    const dim = own[axis - to.length + own.length] ?? 1;
    const step = dim === 1 ? 0 : stride;
    for (let i = 1; i < at(to, axis); i++) {
      for (let j = 0; j < filled; j++) places[i * filled + j] = places[j]! + i * step; // the first `filled` are there
    }
    filled *= at(to, axis);
    stride *= dim;
  }
  return places;
}

/** How an operand is read along the rows of a broadcast shape. */
export interface RowWalk {
  /** Offset of each row's first element. */
  readonly rows: Int32Array;
  /** 0 where the row is one element repeated. */
  readonly step: 0 | 1;
}

/** The walk of an operand of shape `own` along the rows of `to`. */
export function walkRows(own: readonly number[], to: readonly number[]): RowWalk {
  const width = own.at(-1) ?? 1;
  const rows = broadcastPlaces(own.slice(0, -1), to.slice(0, -1));
  if (width !== 1) for (let i = 0; i < rows.length; i++) rows[i]! *= width;
  return { rows, step: width === 1 ? 0 : 1 };
}
