// What is known of a tensor before it has a value: dimensions that may be symbols, and the type of its elements.
import { DifsrError } from '@difsr/errors';

/** Element types. Backends compute `float32` in float32; the reference interpreter in float64. */
export type DType = 'float32' | 'int32' | 'bool';

/** A dimension: a known size, or a symbol such as `batch` whose size is bound at run time. */
export type Dim = number | string;

/** Dimensions, outermost first. `[]` is a scalar. */
export type Shape = readonly Dim[];

/** Shape and element type: all that is known of a tensor before it has a value. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Thrown where shapes, dtypes or attributes do not fit an op; names the op, what it got and what it takes. */
export class GraphError extends DifsrError {
  override readonly name = 'GraphError';
}

/** `[batch, 4]` as text. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** `float32[batch, 4]` as text. */
export function formatType(type: TensorType): string {
  return `${type.dtype}${formatShape(type.shape)}`;
}

/** Whether two shapes have the same dimensions, symbol by symbol. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Reads an element that the caller knows to be there; an absent one is a bug and says so. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index < 0 ? items.length + index : index];
  if (item === undefined) throw new GraphError(`no element ${index} in a list of ${items.length}`);
  return item;
}
