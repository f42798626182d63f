// The functions with which a model is written: each checks its operands and adds one node.
// Sugar (mean, scalar operands, linear) is composed here from table ops, never a new op.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { ops } from './ops.js';
import { broadcastShapes, normalizeAxis } from './shapes.js';
import type { OpAttributes, OpInputs, OpName, Node, NodeOf, Tensor } from './signatures.js';
import { at, formatType, GraphError, sameShape, type Dim, type DType, type Shape } from './types.js';

let nextId = 0;

/** Applies an op to tensors. Errors name the op and its operands. */
export function apply<N extends OpName>(
  op: N,
  inputs: OpInputs<N, Tensor>,
  attributes: OpAttributes[N],
): readonly Tensor[] {
  let types;
  try {
    types = ops[op].infer(inputs, attributes);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const operands = inputs.map((input) => (input === undefined ? '-' : formatType(input))).join(', ');
    throw new GraphError(`${op}(${operands}): ${error.message}`);
  }
  const outputs: Tensor[] = [];
  const node: NodeOf<N> = { id: nextId++, op, inputs, attributes, outputs };
  // NodeOf<N> for a generic N is a member of the union Node, which TypeScript cannot see through the type parameter.
  types.forEach((type, index) => outputs.push({ node: node as Node, index, shape: type.shape, dtype: type.dtype }));
  return outputs;
}

function one<N extends OpName>(op: N, inputs: OpInputs<N, Tensor>, attributes: OpAttributes[N]): Tensor {
  return at(apply(op, inputs, attributes), 0);
}

/** A tensor, or a number that stands for a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

const none = {} as const;

function pair(
  op: 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'equal' | 'less',
  a: Operand,
  b: Operand,
): Tensor {
  const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'float32';
  return one(op, [lift(a, dtype), lift(b, dtype)], none);
}

function lift(x: Operand, dtype: DType): Tensor {
  return typeof x === 'number' ? constant(x, dtype) : x;
}

/** A named value given at run time. `input('items', ['batch', 'length'], 'int32')` */
export const input = (name: string, shape: Shape, dtype: DType = 'float32'): Tensor =>
  one('input', [], { name, shape, dtype });
/** A scalar written in the graph. */
export const constant = (value: number, dtype: DType = 'float32'): Tensor => constantArray([value], [], dtype);
/** A small array written in the graph; large ones belong into inputs. As bool, all but 0 is true. */
export const constantArray = (data: readonly number[], shape: readonly number[], dtype: DType = 'float32'): Tensor =>
  one('constant', [], { shape, dtype, data: dtype === 'bool' ? data.map((value) => (value === 0 ? 0 : 1)) : data });
/** int32 `[0, 1, .., size-1]`. */
export const iota = (size: Dim): Tensor => one('iota', [], { size });
/** The size of a dimension, known or symbolic, as a float scalar. */
export const size = (dim: Dim): Tensor => one('size', [], { dim });

