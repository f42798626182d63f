// What a run keeps of its items for who filters recommendations by them.
import { isItemCategory, type Dataset, type StoredDataset } from '@difsr/data';
import type { HostTensor } from '@difsr/graph';
import { attributeNames } from '@difsr/models';

/**
 * The values of all categorical and numeric fields of items, as the data has them and whether or not a model reads them: the tensors
 * that {@link attributeNames} names.
 *
 * @example
 * attributeTables(dataset)['attribute.values.price'].shape; // [items + 1]
 */
export function attributeTables({ fields }: Pick<Dataset | StoredDataset, 'fields'>): Record<string, HostTensor> {
  return Object.fromEntries(
    fields.flatMap((field): [string, HostTensor][] => {
      const names = attributeNames(field.name);
      if (isItemCategory(field))
        return [
          [names.values, { dtype: 'int32', shape: [field.values.length], data: field.values }],
          [names.offsets, { dtype: 'int32', shape: [field.offsets.length], data: field.offsets }],
        ];
      return field.owner === 'item' && field.kind === 'numeric'
        ? [[names.values, { dtype: 'float32', shape: [field.values.length], data: field.values }]]
        : [];
    }),
  );
}
