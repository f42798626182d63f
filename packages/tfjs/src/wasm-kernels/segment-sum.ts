// UnsortedSegmentSum for tfjs's wasm device: the gradient of an embedding. Rows are added in the order in which they come,
// so every repeated id counts and the same input gives the same bits.
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { sizeOf } from '@difsr/graph';
import { floatsOf, intsOf } from '../host.js';
import { input, numberAttribute, output } from './kernel-parts.js';

/** out[s] = the sum of x[i] over all i whose segment is s; segments outside 0..numSegments-1 are left out, as in TensorFlow. */
export const unsortedSegmentSum: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const [x, segmentIds] = [input(inputs, 'x'), input(inputs, 'segmentIds')];
    const count = numberAttribute(attrs, 'numSegments');
    const inner = x.shape.slice(segmentIds.shape.length);
    const out = output([count, ...inner], x.dtype === 'int32' ? 'int32' : 'float32');
    const ids = intsOf(segmentIds);
    if (x.dtype === 'int32') addSegments(intsOf(out).fill(0), ids, intsOf(x), count, sizeOf(inner));
    else addSegments(floatsOf(out).fill(0), ids, floatsOf(x), count, sizeOf(inner));
    return out;
  },
};

function addSegments<T extends Float32Array | Int32Array>(
  out: T,
  ids: Int32Array,
  x: T,
  count: number,
  width: number,
): void {
  for (let i = 0; i < ids.length; i++) {
    // x has a row for each id, and rows outside the result are left out.
    const id = ids[i]!;
    if (id < 0 || id >= count) continue;
    const [from, to] = [i * width, id * width];
    for (let j = 0; j < width; j++) out[to + j]! += x[from + j]!;
  }
}
