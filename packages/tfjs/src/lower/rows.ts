// Rows and elements by id. On devices with host memory ids are checked; others clamp or ignore those outside.
import { at, GraphError, sizeOf } from '@difsr/graph';
import { concat, type Tensor } from '@tensorflow/tfjs-core';
import { allocate, floatsOf, hasHostMemory, intsOf } from '../host.js';
import { alias, reshape, run, tensorOf, zeros } from '../kernel.js';
import { sliceAxis } from './elementwise.js';
import type { LowerContext } from './lowering.js';

type Scratch = (tensor: Tensor) => Tensor;

/** Throws unless every id is a row, where ids can be seen. */
export function checkIds(op: string, ids: Tensor, first: number, count: number): void {
  if (!hasHostMemory() || sizeOf(ids.shape) === 0) return;
  const values = intsOf(ids);
  for (let i = 0; i < values.length; i++) {
    const id = values[i]!; // within the array
    if (id < first || id >= count)
      throw new GraphError(
        `${op}: id ${id} at position ${i} of ids [${ids.shape.join(', ')}] is outside ${first}..${count - 1}`,
      );
  }
}

/** Rows of x [count, width] by ids [n], as [n, width]. */
export function gatherRows(op: string, x: Tensor, ids: Tensor): Tensor {
  const [count, width, n] = [at(x.shape, 0), at(x.shape, 1), at(ids.shape, 0)];
  checkIds(op, ids, 0, count);
  if (!hasHostMemory() || x.dtype === 'bool') return run('GatherV2', { x, indices: ids }, { axis: 0, batchDims: 0 });
  const float = x.dtype === 'float32';
  const out = allocate([n, width], float ? 'float32' : 'int32');
  if (float) copyRows(floatsOf(x), intsOf(ids), width, floatsOf(out));
  else copyRows(intsOf(x), intsOf(ids), width, intsOf(out));
  return out;
}

/** Rows by id, which are checked; long ones as blocks of memory. */
function copyRows<T extends Float32Array | Int32Array>(x: T, ids: Int32Array, width: number, out: T): void {
  for (let i = 0; i < ids.length; i++) {
    const from = ids[i]! * width;
    if (width >= 16) out.set(x.subarray(from, from + width), i * width);
    else for (let j = 0; j < width; j++) out[i * width + j] = x[from + j]!;
  }
}

/** Rows of x by id; its first `rowAxes` axes count as one list of rows. */
export function gather({
  inputs: [x, ids],
  attributes: { rowAxes },
  shape,
  scratch,
}: LowerContext<'gather'>): Tensor[] {
  const rows = sizeOf(x.shape.slice(0, rowAxes));
  const table = scratch(reshape(x, [rows, sizeOf(x.shape.slice(rowAxes))]));
  if (sizeOf(ids.shape) === 0) return [reshape(scratch(emptyLike(x)), shape)];
  return [reshape(scratch(gatherRows('gather', table, scratch(reshape(ids, [sizeOf(ids.shape)])))), shape)];
}

function emptyLike(x: Tensor): Tensor {
  return x.dtype === 'int32' ? tensorOf(new Int32Array(), [0], 'int32') : zeros([0]);
}

/** Zeros [count, width] with rows of updates [n, width] added at ids [n]; every repeated id counts. */
export function addRows(op: string, ids: Tensor, updates: Tensor, count: number, scratch: Scratch): Tensor {
  const [n, width] = [at(updates.shape, 0), at(updates.shape, 1)];
  if (n === 0 || width === 0) return zeros([count, width]);
  checkIds(op, ids, 0, count);
  if (!hasHostMemory()) {
    const indices = scratch(reshape(ids, [n, 1]));
    return run('ScatterNd', { indices, updates }, { shape: [count, width] });
  }
  const out = allocate([count, width], 'float32');
  addRowsInto(floatsOf(out).fill(0), intsOf(ids), floatsOf(updates), width);
  return out;
}

/** Adds rows to an array at ids, in the order in which they come. */
export function addRowsInto(out: Float32Array, ids: Int32Array, updates: Float32Array, width: number): void {
  // All indices are inside: ids are checked, and updates holds ids.length rows of width.
  if (width === 1) {
    for (let i = 0; i < ids.length; i++) out[ids[i]!]! += updates[i]!;
    return;
  }
  for (let i = 0, from = 0; i < ids.length; i++) {
    const to = ids[i]! * width;
    for (let j = 0; j < width; j++) out[to + j]! += updates[from++]!;
  }
}

