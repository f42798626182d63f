// What a shop wants of every answer: at most so many items with the same value of a field, and some items before others.
import { UsageError, type Recommendations, type Run, type RunRecommender } from '@difsr/library';
import { attributeOf, isFilterField } from '@difsr/models';
import type { Boost, Cap, Rules } from '../config/types.js';

type Ranked = Pick<Recommendations, 'items' | 'popular'>;
type Item = Recommendations['items'][number];

/** Asks for the best `most` items, best first. */
export type AskBest<T extends Ranked> = (most: number) => Promise<T>;

/** Rules as one version of a model reads them. */
export interface CompiledRules {
  /**
   * The best `k` items under the rules. What they bring forward lies behind the best `k`: more are asked for, twice as many each time, until no item
   * behind them can belong to the answer, or `rules.candidates` are reached. Popular items are counted: nothing is added to counts, caps hold.
   */
  best<T extends Ranked>(k: number, ask: AskBest<T>): Promise<T>;
  /** The same with caps alone: of scores to which nothing can be added. */
  capped<T extends Ranked>(k: number, ask: AskBest<T>): Promise<T>;
}

/** Of an item by its id: the numbers of its values. */
type Reader = (id: string) => readonly number[];

interface CompiledCap {
  readonly most: number;
  readonly valuesOf: Reader;
}

interface CompiledBoost {
  readonly add: number;
  readonly ids: ReadonlySet<string>;
}

/**
 * Reads rules for a version.
 *
 * @throws UsageError and RunError for fields that its items do not have and conditions that these cannot have
 */
export async function compileRules(recommender: RunRecommender, rules: Rules): Promise<CompiledRules> {
  const { run } = recommender;
  const caps = rules.caps.map((cap) => ({ most: cap.most, valuesOf: readerOf(run, cap) }));
  const boosts = await Promise.all(rules.boosts.map((boost) => compiledBoost(recommender, boost)));
  const { candidates } = rules;
  const under = (own: readonly CompiledBoost[]): CompiledRules['best'] => {
    if (caps.length === 0 && own.length === 0) return (k, ask) => ask(k);
    return (k, ask) => bestOf(k, ask, { caps, boosts: own, candidates: Math.max(k, candidates) });
  };
  return { best: under(boosts), capped: under([]) };
}

async function bestOf<T extends Ranked>(
  k: number,
  ask: AskBest<T>,
  rules: {
    readonly caps: readonly CompiledCap[];
    readonly boosts: readonly CompiledBoost[];
    readonly candidates: number;
  },
): Promise<T> {
  for (let asked = Math.min(rules.candidates, 2 * k); ; asked = Math.min(rules.candidates, 2 * asked)) {
    // Whether more are needed is seen in what came.
    const answer = await ask(asked);
    const boosts = answer.popular ? [] : rules.boosts;
    const ranked = answer.items.map((item) => boosted(item, boosts)).toSorted((a, b) => b.score - a.score);
    const items = withinCaps(ranked, k, rules.caps);
    // No item behind those that came has more than this.
    const rest = (answer.items.at(-1)?.score ?? -Infinity) + Math.max(0, ...boosts.map(({ add }) => add));
    const settled = items.length === k && (items.at(-1)?.score ?? -Infinity) >= rest;
    if (settled || answer.items.length < asked || asked === rules.candidates) return { ...answer, items };
  }
}

/** An item with the largest of the numbers that are added to it: of two that hold, the one that helps it more. */
function boosted(item: Item, boosts: readonly CompiledBoost[]): Item {
  const adds = boosts.flatMap(({ add, ids }) => (ids.has(item.id) ? [add] : []));
  return adds.length === 0 ? item : { ...item, score: item.score + Math.max(...adds) };
}

/** The first `k` items, without those that would be one too many of some value. */
function withinCaps(ranked: readonly Item[], k: number, caps: readonly CompiledCap[]): Item[] {
  const counts = caps.map((cap) => ({ ...cap, count: new Map<number, number>() }));
  const taken: Item[] = [];
  for (const item of ranked) {
    if (taken.length === k) break;
    const own = counts.map(({ most, count, valuesOf }) => ({ most, count, values: valuesOf(item.id) }));
    if (own.some(({ most, count, values }) => values.some((value) => (count.get(value) ?? 0) >= most))) continue;
    for (const { count, values } of own) for (const value of values) count.set(value, (count.get(value) ?? 0) + 1);
    taken.push(item);
  }
  return taken;
}

/** The items for which a boost's conditions hold, as `where` of a request has it: asked for by nobody's history, all of them come. */
async function compiledBoost(recommender: RunRecommender, { where, add }: Boost): Promise<CompiledBoost> {
  const all = { k: recommender.run.items.tokens.length, includeNew: true, where };
  const { items } = await recommender.recommend([], all);
  return { add, ids: new Set(items.map(({ id }) => id)) };
}

function readerOf({ model, items, tensors, folder }: Run, { field: name }: Cap): Reader {
  const fields = model.schema.fields.filter(isFilterField);
  const field = fields.find((each) => each.name === name);
  const values = field === undefined ? undefined : attributeOf(tensors, field, model.schema.items);
  if (values === undefined)
    throw new UsageError({
      where: folder,
      option: 'rules.caps',
      what:
        field === undefined
          ? `rules.caps: items have no field ${JSON.stringify(name)} of texts or numbers; they have ${fields.map((each) => each.name).join(', ') || 'none'}`
          : `rules.caps: the run does not keep the values of ${JSON.stringify(name)}`,
      cure: field === undefined ? 'name one of these, or take the rule out' : 'train it again, or take the rule out',
    });
  const numbers = new Map(items.tokens.map((token, number) => [token, number]));
  return (id) => {
    const item = numbers.get(id) ?? 0;
    if (values.kind === 'numbers') return [values.values[item] ?? Number.NaN].filter((value) => !Number.isNaN(value));
    const from = values.offsets[item] ?? 0;
    const own = Array.from({ length: (values.offsets[item + 1] ?? 0) - from }, (_, i) => values.values[from + i] ?? 0);
    // Of 0, "none", there may be any number.
    return own.filter((value) => value > 0);
  };
}
