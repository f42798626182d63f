// Side information of items: the data's tables of value ids, and one embedding table per field.
import {
  at,
  cast,
  div,
  equal,
  expandDims,
  gather,
  maximum,
  mul,
  not,
  reduceSum,
  reshape,
  slice,
  sumRows,
  type Tensor,
} from '@difsr/graph';
import { embed, MULTI_HOT, pooledEmbedding, type Pooling, type Scope } from '@difsr/nn';
import type { FieldSchema, ModelSchema } from './definition.js';
import { ModelConfigError, UnknownFieldError } from './model-error.js';
import { didYouMean } from './nearest.js';

/** What a configuration says of fields. */
export interface SideOptions {
  /** Names of the fields to use; all where it is left out. */
  readonly fields: readonly string[] | undefined;
  /** Options that take a number for all fields or one per field, by their names. */
  readonly perField: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
}

/**
 * The fields that a configuration selects, in its order (all, if it names none).
 *
 * @throws UnknownFieldError for a name that the data does not have, ModelConfigError for one that is there twice.
 */
export function selectFields(schema: ModelSchema, names: readonly string[] | undefined): readonly FieldSchema[] {
  requireOnce(
    schema.fields.map(({ name }) => name),
    'the data',
  );
  if (names === undefined) return schema.fields;
  requireOnce(names, 'model.fields');
  return names.map((name) => {
    const field = schema.fields.find((own) => own.name === name);
    if (field !== undefined) return field;
    throw new UnknownFieldError(
      `${absent(schema, name)}: correct model.fields, or leave it out to use all${hint(schema, name)}`,
    );
  });
}

/**
 * Checks everything that a configuration says of fields against those that the data has.
 *
 * @throws UnknownFieldError and ModelConfigError, as {@link selectFields}; for names in options per field, too.
 */
export function checkSideOptions(schema: ModelSchema, { fields, perField }: SideOptions): void {
  selectFields(schema, fields);
  for (const [option, value] of Object.entries(perField)) {
    if (typeof value === 'number') continue;
    for (const name of Object.keys(value)) {
      if (schema.fields.some((own) => own.name === name)) continue;
      throw new UnknownFieldError(
        `${absent(schema, name)}: correct the name in model.${option}, or give one number for all fields${hint(schema, name)}`,
      );
    }
  }
}

function absent(schema: ModelSchema, name: string): string {
  return `the data has no field "${name}" (it has: ${schema.fields.map((own) => own.name).join(', ') || 'none'})`;
}

function hint(schema: ModelSchema, name: string): string {
  return didYouMean(
    name,
    schema.fields.map((own) => own.name),
  );
}

function requireOnce(names: readonly string[], where: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ModelConfigError(
      `${where}: names the field "${twice}" twice, which would count it twice: name each field once (model.fields, data.fields)`,
    );
}

/** Name of the variable that holds a field's value ids per item, int32 [items + 1, maxValues], 0 = none. */
export function featureName(field: string): string {
  return `feature.${field}`;
}

/** Value ids of items: `ids [..] -> [.., maxValues]`. */
export function valuesOf(scope: Scope, schema: ModelSchema, field: FieldSchema, ids: Tensor): Tensor {
  return gather(scope.constantTable(featureName(field.name), [schema.items + 1, field.maxValues]), ids);
}

/**
 * The values of every item summed: `table [values, width]` to `[items + 1, width]`. While training by lists in both directions,
 * where the schema has them: the gradient of a gather would add at repeated ids.
 */
export function pooledItems(scope: Scope, schema: ModelSchema, field: FieldSchema, table: Tensor): Tensor {
  const { lists } = field;
  if (scope.training && lists !== undefined) {
    const tables = (direction: 'tables' | 'back'): Tensor[] =>
      lists[direction].map((shape, i) => scope.constantTable(listName(field.name, direction, i), shape));
    return sumRows(table, tables('tables'), tables('back'));
  }
  const ids = valueTable(scope, schema, field);
  return reduceSum(mul(gather(table, ids), cast(expandDims(not(equal(ids, 0)), -1), 'float32')), [1]);
}

/** `[items + 1, 1]`: how many values each item has. */
export function countOfValues(scope: Scope, schema: ModelSchema, field: FieldSchema): Tensor {
  const present = cast(not(equal(valueTable(scope, schema, field), 0)), 'float32');
  return expandDims(reduceSum(present, [1]), 1);
}

function valueTable(scope: Scope, schema: ModelSchema, field: FieldSchema): Tensor {
  return scope.constantTable(featureName(field.name), [schema.items + 1, field.maxValues]);
}

/** Name of the variable that holds one of the tables of a field's lists. */
export function listName(field: string, direction: 'tables' | 'back', index: number): string {
  return `lists.${field}.${direction}.${index}`;
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
  // With lists of all items it is quicker to pool them once and to look the batch up.
  if (scope.training && field.lists !== undefined && field.values > MULTI_HOT && options.pooling !== 'max') {
    const sum = pooledItems(scope, schema, field, table);
    const pooled = options.pooling === 'sum' ? sum : div(sum, maximum(countOfValues(scope, schema, field), 1));
    if (field.kind !== 'categorical') return embed(pooled, items);
  }
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
