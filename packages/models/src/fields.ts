// Side information of items: the data's tables of value ids, and one embedding table per field.
import { at, expandDims, gather, reshape, slice, type Tensor } from '@difsr/graph';
import { embed, pooledEmbedding, type Pooling, type Scope } from '@difsr/nn';
import type { FieldSchema, ModelSchema } from './definition.js';

/** A field that a model asks for and the data lacks. */
export class UnknownFieldError extends Error {
  override readonly name = 'UnknownFieldError';
}

/** The fields that a configuration selects, in its order (all, if it names none). */
export function selectFields(schema: ModelSchema, names: readonly string[] | undefined): readonly FieldSchema[] {
  if (names === undefined) return schema.fields;
  return names.map((name) => {
    const field = schema.fields.find((own) => own.name === name);
    if (field !== undefined) return field;
    const available = schema.fields.map((own) => own.name).join(', ') || 'none';
    throw new UnknownFieldError(
      `the data has no field "${name}" (it has: ${available}): correct model.fields, or leave it out to use all`,
    );
  });
}

/** Name of the variable that holds a field's value ids per item, int32 [items + 1, maxValues], 0 = none. */
export function featureName(field: string): string {
  return `feature.${field}`;
}

/** Value ids of items: `ids [..] -> [.., maxValues]`. */
export function valuesOf(scope: Scope, schema: ModelSchema, field: FieldSchema, ids: Tensor): Tensor {
  return gather(scope.constantTable(featureName(field.name), [schema.items + 1, field.maxValues]), ids);
}

/** One vector per item: `items [batch, length] -> [batch, length, width]`. */
export function fieldEmbedding(
  scope: Scope,
  schema: ModelSchema,
  field: FieldSchema,
  items: Tensor,
  options: { readonly width: number; readonly pooling: Pooling; readonly deviation: number },
): Tensor {
  const table = scope
    .child('fields')
    .child(field.name)
    .parameter('weight', [field.values, options.width], { kind: 'normal', deviation: options.deviation });
  const values = valuesOf(scope, schema, field, items);
  // A single value is one row, "unknown" (0) included; several are pooled over the values that are there.
  return field.kind === 'categorical'
    ? embed(table, reshape(values, items.shape))
    : pooledEmbedding(table, values, options.pooling);
}

/** Position embeddings of a batch: `[1, length, width]`. */
export function positionEmbedding(
  scope: Scope,
  items: Tensor,
  maxLength: number,
  width: number,
  deviation: number,
): Tensor {
  const table = scope.child('positions').parameter('weight', [maxLength, width], { kind: 'normal', deviation });
  return expandDims(slice(table, 0, 0, at(items.shape, 1)), 0);
}
