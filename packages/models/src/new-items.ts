// Items that a trained model has never seen, by their attributes: with item fields a row is what an item's values give, and its own part,
// of which nothing was learned, is zero. So the catalogue of a trained model can grow without training.
import { checkOptions, didYouMean, needed, option, setting, text, type OptionRules } from '@difsr/errors';
import { sizeOf, type HostTensor } from '@difsr/graph';
import { attributeNames } from './attributes.js';
import { emptyLike } from './empty-like.js';
import { rawValue, type EventValue, type ValuesSaid } from './events.js';
import { isCategorical, ownerOf, type FieldSchema } from './field-schema.js';
import { featureName } from './fields.js';
import { encodeValues } from './inputs.js';
import { RunError } from './run-error.js';
import { scoresAfter } from './tasks.js';
import { tokenIds } from './token-ids.js';
import type { TrainedModel } from './trained-model.js';

/** An item that a catalogue has now. */
export interface NewItem {
  readonly id: string;
  readonly name?: string | undefined;
  /** Values of fields of items by their names, as the data has them; a field that is not named has none. */
  readonly values?: Readonly<Record<string, EventValue>> | undefined;
}

/** What became of values that were given. */
export type NewItemsSaid = Pick<ValuesSaid, 'unknown' | 'tooMany'>;

const RULES: OptionRules<NewItem> = { id: needed(option.text), name: option.text, values: option.record(option.given) };

/**
 * A trained model whose catalogue has some items more, behind those that it had: they are recommended with `includeNew`, and counted in
 * histories. The given model stays as it is, and shares all tensors that do not depend on items.
 *
 * @throws RunError for a model without item fields, which knows items by what was taken alone; for ids that it has already or that are given twice,
 * names that no field of items has, and values that their fields cannot have.
 * @example
 * ```ts
 * const { trained, said } = withItems(run, [{ id: 'B900', name: 'Tent', values: { category: ['Camping'], price: 120 } }]);
 * const recommender = await createRecommender(trained, backend);
 * await recommender.recommend(['B004'], { k: 10, includeNew: true });
 * ```
 */
export function withItems<Trained extends TrainedModel>(
  before: Trained,
  items: readonly NewItem[],
): { readonly trained: Trained; readonly said: NewItemsSaid } {
  for (const [at, item] of items.entries()) checkOptions(`withItems, item ${at}`, item, RULES, RunError);
  requireFields(before);
  requireNew(before, items);
  const said: { [S in keyof NewItemsSaid]: { field: string; value: string }[] } = { unknown: [], tooMany: [] };
  if (items.length === 0) return { trained: before, said };
  const { model, tensors } = before;
  const larger = model.withSchema({ ...model.schema, items: model.schema.items + items.length });
  const grown: Record<string, HostTensor> = { ...tensors, ...grownParameters(before, larger, items.length) };
  const idsOf = tokenIds(before);
  for (const field of model.schema.fields.filter((each) => ownerOf(each) === 'item')) {
    const raw = items.flatMap(({ id, values = {} }) => {
      const value = rawValue(field, values[field.name], idsOf, { caller: 'withItems', option: `${id}.${field.name}` });
      for (const other of value.others) said.unknown.push({ field: field.name, value: other });
      for (const other of value.beyond) said.tooMany.push({ field: field.name, value: other });
      return value.raw;
    });
    const table = tensors[featureName(field.name)];
    if (table !== undefined) grown[featureName(field.name)] = appended(table, encodeValues(field, raw));
  }
  Object.assign(grown, grownAttributes(before, items, idsOf));
  const { tokens, names, counts } = before.items;
  const named = names !== undefined || items.some(({ name }) => name !== undefined);
  return {
    trained: {
      ...before,
      model: larger,
      items: {
        tokens: [...tokens, ...items.map(({ id }) => id)],
        ...(named ? { names: [...(names ?? tokens.map(() => '')), ...items.map(({ name = '' }) => name)] } : {}),
        counts: Int32Array.from([...counts, ...items.map(() => 0)]),
      },
      tensors: grown,
    },
    said,
  };
}

function requireFields({ folder, model }: TrainedModel): void {
  if ((model.config.itemFields ?? 'none') !== 'none') return;
  throw new RunError({
    where: folder,
    what: 'the model knows items by what was taken with them alone: of a new one it knows nothing',
    option: 'model.itemFields',
    cure: text`train with ${setting('model.itemFields', 'sum')}, so that attributes give items a row`,
  });
}

