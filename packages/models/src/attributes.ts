// What a run keeps of its items to filter them by: values as the data has them, not as a model reads them.
import type { HostTensor } from '@difsr/graph';
import {
  isCategorical,
  ownerOf,
  type CategoricalSchema,
  type FieldSchema,
  type NumericSchema,
} from './field-schema.js';

/** A field that items can be filtered by. */
export type FilterField = CategoricalSchema | NumericSchema;

/** Whether items can be filtered by a field: one of items, whose values are texts or numbers. */
export function isFilterField(field: FieldSchema): field is FilterField {
  return ownerOf(field) === 'item' && (isCategorical(field) || field.kind === 'numeric');
}

/**
 * Names of the tensors of a field: of numbers `values` float32 `[items + 1]`, NaN = none; else `offsets` int32 `[items + 2]`, and
 * `values` int32, the value ids of item i from `offsets[i]` up to `offsets[i + 1]`.
 */
export function attributeNames(field: string): { readonly values: string; readonly offsets: string } {
  return { values: `${PREFIX}values.${field}`, offsets: `${PREFIX}offsets.${field}` };
}

const PREFIX = 'attribute.';

/** Whether a tensor of a run is one of those that {@link attributeNames} names. */
export function isAttributeName(tensor: string): boolean {
  return tensor.startsWith(`${PREFIX}values.`) || tensor.startsWith(`${PREFIX}offsets.`);
}

/** The values of one field of all items. */
export type Attribute =
  | { readonly kind: 'numbers'; readonly values: ArrayLike<number> }
  | { readonly kind: 'ids'; readonly values: ArrayLike<number>; readonly offsets: ArrayLike<number> };

/** The values of a field among the tensors of a run; undefined where it keeps none, or not of so many items. */
export function attributeOf(
  tensors: Readonly<Record<string, HostTensor>>,
  field: FilterField,
  items: number,
): Attribute | undefined {
  const names = attributeNames(field.name);
  const [values, offsets] = [tensors[names.values]?.data, tensors[names.offsets]?.data];
  if (values === undefined) return undefined;
  if (!isCategorical(field)) return values.length === items + 1 ? { kind: 'numbers', values } : undefined;
  return offsets?.length === items + 2 && offsets.at(-1) === values.length
    ? { kind: 'ids', values, offsets }
    : undefined;
}
