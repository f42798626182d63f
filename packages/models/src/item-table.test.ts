// Attributes in the item table: by lists as by gathering, and what that means for items that nobody has taken.
import { reversedLists, rowTables, type HostTensor, type RowTable } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import {
  featureName,
  isCategorical,
  listName,
  trainingTask,
  traceScores,
  TRAINED_ITEMS,
  type ModelSchema,
} from './index.js';
import {
  allPositions,
  FEATURES,
  ints,
  itemsOf,
  lossAndGradients,
  MAX_LENGTH,
  numbers,
  SCHEMA,
  SEQUENCES,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

/** The schema of a training on {@link FEATURES}, and the tables that belong to it. */
function withLists(): { schema: ModelSchema; tables: Values } {
  const tables: Record<string, HostTensor> = {};
  const fields = SCHEMA.fields.filter(isCategorical).map((field) => {
    const ids = [...(FEATURES[featureName(field.name)]?.data ?? [])];
    const items = Array.from({ length: SCHEMA.items + 1 }, (_, item) =>
      ids.slice(item * field.maxValues, (item + 1) * field.maxValues).filter((value) => value > 0),
    );
    const offsets = [0];
    for (const values of items) offsets.push((offsets.at(-1) ?? 0) + values.length);
    const lists = { offsets: Int32Array.from(offsets), values: Int32Array.from(items.flat()) };
    const shapes = (all: readonly RowTable[], direction: 'tables' | 'back'): RowTable['shape'][] =>
      all.map(({ shape, data }, i) => {
        tables[listName(field.name, direction, i)] = ints(shape, [...data]);
        return shape;
      });
    return {
      ...field,
      lists: {
        tables: shapes(rowTables(lists, field.values), 'tables'),
        back: shapes(rowTables(reversedLists(lists, field.values), items.length), 'back'),
      },
    };
  });
  return { schema: { ...SCHEMA, fields }, tables };
}

describe('fields in the item table', () => {
  it.each(['sum', 'mean', 'gate'] as const)('%s: lists give the loss and the gradients of gathering', (itemFields) => {
    const { schema, tables } = withLists();
    const feeds = { ...allPositions(SEQUENCES, MAX_LENGTH), ...tables };
    const listed = trainingTask(tiny('sasrec', { itemFields, itemDropout: 0 }, schema), { training: true });
    const gathered = trainingTask(tiny('sasrec', { itemFields, itemDropout: 0 }), { training: true });
    expect(listed.constants.map(({ name }) => name).some((name) => name.startsWith('lists.'))).toBe(true);
    const weights = weightsOf(gathered);
    const [one, other] = [listed, gathered].map((task) => lossAndGradients(task, { ...feeds, ...weights }));
    expect(Object.keys(one ?? {})).toEqual(Object.keys(other ?? {}));
    for (const [name, { data }] of Object.entries(one ?? {}))
      data.forEach((value, i) => expect(value, name).toBeCloseTo(Number(other?.[name]?.data[i]), 12));
  });

  it('are what an item without a row of its own is scored by: the sum of the rows of its values', () => {
    const traced = traceScores(tiny('sasrec', { itemFields: 'sum', itemDropout: 0 }));
    const weights = weightsOf(traced);
    const own = weights['items.weight'];
    own?.data.fill(0, 4, 8); // item 1: brand 1, tag 1
    const value = (field: string): number[] => [...(weights[`items.fields.${field}.weight`]?.data.slice(4, 8) ?? [])];
    const tags = value('tags');
    const table = numbers(traced.itemTable, { ...FEATURES, ...weights, items: itemsOf(SEQUENCES, MAX_LENGTH) });
    value('brand').forEach((brand, i) => expect(table[4 + i]).toBeCloseTo(brand + (tags[i] ?? NaN), 12));
    expect(table.slice(16, 20)).toEqual([...(own?.data.slice(16, 20) ?? [])]); // item 4 has no values
  });

  it('leave items without training interactions out of the classes, whatever their rows are', () => {
    const { schema, tables } = withLists();
    const untrained = [10];
    const task = trainingTask(
      tiny('sasrec', { itemFields: 'sum', itemDropout: 0 }, { ...schema, untrained: untrained.length }),
      {
        training: true,
      },
    );
    const sequences = SEQUENCES.map((sequence) => sequence.filter((item) => !untrained.includes(item)));
    const trained = ints(
      [12],
      Array.from({ length: 12 }, (_, id) => (untrained.includes(id) ? 0 : 1)),
    );
    const weights = weightsOf(task);
    const feeds = { ...allPositions(sequences, MAX_LENGTH), ...tables, ...weights, [TRAINED_ITEMS]: trained };
    const before = lossAndGradients(task, feeds);
    const changed = Float64Array.from(weights['items.weight']?.data ?? []).fill(7, 40, 44);
    const after = lossAndGradients(task, {
      ...feeds,
      'items.weight': { dtype: 'float32', shape: [12, 4], data: changed },
    });
    expect(after['loss']?.data[0]).toBe(before['loss']?.data[0]);
    expect([...(before['items.weight']?.data.slice(40, 44) ?? [])]).toEqual([0, 0, 0, 0]);
    const all = trainingTask(tiny('sasrec', { itemFields: 'sum', itemDropout: 0 }, schema), { training: true });
    expect(lossAndGradients(all, feeds)['loss']?.data[0]).toBeGreaterThan(Number(before['loss']?.data[0]));
    expect(task.parameters.find(({ name }) => name === 'items.weight')?.untrainedRows).toBe('zero');
  });
});
