// What was loaded, in numbers.
import { itemCategories, sequenceStore, type FieldKind, type FieldOwner, type LoadReport } from '@difsr/data';
import { columnWords, sideColumns } from '@difsr/training';
import type { TrainingData } from './open.js';

/** A data set in numbers. */
export interface DataSummary {
  readonly name: string;
  readonly format: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Whether the sequences stay on disk. */
  readonly streamed: boolean;
  /** Categories of items by field: how many values it has. */
  readonly fields: Readonly<Record<string, number>>;
  readonly otherFields: readonly { readonly name: string; readonly owner: FieldOwner; readonly kind: FieldKind }[];
  /** All side information in words: `brand (120 values)`. */
  readonly sides: readonly string[];
  /** What was dropped, inferred or noticed. */
  readonly report: LoadReport;
}

/** A data set in numbers. */
export function summaryOf(dataset: TrainingData): DataSummary {
  const { name, format, users, items, report } = dataset;
  const streamed = 'store' in dataset;
  const columns = sideColumns(dataset, sequenceStore(dataset));
  return {
    name,
    format,
    users: users.size - 1,
    items: items.size - 1,
    interactions: streamed ? dataset.store.interactions : dataset.sequences.items.length,
    streamed,
    fields: Object.fromEntries(itemCategories(dataset).map((field) => [field.name, field.vocabulary.size - 1])),
    otherFields: columns
      .filter(({ owner, vocabulary }) => owner !== 'item' || vocabulary === undefined)
      .map(({ name: field, owner, kind }) => ({ name: field, owner, kind })),
    sides: columns.map(columnWords),
    report,
  };
}
