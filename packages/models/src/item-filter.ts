// Which items a request allows: these ids, or those whose fields have these values.
import { didYouMean } from '@difsr/errors';
import { attributeOf, isFilterField, type FilterField } from './attributes.js';
import { ownerOf, type NumericSchema } from './field-schema.js';
import { ItemSet, MOST_EXCLUDED } from './item-set.js';
import { RunError } from './run-error.js';
import type { TrainedModel } from './trained-model.js';

/** Numbers from `min` to `max`, both included; one of them may be left out. */
export interface NumberRange {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What a field of an item must have: this value or any of these texts, or a number in a range (a number alone is that number). Numbers of items have 32 bits: bounds are told apart to seven digits. */
export type FieldCondition = string | number | boolean | readonly (string | number | boolean)[] | NumberRange;

/** Conditions by the names of fields, all of which must hold. */
export type Where = Readonly<Record<string, FieldCondition>>;

/** What of a filter the run does not know: it matches no item. */
export interface FiltersSaid {
  /** Ids of `only`. */
  readonly unknownItems: readonly string[];
  /** Values of `where`. */
  readonly unknownValues: readonly { readonly field: string; readonly value: string }[];
}

/** Which items an answer may have. */
export interface AllowedOptions {
  /** Ids of the only items that may be among them; none where the list is empty. */
  readonly only?: readonly string[] | undefined;
  /** What their fields must have, such as `{ category: ['Camping'], price: { max: 50 } }`. */
  readonly where?: Where | undefined;
  /** Ids that must not be among them, such as what is sold out; those that the run does not know exclude nothing. */
  readonly exclude?: readonly string[] | undefined;
}

/** The items that are allowed, and what is said of the filter, where there is one. */
export interface Filtered {
  readonly items: ItemSet;
  /** Numbers of items that are not allowed though they are in the set: few. */
  readonly excluded: readonly number[];
  readonly said: FiltersSaid | undefined;
}

/**
 * Finds the items that a request allows.
 *
 * @param what What is asked, for messages.
 * @param withNew Whether items without training interactions are among them.
 * @throws RunError for fields that no item has, conditions that their field cannot have, and values that the run does not keep.
 */
export type Filtering = (what: string, options: AllowedOptions, withNew: boolean) => Filtered;

/** One condition: which items fulfil it, and a text that is the same for the same condition. */
interface Condition {
  readonly key: string;
  readonly holds: (item: number) => boolean;
  readonly unknown: readonly string[];
}

/** Bytes of the sets that are kept for the next request with the same `where`, and how many at most. */
const KEPT_BYTES = 4 << 20;
const MOST_KEPT = 64;

/** Filters items of one trained model. */
export class ItemFilter {
  readonly #trained: TrainedModel;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #idsOf: (field: string) => ReadonlyMap<string, number>;
  readonly #all: ItemSet;
  readonly #withoutNew: ItemSet;
  /** By what was asked, the one that was not asked for longest first. */
  readonly #kept = new Map<string, ItemSet>();

  /**
   * @param numbers Our numbers of items by their ids.
   * @param idsOf Value ids by token of a field.
   */
  constructor(
    trained: TrainedModel,
    numbers: ReadonlyMap<string, number>,
    idsOf: (field: string) => ReadonlyMap<string, number>,
  ) {
    this.#trained = trained;
    this.#numbers = numbers;
    this.#idsOf = idsOf;
    const { items } = trained.model.schema;
    this.#all = ItemSet.where(items, () => true);
    this.#withoutNew = ItemSet.where(items, (item) => trained.items.counts[item] !== 0);
  }

