// Side information of every kind: which fields a model uses, where their values come from, and what makes vectors of them.
import { didYouMean, setting, text } from '@difsr/errors';
import {
  add,
  cast,
  concat,
  constant,
  div,
  equal,
  expandDims,
  gather,
  less,
  matmul,
  maximum,
  mul,
  not,
  reduceSum,
  reshape,
  slice,
  sub,
  sumRows,
  type Tensor,
} from '@difsr/graph';
import type { FusedSource } from '@difsr/attention';
import { embed, MULTI_HOT, pooledEmbedding, type Pooling, type Scope } from '@difsr/nn';
import type { BuildContext, ModelConfig, ModelSchema } from './model.js';
import {
  isCategorical,
  ownerOf,
  type CategoricalSchema,
  type FieldSchema,
  type NumericSchema,
  type VectorSchema,
} from './field-schema.js';
import { dtypeOf, encodedWidth } from './inputs.js';
import { ModelConfigError, UnknownFieldError } from './model-error.js';

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
    throw new UnknownFieldError({
      what: absent(schema, name),
      where: 'model.fields',
      option: 'model.fields',
      cure: hint(schema, name) ?? text`correct ${setting('model.fields')}, or leave it out to use all`,
    });
  });
}

/** The fields that describe items and interactions: sources of scores, or parts of the input. */
export function sideFields(schema: ModelSchema, { fields }: Pick<ModelConfig, 'fields'>): readonly FieldSchema[] {
  return selectFields(schema, fields).filter((field) => ownerOf(field) !== 'user');
}

/** RecBole's order: single-valued fields first, then those of several values, then those of numbers. */
export function publishedOrder(fields: readonly FieldSchema[]): FieldSchema[] {
  const of = (kind: FieldSchema['kind']): FieldSchema[] => fields.filter((field) => field.kind === kind);
  return [...of('categorical'), ...of('multi-categorical'), ...of('numeric'), ...of('vector')];
}

/** The fields that describe items. */
export function itemFieldsOf(schema: ModelSchema, { fields }: Pick<ModelConfig, 'fields'>): readonly FieldSchema[] {
  return selectFields(schema, fields).filter((field) => ownerOf(field) === 'item');
}

/** The fields of users, where the options say what becomes of them. */
export function userFieldsOf(
  schema: ModelSchema,
  { fields, userFields = 'none' }: Pick<ModelConfig, 'fields' | 'userFields'>,
): readonly FieldSchema[] {
  const found = selectFields(schema, fields).filter((field) => ownerOf(field) === 'user');
  if (userFields !== 'none') return found;
  const [named] = fields === undefined ? [] : found;
  if (named === undefined) return [];
  throw new ModelConfigError({
    what: text`${setting('model.fields')} names "${named.name}", a field of users, and ${setting('model.userFields')} says that they are not used`,
    option: 'model.userFields',
    cure: text`${setting('model.userFields', 'stream')}, or leave it out of ${setting('model.fields')}`,
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
      throw new UnknownFieldError({
        what: absent(schema, name),
        where: `model.${option}`,
        option: `model.${option}`,
        cure: hint(schema, name) ?? `correct the name in model.${option}, or give one number for all fields`,
      });
    }
  }
}

function absent(schema: ModelSchema, name: string): string {
  return `the data has no field "${name}" (it has: ${schema.fields.map((own) => own.name).join(', ') || 'none'})`;
}

function hint(schema: ModelSchema, name: string): string | undefined {
  return didYouMean(
    name,
    schema.fields.map((own) => own.name),
  );
}

function requireOnce(names: readonly string[], where: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ModelConfigError({
      where,
      what: `names the field "${twice}" twice, which would count it twice`,
      option: 'model.fields',
      cure: text`name each field once (${setting('model.fields')}, ${setting('data.fields')}), and fields of several owners differently (in the description: another key, with column: "${twice}")`,
    });
}

/** Name of the variable that holds a field's values per item: int32 [items + 1, maxValues] of ids, else float32 [items + 1, width + 1]. */
export function featureName(field: string): string {
  return `feature.${field}`;
}

/** The values of every item, as the data has them. */
function featureTable(scope: Scope, schema: ModelSchema, field: FieldSchema): Tensor {
  const width = field.kind === 'categorical' ? field.maxValues : encodedWidth(field);
  return scope.constantTable(featureName(field.name), [schema.items + 1, width], dtypeOf(field));
}

