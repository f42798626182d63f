// What the axes of a model's parameters stand for: items, values of a field, positions. Nobody has to declare it: the model is traced once more
// on a catalogue with one item more, and an axis that has grown by one is an axis of items. So it holds for models of others, too.
import {
  isCategorical,
  modelOf,
  ownerOf,
  trainingTask,
  USER_ID,
  type FieldSchema,
  type ModelDefinition,
  type ModelSchema,
} from '@difsr/models';
import type { RunConfig } from '../config.js';

/** What the places along an axis are: items or values by their ids, 0 included, or positions in a sequence. */
export type AxisMeaning =
  | { readonly of: 'items' }
  | { readonly of: 'values'; readonly field: string }
  | { readonly of: 'positions' };

/** An axis that depends on the data or on `maxLength`. */
export interface Axis {
  readonly meaning: AxisMeaning;
  /** Whether it has a place more for one more of them; otherwise which place is whose is not known. */
  readonly byOne: boolean;
}

/** For each parameter its axes; undefined for those that depend on options alone. */
export interface ParameterAxes {
  readonly axes: ReadonlyMap<string, readonly (Axis | undefined)[]>;
  /** What the model cannot be traced with one more of, and why. */
  readonly unknown: readonly { readonly meaning: AxisMeaning; readonly cause: unknown }[];
}

/** The model whose axes are asked for. */
export interface AxesOptions {
  readonly model: RunConfig['model'];
  readonly definition: ModelDefinition | undefined;
  readonly schema: ModelSchema;
}

/** Finds what the axes of all parameters stand for. */
export function parameterAxes({ model, definition, schema }: AxesOptions): ParameterAxes {
  const shapesOf = (options: RunConfig['model'], own: ModelSchema): Shapes => traced(options, own, definition);
  const shapes = shapesOf(model, schema);
  const axes = new Map([...shapes].map(([name, shape]) => [name, shape.map((): Axis | undefined => undefined)]));
  const unknown: { readonly meaning: AxisMeaning; readonly cause: unknown }[] = [];
  const compare = (meaning: AxisMeaning, options: RunConfig['model'], own: ModelSchema): void => {
    let grown: Shapes;
    try {
      grown = shapesOf(options, own);
    } catch (cause) {
      unknown.push({ meaning, cause });
      return;
    }
    for (const [name, shape] of shapes) {
      const larger = grown.get(name);
      const known = axes.get(name);
      shape.forEach((size, axis) => {
        const by = (larger?.length === shape.length ? (larger[axis] ?? NaN) : NaN) - size;
        if (by === 0 || known === undefined) return;
        // An axis of several vocabularies is nobody's.
        known[axis] = { meaning, byOne: by === 1 && known[axis] === undefined };
      });
    }
  };
  compare({ of: 'items' }, model, { ...schema, items: schema.items + 1 });
  for (const { name: field } of schema.fields.filter(isCategorical))
    compare({ of: 'values', field }, model, {
      ...schema,
      fields: schema.fields.map((each) =>
        each.name === field && isCategorical(each) ? { ...each, values: each.values + 1 } : each,
      ),
    });
  if (schema.users !== undefined)
    compare({ of: 'values', field: USER_ID }, model, { ...schema, users: schema.users + 1 });
  const { maxLength } = modelOf(model, schema, { definition }).config;
  compare({ of: 'positions' }, { ...model, maxLength: maxLength + 1 }, schema);
  return { axes, unknown };
}

/** The fields that a model uses, in its order; `wanted` is its option `fields`, which names them. */
export function fieldsUsed({ model, schema }: Pick<AxesOptions, 'model' | 'schema'>): readonly FieldSchema[] {
  const { fields: wanted, userFields = 'none' } = model;
  const named = Array.isArray(wanted)
    ? wanted.flatMap((name) => schema.fields.filter((field) => field.name === name))
    : schema.fields;
  return named.filter((field) => ownerOf(field) !== 'user' || userFields !== 'none');
}

/**
 * The parameters that there are, or have their shape, because of fields: by their names those that bear the name of a field and are
 * there for that one alone, with that field; and those of fields by their places, such as the queries of the first one, with none.
 */
export function parametersOfFields(options: AxesOptions): ReadonlyMap<string, string | undefined> {
  const { model, definition, schema } = options;
  const fields = fieldsUsed(options).map(({ name }) => name);
  const selects = selectsFields(options);
  const withFields = (names: readonly string[]): Shapes =>
    selects
      ? traced({ ...model, fields: names }, schema, definition)
      : traced(model, { ...schema, fields: schema.fields.filter(({ name }) => names.includes(name)) }, definition);
  const none = withFields([]);
  const alone = fields.map((field) => ({ field, shapes: withFields([field]) }));
  const ofNone = [...traced(model, schema, definition)].filter(
    ([name, shape]) => String(none.get(name)) !== String(shape),
  );
  return new Map(
    ofNone.map(([name]) => {
      const owners = alone.filter(({ shapes }) => shapes.has(name)).map(({ field }) => field);
      return [name, owners.length === 1 && `.${name}`.includes(`.${owners[0]}.`) ? owners[0] : undefined];
    }),
  );
}

/** Whether a model has the option `fields`; another one sees all that the data has. */
function selectsFields({ model, definition, schema }: AxesOptions): boolean {
  try {
    return Array.isArray(modelOf({ ...model, fields: [] }, schema, { definition }).config.fields);
  } catch {
    return false;
  }
}

/** Shapes of parameters by name. */
type Shapes = ReadonlyMap<string, readonly number[]>;

function traced(model: RunConfig['model'], schema: ModelSchema, definition: ModelDefinition | undefined): Shapes {
  const { parameters } = trainingTask(modelOf(model, schema, { definition }), { training: false });
  return new Map(parameters.map(({ name, shape }) => [name, shape]));
}
