// Recommendations for a history that was never seen, from a trained model, on any backend.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { type Backend, type HostTensor, type Program } from '@difsr/graph';
import type { ModelInstance } from './definition.js';
import {
  askedEvents,
  feedsOf,
  historyEvents,
  type AskedEvents,
  type EventValue,
  type HistoryEvent,
  type ValuesSaid,
} from './events.js';
import { Gathering } from './gathering.js';
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
  /** Ids that must not be recommended, such as what is sold out; those that the run does not know exclude nothing. */
  readonly exclude?: readonly string[] | undefined;
}

/** One history of several, with what goes with it alone. */
export interface RecommendRequest extends Pick<RecommendOptions, 'user' | 'exclude'> {
  readonly history: readonly (string | HistoryEvent)[];
}

const OPTIONS: OptionRules<RecommendOptions> = {
  k: needed(option.whole(1)),
  includeSeen: needed(option.flag),
  includeNew: option.flag,
  user: option.given,
  exclude: option.list(option.text),
};

/** Requests of one run. */
const TOGETHER = 64;
/** From each number of items that a program gives to the next: whatever `k` is asked, there are few programs. */
const RUNG = 8;
const FIRST_RUNG = 16;

/** What a run is asked of one history. */
interface Row {
  readonly known: readonly number[];
  readonly asked: AskedEvents;
  readonly excluded: readonly number[];
}

/** The best items of a history, and their scores. */
interface Best {
  readonly ids: readonly number[];
  readonly scores: readonly number[];
}

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
  /**
   * The same for several histories at once, answered in their order. (Calls of `recommend` that are made together run together, too.)
   *
   * @throws RunError as `recommend`, for the first request that has a mistake; the others are not answered then.
   */
  recommendMany(
    requests: readonly RecommendRequest[],
    options: Omit<RecommendOptions, 'user' | 'exclude'>,
  ): Promise<Recommendations[]>;
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
  const programs = new Map<number, { readonly program: Promise<Program>; readonly gathering: Gathering<Row, Best> }>();
  /** By a program that gives at least `k`; who asks for it while it is compiled waits for the same one. */
  const best = async (k: number, row: Row): Promise<Best> => {
    let rung = FIRST_RUNG;
    while (rung < k) rung *= RUNG;
    const most = Math.min(rung, model.schema.items);
    const found = programs.get(most) ?? openProgram(most);
    programs.set(most, found);
    const { ids: all, scores } = await found.gathering.ask(row);
    return { ids: all.slice(0, k), scores: scores.slice(0, k) };
  };
  const openProgram = (most: number): { program: Promise<Program>; gathering: Gathering<Row, Best> } => {
    const { main } = splitTask(model, recommendTask(model, most));
    const program = backend.compile(main, { variables, label: `recommend ${most}` });
    program.catch(() => programs.delete(most)); // who asks next tries again
    return { program, gathering: new Gathering(async (rows) => run(await program, rows, most), TOGETHER) };
  };
  const run = async (program: Program, rows: readonly Row[], most: number): Promise<Best[]> => {
    const items = paddedItems(
      rows.map(({ known }) => known),
      model,
    );
    const events = feedsOf(
      rows.map(({ asked }) => asked),
      items.shape[1] ?? 0,
    );
    const excluded = padded(
      rows.map((row) => row.excluded),
      1,
    );
    const found = await program.run({ items, ...events, excluded });
    const [chosen, scores] = [[...(found['ids']?.data ?? [])], [...(found['values']?.data ?? [])]];
    const of = (all: readonly number[], row: number): readonly number[] => all.slice(row * most, (row + 1) * most);
    return rows.map((_, row) => ({ ids: of(chosen, row), scores: of(scores, row) }));
  };
  // Sorted for whoever asks first, and not again.
  let ranked: readonly number[] | undefined;
  const popular = (barred: ReadonlySet<number>, k: number): readonly number[] =>
    (ranked ??= byPopularity(trained)).filter((id) => !barred.has(id)).slice(0, k);
  const describe = (id: number, score: number): Recommendation => {
    const name = trained.items.names?.[id];
    return { id: trained.items.tokens[id] ?? '', ...(name === undefined || name === '' ? {} : { name }), score };
  };
  const recommend: Recommender['recommend'] = async (history, options) => {
    checkOptions('recommend', options, OPTIONS, RunError);
    const given = historyEvents(history);
    const { k, includeSeen, includeNew = false, user = {}, exclude = [] } = options;
    const isKnown = (item: string): boolean => (ids.get(item) ?? 0) > 0;
    const unknown = given.flatMap(({ item }) => (isKnown(item) ? [] : [item]));
    const known = given.flatMap(({ item }) => ids.get(item) || []);
    const asked = askedEvents(model, { events: given, isKnown, user, shown: shownLength(model), idsOf });
    const { said } = asked;
    const plain = history.every((entry) => typeof entry === 'string') && options.user === undefined;
    const values = plain && said.missing.length === 0 ? {} : { values: said };
    const barred = new Set(exclude.flatMap((item) => ids.get(item) || []));
    const excluded = [...(includeSeen ? [] : new Set(known)), ...(includeNew ? [] : untrained), ...barred];
    const most = Math.min(k, model.schema.items);
    if (known.length === 0)
      return {
        items: popular(barred, most).map((id) => describe(id, trained.items.counts[id] ?? 0)),
        unknown,
        popular: true,
        ...values,
      };
    const found = await best(most, { known, asked, excluded });
    const items = found.ids.flatMap((id, i) =>
      (found.scores[i] ?? LOWEST) > LOWEST * 0.99 ? [describe(id, found.scores[i] ?? 0)] : [],
    );
    return { items, unknown, popular: false, ...values };
  };
  return {
    recommend,
    recommendMany: async (requests, options) =>
      Promise.all(
        requests.map(async ({ history, user, exclude }, at) => {
          try {
            return await recommend(history, { ...options, user, exclude });
          } catch (error) {
            if (error instanceof RunError) throw new RunError(`request ${at}: ${error.message}`, { cause: error });
            throw error;
          }
        }),
      ),
    dispose: async () => {
      for (const { program, gathering } of programs.values()) {
        await gathering.settled();
        await (await program).dispose();
      }
      await variables.dispose();
    },
  };
}

/** All items, the most frequent first, ties to the lower id. */
function byPopularity({ items }: TrainedModel): readonly number[] {
  return Array.from(items.counts, (_, id) => id)
    .slice(1)
    .sort((a, b) => (items.counts[b] ?? 0) - (items.counts[a] ?? 0) || a - b);
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