/** Name of the variable that holds, for every value of a field, some of the items that have it: int32 [values, items], 0 = none. */
export function neighboursName(field: string): string {
  return `neighbours.${field}`;
}

/** Items that have each value of a field, up to `most` of them, spread evenly: int32 `[values, most]`, 0 = none. For training. */
export function valueNeighbours(scope: Scope, field: CategoricalSchema, most: number): Tensor {
  return scope.constantTable(neighboursName(field.name), [field.values, most]);
}

/** Value ids of items: `ids [..] -> [.., maxValues]`. */
export function valuesOf(scope: Scope, schema: ModelSchema, field: CategoricalSchema, ids: Tensor): Tensor {
  return gather(featureTable(scope, schema, field), ids);
}

/**
 * The values of every item summed: `table [values, width]` to `[items + 1, width]`. While training by lists in both directions,
 * where the schema has them: the gradient of a gather would add at repeated ids.
 */
export function pooledItems(scope: Scope, schema: ModelSchema, field: CategoricalSchema, table: Tensor): Tensor {
  const { lists } = field;
  if (scope.training && lists !== undefined) {
    const tables = (direction: 'tables' | 'back'): Tensor[] =>
      lists[direction].map((shape, i) => scope.constantTable(listName(field.name, direction, i), shape));
    return sumRows(table, tables('tables'), tables('back'));
  }
  const ids = featureTable(scope, schema, field);
  return reduceSum(mul(gather(table, ids), cast(expandDims(not(equal(ids, 0)), -1), 'float32')), [1]);
}

/** `[items + 1, 1]`: how many values each item has. */
export function countOfValues(scope: Scope, schema: ModelSchema, field: CategoricalSchema): Tensor {
  const present = cast(not(equal(featureTable(scope, schema, field), 0)), 'float32');
  return expandDims(reduceSum(present, [1]), 1);
}

/** Name of the variable that holds one of the tables of a field's lists. */
export function listName(field: string, direction: 'tables' | 'back', index: number): string {
  return `lists.${field}.${direction}.${index}`;
}

/** How values become vectors. */
export interface EmbeddingOptions {
  readonly width: number;
  readonly pooling: Pooling;
  readonly deviation: number;
}

/** One vector per place of a field of items or interactions: `[batch, length, width]`. */
export function fieldEmbedding(context: BuildContext, field: FieldSchema, options: EmbeddingOptions): Tensor {
  const source = fieldSource(context, field, options);
  return 'values' in source ? source.values : gather(source.table, source.ids);
}

/**
 * The vectors of a field of items or interactions: one per place, `[batch, length, width]`, or, where the scope is tabulated, those of all
 * items, `[items + 1, width]`, and the items whose rows are meant.
 *
 * Their parameters are declared under `fields.NAME` of the scope.
 */
export function fieldSource(context: BuildContext, field: FieldSchema, options: EmbeddingOptions): FusedSource {
  const { scope, schema, config, knownItems: ids } = context;
  const own = scope.child('fields').child(field.name);
  if (ownerOf(field) === 'interaction')
    return { values: embedValues(own, config, field, context.event(field), options) };
  if (!scope.tabulated) return { values: ofPlaces(context, own, field, options) };
  if (!isCategorical(field)) return { table: itemValues(context, own, field, options), ids };
  const values = featureTable(scope, schema, field);
  const single = field.kind === 'categorical' ? reshape(values, [schema.items + 1]) : values;
  return { table: embedValues(own, config, field, single, options), ids };
}

/** One vector per place of a field of items. */
function ofPlaces(context: BuildContext, own: Scope, field: FieldSchema, options: EmbeddingOptions): Tensor {
  const { scope, schema, knownItems: items } = context;
  if (!isCategorical(field))
    return embedValues(own, context.config, field, gather(valueRows(own, context, field), items), options);
  // With lists of all items it is quicker to pool them once and to look the batch up.
  if (scope.training && field.lists !== undefined && field.values > MULTI_HOT && options.pooling !== 'max') {
    const table = valueEmbeddings(own, field, options);
    const sum = pooledItems(scope, schema, field, table);
    const pooled = options.pooling === 'sum' ? sum : div(sum, maximum(countOfValues(scope, schema, field), 1));
    if (field.kind !== 'categorical') return embed(pooled, items);
  }
  const values = valuesOf(scope, schema, field, items);
  return embedValues(
    own,
    context.config,
    field,
    field.kind === 'categorical' ? reshape(values, items.shape) : values,
    options,
  );
}