/** `a + b`, broadcast; a number stands for a scalar. */
export const add = (a: Operand, b: Operand): Tensor => pair('add', a, b);
/** `a - b`, broadcast. */
export const sub = (a: Operand, b: Operand): Tensor => pair('sub', a, b);
/** `a * b` by element, broadcast. */
export const mul = (a: Operand, b: Operand): Tensor => pair('mul', a, b);
/** `a / b` by element, broadcast. */
export const div = (a: Operand, b: Operand): Tensor => pair('div', a, b);
/** The larger of `a` and `b` by element, broadcast. */
export const maximum = (a: Operand, b: Operand): Tensor => pair('maximum', a, b);
/** The smaller of `a` and `b` by element, broadcast. */
export const minimum = (a: Operand, b: Operand): Tensor => pair('minimum', a, b);
/** bool, true where `a` equals `b`; broadcast. */
export const equal = (a: Operand, b: Operand): Tensor => pair('equal', a, b);
/** bool, true where `a < b`; broadcast. */
export const less = (a: Operand, b: Operand): Tensor => pair('less', a, b);
/** bool, true where both are; broadcast. */
export const and = (a: Tensor, b: Tensor): Tensor => one('and', [a, b], none);
/** bool, true where one is or both are; broadcast. */
export const or = (a: Tensor, b: Tensor): Tensor => one('or', [a, b], none);
/** bool, true where `x` is false. */
export const not = (x: Tensor): Tensor => one('not', [x], none);
/** `-x`. */
export const neg = (x: Tensor): Tensor => one('neg', [x], none);
/** `e^x` by element. */
export const exp = (x: Tensor): Tensor => one('exp', [x], none);
/** The natural logarithm by element. */
export const log = (x: Tensor): Tensor => one('log', [x], none);
/** The square root by element. */
export const sqrt = (x: Tensor): Tensor => one('sqrt', [x], none);
/** The error function by element. */
export const erf = (x: Tensor): Tensor => one('erf', [x], none);
/** `1 / (1 + e^-x)` by element. */
export const sigmoid = (x: Tensor): Tensor => one('sigmoid', [x], none);
/** `log(1 + e^x)` by element, without overflow. */
export const softplus = (x: Tensor): Tensor => one('softplus', [x], none);
/** The hyperbolic tangent by element. */
export const tanh = (x: Tensor): Tensor => one('tanh', [x], none);
/** `max(x, 0)` by element. */
export const relu = (x: Tensor): Tensor => one('relu', [x], none);
/** `x * (1 + erf(x / sqrt 2)) / 2` by element: the exact form, not the one by tanh. */
export const gelu = (x: Tensor): Tensor => one('gelu', [x], none);
/** `x`, which the gradient takes for a constant. */
export const stopGradient = (x: Tensor): Tensor => one('stopGradient', [x], none);
/** `x` in another dtype; `x` itself where it has it. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : one('cast', [x], { to }));

/** `a` where `condition` holds, else `b`; all broadcast. */
export function select(condition: Tensor, a: Operand, b: Operand): Tensor {
  const dtype = typeof a !== 'number' ? a.dtype : typeof b !== 'number' ? b.dtype : 'float32';
  return one('select', [condition, lift(a, dtype), lift(b, dtype)], none);
}

/** The same elements in another shape of the same size. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : one('reshape', [x], { shape });
/** Axes in another order: output axis i is input axis `permutation[i]`. */
export const transpose = (x: Tensor, permutation: readonly number[]): Tensor =>
  permutation.every((axis, i) => axis === i) ? x : one('transpose', [x], { permutation });
/** `x` repeated along its axes of size 1, and along new ones in front, up to `shape`. */
export const broadcast = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : one('broadcast', [x], { shape });
/** Adds an axis of size 1. */
export const expandDims = (x: Tensor, axis: number): Tensor => {
  const position = axis < 0 ? axis + x.shape.length + 1 : axis;
  return reshape(x, [...x.shape.slice(0, position), 1, ...x.shape.slice(position)]);
};
/** Elements start..end-1 along an axis. */
export function slice(x: Tensor, axis: number, start: number, end: Dim): Tensor {
  const normalized = normalizeAxis(axis, x.shape.length);
  return start === 0 && end === x.shape[normalized] ? x : one('slice', [x], { axis: normalized, start, end });
}
/** `x` at start.. along an axis of `size`, zeros elsewhere: the transpose of slice. */
export function pad(x: Tensor, axis: number, start: number, size: Dim): Tensor {
  const normalized = normalizeAxis(axis, x.shape.length);
  return start === 0 && size === x.shape[normalized] ? x : one('pad', [x], { axis: normalized, start, size });
}
/** Tensors one after the other along an axis whose sizes are known. */
export function concat(inputs: readonly Tensor[], axis: number): Tensor {
  const first = at(inputs, 0);
  return inputs.length === 1 ? first : one('concat', inputs, { axis: normalizeAxis(axis, first.shape.length) });
}

