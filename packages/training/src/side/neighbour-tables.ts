// Of every value of a field some of the items that have it, where a model asks for them: the neighbours of values in the graph of items
// and attributes.
import { itemCategories, type Dataset, type StoredDataset } from '@difsr/data';
import { reversedLists, type HostTensor } from '@difsr/graph';
import { neighboursName } from '@difsr/models';
import type { ConstantSpec } from '@difsr/nn';

/**
 * The tables that a task declares by `neighboursName`: `[values, most]`, 0 where a value has fewer items. Of more items, as many as there is
 * room for are taken at equal distances in the order of their ids: the same whenever the data is the same.
 *
 * @example
 * neighbourTables(dataset, task.constants)['neighbours.brand']?.shape; // [values, 16]
 */
export function neighbourTables(
  dataset: Dataset | StoredDataset,
  constants: readonly ConstantSpec[],
): Record<string, HostTensor> {
  const wanted = new Map(constants.map(({ name, shape }) => [name, shape]));
  return Object.fromEntries(
    itemCategories(dataset).flatMap(({ name, offsets, values, vocabulary }): [string, HostTensor][] => {
      const [rows, most] = wanted.get(neighboursName(name)) ?? [];
      if (rows === undefined || most === undefined) return [];
      const { offsets: ends, values: items } = reversedLists({ offsets, values }, vocabulary.size);
      const data = new Int32Array(rows * most);
      for (let value = 1; value < rows; value++) {
        const own = items.subarray(ends[value], ends[value + 1]);
        const count = Math.min(most, own.length);
        for (let k = 0; k < count; k++) data[value * most + k] = own[Math.floor((k * own.length) / count)] ?? 0;
      }
      return [[neighboursName(name), { dtype: 'int32', shape: [rows, most], data }]];
    }),
  );
}
