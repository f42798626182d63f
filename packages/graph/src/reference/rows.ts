// Rules that address rows or elements by id. An id outside its table is an error that names it.
import { sizeOf } from '../backend.js';
import { at, formatShape, GraphError } from '../types.js';
import { asFloats, asInts, floats, ints, valueOf, type FloatValue, type IntValue, type Value } from './values.js';

/** Throws unless 0 <= id < count. */
export function checkId(op: string, id: number, count: number, place: string): void {
  if (id >= 0 && id < count) return;
  throw new GraphError(`${op}: id ${id} at ${place} is outside 0..${count - 1}`);
}

/** Rows of x by id; the first `rowAxes` axes of x count as one list of rows. */
export function gatherRows(x: Value, idValue: Value, rowAxes: number, shape: readonly number[]): Value {
  const ids = asInts(idValue).data;
  const count = sizeOf(x.shape.slice(0, rowAxes));
  const width = sizeOf(x.shape.slice(rowAxes));
  return valueOf(x.dtype, shape, (out) => {
    ids.forEach((id, i) => {
      checkId('gather', id, count, `position ${i} of ids ${formatShape(idValue.shape)}`);
      out.set(x.data.subarray(id * width, (id + 1) * width), i * width);
    });
  });
}

/** Zeros of a shape with rows of updates added at ids, in the order in which they come. */
export function scatterAddRows(
  idValue: Value,
  updateValue: Value,
  rowAxes: number,
  shape: readonly number[],
): FloatValue {
  const ids = asInts(idValue).data;
  const updates = asFloats(updateValue).data;
  const count = sizeOf(shape.slice(0, rowAxes));
  const width = sizeOf(shape.slice(rowAxes));
  const out = floats(shape);
  ids.forEach((id, i) => {
    checkId('scatterAdd', id, count, `position ${i} of ids ${formatShape(idValue.shape)}`);
    for (let j = 0; j < width; j++) out.data[id * width + j] = out.data[id * width + j]! + updates[i * width + j]!;
  });
  return out;
}

/** out[.., j] = x[.., ids[.., j]]. */
export function gatherLastElements(x: Value, idValue: Value, shape: readonly number[]): Value {
  const ids = asInts(idValue).data;
  const width = at(x.shape, -1);
  const perRow = at(idValue.shape, -1);
  return valueOf(x.dtype, shape, (out) => {
    ids.forEach((id, i) => {
      checkId('gatherLast', id, width, `position ${i} of ids ${formatShape(idValue.shape)}`);
      out[i] = x.data[Math.floor(i / perRow) * width + id]!;
    });
  });
}

/** Zeros [.., size] with updates added at ids of the last axis. */
export function scatterAddElements(idValue: Value, updateValue: Value, shape: readonly number[]): FloatValue {
  const ids = asInts(idValue).data;
  const updates = asFloats(updateValue).data;
  const width = at(shape, -1);
  const perRow = at(idValue.shape, -1);
  const out = floats(shape);
  ids.forEach((id, i) => {
    checkId('scatterAddLast', id, width, `position ${i} of ids ${formatShape(idValue.shape)}`);
    const place = Math.floor(i / perRow) * width + id;
    out.data[place] = out.data[place]! + updates[i]!;
  });
  return out;
}

/** The k largest per row with their ids: NaN first, then by value, ties to the lower id. */
export function topKRows(value: Value, k: number, shape: readonly number[]): readonly [FloatValue, IntValue] {
  const x = asFloats(value).data;
  const width = at(value.shape, -1);
  if (k > width) throw new GraphError(`topK: k ${k} outside 1..${width}`);
  const [values, ids] = [floats(shape), ints(shape)];
  for (let row = 0; row < sizeOf(shape.slice(0, -1)); row++) {
    const scores = x.subarray(row * width, (row + 1) * width);
    const order = Int32Array.from({ length: width }, (_, id) => id).sort(
      (a, b) => compareDescending(scores[a]!, scores[b]!) || a - b,
    );
    for (let i = 0; i < k; i++) {
      ids.data[row * k + i] = order[i]!;
      values.data[row * k + i] = scores[order[i]!]!;
    }
  }
  return [values, ids];
}

function compareDescending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a > b ? -1 : a < b ? 1 : 0;
}

/**
 * How many columns come before each row's target: all but those that score lower, and those that score the same and
 * have a higher id. NaN is never lower, so a NaN elsewhere comes before, and a NaN target comes last.
 */
export function rankTargets(
  scoreValue: Value,
  targetValue: Value,
  excludedValue: Value | undefined,
  firstItem: number,
): IntValue {
  const scores = asFloats(scoreValue).data;
  const targets = asInts(targetValue).data;
  const width = scoreValue.shape[1]!;
  const excluded = excludedValue && asInts(excludedValue);
  const perRow = excluded?.shape[1] ?? 0;
  const ranks = ints(targetValue.shape);
  targets.forEach((target, row) => {
    checkId('rank', target, width, `row ${row} of the targets`);
    const own = scores[row * width + target]!;
    const before = (id: number): boolean => {
      const score = scores[row * width + id]!;
      return id !== target && !(score < own || (score === own && id > target));
    };
    const left = new Set((excluded?.data ?? ints([0]).data).subarray(row * perRow, (row + 1) * perRow));
    for (const id of left) checkId('rank', id, width, `row ${row} of the excluded ids`);
    let rank = 0;
    for (let id = firstItem; id < width; id++) if (!left.has(id) && before(id)) rank++;
    ranks.data[row] = rank;
  });
  return ranks;
}

/** Sums of listed rows, table by table; a table may list what the ones before it made. */
export function sumListedRows(x: Value | undefined, tables: readonly Value[]): FloatValue {
  if (x === undefined) throw new GraphError('sumRows of nothing');
  const width = at(x.shape, 1);
  const rows: Float64Array[] = [];
  const data = asFloats(x).data;
  for (let row = 0; row < at(x.shape, 0); row++) rows.push(data.subarray(row * width, (row + 1) * width));
  let made = floats([0, width]);
  for (const table of tables) {
    const ids = asInts(table).data;
    const [count, most] = [at(table.shape, 0), at(table.shape, 1)];
    made = floats([count, width]);
    const before = rows.length;
    for (let row = 0; row < count; row++) {
      const sum = made.data.subarray(row * width, (row + 1) * width);
      for (let j = 0; j < most; j++) {
        const id = ids[row * most + j]!;
        checkId('sumRows', id, before, `row ${row} of a table ${formatShape(table.shape)}`);
        if (id > 0) for (let k = 0; k < width; k++) sum[k] = sum[k]! + rows[id]![k]!;
      }
      rows.push(sum);
    }
  }
  return made;
}
