// Matrix products. tfjs's wasm kernel is fast (XNNPACK) for one product without transposes, and slow for all others.
import { at, broadcastShapes, sizeOf } from '@difsr/graph';
import type { Tensor } from '@tensorflow/tfjs-core';
import { deviceName, equalShapes, reshape, run } from '../kernel.js';
import { broadcastTo } from './elementwise.js';
import { batchProductOnWasm } from '../wasm.js';
import type { LowerContext } from './lowering.js';

type Scratch = (tensor: Tensor) => Tensor;

/** The last two axes exchanged. */
export function transposeLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return run('Transpose', { x }, { perm });
}

/** The product of two matrices. */
export function matmul2d(a: Tensor, b: Tensor, transA: boolean, transB: boolean, scratch: Scratch): Tensor {
  if (deviceName() !== 'wasm') return run('BatchMatMul', { a, b }, { transposeA: transA, transposeB: transB });
  const left = transA ? scratch(transposeLast(a)) : a;
  const right = transB ? scratch(transposeLast(b)) : b;
  return run('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
}

/** Products over the last two axes; leading axes broadcast. */
export function matmul({
  inputs: [a, b],
  attributes: { transA, transB },
  shape,
  scratch,
}: LowerContext<'matmul'>): Tensor[] {
  if (a.shape.length === 2 && b.shape.length === 2) return [matmul2d(a, b, transA, transB, scratch)];
  if (b.shape.length === 2 && !transA) {
    // One right side for all rows of the left one: a single product.
    const width = at(a.shape, -1);
    const rows = scratch(reshape(a, [sizeOf(a.shape.slice(0, -1)), width]));
    return [reshape(scratch(matmul2d(rows, b, false, transB, scratch)), shape)];
  }
  if (deviceName() === 'wasm') {
    const left = transA ? scratch(transposeLast(a)) : a;
    const right = transB ? scratch(transposeLast(b)) : b;
    const product = batchProductOnWasm(left, right, shape);
    if (product !== undefined) return [product];
  }
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)).map(Number);
  const spread = (x: Tensor): Tensor =>
    equalShapes(x.shape.slice(0, -2), lead) ? x : scratch(broadcastTo(x, [...lead, ...x.shape.slice(-2)], scratch));
  return [run('BatchMatMul', { a: spread(a), b: spread(b) }, { transposeA: transA, transposeB: transB })];
}

/** [.., m] and [.., k] to [m, k]. */
export function contract({ inputs: [a, b], scratch }: LowerContext<'contract'>): Tensor[] {
  const rows = (x: Tensor): Tensor => scratch(reshape(x, [sizeOf(x.shape.slice(0, -1)), at(x.shape, -1)]));
  return [matmul2d(rows(a), rows(b), true, false, scratch)];
}