function reduction(
  op: 'reduceSum' | 'reduceMax',
  x: Tensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
): Tensor {
  const normalized = (axes ?? x.shape.map((_, axis) => axis))
    .map((axis) => normalizeAxis(axis, x.shape.length))
    .toSorted((a, b) => a - b);
  return normalized.length === 0 ? x : one(op, [x], { axes: normalized, keepDims });
}
/** Sum over axes (all, if none are named). */
export const reduceSum = (x: Tensor, axes?: readonly number[], keepDims = false): Tensor =>
  reduction('reduceSum', x, axes, keepDims);
/** Largest element over axes (all, if none are named). */
export const reduceMax = (x: Tensor, axes?: readonly number[], keepDims = false): Tensor =>
  reduction('reduceMax', x, axes, keepDims);
/** Mean over axes (all, if none are named). */
export function reduceMean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const dims = (axes ?? x.shape.map((_, axis) => axis)).map((axis) => at(x.shape, axis));
  const known = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const count = dims
    .filter((dim) => typeof dim === 'string')
    .reduce<Operand>((product, dim) => mul(product, size(dim)), known);
  return div(reduceSum(x, axes, keepDims), count);
}

const MATMUL: OptionRules<{ readonly transA?: boolean; readonly transB?: boolean }> = {
  transA: option.flag,
  transB: option.flag,
};

/** Matrix product over the last two axes; leading axes broadcast. */
export const matmul = (
  a: Tensor,
  b: Tensor,
  options: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Tensor => {
  checkOptions('matmul', options, MATMUL, GraphError);
  const { transA = false, transB = false } = options;
  return one('matmul', [a, b], { transA, transB });
};
/** `[.., m]` and `[.., k]` to `[m, k]`: outer products summed over all leading axes (a weight's gradient). */
export const contract = (a: Tensor, b: Tensor): Tensor => one('contract', [a, b], none);
/** Rows of `x` by id: `x [n, d], ids [b, l] -> [b, l, d]`; with `rowAxes` 2, the rows of `x [b, l, d]` count as one list. */
export const gather = (x: Tensor, ids: Tensor, rowAxes = 1): Tensor => one('gather', [x, ids], { rowAxes });
/** Zeros of `shape` with `updates` added at rows `ids`; every repeated id counts. */
export const scatterAdd = (ids: Tensor, updates: Tensor, shape: Shape, rowAxes = 1): Tensor =>
  one('scatterAdd', [ids, updates], { shape, rowAxes });
/** `out[.., j] = x[.., ids[.., j]]`. */
export const gatherLast = (x: Tensor, ids: Tensor): Tensor => one('gatherLast', [x, ids], none);
/** Zeros `[.., size]` with `updates` added at `ids` of the last axis. */
export const scatterAddLast = (ids: Tensor, updates: Tensor, width: Dim): Tensor =>
  one('scatterAddLast', [ids, updates], { size: width });
/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => one('softmax', [x], none);
/** Layer normalization over the last axis. */
export const layerNorm = (x: Tensor, scale: Tensor, bias: Tensor, epsilon: number): Tensor =>
  one('layerNorm', [x, scale, bias], { epsilon });
/** `-log softmax(h table^T)[target]` per row; with `firstClass` 1, row 0 of the table is no class. */
export const tableCrossEntropy = (h: Tensor, table: Tensor, targets: Tensor, firstClass: 0 | 1 = 0): Tensor =>
  one('tableCrossEntropy', [h, table, targets], { firstClass });
/** The k largest of the last axis with their ids; ties go to the lower id. */
export function topK(x: Tensor, k: number): { values: Tensor; ids: Tensor } {
  const outputs = apply('topK', [x], { k });
  return { values: at(outputs, 0), ids: at(outputs, 1) };
}
/** 0-based rank of each row's target among the columns from `firstItem` on, without the excluded ids. */
export const rank = (scores: Tensor, targets: Tensor, excluded?: Tensor, firstItem: 0 | 1 = 1): Tensor =>
  one('rank', excluded === undefined ? [scores, targets] : [scores, targets, excluded], { firstItem });

/** Sums a tensor down to a shape that broadcasts to its own: the transpose of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  broadcastShapes(shape, x.shape);
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, axis) => (axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : []));
  return reshape(reduceSum(x, axes, true), shape);
}
