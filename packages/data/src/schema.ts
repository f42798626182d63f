// What models and training read of a data set: its schema, and dense attribute tables.
import type { Dataset, DatasetSchema, ItemField } from './types.js';

/**
 * The schema that a model is built from.
 *
 * @example
 * schemaOf(generateDataset({ seed: 1 })).fields.map((field) => field.name); // ['categories', 'brand']
 */
export function schemaOf(dataset: Pick<Dataset, 'items' | 'fields'>): DatasetSchema {
  return {
    items: dataset.items.size - 1,
    fields: dataset.fields.map(({ name, kind, vocabulary, maxValues }) => ({
      name,
      kind,
      values: vocabulary.size,
      maxValues,
    })),
  };
}

/**
 * Dense `[items + 1, maxValues]` table of value ids, row-major, padded on the right with 0 (no value). Row 0 is all zero.
 *
 * @example
 * const table = fieldTable(field);
 * const valuesOfItem7 = table.subarray(7 * field.maxValues, 8 * field.maxValues);
 */
export function fieldTable(field: ItemField): Int32Array {
  const rows = field.offsets.length - 1;
  const table = new Int32Array(rows * field.maxValues);
  for (let item = 0; item < rows; item++) {
    const from = field.offsets[item] ?? 0;
    const to = field.offsets[item + 1] ?? from;
    table.set(field.values.subarray(from, to), item * field.maxValues);
  }
  return table;
}
