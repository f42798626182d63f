// What training knows of items beyond the schema that a run folder keeps: tables that sum their attributes by lists, in both
// directions, and which of them have training interactions.
import { itemCategories, schemaOf, type CategoricalField, type Dataset, type StoredDataset } from '@difsr/data';
import { reversedLists, rowTables, type HostTensor, type RowTable } from '@difsr/graph';
import {
  listName,
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
 * The tables of a data set. Lists are made for the fields of models with item fields, and for those of many values.
 *
 * @param counts Counts training interactions by item id; asked for where it matters.
 */
export async function itemTables(
  dataset: Dataset | StoredDataset,
  { itemFields = 'none' }: Pick<ModelConfig, 'itemFields'>,
  counts: () => Promise<readonly number[]>,
): Promise<ItemTables> {
  const plain = schemaOf(dataset);
  const tables: Record<string, HostTensor> = {};
  const fields = itemCategories(dataset).map((field, i): FieldSchema => {
    const own = plain.fields[i]!; // a schema has the categorical fields of items, in their order
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
