// Truth values and choices between tensors. tfjs's kernels want all operands of one shape, or crawl where they broadcast
// truth values, so these are loops where memory can be seen; elsewhere operands are repeated to their common shape.
import type { Tensor } from '@tensorflow/tfjs-core';
import { at, sizeOf, type None } from '@difsr/graph';
import { walkRows, type RowWalk } from '../broadcast.js';
import { allocate, bitsOf, floatsOf, hasHostMemory, intsOf } from '../host.js';
import { run, type Values } from '../kernel.js';
import { broadcastTo } from './elementwise.js';
import type { Lower, LowerContext } from './lowering.js';

/** `and`, `or`. */
export function logical(kernel: 'LogicalAnd' | 'LogicalOr'): Lower<readonly [Tensor, Tensor], None> {
  return ({ inputs: [a, b], shape }) => {
    if (!hasHostMemory()) return [run(kernel, { a, b })];
    const [walkA, walkB] = [walkRows(a.shape, shape), walkRows(b.shape, shape)];
    const out = allocate(shape, 'bool');
    combineBits(bitsOf(out), bitsOf(a), walkA, bitsOf(b), walkB, kernel === 'LogicalAnd', shape.at(-1) ?? 1);
    return [out];
  };
}

function combineBits(
  out: Uint8Array,
  a: Uint8Array,
  walkA: RowWalk,
  b: Uint8Array,
  walkB: RowWalk,
  both: boolean,
  width: number,
): void {
  let place = 0;
  for (let row = 0; row < walkA.rows.length; row++) {
    // The walks have a row for each of the output's.
    let [i, j] = [walkA.rows[row]!, walkB.rows[row]!];
    for (let column = 0; column < width; column++, i += walkA.step, j += walkB.step)
      out[place++] = both ? a[i]! & b[j]! : a[i]! | b[j]!;
  }
}

/** `t` where the condition holds, else `e`; all three broadcast. */
export function select({ inputs: [condition, a, b], shape, scratch }: LowerContext<'select'>): Tensor[] {
  if (hasHostMemory()) return [selectOnHost(condition, a, b, shape)];
  const spread = (x: Tensor): Tensor => scratch(broadcastTo(x, shape, scratch));
  if (a.dtype !== 'bool') return [run('Select', { condition: spread(condition), t: spread(a), e: spread(b) })];
  const taken = scratch(run('LogicalAnd', { a: condition, b: a }));
  const other = scratch(run('LogicalAnd', { a: scratch(run('LogicalNot', { x: condition })), b }));
  return [broadcastTo(scratch(run('LogicalOr', { a: taken, b: other })), shape, scratch)];
}

function selectOnHost(condition: Tensor, a: Tensor, b: Tensor, shape: readonly number[]): Tensor {
  const walks = [condition, a, b].map((x) => walkRows(x.shape, shape));
  const [dtype, valuesOf]: ['float32' | 'int32' | 'bool', (x: Tensor) => Values] =
    a.dtype === 'float32' ? ['float32', floatsOf] : a.dtype === 'int32' ? ['int32', intsOf] : ['bool', bitsOf];
  const out = allocate(shape, dtype);
  if (sizeOf(shape) === 0) return out;
  const places = [at(walks, 0), at(walks, 1), at(walks, 2)] as const;
  chooseRows(valuesOf(out), bitsOf(condition), valuesOf(a), valuesOf(b), places, shape.at(-1) ?? 1);
  return out;
}

function chooseRows(
  out: Values,
  bits: Uint8Array,
  a: Values,
  b: Values,
  [walkBits, walkA, walkB]: readonly [RowWalk, RowWalk, RowWalk],
  width: number,
): void {
  let place = 0;
  for (let row = 0; row < walkBits.rows.length; row++) {
    // The walks have a row for each of the output's.
    let c = walkBits.rows[row]!;
    let [i, j] = [walkA.rows[row]!, walkB.rows[row]!];
    for (let column = 0; column < width; column++) {
      out[place++] = bits[c] === 0 ? b[j]! : a[i]!;
      c += walkBits.step;
      i += walkA.step;
      j += walkB.step;
    }
  }
}
