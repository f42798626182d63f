// What models and training read of a data set: its schema, and dense attribute tables.
import type { CategoricalField, Dataset, DatasetSchema, Field } from './types.js';

/** A categorical field of items, one value or several: what gives an item its ids in a field. */
export type ItemCategory = CategoricalField & { readonly owner: 'item' };

/** Whether a field is a categorical one of items. */
export function isItemCategory(field: Field): field is ItemCategory {
  return field.owner === 'item' && (field.kind === 'categorical' || field.kind === 'multi-categorical');
}

/**
 * The categorical fields of items, in the order of the data set.
 *
 * @example
 * itemCategories(dataset).map(({ vocabulary }) => vocabulary.size);
 */
export function itemCategories({ fields }: Pick<Dataset, 'fields'>): readonly ItemCategory[] {
  return fields.filter((field) => isItemCategory(field));
}

/**
 * The schema that a model is built from: items and their categorical fields.
 *
 * @example
 * schemaOf(generateDataset({ seed: 1 })).fields.map((field) => field.name); // ['categories', 'brand']
 */
export function schemaOf(dataset: Pick<Dataset, 'items' | 'fields'>): DatasetSchema {
  return {
    items: dataset.items.size - 1,
    fields: itemCategories(dataset).map(({ name, kind, vocabulary, maxValues }) => ({
      name,
      kind,
      values: vocabulary.size,
      maxValues,
    })),
  };
}

/**
 * Dense `[rows, maxValues]` table of value ids, row-major, padded on the right with 0 (no value). Of items and users row 0 is all zero.
 *
 * @example
 * const table = fieldTable(field);
 * const valuesOfItem7 = table.subarray(7 * field.maxValues, 8 * field.maxValues);
 */
export function fieldTable(field: CategoricalField): Int32Array {
  const rows = field.offsets.length - 1;
  const table = new Int32Array(rows * field.maxValues);
  for (let row = 0; row < rows; row++) {
    const from = field.offsets[row] ?? 0;
    const to = field.offsets[row + 1] ?? from;
    table.set(field.values.subarray(from, to), row * field.maxValues);
  }
  return table;
}
