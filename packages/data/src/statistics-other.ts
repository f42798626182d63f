// What is known in short of the fields that are no categories of items, of a data set in memory; prepare/analyse.ts counts the same of a
// prepared folder.
import { type Text } from '@difsr/errors';
import { isItemCategory } from './schema.js';
import type { Dataset, Field, FieldKind, FieldOwner } from './types.js';

/** A field of users or interactions, or one of items that holds numbers: what is known of it in short. */
export interface OtherField {
  readonly name: string;
  readonly owner: FieldOwner;
  readonly kind: FieldKind;
  /** Share of the owners with a value. */
  readonly coverage: number;
  /** Distinct values of categorical kinds; length of vectors. */
  readonly values?: number;
  /** Of numbers; null where no owner has any. */
  readonly range?: { readonly min: number; readonly mean: number; readonly max: number } | null;
  /** Of quantities and amounts in interactions of a prepared folder: those that are no purchases. */
  readonly returns?: { readonly rows: number; readonly what: string; readonly cure: Text };
}

/**
 * The fields of a data set that are no categorical fields of items.
 *
 * @example
 * otherFieldStatistics(dataset).map(({ name, owner, coverage }) => `${name} of ${owner}s: ${coverage}`);
 */
export function otherFieldStatistics({ fields }: Pick<Dataset, 'fields'>): OtherField[] {
  return fields.filter((field) => !isItemCategory(field)).map(describeField);
}

function describeField(field: Field): OtherField {
  const { name, owner, kind } = field;
  // Row 0 of items and users is padding.
  const first = owner === 'interaction' ? 0 : 1;
  const share = (rows: number, has: (row: number) => boolean): number => {
    let covered = 0;
    for (let row = first; row < rows; row++) if (has(row)) covered++;
    return rows === first ? 0 : covered / (rows - first);
  };
  if ('vocabulary' in field) {
    const { offsets, vocabulary } = field;
    const coverage = share(offsets.length - 1, (row) => offsets[row] !== offsets[row + 1]);
    return { name, owner, kind, coverage, values: vocabulary.size - 1 };
  }
  const { values } = field;
  if ('width' in field) {
    const { width } = field;
    const rows = width === 0 ? first : values.length / width;
    return { name, owner, kind, coverage: share(rows, (row) => !Number.isNaN(values[row * width])), values: width };
  }
  const range = { min: Number.POSITIVE_INFINITY, mean: 0, max: Number.NEGATIVE_INFINITY };
  let known = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    known++;
    range.min = Math.min(range.min, value);
    range.mean += (value - range.mean) / known;
    range.max = Math.max(range.max, value);
  }
  const coverage = share(values.length, (row) => !Number.isNaN(values[row]));
  return { name, owner, kind, coverage, range: known === 0 ? null : range };
}
