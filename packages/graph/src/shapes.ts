// Arithmetic on shapes with symbolic dimensions: broadcasting, element counts, axes.
import { formatShape, GraphError, sameShape, type Dim, type Shape } from './types.js';

/** The common shape of two operands, aligned at the last axis; a dimension is equal or 1. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new GraphError(`${formatShape(a)} and ${formatShape(b)} do not broadcast: ${x} against ${y}`);
  });
}

/** Number of elements as (known factor, sorted symbols): comparable even where symbols are unbound. */
export function elementCount(shape: Shape): { readonly factor: number; readonly symbols: string } {
  const symbols = shape.filter((dim) => typeof dim === 'string').toSorted();
  const factor = shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  return { factor, symbols: symbols.join('*') };
}

/** Throws unless both shapes hold the same number of elements for every binding of their symbols. */
export function requireSameCount(from: Shape, to: Shape): void {
  const a = elementCount(from);
  const b = elementCount(to);
  if (a.factor !== b.factor || a.symbols !== b.symbols) {
    throw new GraphError(`reshape ${formatShape(from)} to ${formatShape(to)} changes the number of elements`);
  }
}

/** A possibly negative axis as 0..rank-1. */
export function normalizeAxis(axis: number, rank: number): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new GraphError(`axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return normalized;
}

/** Shape after reducing `axes` (already normalized). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const reduced = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return keepDims ? reduced : reduced.filter((_, axis) => !axes.includes(axis));
}

/** Axes along which a value of shape `from` was repeated to get shape `to`, in `to`'s numbering. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  return to.flatMap((dim, axis) => (axis < lead || (from[axis - lead] === 1 && dim !== 1) ? [axis] : []));
}

/** Whether `from` broadcasts to exactly `to`. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  return from.length <= to.length && sameShape(broadcastShapes(from, to), to);
}

/** Replaces symbols by their sizes; an unbound symbol is an error. */
export function bindShape(shape: Shape, sizes: ReadonlyMap<string, number>): number[] {
  return shape.map((dim) => bindDim(dim, sizes));
}

/** The size of one dimension under a binding. */
export function bindDim(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  if (typeof dim === 'number') return dim;
  const size = sizes.get(dim);
  if (size === undefined) throw new GraphError(`dimension "${dim}" is not bound by any input of the graph`);
  return size;
}
