// Sums of listed rows, such as the values of an item's attributes: quick both ways, since the gradient reads lists, too,
// instead of adding at repeated ids.
import { apply } from './build.js';
import { at, GraphError } from './types.js';
import type { Tensor } from './signatures.js';

/** Lists in compressed form: list i is `values[offsets[i] .. offsets[i + 1])`, row ids from 1 on. */
export interface RowLists {
  readonly offsets: Int32Array;
  readonly values: Int32Array;
}

/** One table of a {@link sumRows}: `[rows, width]` ids, 0 = nothing. */
export interface RowTable {
  readonly shape: readonly [rows: number, width: number];
  readonly data: Int32Array;
}

/** Rows that are first summed in groups of so many, where a list is long. */
const GROUP = 16;
/** Widths of the last table that are tried. */
const WIDEST = 24;

/**
 * Tables that sum `lists` of rows of something with `rows` rows (row 0 is never listed). Long lists are summed in groups
 * first, so that no table is much larger than the lists are; the width of the last table is the one that reads least.
 *
 * @throws GraphError for an id outside 1..rows - 1.
 */
export function rowTables({ offsets, values }: RowLists, rows: number): RowTable[] {
  const wrong = values.find((id) => !(id >= 1 && id < rows));
  if (wrong !== undefined) throw new GraphError(`row tables: id ${wrong} is outside 1..${rows - 1}`);
  const lengths = Array.from({ length: offsets.length - 1 }, (_, i) => (offsets[i + 1] ?? 0) - (offsets[i] ?? 0));
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  let best = { width: 1, cost: Infinity };
  for (let width = 1; width <= Math.min(longest, WIDEST); width++) {
    const cost = costOf(lengths, width);
    if (cost < best.cost) best = { width, cost };
  }
  return build({ offsets, values }, rows, best.width);
}

/** Ids that the tables hold for a width of the last one. */
function costOf(lengths: readonly number[], width: number): number {
  let cost = lengths.length * width;
  let open = lengths.filter((length) => length > width);
  while (open.length > 0) {
    const next = open.map((length) => Math.ceil(length / GROUP));
    cost += GROUP * next.reduce((sum, count) => sum + count, 0);
    open = next.filter((length) => length > width);
  }
  return cost;
}

function build({ offsets, values }: RowLists, rows: number, width: number): RowTable[] {
  let lists: (Int32Array | readonly number[])[] = [];
  for (let i = 0; i + 1 < offsets.length; i++) lists.push(values.subarray(offsets[i], offsets[i + 1]));
  const tables: RowTable[] = [];
  let known = rows;
  while (lists.some((list) => list.length > width)) {
    const groups: (Int32Array | readonly number[])[] = [];
    lists = lists.map((list) => {
      if (list.length <= width) return list;
      const shorter: number[] = [];
      for (let at = 0; at < list.length; at += GROUP) {
        shorter.push(known + groups.length);
        groups.push(list.slice(at, at + GROUP));
      }
      return shorter;
    });
    tables.push(tableOf(groups, GROUP));
    known += groups.length;
  }
  return [...tables, tableOf(lists, width)];
}

function tableOf(lists: readonly (Int32Array | readonly number[])[], width: number): RowTable {
  const data = new Int32Array(lists.length * width);
  lists.forEach((list, i) => data.set(list, i * width));
  return { shape: [lists.length, width], data };
}

/** The same pairs listed the other way round: for each of `rows` rows, the lists that it is in. */
export function reversedLists({ offsets, values }: RowLists, rows: number): RowLists {
  const reversed = new Int32Array(rows + 1);
  for (const id of values) reversed[id + 1] = (reversed[id + 1] ?? 0) + 1;
  for (let row = 0; row < rows; row++) reversed[row + 1] = (reversed[row + 1] ?? 0) + (reversed[row] ?? 0);
  const next = reversed.slice();
  const lists = new Int32Array(values.length);
  for (let list = 0; list + 1 < offsets.length; list++) {
    for (const id of values.subarray(offsets[list], offsets[list + 1])) {
      const place = next[id] ?? 0;
      lists[place] = list;
      next[id] = place + 1;
    }
  }
  return { offsets: reversed, values: lists };
}

/**
 * Sums of listed rows: `x [n, d]` to `[lists, d]`; an empty list gives zeros.
 *
 * @param tables int32, as {@link rowTables} makes them of some lists.
 * @param back the same of {@link reversedLists}: the gradient reads by these; none where it is not needed. Neither list 0 nor row 0 is listed.
 * @throws GraphError where the tables do not fit x.
 * @example
 * ```ts
 * const lists = { offsets: Int32Array.of(0, 0, 2, 3), values: Int32Array.of(1, 2, 2) }; // item 1: values 1 and 2, item 2: value 2
 * const [table] = rowTables(lists, 3); // of 3 values, 0 being none
 * const [back] = rowTables(reversedLists(lists, 3), 3);
 * const y = sumRows(input('values', [3, 8]), [input('table', table.shape, 'int32')], [input('back', back.shape, 'int32')]); // [3, 8]
 * ```
 */
export function sumRows(x: Tensor, tables: readonly Tensor[], back: readonly Tensor[] = []): Tensor {
  return at(apply('sumRows', [x, ...tables, ...back], { tables: tables.length }), 0);
}
