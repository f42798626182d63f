// Recommendations for a history that was never seen, and items like another one, from a trained model, on any backend.
import { checkOptions, faultAt, given, needed, option, setting, text, type OptionRules } from '@difsr/errors';
import type { Backend } from '@difsr/graph';
import { byPopularity } from './counted.js';
import { askedEvents, historyEvents, type EventValue, type HistoryEvent, type ValuesSaid } from './events.js';
import { ItemFilter, type AllowedOptions, type Filtering, type FiltersSaid } from './item-filter.js';
import { EXPLAIN, Explainer, type ExplainOptions, type Explanation } from './explain.js';
import { shownLength } from './padded.js';
import type { Recommendation } from './recommendation.js';
import { RunError } from './run-error.js';
import { Serving, type Best } from './serving.js';
import { tokenIds } from './token-ids.js';
import type { TrainedModel } from './trained-model.js';

/** An answer: the items, which ids of the history are unknown, and whether popular items had to stand in. */
export interface Recommendations {
  readonly items: Recommendation[];
  readonly unknown: string[];
  readonly popular: boolean;
  /** Where values were given, or the model reads some: what became of them. */
  readonly values?: ValuesSaid;
  /** Where `only` or `where` was given: what of them the run does not know. */
  readonly filters?: FiltersSaid;
}

/** Items like another one, the nearest first; scores are cosines. */
export type SimilarItems = Pick<Recommendations, 'items' | 'filters'>;

/** How similar items are found. */
export interface SimilarOptions extends AllowedOptions {
  /** How many items, at least 1; fewer come back where fewer are left. */
  readonly k: number;
  /**
   * Of a model with item fields: whether items without training interactions, which have a row by their attributes alone, may be
   * among them. Default false. (Without item fields nothing is known of them.)
   */
  readonly includeNew?: boolean | undefined;
}

/** How items are recommended. */
export interface RecommendOptions extends SimilarOptions {
  /** Whether items of the history may be among them; default false. */
  readonly includeSeen?: boolean | undefined;
  /** Without item fields nothing is known of items without training interactions, and they are ranked as what they are. */
  readonly includeNew?: boolean | undefined;
  /** Values of fields of users by their names, of a model that reads them. */
  readonly user?: Readonly<Record<string, EventValue>> | undefined;
}

/** One history of several, with options that go before those of all. */
export interface RecommendRequest extends Partial<RecommendOptions> {
  readonly history: readonly (string | HistoryEvent)[];
}

const SIMILAR: OptionRules<SimilarOptions> = {
  k: needed(option.whole(1)),
  includeNew: option.flag,
  only: option.list(option.text),
  where: option.record(option.given),
  exclude: option.list(option.text),
};
const OPTIONS: OptionRules<RecommendOptions> = { ...SIMILAR, includeSeen: option.flag, user: option.given };
/** Of all requests; each may have a `k` of its own. */
const COMMON: OptionRules<Partial<RecommendOptions>> = { ...OPTIONS, k: option.whole(1) };

/** Recommends items of one trained model on one backend. */
export interface Recommender {
  /**
   * The best next `k` items after a history, oldest first: ids, or events with what else is known of them, such as
   * `{ item: 'B004', rating: 5, time: '2024-05-01T12:00:00Z' }`. Equal scores go by the order of the vocabulary.
   *
   * @throws RunError for a `k` that is no whole number from 1 on, options that it does not know, ids that are no texts, values
   * that their fields cannot have, and filters by what is no field of items.
   */
  recommend(history: readonly (string | HistoryEvent)[], options: RecommendOptions): Promise<Recommendations>;
  /**
   * The same for several histories at once, answered in their order: what all of them allow is looked up once. (Calls of `recommend` that are
   * made together run together, too.)
   *
   * @throws RunError as `recommend`, for the first request that has a mistake; the others are not answered then.
   */
  recommendMany(requests: readonly RecommendRequest[], options: RecommendOptions): Promise<Recommendations[]>;
  /**
   * The `k` items whose rows of the item table have the largest cosine with that of an item, which is not among them.
   *
   * @throws RunError as `recommend`, for an item that the run does not know, or of which it knows nothing, and of a model that is counted.
   */
  similar(item: string, options: SimilarOptions): Promise<SimilarItems>;
  /**
   * What decided an item's score after a history: the scores that it would have without each event, and where nothing were known of each
   * field. The first call compiles a program for every field of items that the model reads.
   *
   * @throws RunError as `recommend`, for an item that the run does not know, and a history without a known item.
   */
  explain(history: readonly (string | HistoryEvent)[], options: ExplainOptions): Promise<Explanation>;
  /** Frees the programs and the parameters. */
  dispose(): Promise<void>;
}

/**
 * Prepares a trained model for recommending. Unknown ids are ignored and named; with none left the popular items are given,
 * and `popular` says so.
 *
 * @throws RunError where the tensors are not those that the model needs.
 * @example
 * ```ts
 * const recommender = await createRecommender(await fetchTrainedModel('/runs/clicks'), backend);
 * const { items } = await recommender.recommend(['B004', 'B017'], { k: 5, where: { category: ['Camping'] } });
 * const { items: others } = await recommender.similar('B004', { k: 5 });
 * ```
 */
