// Elementwise ops and those that move elements, as tfjs kernels.
import { at, bindDim, formatShape, GraphError, sizeOf, type None, type OpAttributes } from '@difsr/graph';
import { concat as tfConcat, type Tensor } from '@tensorflow/tfjs-core';
import { allocate, floatsOf, hasHostMemory } from '../host.js';
import { alias, equalShapes, reshape, run, scalar, tensorOf } from '../kernel.js';
import type { Lower, LowerContext } from './lowering.js';

/** An op of one operand that tfjs has as it is. */
export function unary(kernel: string): Lower<readonly [Tensor], None> {
  return ({ inputs: [x] }) => [run(kernel, { x })];
}

/** An op of two operands that tfjs has as it is, broadcasting included. */
export function binary(kernel: string): Lower<readonly [Tensor, Tensor], None> {
  return ({ inputs: [a, b] }) => [run(kernel, { a, b })];
}

/** x/2 (1 + erf(x / sqrt 2)) */
export function gelu({ inputs: [x], scratch }: LowerContext<'gelu'>): Tensor[] {
  const scaled = scratch(run('Multiply', { a: x, b: scratch(scalar(Math.SQRT1_2)) }));
  const twice = scratch(run('Add', { a: scratch(run('Erf', { x: scaled })), b: scratch(scalar(1)) }));
  const half = scratch(run('Multiply', { a: x, b: scratch(scalar(0.5)) }));
  return [run('Multiply', { a: half, b: twice })];
}

/** Another dtype: fractions are cut off, truth is "not zero" (tfjs's own cast to bool keeps the low byte). */
export function cast({ inputs: [x], attributes: { to }, scratch }: LowerContext<'cast'>): Tensor[] {
  if (x.dtype === to) return [alias(x)];
  if (to !== 'bool') return [run('Cast', { x }, { dtype: to })];
  const zero = x.dtype === 'int32' ? tensorOf(Int32Array.of(0), [], 'int32') : scalar(0);
  return [run('NotEqual', { a: x, b: scratch(zero) })];
}

/** x repeated to a shape that it broadcasts to. */
export function broadcastTo(x: Tensor, shape: readonly number[], scratch: (tensor: Tensor) => Tensor): Tensor {
  if (equalShapes(x.shape, shape)) return alias(x);
  const lead = shape.length - x.shape.length;
  const own = [...shape.slice(0, lead).map(() => 1), ...x.shape];
  const reps = shape.map((dim, axis) => (own[axis] === dim ? 1 : dim));
  const full = scratch(reshape(x, own));
  return reps.every((count) => count === 1) ? alias(full) : run('Tile', { x: full }, { reps });
}

/** Elements start..end-1 of an axis. */
export function slice({ inputs: [x], attributes: { axis, start, end }, sizes }: LowerContext<'slice'>): Tensor[] {
  const stop = bindDim(end, sizes);
  if (stop > at(x.shape, axis))
    throw new GraphError(
      `slice: end ${end}${typeof end === 'string' ? ` = ${stop}` : ''} is past axis ${axis} of ${formatShape(x.shape)}`,
    );
  return [sliceAxis(x, axis, start, stop)];
}

/** Elements start..stop-1 of an axis, numbers all. */
export function sliceAxis(x: Tensor, axis: number, start: number, stop: number): Tensor {
  if (start === 0 && stop === x.shape[axis]) return alias(x);
  const shape = x.shape.with(axis, stop - start);
  if (hasHostMemory() && x.dtype === 'float32') return sliceOnHost(x, axis, start, shape);
  return run('Slice', { x }, { begin: x.shape.map((_, i) => (i === axis ? start : 0)), size: shape });
}

/** The same for float32 as copies of blocks. (tfjs on wasm copies the whole tensor out of the device first.) */
function sliceOnHost(x: Tensor, axis: number, start: number, shape: readonly number[]): Tensor {
  const inner = sizeOf(shape.slice(axis + 1));
  const [block, stride] = [at(shape, axis) * inner, at(x.shape, axis) * inner];
  const out = allocate(shape, 'float32');
  const [values, target] = [floatsOf(x), floatsOf(out)];
  const outer = sizeOf(shape.slice(0, axis));
  for (let i = 0; i < outer; i++) {
    const from = i * stride + start * inner;
    if (block >= 16) target.set(values.subarray(from, from + block), i * block);
    else for (let j = 0; j < block; j++) target[i * block + j] = values[from + j]!; // inside: from + block is at most the next row
  }
  return out;
}

/** x at start.. along an axis of a larger size, zeros elsewhere. */
export function pad({ inputs: [x], attributes: { axis, start }, shape }: LowerContext<'pad'>): Tensor[] {
  const [own, whole] = [at(x.shape, axis), at(shape, axis)];
  if (start + own > whole) throw new GraphError(`pad: ${start} + ${own} is past axis ${axis} of ${formatShape(shape)}`);
  const paddings = x.shape.map((_, i) => (i === axis ? [start, whole - start - own] : [0, 0]));
  return [run('PadV2', { x }, { paddings, constantValue: 0 })];
}

/** Tensors one after the other. */
export function concat({ inputs, attributes: { axis } }: LowerContext<'concat'>): Tensor[] {
  return [inputs.length === 1 ? alias(at(inputs, 0)) : tfConcat([...inputs], axis)];
}

/** Sum or largest element over axes. */
export function reduction(kernel: 'Sum' | 'Max'): Lower<readonly [Tensor], OpAttributes['reduceSum']> {
  return ({ inputs: [x], attributes: { axes, keepDims }, shape }) => {
    if (axes.length === 0) return [alias(x)];
    const kept = x.shape.length - axes.length;
    // Such as the gradient of a bias. tfjs would transpose the whole tensor first.
    if (kernel === 'Sum' && kept > 0 && Math.max(...axes) === axes.length - 1 && hasHostMemory())
      return [sumLeading(x, sizeOf(x.shape.slice(axes.length)), shape)];
    const axis = kernel === 'Sum' ? { axis: [...axes] } : { reductionIndices: [...axes] };
    return [run(kernel, { x }, { ...axis, keepDims })];
  };
}

/** Sums over the leading axes, in double precision, rows of `width` elements. */
function sumLeading(x: Tensor, width: number, shape: readonly number[]): Tensor {
  const out = allocate(shape, 'float32');
  const values = floatsOf(x);
  const sums = new Float64Array(width);
  // All places are inside: the tensor is rows of `width`.
  for (let start = 0; start < values.length; start += width)
    for (let column = 0; column < width; column++) sums[column]! += values[start + column]!;
  floatsOf(out).set(sums);
  return out;
}

/** 0, 1, .., count-1 */
export function iota(count: number): Tensor {
  return tensorOf(
    Int32Array.from({ length: count }, (_, i) => i),
    [count],
    'int32',
  );
}
