// Full ranking of all items for held-out interactions; only ranks come back from the backend.
import { sequenceAt, type EvaluationCases } from '@difsr/data';
import type { Backend, Feeds, Program, Variables } from '@difsr/graph';
import { MetricsAccumulator } from '@difsr/metrics';
import { padded, paddedItems, rankingTask, type ModelInstance } from '@difsr/models';
import type { Metrics } from './events.js';
import { integers } from './feeds.js';
import { RunError } from './run-error.js';

/** A compiled ranking of all items. */
export interface Evaluator {
  /** Metrics over all cases, every case once. */
  evaluate(cases: EvaluationCases, progress?: (done: number, total: number) => void): Promise<Metrics>;
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
      const total = cases.targets.length;
      // Cases of similar length share a batch; the order does not change a mean of counts.
      const order = byLength(cases, model.config.maxLength);
      for (let start = 0; start < total; start += batchSize) {
        const chosen = order.subarray(start, Math.min(total, start + batchSize));
        metrics.add(await ranks(program, rankingFeeds(cases, chosen, model, maskSeen)));
        progress?.(start + chosen.length, total);
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
function byLength(cases: EvaluationCases, maxLength: number): Int32Array {
  const { offsets } = cases.histories;
  const lengths = Int32Array.from(cases.targets, (_, i) =>
    Math.min(maxLength, (offsets[i + 1] ?? 0) - (offsets[i] ?? 0)),
  );
  const order = Int32Array.from(lengths, (_, i) => i);
  return order.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
}

/** Inputs of a ranking: the last `maxLength` items of each history, padded on the right. */
export function rankingFeeds(
  cases: EvaluationCases,
  chosen: Int32Array,
  model: ModelInstance,
  maskSeen: boolean,
): Feeds {
  const histories = Array.from(chosen, (i) => sequenceAt(cases.histories, i));
  const targets = Int32Array.from(chosen, (i) => cases.targets[i] ?? 0);
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