/** Zeros of a shape with rows added at ids. */
export function scatterAdd({
  inputs: [ids, updates],
  attributes: { rowAxes },
  shape,
  scratch,
}: LowerContext<'scatterAdd'>): Tensor[] {
  const [count, width] = [sizeOf(shape.slice(0, rowAxes)), sizeOf(shape.slice(rowAxes))];
  const n = sizeOf(ids.shape);
  const rows = scratch(reshape(updates, [n, width]));
  return [reshape(scratch(addRows('scatterAdd', scratch(reshape(ids, [n])), rows, count, scratch)), shape)];
}

/** Places of [rows, perRow] ids of a last axis of `width` in the flattened tensor: [rows * perRow]. */
function flatPlaces(op: string, ids: Tensor, width: number, scratch: Scratch): Tensor {
  checkIds(op, ids, 0, width); // here, since a place past its row may still be one of the tensor
  const perRow = at(ids.shape, -1);
  const rows = sizeOf(ids.shape.slice(0, -1));
  const flat = scratch(reshape(ids, [rows, perRow]));
  if (rows === 1) return scratch(reshape(flat, [perRow]));
  const starts = Int32Array.from({ length: rows }, (_, row) => row * width);
  const places = scratch(run('Add', { a: flat, b: scratch(tensorOf(starts, [rows, 1], 'int32')) }));
  return scratch(reshape(places, [rows * perRow]));
}

/** out[.., j] = x[.., ids[.., j]] */
export function gatherLast({ inputs: [x, ids], shape, scratch }: LowerContext<'gatherLast'>): Tensor[] {
  if (sizeOf(shape) === 0) return [reshape(scratch(emptyLike(x)), shape)];
  const indices = flatPlaces('gatherLast', ids, at(x.shape, -1), scratch);
  const column = scratch(reshape(x, [sizeOf(x.shape), 1]));
  return [reshape(scratch(gatherRows('gatherLast', column, indices)), shape)];
}

/** Zeros [.., size] with updates added at ids of the last axis. */
export function scatterAddLast({ inputs: [ids, updates], shape, scratch }: LowerContext<'scatterAddLast'>): Tensor[] {
  const n = sizeOf(ids.shape);
  if (n === 0) return [zeros(shape)];
  const places = flatPlaces('scatterAddLast', ids, at(shape, -1), scratch);
  const column = scratch(reshape(updates, [n, 1]));
  return [reshape(scratch(addRows('scatterAddLast', places, column, sizeOf(shape), scratch)), shape)];
}

/** Sums of listed rows, table by table; a table may list what the ones before it made. */
export function sumRows({
  inputs: [x, ...tables],
  attributes: { tables: own },
  scratch,
}: LowerContext<'sumRows'>): Tensor[] {
  if (x === undefined) throw new GraphError('sumRows of nothing');
  const host = hasHostMemory();
  // Where rows are gathered by the device, row 0, which lists nothing, is made zero first.
  const rest = (): Tensor => scratch(sliceAxis(x, 0, 1, at(x.shape, 0)));
  let known = host ? x : scratch(concat([scratch(zeros([1, at(x.shape, 1)])), rest()], 0));
  let made = known;
  tables.slice(0, own).forEach((table, i) => {
    if (i > 0) known = scratch(concat([known, scratch(made)], 0));
    checkIds('sumRows', table, 0, at(known.shape, 0));
    made = host ? listedOnHost(known, table) : summed(known, table, scratch);
  });
  return [made];
}

function summed(known: Tensor, table: Tensor, scratch: Scratch): Tensor {
  const rows = scratch(run('GatherV2', { x: known, indices: table }, { axis: 0, batchDims: 0 }));
  return run('Sum', { x: rows }, { axis: [1], keepDims: false });
}

function listedOnHost(known: Tensor, table: Tensor): Tensor {
  const [count, most, width] = [at(table.shape, 0), at(table.shape, 1), at(known.shape, 1)];
  const out = allocate([count, width], 'float32');
  const [sums, ids, rows] = [floatsOf(out).fill(0), intsOf(table), floatsOf(known)];
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < most; j++) {
      const from = ids[row * most + j]! * width; // ids are checked
      if (from > 0) for (let k = 0; k < width; k++) sums[row * width + k]! += rows[from + k]!;
    }
  }
  return out;
}

/** The same values under another name: for ops without an effect. */
export function same({ inputs: [x] }: LowerContext<'stopGradient'>): Tensor[] {
  return [alias(x)];
}
