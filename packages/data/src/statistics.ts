// Statistics of a data set as plain JSON: sizes, density, lengths, and how well the fields cover the items.
import { distribution } from './statistics-analysis.js';
import { type Tallies, type Tally, tallyCounts } from './statistics-tallies.js';
import type { CategoricalField, Dataset } from './types.js';

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
  readonly kind: CategoricalField['kind'];
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
  /** Different pairs of a user and an item / (users x items): repeats do not make a data set denser. */
  readonly density: number;
  /** Interactions per user. */
  readonly lengths: Spread;
  /** Interactions per item. */
  readonly itemInteractions: Spread;
  /** Distinct values per field, by name. */
  readonly attributes: Readonly<Record<string, number>>;
  readonly fields: readonly FieldStatistics[];
}

/** The counts that they need. */
type Counted = Pick<Tallies, 'lengths' | 'itemInteractions' | 'pairs' | 'fields'>;

/**
 * Counts a data set.
 *
 * @example
 * const { users, items, interactions } = datasetStatistics(dataset);
 * console.log(JSON.stringify(datasetStatistics(dataset), null, 2));
 */
export function datasetStatistics(dataset: Dataset): DatasetStatistics {
  return statisticsFromTallies(dataset.name, dataset.format, tallyCounts(dataset));
}

/** The same from counts, wherever they come from. */
export function statisticsFromTallies(name: string, format: string, tallies: Counted): DatasetStatistics {
  const { lengths, itemInteractions, pairs } = tallies;
  const users = size(lengths);
  const items = size(itemInteractions);
  const interactions = lengths.reduce((sum, [length, count]) => sum + length * count, 0);
  const fields = tallies.fields.map(({ name: field, kind, perItem, perValue, mostFrequent }): FieldStatistics => {
    const { min, mean, max } = spread(perItem);
    const covered = perItem.reduce((sum, [values, count]) => sum + (values > 0 ? count : 0), 0);
    return {
      name: field,
      kind,
      values: size(perValue),
      coverage: covered / items,
      perItem: { min, mean, max },
      mostFrequent,
    };
  });
  return {
    name,
    format,
    users,
    items,
    interactions,
    density: pairs / (users * items),
    lengths: spread(lengths),
    itemInteractions: spread(itemInteractions),
    attributes: Object.fromEntries(fields.map(({ name: field, values }) => [field, values])),
    fields,
  };
}

function size(tally: Tally): number {
  return tally.reduce((sum, [, count]) => sum + count, 0);
}

/** The median of an even number of counts is the mean of the two in the middle. */
function spread(tally: Tally): Spread {
  const { min, mean, max, quantiles } = distribution(tally);
  return { min, mean, median: quantiles.p50, max };
}
