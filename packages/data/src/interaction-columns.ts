// What is known of each interaction beside its item, as columns that are read by position: fields of interactions, and times.
// Here is what data in memory and on disk have in common, and the columns in memory; those on disk are in prepared/sequence-file.ts.
import { DifsrError } from '@difsr/errors';
import type { Positions, SplitRanges } from './split-ranges.js';
import type { Dataset, Field, FieldKind, Vocabulary } from './types.js';

/** A column of interactions. */
export interface InteractionColumn {
  /** Of the field; `time` of times. */
  readonly name: string;
  readonly kind: FieldKind | 'time';
  /** Numbers of one interaction: of several categories as many as any interaction has, filled up with 0; of vectors their length; else 1. */
  readonly width: number;
  /** `int32`: value ids, 0 = none. `float32`: numbers, NaN = none. `float64`: seconds, as in `Dataset.times`. */
  readonly dtype: 'int32' | 'float32' | 'float64';
  /** What ids stand for; of categorical kinds. */
  readonly vocabulary?: Vocabulary;
}

/** Numbers of a column. */
export type ColumnNumbers = Int32Array | Float32Array | Float64Array;

/** The column of times. */
export const TIME_COLUMN: InteractionColumn = { name: 'time', kind: 'time', width: 1, dtype: 'float64' };

/** The place of a column. @throws DifsrError where there is none of this name */
export function columnIndex(columns: readonly InteractionColumn[], name: string): number {
  const index = columns.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  const known = columns.map((column) => column.name).join(', ');
  throw new DifsrError({
    what: `the interactions have no column "${name}"; they have ${known || 'none'}`,
    cure: 'ask for one of `columns`',
  });
}

/**
 * The user (from 0 on) whose sequence a position is in; positions of the training items that stand behind all interactions included.
 *
 * @throws DifsrError where nothing is at the position
 */
export function userAt(offsets: Positions, { train }: SplitRanges, position: number): number {
  const interactions = offsets.at(-1) ?? 0;
  const end = Math.max(interactions, train.ends.at(-1) ?? 0);
  if (!Number.isInteger(position) || position < 0 || position >= end)
    throw new DifsrError({
      what: `position ${position} is not one of 0 .. ${end - 1}`,
      cure: `take it from the store's split`,
    });
  const begins = position < interactions ? offsets : train.begins;
  // The last user who begins at the position or before it: users without items begin where the next one does.
  let low = 0;
  let high = Math.min(begins.length, offsets.length - 1) - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((begins[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @throws DifsrError where one of the ranges of positions does not lie before `end` */
export function requirePositions(begins: ArrayLike<number>, lengths: ArrayLike<number>, end: number): void {
  for (let i = 0; i < begins.length; i++) {
    const [begin, after] = [begins[i]!, begins[i]! + lengths[i]!];
    if (begin >= 0 && after <= end) continue;
    throw new DifsrError({
      what: `there is nothing at positions ${begin} .. ${after - 1}`,
      cure: `take them from the store's split`,
    });
  }
}

/** A column in memory: its numbers at places of `sequences.items`. */
export interface MemoryColumn {
  readonly column: InteractionColumn;
  readonly at: (places: Int32Array) => ColumnNumbers;
}

/**
 * The columns of a data set in memory.
 *
 * @throws DifsrError where a column is not as long as the interactions, or two have one name
 */
export function memoryColumns({
  sequences,
  fields,
  times,
}: Pick<Dataset, 'sequences' | 'fields' | 'times'>): MemoryColumn[] {
  const columns = fields
    .filter(({ owner }) => owner === 'interaction')
    .map((field) => columnOf(field, sequences.items.length));
  if (times !== undefined) {
    requireLength('times', times.length, sequences.items.length);
    columns.push({ column: TIME_COLUMN, at: (places) => Float64Array.from(places, (place) => times[place] ?? 0) });
  }
  const names = columns.map(({ column }) => column.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new DifsrError({
      what: `two columns of interactions are called "${twice}"`,
      cure: 'give the field another name',
    });
  return columns;
}

function columnOf(field: Field, interactions: number): MemoryColumn {
  const { name, kind } = field;
  const what = `field "${name}" of interactions`;
  switch (field.kind) {
    case 'categorical':
    case 'multi-categorical': {
      const { offsets, values, maxValues: width, vocabulary } = field;
      requireLength(what, offsets.length - 1, interactions);
      const at: MemoryColumn['at'] = (places) => {
        const read = new Int32Array(places.length * width);
        for (const [row, place] of places.entries())
          read.set(values.subarray(offsets[place], offsets[place + 1]), row * width);
        return read;
      };
      return { column: { name, kind, width, dtype: 'int32', vocabulary }, at };
    }
    case 'numeric': {
      const { values } = field;
      requireLength(what, values.length, interactions);
      const at: MemoryColumn['at'] = (places) => Float32Array.from(places, (place) => values[place] ?? Number.NaN);
      return { column: { name, kind, width: 1, dtype: 'float32' }, at };
    }
    case 'vector': {
      const { values, width } = field;
      requireLength(what, values.length, interactions * width);
      const at: MemoryColumn['at'] = (places) => {
        const read = new Float32Array(places.length * width);
        for (const [row, place] of places.entries())
          read.set(values.subarray(place * width, (place + 1) * width), row * width);
        return read;
      };
      return { column: { name, kind, width, dtype: 'float32' }, at };
    }
  }
}

function requireLength(what: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new DifsrError({
    what: `${what} has ${found} entries where ${expected} are needed`,
    cure: 'give one row per interaction, in the order of sequences.items',
  });
}
