// The k largest, and ranks: loops over host memory, which put ties and NaN where the definition says; elsewhere composed.
import { at, GraphError, sizeOf } from '@difsr/graph';
import type { Tensor } from '@tensorflow/tfjs-core';
import { allocate, floatsOf, hasHostMemory, intsOf } from '../host.js';
import { reshape, run, runMany, scalar, tensorOf } from '../kernel.js';
import { iota } from './elementwise.js';
import type { LowerContext } from './lowering.js';
import { addRows, checkIds } from './rows.js';

/** The k largest of each row with their ids: NaN first, then by value, ties to the lower id. */
export function topK(context: LowerContext<'topK'>): Tensor[] {
  if (!hasHostMemory()) return topKComposed(context);
  const {
    inputs: [x],
    attributes: { k },
    shape,
  } = context;
  const [values, ids] = [allocate(shape, 'float32'), allocate(shape, 'int32')];
  const [scores, topValues, topIds] = [floatsOf(x), floatsOf(values), intsOf(ids)];
  const width = at(x.shape, -1);
  for (let row = 0; row < sizeOf(shape.slice(0, -1)); row++)
    topOfRow(scores, row * width, width, topValues, topIds, row * k, k);
  return [values, ids];
}

/** By the device's own kernel, which orders NaN as it likes. */
function topKComposed({ inputs: [x], attributes: { k }, shape, scratch }: LowerContext<'topK'>): Tensor[] {
  // tfjs compares by subtraction, which fails for two infinities.
  const finite = scratch(run('ClipByValue', { x }, { clipValueMin: -LARGEST, clipValueMax: LARGEST }));
  const [values, ids] = runMany('TopK', { x: finite }, { k, sorted: true });
  if (values === undefined || ids === undefined) throw new GraphError('tfjs gave no result for the kernel TopK');
  scratch(values);
  const rows = sizeOf(shape.slice(0, -1));
  const starts = Int32Array.from({ length: rows }, (_, row) => row * at(x.shape, -1));
  const flatIds = scratch(reshape(ids, [rows, k]));
  const places = scratch(run('Add', { a: flatIds, b: scratch(tensorOf(starts, [rows, 1], 'int32')) }));
  const indices = scratch(reshape(places, [rows * k]));
  const flat = scratch(reshape(x, [sizeOf(x.shape)]));
  const own = scratch(run('GatherV2', { x: flat, indices }, { axis: 0, batchDims: 0 }));
  return [reshape(own, shape), ids];
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Whether element a comes before element b of a row. */
function before(a: number, idA: number, b: number, idB: number): boolean {
  if (a > b) return true;
  if (a < b) return false;
  if (a === b) return idA < idB;
  const [nanA, nanB] = [Number.isNaN(a), Number.isNaN(b)];
  return nanA === nanB ? idA < idB : nanA;
}

/** A heap of the k best whose root is the worst of them, emptied from the end. */
function topOfRow(
  scores: Float32Array,
  start: number,
  width: number,
  values: Float32Array,
  ids: Int32Array,
  out: number,
  k: number,
): void {
  // All places are inside: the heap has k places from `out` on, and ids name columns of the row.
  const score = (id: number): number => scores[start + id]!;
  const worse = (i: number, j: number): boolean => {
    const [a, b] = [ids[out + i]!, ids[out + j]!];
    return before(score(b), b, score(a), a);
  };
  const swap = (i: number, j: number): void => {
    const id = ids[out + i]!;
    ids[out + i] = ids[out + j]!;
    ids[out + j] = id;
  };
  const sink = (from: number, count: number): void => {
    for (let i = from; ;) {
      let child = 2 * i + 1;
      if (child >= count) return;
      if (child + 1 < count && worse(child + 1, child)) child++;
      if (!worse(child, i)) return;
      swap(i, child);
      i = child;
    }
  };
  for (let i = 0; i < k; i++) ids[out + i] = i;
  for (let i = (k >> 1) - 1; i >= 0; i--) sink(i, k);
  for (let id = k; id < width; id++) {
    const root = ids[out]!;
    if (!before(score(id), id, score(root), root)) continue;
    ids[out] = id;
    sink(0, k);
  }
  for (let count = k - 1; count > 0; count--) {
    swap(0, count);
    sink(0, count);
  }
  for (let i = 0; i < k; i++) values[out + i] = score(ids[out + i]!);
}

/** How many columns come before each row's target. */
export function rank(context: LowerContext<'rank'>): Tensor[] {
  const {
    inputs: [scores, targets, excluded],
  } = context;
  const width = at(scores.shape, 1);
  checkIds('rank', targets, 0, width);
  if (excluded !== undefined) checkIds('rank', excluded, 0, width);
  return hasHostMemory() ? [rankOnHost(context)] : [rankComposed(context)];
}

function rankOnHost({ inputs: [x, targetIds, excludedIds], attributes: { firstItem } }: LowerContext<'rank'>): Tensor {
  const [rows, width] = [at(x.shape, 0), at(x.shape, 1)];
  const out = allocate([rows], 'int32');
  const [scores, targets, ranks] = [floatsOf(x), intsOf(targetIds), intsOf(out)];
  const perRow = excludedIds?.shape[1] ?? 0;
  const excluded = excludedIds === undefined || perRow === 0 ? new Int32Array() : intsOf(excludedIds);
  const left = new Set<number>();
  for (let row = 0; row < rows; row++) {
    // Ids are checked to be columns, so every place below is inside.
    const start = row * width;
    const target = targets[row]!;
    const own = scores[start + target]!;
    // NaN is never lower, so a NaN elsewhere comes before, and a NaN target comes last.
    const comesBefore = (id: number): boolean => {
      const score = scores[start + id]!;
      return id !== target && !(score < own || (score === own && id > target));
    };
    let rank = 0;
    for (let id = firstItem; id < width; id++) if (comesBefore(id)) rank++;
    left.clear();
    for (let i = row * perRow; i < (row + 1) * perRow; i++) left.add(excluded[i]!);
    for (const id of left) if (id >= firstItem && comesBefore(id)) rank--;
    ranks[row] = rank;
  }
  return out;
}

/** The same from kernels: one matrix of zeros and ones, summed by row. */
function rankComposed({
  inputs: [scores, targets, excluded],
  attributes: { firstItem },
  scratch,
}: LowerContext<'rank'>): Tensor {
  const [rows, width] = [at(scores.shape, 0), at(scores.shape, 1)];
  const pair = (kernel: string, a: Tensor, b: Tensor): Tensor => scratch(run(kernel, { a, b }));
  const not = (x: Tensor): Tensor => scratch(run('LogicalNot', { x }));
  const starts = scratch(
    tensorOf(
      Int32Array.from({ length: rows }, (_, row) => row * width),
      [rows],
      'int32',
    ),
  );
  const flat = scratch(reshape(scores, [rows * width]));
  const places = pair('Add', targets, starts);
  const own = scratch(
    reshape(scratch(run('GatherV2', { x: flat, indices: places }, { axis: 0, batchDims: 0 })), [rows, 1]),
  );
  const columns = scratch(reshape(scratch(iota(width)), [1, width]));
  const target = scratch(reshape(targets, [rows, 1]));
  const tied = pair('LogicalAnd', pair('Equal', scores, own), pair('Less', target, columns));
  const lower = pair('LogicalOr', pair('Less', scores, own), tied);
  const counts = pair('LogicalAnd', not(lower), not(pair('Equal', columns, target)));
  const first = scratch(tensorOf(Int32Array.of(firstItem), [], 'int32'));
  let seen = pair('LogicalAnd', counts, not(pair('Less', columns, first)));
  if (excluded !== undefined && at(excluded.shape, 1) > 0) {
    const flatIds = pair('Add', excluded, scratch(reshape(starts, [rows, 1])));
    const n = sizeOf(excluded.shape);
    const ones = scratch(run('Fill', {}, { shape: [n, 1], value: 1, dtype: 'float32' }));
    const marks = scratch(addRows('rank', scratch(reshape(flatIds, [n])), ones, rows * width, scratch));
    const unmarked = pair('Equal', scratch(reshape(marks, [rows, width])), scratch(scalar(0)));
    seen = pair('LogicalAnd', seen, unmarked);
  }
  const ones = scratch(run('Cast', { x: seen }, { dtype: 'float32' }));
  return run('Cast', { x: scratch(run('Sum', { x: ones }, { axis: [1], keepDims: false })) }, { dtype: 'int32' });
}
