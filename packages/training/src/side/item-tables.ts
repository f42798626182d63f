// What training knows of items beyond the schema that a run folder keeps: tables that sum their attributes by lists, in both
// directions, and which of them have training interactions.
import { itemCategories, type CategoricalField, type Dataset, type StoredDataset } from '@difsr/data';
import { reversedLists, rowTables, type HostTensor, type RowTable } from '@difsr/graph';
import {
  isCategorical,
  listName,
  ownerOf,
  TRAINED_ITEMS,
  trainedItems,
  type FieldSchema,
  type ItemLists,
  type ModelConfig,
  type ModelSchema,
} from '@difsr/models';

/** A schema for training, and the tables that a model may declare then. */
export interface ItemTables {
  readonly schema: ModelSchema;
  readonly tables: Readonly<Record<string, HostTensor>>;
}

/** Fields of no more values are summed as a product with a matrix, which needs no lists. */
const FEW_VALUES = 1024;

/**
 * The tables of a data set, and its schema with their shapes. Lists are made for the fields of models with item fields, and for those of many values.
 *
 * @param plain What every model is told of the data.
 * @param counts Counts training interactions by item id (`trainingCounts`); asked for where it matters.
 * @returns The schema that the model is made with, and tables that it declares beside those of `featureTables`.
 * @example
 * const { schema, tables } = await itemTables(dataset, plain, { itemFields: 'sum' }, async () => trainingCounts(dataset, store));
 */
export async function itemTables(
  dataset: Dataset | StoredDataset,
  plain: ModelSchema,
  { itemFields = 'none' }: Pick<ModelConfig, 'itemFields'>,
  counts: () => Promise<readonly number[]>,
): Promise<ItemTables> {
  const tables: Record<string, HostTensor> = {};
  const categories = new Map(itemCategories(dataset).map((field) => [field.name, field]));
  const fields = plain.fields.map((own): FieldSchema => {
    const field = ownerOf(own) === 'item' ? categories.get(own.name) : undefined;
    if (field === undefined || !isCategorical(own)) return own;
    if (itemFields === 'none' && own.values <= FEW_VALUES) return own;
    const { forward, back } = listsOf(field);
    const shapes = (all: readonly RowTable[], direction: keyof ItemLists): RowTable['shape'][] =>
      all.map(({ shape, data }, index) => {
        tables[listName(field.name, direction, index)] = { dtype: 'int32', shape, data };
        return shape;
      });
    return { ...own, lists: { tables: shapes(forward, 'tables'), back: shapes(back, 'back') } };
  });
  if (itemFields === 'none') return { schema: { ...plain, fields }, tables };
  const trained = trainedItems(await counts());
  const untrained = trained.data.filter((one) => one === 0).length;
  tables[TRAINED_ITEMS] = trained;
  return { schema: { ...plain, fields, untrained }, tables };
}

/** Tables over a field's values and over its items; value 0 is none. */
function listsOf({ offsets, values, vocabulary }: CategoricalField): {
  readonly forward: readonly RowTable[];
  readonly back: readonly RowTable[];
} {
  const items = offsets.length - 1;
  const kept = values.every((value) => value > 0) ? { offsets, values } : withoutNone(offsets, values);
  return { forward: rowTables(kept, vocabulary.size), back: rowTables(reversedLists(kept, vocabulary.size), items) };
}

function withoutNone(offsets: Int32Array, values: Int32Array): { offsets: Int32Array; values: Int32Array } {
  const kept: number[] = [];
  const ends = Int32Array.from(offsets, (_, item) => {
    if (item > 0)
      for (const value of values.subarray(offsets[item - 1], offsets[item])) if (value > 0) kept.push(value);
    return kept.length;
  });
  return { offsets: ends, values: Int32Array.from(kept) };
}
