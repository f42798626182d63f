// What a run's folder says of it, as the record of a comparison: aggregates alone.
import { MISS, userMetrics } from '@difsr/metrics';
import { RunError, type ByProtocol, type RankColumns, type RunMetrics, type TrainOutcome } from '@difsr/training';
import { curveOf, historyOf, peakOf, secondsOf } from '../jobs/history.js';
import { identityOf } from '../jobs/planned.js';
import type { PlannedRun } from '../jobs/types.js';
import type { RunRecord } from './types.js';

/** Share of the epochs that must come after the best one where a run did not stop early. */
const LAST_TENTH = 0.1;

/**
 * Whether a run has converged: it stopped early, or its best epoch is not among the last tenth (at least one) of its epochs.
 *
 * @example hasConverged('finished', 27, 30); // true: three epochs after it were no better
 */
export function hasConverged(reason: RunRecord['reason'], best: number, trained: number): boolean {
  return reason === 'early-stopping' || trained - best >= Math.max(1, Math.ceil(LAST_TENTH * trained));
}

/** The record of a run that has ended. */
export async function recordOf(
  run: PlannedRun,
  folder: string,
  fingerprint: string,
  {
    outcome,
    parameters,
    environment,
  }: {
    readonly outcome: TrainOutcome & { readonly metrics: RunMetrics };
    readonly parameters: number;
    readonly environment: RunRecord['environment'];
  },
): Promise<RunRecord> {
  const { metrics, reason } = outcome;
  const { protocols } = metrics;
  if (reason === 'interrupted' || reason === 'paused' || protocols === undefined)
    throw new RunError(`${folder} has not ended`);
  const { history, before } = await historyOf(folder);
  const counted = metrics.counted === true;
  const { metric } = run.config.training.earlyStopping;
  const best = metrics.best.epoch;
  return {
    ...identityOf(run, fingerprint),
    environment,
    parameters,
    watched: { metric, value: metrics.valid[metric] ?? Number.NaN },
    reason,
    bestEpoch: best,
    trainedEpochs: history.length,
    converged: counted || hasConverged(reason, best, history.length),
    ...(counted ? { counted } : {}),
    curve: curveOf(history, metric),
    protocols,
    times: {
      secondsPerEpoch: metrics.secondsPerEpoch,
      evaluationSeconds: metrics.evaluationSeconds,
      seconds: secondsOf([...before, ...history]),
      peakMemoryBytes: Math.max(metrics.peakMemoryBytes, peakOf([...before, ...history])),
    },
  };
}

/** The same with the results of an evaluation that has seen the test targets. */
export function withTest(record: RunRecord, protocols: ByProtocol): RunRecord {
  return { ...record, protocols };
}

/** A metric of each user: the mean over its targets, users in the order of the data. */
export function perUserValues(
  { users, ranks }: RankColumns,
  metric: string,
): { readonly users: readonly string[]; readonly values: Float64Array } {
  const k = Number(metric.split('@')[1]);
  const gains = Object.entries(
    userMetrics(
      ranks.map((rank) => (rank === null ? MISS : rank - 1)),
      [k],
    ),
  ).find(([name]) => name === metric)?.[1];
  if (gains === undefined) throw new RunError(`"${metric}" is no metric of single targets`);
  const own = new Map<string, { sum: number; count: number }>();
  users.forEach((user, i) => {
    const entry = own.get(user) ?? { sum: 0, count: 0 };
    entry.sum += gains[i] ?? 0;
    entry.count++;
    own.set(user, entry);
  });
  return { users: [...own.keys()], values: Float64Array.from(own.values(), ({ sum, count }) => sum / count) };
}
