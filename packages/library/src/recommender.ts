// openRecommender: a run's recommendations, in one call each.
import { checkOptions, given, option, type OptionRules, setting, text } from '@difsr/errors';
import type { ExplainOptions, Explanation, RecommendOptions, SimilarItems, SimilarOptions } from '@difsr/models';
import {
  createRecommender,
  openRun,
  type HistoryEvent,
  type RecommendRequest,
  type Recommendations,
  type Run,
} from '@difsr/training';
import { openBackend, type BackendChoice } from './backend.js';
import { UsageError } from './errors.js';
import { backendChoice, backendRules, ownModelOf, type OwnModelOption } from './options.js';
import { topOf } from './selection.js';

/** Where a run's recommendations are computed. Default: ONNX Runtime on the CPU, with all cores. */
export interface OpenRecommenderOptions extends BackendChoice, OwnModelOption {}

const RULES: OptionRules<OpenRecommenderOptions> = { ...backendRules, model: option.given };

/** How items are recommended: as of a recommender, with defaults. */
export type RecommendSettings = Partial<RecommendOptions>;

/** Recommends items of one run; any number of calls may be made at once. */
export interface RunRecommender extends AsyncDisposable {
  /** The opened run: its configuration, vocabulary and metrics. */
  readonly run: Run;
  /**
   * The best next items after a history, oldest first: ids, or events with what else is known of them, such as
   * `{ item: 'B004', rating: 5, time: '2026-05-01T12:00:00Z' }`. Ids that the run does not know are ignored and named; with none left,
   * popular items are given. `k` is 20, and items of the history are left out, unless something else is said.
   *
   * @throws RunError for options and ids that cannot be used, and values that their fields cannot have.
   */
  recommend(history: readonly (string | HistoryEvent)[], options?: RecommendSettings): Promise<Recommendations>;
  /** The same for several histories at once, answered in their order. @throws RunError as `recommend`, which names the request */
  recommendMany(requests: readonly RecommendRequest[], options?: RecommendSettings): Promise<Recommendations[]>;
  /** The items that are most like another one, which is not among them. @throws RunError for an item that the run does not know */
  similar(item: string, options?: Partial<SimilarOptions>): Promise<SimilarItems>;
  /**
   * What decided a recommendation: the item's score, beside those that it would have without each event of the history, and where nothing
   * were known of each field. Without an item, the best one is explained.
   *
   * @throws RunError for an item that the run does not know, and a history without a known item.
   */
  explain(history: readonly (string | HistoryEvent)[], options?: Partial<ExplainOptions>): Promise<Explanation>;
  /** Frees what the model takes, and ends the backend. */
  dispose(): Promise<void>;
}

/**
 * Opens a run to recommend items.
 *
 * @param run its folder, or a run that was opened with `openRun`
 * @throws RunError where the folder holds no trained run; BackendError where the device does not work here; UsageError for a wrong option
 * @example
 * ```ts
 * const shop = await openRecommender('runs/shop');
 * const { items } = await shop.recommend(['B004', 'B017'], { k: 10 });
 * await shop.dispose();
 * ```
 */
export async function openRecommender(
  run: string | Run,
  options: OpenRecommenderOptions = {},
): Promise<RunRecommender> {
  checkOptions('openRecommender', options, RULES, UsageError);
  if (typeof run !== 'string' && options.model !== undefined)
    throw new UsageError({
      option: 'model',
      what: 'the run is open already, with its model',
      cure: text`open it with that model, or give its folder beside ${setting('model')}`,
    });
  const opened = typeof run === 'string' ? await openRun(run, await ownModelOf(options.model)) : run;
  // What is quick for one history is another question than what trains fast; tfjs has no such choice.
  const device = options.device ?? ((options.backend ?? 'onnxruntime') === 'onnxruntime' ? 'cpu' : 'auto');
  const backend = await openBackend({ ...backendChoice(options), device });
  try {
    const recommender = await createRecommender(opened, backend);
    const defaults = { k: topOf(undefined, opened) };
    const dispose = async (): Promise<void> => {
      try {
        await recommender.dispose();
      } finally {
        await backend.dispose();
      }
    };
    return {
      run: opened,
      recommend: async (history, settings) => recommender.recommend(history, { ...defaults, ...given(settings ?? {}) }),
      recommendMany: async (requests, settings) =>
        recommender.recommendMany(requests, { ...defaults, ...given(settings ?? {}) }),
      similar: async (item, settings) => recommender.similar(item, { ...defaults, ...given(settings ?? {}) }),
      explain: async (history, { item, user } = {}) => {
        const about = given({ user });
        if (item !== undefined) return recommender.explain(history, { item, ...about });
        const { items, popular } = await recommender.recommend(history, { k: 1, ...about });
        // Of popular items there is nothing to explain, which the explainer says.
        const best = items[0]?.id ?? (popular ? (opened.items.tokens[1] ?? '') : undefined);
        if (best === undefined)
          throw new UsageError({
            option: 'item',
            what: 'no item is left that could be recommended',
            cure: text`name one: ${setting('item', 'ID')}`,
          });
        return recommender.explain(history, { item: best, ...about });
      },
      dispose,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}