function requireNew({ items: known, model }: TrainedModel, items: readonly NewItem[]): void {
  const taken = new Set(known.tokens.slice(1));
  const fields = model.schema.fields.filter((field) => ownerOf(field) === 'item').map(({ name }) => name);
  for (const { id, values = {} } of items) {
    if (taken.has(id) || id === '')
      throw new RunError({
        where: 'withItems',
        what: id === '' ? 'an item has no id' : `the item ${JSON.stringify(id)} is there already`,
        option: 'id',
        cure: 'give each new item an id of its own; attributes of items that were trained change with the next training',
      });
    taken.add(id);
    for (const name of Object.keys(values))
      if (!fields.includes(name))
        throw new RunError({
          where: 'withItems',
          what: `"${id}" has "${name}", and the model was told of no such field of items: it has ${fields.join(', ') || 'none'}`,
          option: `${id}.${name}`,
          cure: didYouMean(name, fields) ?? 'leave it out, or write its name as the data has it',
        });
  }
}

/** Parameters along whose axes items lie, with rows of zeros for the new ones. */
function grownParameters(
  { model, tensors }: TrainedModel,
  larger: TrainedModel['model'],
  count: number,
): Record<string, HostTensor> {
  const shapes = new Map(scoresAfter(larger).parameters.map(({ name, shape }) => [name, shape]));
  const first = model.schema.items + 1;
  const grown = scoresAfter(model).parameters.flatMap(({ name, shape }): [string, HostTensor][] => {
    const value = tensors[name];
    const next = shapes.get(name);
    if (value === undefined || next === undefined || String(next) === String(shape)) return [];
    const axes = shape.flatMap((size, axis) => (next[axis] === size ? [] : [axis]));
    const [axis = 0, second] = axes;
    // What is of items has a place for each, the padding's before them and the objective's own behind.
    if (second !== undefined || next[axis] !== (shape[axis] ?? 0) + count || (shape[axis] ?? 0) < first)
      throw new RunError({
        where: 'withItems',
        what: `which places of "${name}" [${shape.join(', ')}] are of which items is not known`,
        cure: 'take a model of difsr, or let the parameter have one row for each item',
      });
    return [[name, inserted(value, axis, first, count)]];
  });
  return Object.fromEntries(grown);
}

/** A tensor with `count` places of zeros along an axis, before place `at`. */
function inserted({ dtype, shape, data }: HostTensor, axis: number, at: number, count: number): HostTensor {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const size = shape[axis] ?? 0;
  const grown = emptyLike(data, outer * (size + count) * inner);
  for (let block = 0; block < outer; block++) {
    const [from, to] = [block * size * inner, block * (size + count) * inner];
    grown.set(data.subarray(from, from + at * inner), to);
    grown.set(data.subarray(from + at * inner, from + size * inner), to + (at + count) * inner);
  }
  return { dtype, shape: shape.map((own, i) => (i === axis ? own + count : own)), data: grown };
}

/** A table of items with rows behind. */
function appended({ dtype, shape, data }: HostTensor, rows: ArrayLike<number>): HostTensor {
  const [height = 0, ...inner] = shape;
  const grown = emptyLike(data, data.length + rows.length);
  grown.set(data);
  grown.set(Array.from(rows), data.length);
  return { dtype, shape: [height + rows.length / Math.max(1, sizeOf(inner)), ...inner], data: grown };
}

/** What filters by attributes read, with the values of the new items. */
function grownAttributes(
  { model, tensors }: TrainedModel,
  items: readonly NewItem[],
  idsOf: (field: string) => ReadonlyMap<string, number>,
): Record<string, HostTensor> {
  const isOfItem = (field: FieldSchema): boolean => ownerOf(field) === 'item';
  return Object.fromEntries(
    model.schema.fields.filter(isOfItem).flatMap((field): [string, HostTensor][] => {
      const names = attributeNames(field.name);
      const [kept, offsets] = [tensors[names.values], tensors[names.offsets]];
      const given = items.map(({ values = {} }) => values[field.name]);
      if (kept === undefined) return [];
      if (!isCategorical(field))
        return [
          [
            names.values,
            appended(
              kept,
              given.map((value) => (typeof value === 'number' ? value : Number.NaN)),
            ),
          ],
        ];
      if (offsets === undefined) return [];
      const lists = given.map((value) => valueIds(value, idsOf(field.name)));
      let end = kept.data.length;
      return [
        [names.values, appended(kept, lists.flat())],
        [
          names.offsets,
          appended(
            offsets,
            lists.map((list) => (end += list.length)),
          ),
        ],
      ];
    }),
  );
}

/** Ids of the values that are known, each once. */
function valueIds(value: EventValue, ids: ReadonlyMap<string, number>): number[] {
  const several: readonly unknown[] = Array.isArray(value)
    ? value
    : value === null || value === undefined
      ? []
      : [value];
  return [...new Set(several.flatMap((token) => ids.get(String(token)) ?? []))];
}
