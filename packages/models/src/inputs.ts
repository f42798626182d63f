// What a model is asked: items, and the values of events and users that it reads. Each value is an input of its own, of a form that
// goes by the kind of its field; the host makes them here, too, so that both sides of the form stand in one file.
import {
  add,
  and,
  cast,
  concat,
  div,
  input,
  less,
  log,
  maximum,
  select,
  slice,
  sub,
  type Dim,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import { isCategorical, ownerOf, type FieldOwner, type FieldSchema } from './field-schema.js';
import type { FieldsRead, ModelInputs, TraceableModel } from './model.js';
import { ModelConfigError } from './model-error.js';
import { USER_ID, userIdField } from './user-id.js';

/** Name of the input that holds the values of a field of interactions or users. */
export function inputName(field: FieldSchema): string {
  if (field.name === USER_ID) return USER_ID;
  return `${ownerOf(field) === 'user' ? 'user' : 'event'}.${field.name}`;
}

/** Numbers that one owner has in an input or table, `[]` where it is a single id. */
export function valueShape(field: FieldSchema): readonly number[] {
  switch (field.kind) {
    case 'categorical':
      return [];
    case 'multi-categorical':
      return [field.maxValues];
    case 'numeric':
      return [2];
    case 'vector':
      return [field.width + 1];
  }
}

/**
 * Declares the inputs of a program; of values those that the model asks for.
 *
 * @throws ModelConfigError where an event is asked for a field that is not one of interactions, or a user for one that is not of users.
 */
export function declareInputs({ fullRows, config }: Pick<TraceableModel, 'fullRows' | 'config'>): ModelInputs {
  const length: Dim = fullRows ? config.maxLength : 'length';
  const declared = new Map<string, Tensor>();
  const of = (owner: FieldOwner, field: FieldSchema, shape: readonly Dim[]): Tensor => {
    if (ownerOf(field) !== owner)
      throw new ModelConfigError({
        what: `"${field.name}" is a field of ${ownerOf(field)}s, and was asked for as one of ${owner}s`,
        cure: 'ask for values of items with fieldEmbedding or the tables of the data, of interactions with event, of users with user',
      });
    const name = inputName(field);
    const found = declared.get(name) ?? input(name, [...shape, ...valueShape(field)], dtypeOf(field));
    declared.set(name, found);
    return found;
  };
  return {
    items: input('items', ['batch', length], 'int32'),
    event: (field) => of('interaction', field, ['batch', length]),
    user: (field) => of('user', field, ['batch']),
  };
}

/**
 * Inputs of a file that others feed: numbers as the data has them (`time.gap`: seconds), standardized in the graph. Where nothing is
 * known, the last number is 0 and the others do not matter; ids that the field does not have are none.
 */
export function rawInputs(inputs: ModelInputs): ModelInputs {
  const standardized = (field: FieldSchema, values: Tensor): Tensor => {
    if (isCategorical(field)) return select(and(less(0, values), less(values, field.values)), values, 0);
    const width = rawWidth(field);
    const [numbers, known] = [slice(values, -1, 0, width), slice(values, -1, width, width + 1)];
    const own = field.name === 'time.gap' ? log(add(maximum(numbers, 0), 1)) : numbers;
    const scaled = field.kind === 'numeric' ? div(sub(own, field.mean), field.deviation) : div(own, field.length);
    const isKnown = less(0, known);
    return concat([select(isKnown, scaled, 0), cast(isKnown, 'float32')], -1);
  };
  return {
    items: inputs.items,
    event: (field) => standardized(field, inputs.event(field)),
    user: (field) => standardized(field, inputs.user(field)),
  };
}

/** The fields that a function asks for while it is traced. */
export function readBy(
  model: Pick<TraceableModel, 'fullRows' | 'config' | 'schema'>,
  trace: (inputs: ModelInputs) => unknown,
): FieldsRead {
  const asked = new Set<string>();
  const inputs = declareInputs(model);
  const seen =
    (give: (field: FieldSchema) => Tensor) =>
    (field: FieldSchema): Tensor => {
      asked.add(inputName(field));
      return give(field);
    };
  trace({ items: inputs.items, event: seen(inputs.event), user: seen(inputs.user) });
  const { fields, users } = model.schema;
  const known = users === undefined ? fields : [...fields, userIdField(model.schema)];
  const of = (owner: FieldOwner): FieldSchema[] =>
    known.filter((field) => ownerOf(field) === owner && asked.has(inputName(field)));
  return { events: of('interaction'), users: of('user') };
}

/** Ids are int32, all else is float32. */
export function dtypeOf(field: FieldSchema): 'int32' | 'float32' {
  return isCategorical(field) ? 'int32' : 'float32';
}

/** Numbers that one owner has in the data, before they are encoded. */
export function rawWidth(field: FieldSchema): number {
  return field.kind === 'vector' ? field.width : field.kind === 'multi-categorical' ? field.maxValues : 1;
}

/**
 * Values of the data (ids with 0 for none, numbers with NaN for none), as a model is fed them. Numbers are those of the data, which
 * has 32 bits for them; they are standardized in float64, so that half precision holds.
 *
 * @param raw {@link rawWidth} numbers per owner, end to end.
 * @example
 * ```ts
 * encodeValues({ name: 'price', kind: 'numeric', mean: 10, deviation: 5, bounds: [] }, [20, NaN]); // [2, 1, 0, 0]
 * ```
 */
export function encodeValues(field: FieldSchema, raw: ArrayLike<number>): Int32Array | Float32Array {
  if (isCategorical(field)) return raw instanceof Int32Array ? raw : Int32Array.from(raw);
  const width = rawWidth(field);
  const rows = raw.length / width;
  const [offset, factor] = field.kind === 'numeric' ? [field.mean, field.deviation] : [0, field.length];
  const encoded = new Float32Array(rows * (width + 1));
  for (let row = 0; row < rows; row++) {
    // A vector that lacks a number is none.
    let known = true;
    for (let i = 0; i < width; i++) known &&= Number.isFinite(raw[row * width + i]);
    if (!known) continue;
    // In range by construction.
    for (let i = 0; i < width; i++)
      encoded[row * (width + 1) + i] = (Math.fround(raw[row * width + i]!) - offset) / factor;
    encoded[row * (width + 1) + width] = 1;
  }
  return encoded;
}

/** Encoded values of some owners, end to end. */
export interface SideValues {
  readonly field: FieldSchema;
  readonly data: Int32Array | Float32Array;
}

/** Numbers that one owner has in encoded values. */
export function encodedWidth(field: FieldSchema): number {
  return valueShape(field).reduce((product, size) => product * size, 1);
}

/** A tensor of a field's encoded values; `shape` is what stands before those of one owner. */
export function valuesTensor(
  field: FieldSchema,
  data: Int32Array | Float32Array,
  shape: readonly number[],
): HostTensor {
  return { dtype: dtypeOf(field), shape: [...shape, ...valueShape(field)], data };
}

/** Values without anything, such as those of padding. */
export function noValues(field: FieldSchema, owners: number): Int32Array | Float32Array {
  const size = owners * encodedWidth(field);
  return isCategorical(field) ? new Int32Array(size) : new Float32Array(size);
}
