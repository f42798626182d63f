// Full ranking of all items for held-out interactions; only ranks come back from the backend.
// An index with `!` is in range by construction.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import type { EvaluationCases } from '@difsr/data';
import type { Backend, Variables } from '@difsr/graph';
import { MetricsAccumulator, MISS } from '@difsr/metrics';
import { rankingTask, type ModelInstance } from '@difsr/models';
import { caseSource, type StoredCases } from './cases.js';
import type { Evaluation } from '../events.js';
import { compileRanking } from './ranking.js';
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
  const task = rankingTask(model, { maskSeen });
  const ranking = await compileRanking(
    { backend, variables, model, batchSize },
    { name: 'rank', task, seen: maskSeen },
  );
  return {
    evaluate: async (cases, progress) => {
      const metrics = new MetricsAccumulator(ks);
      const source = caseSource(cases, sides);
      let hidden = 0;
      await ranking.over(
        source,
        ({ chosen, seen, output }) => {
          metrics.add(
            output('rank').map((rank, i) => (seen[i] === true ? MISS : rank)),
            chosen.map((index) => source.ofUser[index]!),
          );
          hidden += seen.filter((own) => own).length;
        },
        progress,
      );
      return evaluationOf(metrics, hidden);
    },
    dispose: async () => ranking.dispose(),
  };
}

/** What an accumulator has collected. */
export function evaluationOf(metrics: MetricsAccumulator, hidden: number): Evaluation {
  const { targets, users } = metrics;
  return { byTarget: metrics.result(), byUser: metrics.byUser(), targets, users, hidden };
}