/** What a field of items gives the row of every item: `[items + 1, width]`. */
export function itemValues(
  { scope, schema, config }: Pick<BuildContext, 'scope' | 'schema' | 'config'>,
  own: Scope,
  field: NumericSchema | VectorSchema,
  options: EmbeddingOptions,
): Tensor {
  return embedValues(own, config, field, valueRows(own, { scope, schema, config }, field), options);
}

/** One vector per user: `[batch, width]`. */
export function userEmbedding(context: BuildContext, field: FieldSchema, options: EmbeddingOptions): Tensor {
  const own = context.scope.child('users').child(field.name);
  return embedValues(own, context.config, field, context.user(field), options);
}

/** `x [batch, length, width]` with what is known of each row's user added at every place. */
export function withUsers(
  context: BuildContext<ModelConfig>,
  x: Tensor,
  { width, deviation }: Pick<EmbeddingOptions, 'width' | 'deviation'>,
): Tensor {
  return userFieldsOf(context.schema, context.config).reduce(
    (sum, field) => add(sum, expandDims(userEmbedding(context, field, { width, deviation, pooling: 'sum' }), 1)),
    x,
  );
}

/** Numbers of every item, `[items + 1, width + 1]`; of vectors that are tuned, parameters that start as the data has them. */
function valueRows(
  own: Scope,
  { scope, schema, config }: Pick<BuildContext, 'scope' | 'schema' | 'config'>,
  field: NumericSchema | VectorSchema,
): Tensor {
  const table = featureTable(scope, schema, field);
  if (field.kind === 'numeric' || config.vectors !== 'tuned') return table;
  const tuned = own.parameter(
    'vectors',
    [schema.items + 1, field.width],
    { kind: 'zeros' },
    { startsAs: featureName(field.name) },
  );
  return concat([tuned, slice(table, 1, field.width, field.width + 1)], 1);
}

/** The embedding of each value; row 0, of none, is learned where a single value is looked up. */
function valueEmbeddings(own: Scope, { values }: { readonly values: number }, options: EmbeddingOptions): Tensor {
  return own.parameter('weight', [values, options.width], { kind: 'normal', deviation: options.deviation });
}

/** Values as an input or a table has them (inputs.ts), `[.., valueShape]`, to vectors `[.., width]`. */
function embedValues(
  own: Scope,
  { numeric = 'projection' }: ModelConfig,
  field: FieldSchema,
  values: Tensor,
  options: EmbeddingOptions,
): Tensor {
  switch (field.kind) {
    case 'categorical':
      // A single value is one row, "unknown" (0) included; several are pooled over the values that are there.
      return embed(valueEmbeddings(own, field, options), values);
    case 'multi-categorical':
      return pooledEmbedding(valueEmbeddings(own, field, options), values, options.pooling);
    case 'numeric':
      return numeric === 'buckets' ? embedBuckets(own, field, values, options) : project(own, 2, values, options);
    case 'vector':
      return project(own, field.width + 1, values, options);
  }
}

/** Numbers and a 1 where there are some, times a matrix: the last row of it is their bias, and no number gives zeros. */
function project(own: Scope, width: number, values: Tensor, options: EmbeddingOptions): Tensor {
  return matmul(
    values,
    own.parameter('weight', [width, options.width], { kind: 'normal', deviation: options.deviation }),
  );
}

/** Each number by its bucket: 0 for none, then those between the bounds. */
function embedBuckets(own: Scope, field: NumericSchema, values: Tensor, options: EmbeddingOptions): Tensor {
  const { bounds, mean, deviation } = field;
  const table = valueEmbeddings(own, { values: bounds.length + 2 }, options);
  const number = slice(values, -1, 0, 1);
  const known = slice(values, -1, 1, 2);
  const passed = bounds.map((bound) => sub(1, cast(less(number, (bound - mean) / deviation), 'float32')));
  const bucket = mul(
    known,
    passed.reduce((sum, one) => add(sum, one), constant(1)),
  );
  return embed(table, cast(reshape(bucket, number.shape.slice(0, -1)), 'int32'));
}
