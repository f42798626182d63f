// Lowering of matrix products. ONNX Runtime has FusedMatMul on most devices, which reads either side transposed in place.
import { at, type Shape } from '@difsr/graph';
import type { Emitter } from './emitter.js';
import type { Lowering } from './lowering.js';

/** The value with its last two axes exchanged. */
export function transposed(emitter: Emitter, value: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return emitter.op('Transpose', [value], { perm });
}

/** `A B`, each side transposed on request. */
export function product(
  emitter: Emitter,
  [a, b]: readonly [string, string],
  [rankA, rankB]: readonly [number, number],
  { transA = false, transB = false }: { readonly transA?: boolean; readonly transB?: boolean },
): string {
  if (!transA && !transB) return emitter.op('MatMul', [a, b]);
  if (emitter.has('FusedMatMul'))
    return emitter.vendor('FusedMatMul', [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
  return emitter.op('MatMul', [transA ? transposed(emitter, a, rankA) : a, transB ? transposed(emitter, b, rankB) : b]);
}

export const products: { readonly [N in 'matmul' | 'contract']: Lowering<N> } = {
  matmul: (emitter, { inputs: [a, b], attributes }, inputs) => [
    product(emitter, inputs, [a.shape.length, b.shape.length], attributes),
  ],
  // All leading axes are rows of one product.
  contract: (emitter, { inputs }, [a, b]) => {
    const rows = (value: string, shape: Shape): string => emitter.flatten(value, shape, [at(shape, -1)]);
    return [product(emitter, [rows(a, inputs[0].shape), rows(b, inputs[1].shape)], [2, 2], { transA: true })];
  },
};
