// Recommendations for a history that was never seen, from a trained model, on any backend.
import { checkOptions, needed, option, type Backend, type HostTensor, type OptionRules } from '@difsr/graph';
import type { ModelInstance } from './definition.js';
import { askedEvents, historyEvents, type EventValue, type HistoryEvent, type ValuesSaid } from './events.js';
import { RunError } from './run-error.js';
import { precompute, splitTask } from './precompute.js';
import { LOWEST, recommendTask } from './tasks.js';
import { inferenceTensors, type TrainedModel } from './trained-model.js';

/** One recommended item. */
export interface Recommendation {
  readonly id: string;
  readonly name?: string;
  readonly score: number;
}

/** An answer: the items, which ids of the history are unknown, and whether popular items had to stand in. */
export interface Recommendations {
  readonly items: Recommendation[];
  readonly unknown: string[];
  readonly popular: boolean;
  /** Where values were given, or the model reads some: what became of them. */
  readonly values?: ValuesSaid;
}

/** How items are recommended. */
export interface RecommendOptions {
  /** How many items, at least 1; fewer come back where fewer are left. */
  readonly k: number;
  /** Whether items of the history may be among them. */
  readonly includeSeen: boolean;
  /**
   * Of a model with item fields: whether items without training interactions, which have a row by their attributes alone, may be
   * among them. Default false. (Without item fields nothing is known of them, and they are ranked as what they are.)
   */
  readonly includeNew?: boolean | undefined;
  /** Values of fields of users by their names, of a model that reads them. */
  readonly user?: Readonly<Record<string, EventValue>> | undefined;
}

const OPTIONS: OptionRules<RecommendOptions> = {
  k: needed(option.whole(1)),
  includeSeen: needed(option.flag),
  includeNew: option.flag,
  user: option.given,
};

/** Recommends items of one trained model on one backend. */
export interface Recommender {
  /**
   * The best next `k` items after a history, oldest first: ids, or events with what else is known of them, such as
   * `{ item: 'B004', rating: 5, time: '2024-05-01T12:00:00Z' }`.
   *
   * @throws RunError for a `k` that is no whole number from 1 on, options that it does not know, ids that are no texts, and values
   * that their fields cannot have.
   */
  recommend(history: readonly (string | HistoryEvent)[], options: RecommendOptions): Promise<Recommendations>;
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
 * const { items } = await recommender.recommend(['B004', 'B017'], { k: 5, includeSeen: false });
 * ```
 */
export async function createRecommender(trained: TrainedModel, backend: Backend): Promise<Recommender> {
  const { model } = trained;
  const ids = new Map(trained.items.tokens.map((token, id) => [token, id]));
  const valueIds = new Map<string, ReadonlyMap<string, number>>();
  const idsOf = (field: string): ReadonlyMap<string, number> => {
    const found =
      valueIds.get(field) ?? new Map((trained.fields[field] ?? []).map((token, id) => [token, id] as const).slice(1));
    valueIds.set(field, found);
    return found;
  };
  // What is computed once is the same for every k.
  const { tensors } = await precompute(model, recommendTask(model, 1), inferenceTensors(trained), backend);
  const variables = await backend.createVariables(tensors);
  const hasFields = (model.config.itemFields ?? 'none') !== 'none';
  const untrained = hasFields
    ? [...trained.items.counts.keys()].filter((id) => id > 0 && trained.items.counts[id] === 0)
    : [];
  const programs = new Map<number, Awaited<ReturnType<Backend['compile']>>>();
  const programFor = async (k: number): Promise<Awaited<ReturnType<Backend['compile']>>> => {
    const program =
      programs.get(k) ??
      (await backend.compile(splitTask(model, recommendTask(model, k)).main, { variables, label: `recommend ${k}` }));
    programs.set(k, program);
    return program;
  };
  const describe = (id: number, score: number): Recommendation => {
    const name = trained.items.names?.[id];
    return { id: trained.items.tokens[id] ?? '', ...(name === undefined || name === '' ? {} : { name }), score };
  };
  return {
    recommend: async (history, options) => {
      checkOptions('recommend', options, OPTIONS, (message) => new RunError(message));
      const given = historyEvents(history);
      const { k, includeSeen, includeNew = false, user = {} } = options;
      const isKnown = (item: string): boolean => (ids.get(item) ?? 0) > 0;
      const unknown = given.flatMap(({ item }) => (isKnown(item) ? [] : [item]));
      const known = given.flatMap(({ item }) => ids.get(item) || []);
      const rows = paddedItems([known], model);
      const asked = askedEvents(model, {
        events: given,
        isKnown,
        user,
        shown: shownLength(model),
        length: rows.shape[1] ?? 0,
        idsOf,
      });
      const { said } = asked;
      const plain = history.every((entry) => typeof entry === 'string') && options.user === undefined;
      const values = plain && said.missing.length === 0 ? {} : { values: said };
      const excluded = [...(includeSeen ? [] : new Set(known)), ...(includeNew ? [] : untrained)];
      const most = Math.min(k, model.schema.items);
      if (known.length === 0)
        return {
          items: popularItems(trained, most).map((id) => describe(id, trained.items.counts[id] ?? 0)),
          unknown,
          popular: true,
          ...values,
        };
      const program = await programFor(most);
      const found = await program.run({ items: rows, ...asked.feeds, excluded: padded([excluded], 1) });
      const scores = [...(found['values']?.data ?? [])];
      const items = [...(found['ids']?.data ?? [])].flatMap((id, i) =>
        (scores[i] ?? LOWEST) > LOWEST * 0.99 ? [describe(id, scores[i] ?? 0)] : [],
      );
      return { items, unknown, popular: false, ...values };
    },
    dispose: async () => {
      for (const program of programs.values()) await program.dispose();
      await variables.dispose();
    },
  };
}

/** The most frequent items, ties to the lower id. */
function popularItems({ items }: TrainedModel, k: number): number[] {
  return Array.from(items.counts, (_, id) => id)
    .slice(1)
    .sort((a, b) => (items.counts[b] ?? 0) - (items.counts[a] ?? 0) || a - b)
    .slice(0, k);
}

/** Interactions of a history that a model is shown: the last so many. */
export function shownLength({ config, objective }: Pick<ModelInstance, 'config' | 'objective'>): number {
  return config.maxLength - objective.spare;
}

/** The last items of each history as one rectangle, int32 `[histories, length]`. */
export function paddedItems(
  histories: readonly (Int32Array | readonly number[])[],
  model: Pick<ModelInstance, 'config' | 'fullRows' | 'objective'>,
): HostTensor {
  const { maxLength } = model.config;
  const { spare } = model.objective;
  const most = shownLength(model);
  const rows = histories.map((history) => history.slice(Math.max(0, history.length - most)));
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 1);
  return padded(rows, model.fullRows ? maxLength : Math.min(maxLength, longest + spare));
}

/** Rows of ids padded with 0 on the right to the longest (at least `width`), int32 `[rows, columns]`. */
export function padded(rows: readonly (Int32Array | readonly number[])[], width: number): HostTensor {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), width);
  const data = new Int32Array(rows.length * columns);
  rows.forEach((row, r) => data.set(row, r * columns));
  return { dtype: 'int32', shape: [rows.length, columns], data };
}
