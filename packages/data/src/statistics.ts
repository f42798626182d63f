// Statistics of a data set as plain JSON: sizes, density, lengths, and how well the fields cover the items.
import type { Dataset, ItemField } from './types.js';

/** Smallest, mean, median and largest of a list of counts. */
export interface Spread {
  readonly min: number;
  readonly mean: number;
  readonly median: number;
  readonly max: number;
}

/** Statistics of one field. */
export interface FieldStatistics {
  readonly name: string;
  readonly kind: ItemField['kind'];
  /** Distinct values, "unknown" not counted. */
  readonly values: number;
  /** Share of items with at least one value, 0..1. */
  readonly coverage: number;
  /** Values per item, over all items. */
  readonly perItem: Omit<Spread, 'median'>;
  /** The value on most items (the first of equals); `null` where no item has any. */
  readonly mostFrequent: { readonly value: string; readonly items: number } | null;
}

/** Statistics of a data set. */
export interface DatasetStatistics {
  readonly name: string;
  readonly format: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** interactions / (users x items). */
  readonly density: number;
  /** Interactions per user. */
  readonly lengths: Spread;
  /** Interactions per item. */
  readonly itemInteractions: Spread;
  /** Distinct values per field, by name. */
  readonly attributes: Readonly<Record<string, number>>;
  readonly fields: readonly FieldStatistics[];
}

/**
 * Counts a data set.
 *
 * @example
 * const { users, items, interactions } = datasetStatistics(dataset);
 * console.log(JSON.stringify(datasetStatistics(dataset), null, 2));
 */
export function datasetStatistics(dataset: Dataset): DatasetStatistics {
  const { offsets, items } = dataset.sequences;
  const users = dataset.users.size - 1;
  const itemCount = dataset.items.size - 1;
  const perItem = new Int32Array(itemCount);
  for (const item of items) perItem[item - 1] = (perItem[item - 1] ?? 0) + 1;
  const fields = dataset.fields.map((field) => fieldStatistics(field, itemCount));
  return {
    name: dataset.name,
    format: dataset.format,
    users,
    items: itemCount,
    interactions: items.length,
    density: items.length / (users * itemCount),
    lengths: spread(rowLengths(offsets)),
    itemInteractions: spread(perItem),
    attributes: Object.fromEntries(fields.map(({ name, values }) => [name, values])),
    fields,
  };
}

function fieldStatistics(field: ItemField, itemCount: number): FieldStatistics {
  // Row 0 is padding.
  const lengths = rowLengths(field.offsets).subarray(1);
  const counts = new Int32Array(field.vocabulary.size);
  for (const value of field.values) counts[value] = (counts[value] ?? 0) + 1;
  const top = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  const { min, mean, max } = spread(lengths);
  return {
    name: field.name,
    kind: field.kind,
    values: field.vocabulary.size - 1,
    coverage: lengths.reduce((with_, length) => with_ + (length > 0 ? 1 : 0), 0) / itemCount,
    perItem: { min, mean, max },
    mostFrequent: top <= 0 ? null : { value: field.vocabulary.tokens[top] ?? '', items: counts[top] ?? 0 },
  };
}

function rowLengths(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: offsets.length - 1 }, (_, row) => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0));
}

/** The median of an even number of counts is the mean of the two in the middle. */
function spread(counts: Int32Array): Spread {
  const sorted = counts.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return {
    min: sorted[0] ?? 0,
    mean: sorted.reduce((sum, count) => sum + count, 0) / sorted.length,
    median: sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2,
    max: sorted.at(-1) ?? 0,
  };
}
