// What ends a training and what `evaluate` gives: the targets of a split ranked under both protocols in one pass, every
// rank kept, and what the lists of recommendations are like. Ranks and ids of the best items come back from the backend, never scores.
// An index with `!` is in range by construction.
import type { Dataset, StoredDataset } from '@difsr/data';
import { itemCategories } from '@difsr/data';
import type { Backend, Feeds, Graph, Program, Variables } from '@difsr/graph';
import { BeyondAccumulator, meanCount, MetricsAccumulator, type BeyondValues, type ItemValues } from '@difsr/metrics';
import { Owned, splitTask, surveyTask, type ModelInstance } from '@difsr/models';
import { caseSource, type StoredCases } from './cases.js';
import { byLength, evaluationOf, MISS, rankingFeeds, requireFinite } from './evaluate.js';
import type { Evaluation, Protocol } from '../events.js';
import { RunError } from '../run-error.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import type { SideReader } from '../side/side-reader.js';

/** What one protocol gave for a split. */
export interface Surveyed extends Evaluation {
  /** 0-based, in the order of the cases; {@link MISS} for a hidden target. */
  readonly ranks: Int32Array;
  readonly lists: BeyondValues;
}

/** What a split gave, by protocol. */
export type Survey = Readonly<Record<Protocol, Surveyed>>;

/** A compiled survey. */
export interface Surveyor {
  survey(cases: StoredCases, progress?: (done: number, total: number) => void): Promise<Survey>;
  /** Frees the compiled programs; the variables stay. */
  dispose(): Promise<void>;
}

/** What a survey is made with. */
export interface SurveyorOptions {
  readonly backend: Backend;
  readonly variables: Variables;
  readonly model: ModelInstance;
  readonly sides: SideReader | undefined;
  readonly ks: readonly number[];
  readonly batchSize: number;
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  /** Its categorical fields of items are what diversity goes by. */
  readonly dataset: Dataset | StoredDataset;
}

/** Outputs of the program by protocol. */
const OUTPUTS: Readonly<Record<Protocol, { readonly rank: string; readonly ids: string }>> = {
  unmasked: { rank: 'rank', ids: 'ids' },
  masked: { rank: 'maskedRank', ids: 'maskedIds' },
};

/** Compiles the survey of a model. */
export async function createSurveyor(options: SurveyorOptions): Promise<Surveyor> {
  const { backend, variables, model, sides, ks, batchSize, counts, dataset } = options;
  // Beyond the last item there is no place to show one: lists are as long as the longest cutoff that chooses.
  const depth = Math.min(Math.max(...ks), model.schema.items);
  const { prepare, main, hoisted } = splitTask(model, surveyTask(model, depth));
  const fields: readonly ItemValues[] = itemCategories(dataset).map(({ name, offsets, values }) => ({
    name,
    offsets,
    values,
  }));
  const owned = new Owned();
  const compiled = async (graph: Graph, label: string): Promise<Program> => {
    try {
      return owned.add(await backend.compile(graph, { variables, label }));
    } catch (error) {
      await owned.dispose();
      throw error;
    }
  };
  const preparing = hoisted.length === 0 ? undefined : await compiled(prepare, 'prepare-survey');
  const program = await compiled(main, 'survey');
  return {
    survey: async (cases, progress) => {
      const prepared = (await preparing?.run({})) ?? {};
      const source = caseSource(cases, sides);
      const { count: total } = source;
      const collected = {
        unmasked: new Collected(total, ks, depth, counts, fields),
        masked: new Collected(total, ks, depth, counts, fields),
      };
      const taken = { targets: 0, histories: 0 };
      const order = byLength(source, model.config.maxLength);
      const chosen = (batch: number): Int32Array =>
        order.subarray(batch * batchSize, Math.min(total, (batch + 1) * batchSize));
      const batches = Math.ceil(total / batchSize);
      const feeds = new ReadAhead((batch) => rankingFeeds(source, chosen(batch), model, true), batches);
      try {
        for (let batch = 0; batch < batches; batch++) {
          const own = chosen(batch);
          const { inputs, seen, histories, targets } = await feeds.take(batch);
          const outputs = await run(program, { ...inputs, ...prepared });
          const sizes = own.map((index) => source.ofUser[index]!);
          for (const protocol of ['unmasked', 'masked'] as const) {
            const { rank, ids } = OUTPUTS[protocol];
            collected[protocol].add(own, sizes, outputs(rank), outputs(ids), protocol === 'masked' ? seen : []);
          }
          taken.targets +=
            own.length *
            meanCount(
              Array.from(targets, (target) => [target]),
              counts,
            );
          taken.histories += own.length * meanCount(histories, counts);
          progress?.(Math.min(total, (batch + 1) * batchSize), total);
        }
      } finally {
        await feeds.settled();
      }
      const popularity = {
        'popularity.targets': taken.targets / total,
        'popularity.histories': taken.histories / total,
      };
      return { unmasked: collected.unmasked.result(popularity), masked: collected.masked.result(popularity) };
    },
    dispose: async () => owned.dispose(),
  };
}

/** What is collected of one protocol. */
class Collected {
  readonly #ranks: Int32Array;
  readonly #metrics: MetricsAccumulator;
  readonly #lists: BeyondAccumulator;
  readonly #depth: number;
  #hidden = 0;

  constructor(
    cases: number,
    ks: readonly number[],
    depth: number,
    counts: readonly number[],
    fields: readonly ItemValues[],
  ) {
    this.#ranks = new Int32Array(cases);
    this.#metrics = new MetricsAccumulator(ks);
    const within = ks.filter((k) => k <= depth);
    this.#lists = new BeyondAccumulator({ ks: within.length === 0 ? [depth] : within, counts, fields });
    this.#depth = depth;
  }

  add(chosen: Int32Array, sizes: Int32Array, ranks: Int32Array, ids: Int32Array, seen: readonly boolean[]): void {
    const own = ranks.map((rank, i) => (seen[i] === true ? MISS : rank));
    this.#metrics.add(own, sizes);
    this.#lists.add(ids, this.#depth);
    own.forEach((rank, i) => (this.#ranks[chosen[i]!] = rank));
    this.#hidden += seen.filter((had) => had).length;
  }

  result(popularity: BeyondValues): Surveyed {
    return {
      ...evaluationOf(this.#metrics, this.#hidden),
      ranks: this.#ranks,
      lists: { ...this.#lists.result(), ...popularity },
    };
  }
}

async function run(program: Program, feeds: Feeds): Promise<(name: string) => Int32Array> {
  const outputs = await program.run(feeds);
  requireFinite(outputs['check']);
  return (name) => {
    const data = outputs[name]?.data;
    if (!(data instanceof Int32Array)) throw new RunError(`the survey has no "${name}"`);
    return data;
  };
}