export async function createRecommender(trained: TrainedModel, backend: Backend): Promise<Recommender> {
  const { model, items: known } = trained;
  const numbers = new Map(known.tokens.map((token, id) => [token, id]));
  const numberOf = (item: string): number => numbers.get(item) ?? 0;
  const isKnown = (item: string): boolean => numberOf(item) > 0;
  const idsOf = tokenIds(trained);
  const hasFields = (model.config.itemFields ?? 'none') !== 'none';
  const serving = await Serving.open(trained, backend);
  const filter = new ItemFilter(trained, numbers, idsOf);
  const explainer = (): Explainer => new Explainer({ trained, backend, serving, numberOf, idsOf, describe });
  let explaining: Explainer | undefined;
  // Sorted for whoever asks first, and not again.
  let ranked: readonly number[] | undefined;
  const describe = (number: number, score: number): Recommendation => {
    const id = known.tokens[number] ?? '';
    const name = known.names?.[number] ?? '';
    return name === '' ? { id, score } : { id, name, score };
  };
  const described = ({ ids, scores }: Best): Recommendation[] =>
    Array.from(ids, (id, i) => describe(id, scores[i] ?? 0));
  const answer = async (
    history: RecommendRequest['history'],
    options: RecommendOptions,
    filtering: Filtering,
  ): Promise<Recommendations> => {
    const events = historyEvents(history);
    const { k, includeSeen = false, includeNew = false, user = {} } = options;
    const unknown = events.flatMap(({ item }) => (isKnown(item) ? [] : [item]));
    const shown = events.flatMap(({ item }) => (isKnown(item) ? [numberOf(item)] : []));
    const asked = askedEvents(model, { events, isKnown, user, shown: shownLength(model), idsOf });
    const plain = history.every((entry) => typeof entry === 'string') && options.user === undefined;
    const popular = shown.length === 0;
    const { items: allowed, said, excluded: named } = filtering('recommend', options, !hasFields || includeNew);
    const excluded = new Set([...(includeSeen ? [] : shown), ...named]);
    const about = {
      unknown,
      popular,
      ...(plain && asked.said.missing.length === 0 ? {} : { values: asked.said }),
      ...(said === undefined ? {} : { filters: said }),
    };
    if (popular) {
      const left = (ranked ??= byPopularity(known.counts)).filter((item) => allowed.has(item) && !excluded.has(item));
      return { items: left.slice(0, k).map((item) => describe(item, known.counts[item] ?? 0)), ...about };
    }
    return { items: described(await serving.best(k, { known: shown, asked, allowed, excluded })), ...about };
  };
  const alone: Filtering = (...asked) => filter.allowed(...asked);
  return {
    recommend: async (history, options) => {
      checkOptions('recommend', options, OPTIONS, RunError);
      return answer(history, options, alone);
    },
    recommendMany: async (requests, options) => {
      // What all have in common is checked once, however long its lists are.
      checkOptions('recommendMany', options, COMMON, RunError);
      if (!Array.isArray(requests))
        throw new RunError({
          where: 'recommendMany',
          what: 'takes a list of requests',
          cure: "write [{ history: ['B004'] }]",
        });
      const filtering = filter.together();
      const { k } = options;
      return Promise.all(
        requests.map(async ({ history, ...own }, at) => {
          try {
            checkOptions('recommend', { k, ...given(own) }, OPTIONS, RunError);
            return await answer(history, { ...options, ...given(own) }, filtering);
          } catch (error) {
            if (error instanceof RunError)
              throw new RunError(
                error.faults.map((fault) => faultAt(`request ${at}`, fault)),
                { cause: error },
              );
            throw error;
          }
        }),
      );
    },
    similar: async (item, options) => {
      checkOptions('similar', options, SIMILAR, RunError);
      const { k, includeNew = false } = options;
      const number = numberOf(item);
      if (number === 0)
        throw new RunError({
          where: 'similar',
          what: `the run does not know the item ${JSON.stringify(item)}`,
          cure: 'give the id of an item that the data had',
        });
      if (!serving.compares)
        throw new RunError({
          where: 'similar',
          what: `${model.name} is counted: it has no rows of items that could be compared`,
          cure: 'ask a model that is trained',
        });
      if (!hasFields && known.counts[number] === 0)
        throw new RunError({
          where: 'similar',
          what: `nothing is known of the item "${item}": it has no training interactions, and the model no item fields`,
          cure: text`train with ${setting('model.itemFields', 'sum')}, or ask for another item`,
        });
      const { items: allowed, said, excluded } = filter.allowed('similar', options, hasFields && includeNew);
      const items = described(
        await serving.nearest(k, { item: number, allowed, excluded: new Set([number, ...excluded]) }),
      );
      return { items, ...(said === undefined ? {} : { filters: said }) };
    },
    explain: async (history, options) => {
      checkOptions('explain', options, EXPLAIN, RunError);
      return (explaining ??= explainer()).explain(historyEvents(history), options);
    },
    dispose: async () => {
      await explaining?.dispose();
      await serving.dispose();
    },
  };
}
