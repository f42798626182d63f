// What ends a training and what `evaluate` gives: the targets of a split ranked under both protocols in one pass, every
// rank kept, and what the lists of recommendations are like. Ranks and ids of the best items come back from the backend, never scores.
// An index with `!` is in range by construction.
import type { Dataset, StoredDataset } from '@difsr/data';
import { itemCategories } from '@difsr/data';
import type { Backend, Variables } from '@difsr/graph';
import {
  BeyondAccumulator,
  meanCount,
  MetricsAccumulator,
  MISS,
  type BeyondValues,
  type ItemValues,
} from '@difsr/metrics';
import { surveyTask, type ModelInstance } from '@difsr/models';
import { caseSource, type StoredCases } from './cases.js';
import { evaluationOf } from './evaluate.js';
import type { Evaluation, Protocol } from '../events.js';
import { compileRanking } from './ranking.js';
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
  const fields: readonly ItemValues[] = itemCategories(dataset).map(({ name, offsets, values }) => ({
    name,
    offsets,
    values,
  }));
  const task = surveyTask(model, depth);
  const ranking = await compileRanking({ backend, variables, model, batchSize }, { name: 'survey', task, seen: true });
  return {
    survey: async (cases, progress) => {
      const source = caseSource(cases, sides);
      const { count: total } = source;
      const collected = {
        unmasked: new Collected(total, ks, depth, counts, fields),
        masked: new Collected(total, ks, depth, counts, fields),
      };
      const taken = { targets: 0, histories: 0, with: 0 };
      await ranking.over(
        source,
        ({ chosen, seen, histories, targets, output }) => {
          const sizes = chosen.map((index) => source.ofUser[index]!);
          for (const protocol of ['unmasked', 'masked'] as const) {
            const { rank, ids } = OUTPUTS[protocol];
            collected[protocol].add(chosen, sizes, output(rank), output(ids), protocol === 'masked' ? seen : []);
          }
          taken.targets += targets.length * meanCount([targets], counts);
          // Whoever has no history yet took nothing that could be popular.
          const some = histories.filter(({ length }) => length > 0);
          if (some.length > 0) taken.histories += some.length * meanCount(some, counts);
          taken.with += some.length;
        },
        progress,
      );
      const popularity = {
        'popularity.targets': taken.targets / total,
        'popularity.histories': taken.histories / Math.max(1, taken.with),
      };
      return { unmasked: collected.unmasked.result(popularity), masked: collected.masked.result(popularity) };
    },
    dispose: async () => ranking.dispose(),
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
