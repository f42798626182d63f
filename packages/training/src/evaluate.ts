// Full ranking of all items for held-out interactions; only ranks come back from the backend.
// An index with `!` is in range by construction.
import type { EvaluationCases } from '@difsr/data';
import type { Backend, Feeds, Program, Variables } from '@difsr/graph';
import { MetricsAccumulator } from '@difsr/metrics';
import { padded, paddedItems, rankingTask, type ModelInstance } from '@difsr/models';
import { caseSource, type CaseSource, type StoredCases } from './cases.js';
import type { Metrics } from './events.js';
import { integers } from './feeds.js';
import { ReadAhead } from './read-ahead.js';
import { RunError } from './run-error.js';

/** A compiled ranking of all items. */
export interface Evaluator {
  /** Metrics over all cases, every case once. Cases are copies, or ranges of sequences that are read when they are ranked. */
  evaluate(cases: EvaluationCases | StoredCases, progress?: (done: number, total: number) => void): Promise<Metrics>;
  /** Frees the compiled programs; the variables stay. */
  dispose(): Promise<void>;
}

/** Options of an evaluation. */
export interface EvaluatorOptions {
  readonly backend: Backend;
  readonly variables: Variables;
  readonly model: ModelInstance;
  readonly ks: readonly number[];
  readonly maskSeen: boolean;
  readonly batchSize: number;
}

/** Compiles the ranking program of a model. */
export async function createEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const { backend, variables, model, ks, maskSeen, batchSize } = options;
  const program = await backend.compile(rankingTask(model, { maskSeen }).graph, { variables, label: 'rank' });
  return {
    evaluate: async (cases, progress) => {
      const metrics = new MetricsAccumulator(ks);
      const source = caseSource(cases);
      const total = source.count;
      // Cases of similar length share a batch; the order does not change a mean of counts.
      const order = byLength(source, model.config.maxLength);
      const chosen = (batch: number): Int32Array =>
        order.subarray(batch * batchSize, Math.min(total, (batch + 1) * batchSize));
      const batches = Math.ceil(total / batchSize);
      const feeds = new ReadAhead((batch) => rankingFeeds(source, chosen(batch), model, maskSeen), batches);
      try {
        for (let batch = 0; batch < batches; batch++) {
          metrics.add(await ranks(program, await feeds.take(batch)));
          progress?.(Math.min(total, (batch + 1) * batchSize), total);
        }
      } finally {
        await feeds.settled();
      }
      return metrics.result();
    },
    dispose: () => program.dispose(),
  };
}

async function ranks(program: Program, feeds: Feeds): Promise<Int32Array> {
  const { rank, check } = await program.run(feeds);
  const sum = check?.data[0];
  if (sum === undefined || !Number.isFinite(sum) || !(rank?.data instanceof Int32Array)) {
    throw new RunError(
      'scores are not finite: the model has diverged. Cure: a lower learning rate, or gradient clipping (--set training.clipNorm=1)',
    );
  }
  return rank.data;
}

/** Case numbers, shortest shown history first, ties in order. */
function byLength({ count, length }: CaseSource, maxLength: number): Int32Array {
  // Counted, not compared: cases are as many as users.
  const starts = new Int32Array(maxLength + 2);
  for (let i = 0; i < count; i++) starts[Math.min(maxLength, length(i)) + 1]!++;
  for (let l = 1; l < starts.length; l++) starts[l]! += starts[l - 1]!;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[starts[Math.min(maxLength, length(i))]!++] = i;
  return order;
}

/** Inputs of a ranking: the last `maxLength` items of each history, padded on the right. */
async function rankingFeeds(
  cases: CaseSource,
  chosen: Int32Array,
  model: ModelInstance,
  maskSeen: boolean,
): Promise<Feeds> {
  const { histories, targets } = await cases.read(chosen, maskSeen ? Infinity : model.config.maxLength);
  const feeds: Record<string, Feeds[string]> = {
    items: paddedItems(histories, model),
    targetItems: integers(targets, [targets.length]),
  };
  // The target itself is never among the masked: it must be ranked even if it was seen before.
  if (maskSeen)
    feeds['seen'] = padded(
      histories.map((history, i) => [...new Set(history)].filter((item) => item !== targets[i])),
      1,
    );
  return feeds;
}