  /** As {@link Filtering}. */
  allowed(what: string, { only, where, exclude = [] }: AllowedOptions, withNew: boolean): Filtered {
    const { items, said } = this.#selected(what, only, where, withNew);
    const excluded = [...new Set(exclude.flatMap((id) => (this.#isItem(id) ? [this.#numbers.get(id) ?? 0] : [])))];
    return excluded.length > MOST_EXCLUDED
      ? { items: items.without(excluded), excluded: [], said }
      : { items, excluded, said };
  }

  /** The same for requests that are made together: what several of them name, the same lists and conditions, is looked up once. */
  together(): Filtering {
    const numbers = new Map<unknown, number>();
    const numberOf = (named: unknown): number => {
      const number = numbers.get(named) ?? numbers.size;
      numbers.set(named, number);
      return number;
    };
    const found = new Map<string, Filtered>();
    return (what, options, withNew) => {
      const key = [options.only, options.where, options.exclude, withNew].map(numberOf).join(' ');
      const filtered = found.get(key) ?? this.allowed(what, options, withNew);
      found.set(key, filtered);
      return filtered;
    };
  }

  #selected(
    what: string,
    only: AllowedOptions['only'],
    where: AllowedOptions['where'],
    withNew: boolean,
  ): Pick<Filtered, 'items' | 'said'> {
    const base = withNew ? this.#all : this.#withoutNew;
    if (only === undefined && where === undefined) return { items: base, said: undefined };
    const conditions = Object.entries(where ?? {}).map(([name, condition]) => ({
      name,
      ...this.#condition(what, name, condition),
    }));
    const said = {
      unknownItems: [...new Set(only)].filter((id) => !this.#isItem(id)),
      unknownValues: conditions.flatMap(({ name, unknown }) => unknown.map((value) => ({ field: name, value }))),
    };
    const holds = (item: number): boolean => base.has(item) && conditions.every((condition) => condition.holds(item));
    const { items } = this.#trained.model.schema;
    if (only !== undefined) {
      const ids = only.flatMap((id) => (this.#isItem(id) ? [this.#numbers.get(id) ?? 0] : []));
      return { items: ItemSet.of(items, ids.filter(holds)), said };
    }
    const key = [String(withNew), ...conditions.map((condition) => condition.key).toSorted()].join('\n');
    const found = this.#kept.get(key) ?? ItemSet.where(items, holds);
    this.#kept.delete(key);
    this.#kept.set(key, found);
    const most = Math.min(MOST_KEPT, Math.max(1, Math.floor(KEPT_BYTES / (items + 1))));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= most) break;
      this.#kept.delete(oldest);
    }
    return { items: found, said };
  }

  #isItem(id: string): boolean {
    return (this.#numbers.get(id) ?? 0) > 0;
  }

  #condition(what: string, name: string, condition: unknown): Condition {
    const field = this.#field(what, name);
    const attribute = attributeOf(this.#trained.tensors, field, this.#trained.model.schema.items);
    if (attribute === undefined)
      throw new RunError({
        where: what,
        what: `${this.#trained.folder} keeps no values of "${name}" to filter by: it was trained by a version that did not keep them`,
        option: `where.${name}`,
        cure: 'train it again, or filter with only',
      });
    const { values } = attribute;
    if (attribute.kind === 'numbers') {
      const { least, most } = rangeOf(what, field.name, condition);
      return {
        key: JSON.stringify([name, String(least), String(most)]),
        // No number (NaN) is in no range.
        holds: (item) => (values[item] ?? Number.NaN) >= least && (values[item] ?? Number.NaN) <= most,
        unknown: [],
      };
    }
    const tokens = tokensOf(what, field.name, condition);
    const ids = this.#idsOf(name);
    const wanted = new Set(tokens.flatMap((token) => ids.get(token) ?? []));
    const { offsets } = attribute;
    return {
      key: JSON.stringify([name, ...[...wanted].toSorted((a, b) => a - b)]),
      holds: (item) => {
        for (let at = offsets[item] ?? 0; at < (offsets[item + 1] ?? 0); at++)
          if (wanted.has(values[at] ?? 0)) return true;
        return false;
      },
      unknown: tokens.filter((token) => !ids.has(token)),
    };
  }

  #field(what: string, name: string): FilterField {
    const { fields } = this.#trained.model.schema;
    const field = fields.find((own) => own.name === name);
    if (field !== undefined && isFilterField(field)) return field;
    const known = fields.filter(isFilterField).map((own) => own.name);
    const problem =
      field === undefined
        ? 'no item has such a field'
        : ownerOf(field) === 'item'
          ? 'vectors cannot be filtered by'
          : `that is a field of ${ownerOf(field)}s`;
    throw new RunError({
      where: what,
      what: `where names "${name}", and ${problem}: items have ${known.join(', ') || 'none to filter by'}`,
      option: `where.${name}`,
      cure: (field === undefined ? didYouMean(name, known) : undefined) ?? 'name one of these, or filter with only',
    });
  }
}

/** Bounds as the data has numbers, in 32 bits, so that what equals a bound is within it. */
function rangeOf(
  what: string,
  name: NumericSchema['name'],
  condition: unknown,
): { readonly least: number; readonly most: number } {
  const fail = (problem: string): RunError =>
    new RunError({
      where: what,
      what: `where.${name} ${problem}, and the field has numbers`,
      option: `where.${name}`,
      cure: 'write { min: 10, max: 50 }, one of both, or a number',
    });
  if (typeof condition === 'number' && !Number.isNaN(condition))
    return { least: Math.fround(condition), most: Math.fround(condition) };
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition))
    throw fail(`is ${JSON.stringify(condition)}`);
  const given = Object.entries(condition).filter(([, bound]) => bound !== undefined);
  if (given.length === 0) throw fail('has no bound');
  for (const [key, bound] of given) {
    if (key !== 'min' && key !== 'max') throw fail(`has "${key}"`);
    if (typeof bound !== 'number' || Number.isNaN(bound)) throw fail(`has ${key}: ${JSON.stringify(bound)}`);
  }
  const { min = -Infinity, max = Infinity }: NumberRange = condition;
  if (min > max) throw fail(`has min ${min} above max ${max}`);
  return { least: Math.fround(min), most: Math.fround(max) };
}

function tokensOf(what: string, name: string, condition: unknown): readonly string[] {
  const several: readonly unknown[] = Array.isArray(condition) ? condition : [condition];
  return several.map((token) => {
    if (typeof token === 'string' || typeof token === 'number' || typeof token === 'boolean') return String(token);
    throw new RunError({
      where: what,
      what: `where.${name} is ${JSON.stringify(condition)}, and the field has texts`,
      option: `where.${name}`,
      cure: 'write a text or a list of texts, any of which an item must have',
    });
  });
}
