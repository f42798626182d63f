// Full ranking of all items for held-out interactions; only ranks come back from the backend.
// An index with `!` is in range by construction.
import { checkOptions, needed, option, type OptionRules, setting, text } from '@difsr/errors';
import type { EvaluationCases } from '@difsr/data';
import type { Backend, Feeds, Graph, HostTensor, Program, Variables } from '@difsr/graph';
import { MetricsAccumulator } from '@difsr/metrics';
import {
  integers,
  Owned,
  padded,
  paddedItems,
  rankingTask,
  shownLength,
  splitTask,
  type ModelInstance,
} from '@difsr/models';
import { caseSource, type CaseSource, type StoredCases } from './cases.js';
import type { Evaluation } from '../events.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { RunError } from '../run-error.js';
import type { SideReader } from '../side/side-reader.js';

/** A compiled ranking of all items. */
export interface Evaluator {
  /** Metrics over all cases, every case once. Cases are copies, or ranges of sequences that are read when they are ranked. */
  evaluate(cases: EvaluationCases | StoredCases, progress?: (done: number, total: number) => void): Promise<Evaluation>;
  /** Frees the compiled programs; the variables stay. */
  dispose(): Promise<void>;
}

/** Options of an evaluation. */
export interface EvaluatorOptions {
  readonly backend: Backend;
  readonly variables: Variables;
  readonly model: ModelInstance;
  readonly ks: readonly number[];
  /** Leave the items of a history out of the ranking. A target that its user has had is left out with them, and is a miss. */
  readonly maskSeen: boolean;
  readonly batchSize: number;
  /** Reads what the model is fed beside items: needed where it is. */
  readonly sides?: SideReader | undefined;
}

/** Rank of a target that is not ranked at all: behind every cut-off. */
export const MISS: number = 2 ** 31 - 1;

const OPTIONS: OptionRules<EvaluatorOptions> = {
  backend: needed(option.given),
  variables: needed(option.given),
  model: needed(option.given),
  ks: needed(option.list(option.whole(1))),
  maskSeen: needed(option.flag),
  batchSize: needed(option.whole(1)),
  sides: option.given,
};

/** Compiles the ranking program of a model. */
export async function createEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  checkOptions('createEvaluator', options, OPTIONS, RunError);
  const { backend, variables, model, ks, maskSeen, batchSize, sides } = options;
  const [unread] = [...model.reads.events, ...model.reads.users];
  if (unread !== undefined && sides === undefined)
    throw new RunError({
      where: 'createEvaluator',
      option: 'sides',
      what: `the model reads "${unread.name}" of interactions or users, and nothing reads it for it`,
      cure: 'pass sides: sideReader(dataset, store, model.reads)',
    });
  // What depends on parameters and tables alone, such as the item table with its fields, is computed once an evaluation.
  const { prepare, main, hoisted } = splitTask(model, rankingTask(model, { maskSeen }));
  const owned = new Owned();
  const compiled = async (graph: Graph, label: string): Promise<Program> => {
    try {
      return owned.add(await backend.compile(graph, { variables, label }));
    } catch (error) {
      await owned.dispose();
      throw error;
    }
  };
  const preparing = hoisted.length === 0 ? undefined : await compiled(prepare, 'prepare');
  const program = await compiled(main, 'rank');
  return {
    evaluate: async (cases, progress) => {
      const prepared = (await preparing?.run({})) ?? {};
      const metrics = new MetricsAccumulator(ks);
      const source = caseSource(cases, sides);
      const total = source.count;
      // Cases of similar length share a batch; the order does not change a mean of counts.
      const order = byLength(source, model.config.maxLength);
      const chosen = (batch: number): Int32Array =>
        order.subarray(batch * batchSize, Math.min(total, (batch + 1) * batchSize));
      const batches = Math.ceil(total / batchSize);
      const feeds = new ReadAhead((batch) => rankingFeeds(source, chosen(batch), model, maskSeen), batches);
      let hidden = 0;
      try {
        for (let batch = 0; batch < batches; batch++) {
          const { inputs, seen } = await feeds.take(batch);
          const ranked = await ranks(program, { ...inputs, ...prepared });
          metrics.add(
            ranked.map((rank, i) => (seen[i] === true ? MISS : rank)),
            chosen(batch).map((index) => source.ofUser[index]!),
          );
          hidden += seen.filter((own) => own).length;
          progress?.(Math.min(total, (batch + 1) * batchSize), total);
        }
      } finally {
        await feeds.settled();
      }
      return evaluationOf(metrics, hidden);
    },
    dispose: async () => owned.dispose(),
  };
}

async function ranks(program: Program, feeds: Feeds): Promise<Int32Array> {
  const { rank, check } = await program.run(feeds);
  requireFinite(check);
  if (!(rank?.data instanceof Int32Array)) throw new RunError('the ranking has no "rank"');
  return rank.data;
}

/** Throws where scores are not finite in origin: `check` is that of the ranking. */
export function requireFinite(check: HostTensor | undefined): void {
  const sum = check?.data[0];
  if (sum !== undefined && Number.isFinite(sum)) return;
  throw new RunError({
    what: 'scores are not finite: the model has diverged',
    cure: text`a lower learning rate, or gradient clipping (${setting('training.clipNorm', 1)})`,
  });
}

/** Case numbers, shortest shown history first, ties in order. */
export function byLength({ count, length }: CaseSource, maxLength: number): Int32Array {
  // Counted, not compared: cases are as many as users.
  const starts = new Int32Array(maxLength + 2);
  for (let i = 0; i < count; i++) starts[Math.min(maxLength, length(i)) + 1]!++;
  for (let l = 1; l < starts.length; l++) starts[l]! += starts[l - 1]!;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[starts[Math.min(maxLength, length(i))]!++] = i;
  return order;
}

/** What an accumulator has collected. */
export function evaluationOf(metrics: MetricsAccumulator, hidden: number): Evaluation {
  const { targets, users } = metrics;
  return { byTarget: metrics.result(), byUser: metrics.byUser(), targets, users, hidden };
}

/** A batch to rank, and what it was made of. */
interface RankingFeeds {
  readonly inputs: Feeds;
  /** With `maskSeen`: which targets their users have had. */
  readonly seen: readonly boolean[];
  /** Whole with `maskSeen`, else the last `maxLength` items of each. */
  readonly histories: readonly Int32Array[];
  readonly targets: Int32Array;
}

/** Inputs of a ranking: the last `maxLength` items of each history, padded on the right; with `maskSeen` also what is seen. */
export async function rankingFeeds(
  cases: CaseSource,
  chosen: Int32Array,
  model: ModelInstance,
  maskSeen: boolean,
): Promise<RankingFeeds> {
  const { histories, targets } = await cases.read(chosen, maskSeen ? Infinity : model.config.maxLength);
  const items = paddedItems(histories, model);
  const inputs: Record<string, Feeds[string]> = {
    items,
    ...(await cases.sides(chosen, shownLength(model), items.shape[1] ?? 0)),
    targetItems: integers(targets, [targets.length]),
  };
  if (!maskSeen) return { inputs, seen: [], histories, targets };
  const sets = histories.map((history) => new Set(history));
  inputs['seen'] = padded(
    sets.map((set) => [...set]),
    1,
  );
  return { inputs, seen: sets.map((set, i) => set.has(targets[i]!)), histories, targets };
}
