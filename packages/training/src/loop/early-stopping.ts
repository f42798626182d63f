// Early stopping as a pure fold over epochs: its state is plain JSON, saved with a checkpoint and read back as it is.
import { DifsrError } from '@difsr/errors';

/** What is watched and how long a run may go on without a better value. */
export interface EarlyStoppingConfig {
  /** Name of the metric to watch, e.g. `ndcg@10` or `loss`. */
  readonly metric: string;
  /** Whether a higher or a lower value is better. */
  readonly mode: 'max' | 'min';
  /** Evaluations in a row without a better value after which training stops; at least 1, `null` for never. */
  readonly patience: number | null;
  /** How much better a value must be to count (default 0). */
  readonly minDelta?: number;
}

/** What is carried from epoch to epoch, plain JSON. */
export interface EarlyStoppingState {
  /** The best value so far, `null` before the first. */
  readonly best: number | null;
  /** The epoch of the best value. */
  readonly bestEpoch: number | null;
  /** Evaluations since the best one. */
  readonly waited: number;
}

/** What an epoch's value means for the run. */
export interface EarlyStoppingDecision {
  readonly state: EarlyStoppingState;
  /** This epoch is the best so far: keep its parameters. */
  readonly improved: boolean;
  readonly stop: boolean;
}

/** A configuration that makes no sense, or a metric that is missing or not finite. Names the value and the cure. */
export class EarlyStoppingError extends DifsrError {
  override readonly name = 'EarlyStoppingError';
}

/** The state before the first epoch. */
export const EARLY_STOPPING_START: EarlyStoppingState = { best: null, bestEpoch: null, waited: 0 };

/**
 * Takes the metrics of one evaluated epoch into account. The first of equal values stays the best.
 * @throws EarlyStoppingError when the configuration makes no sense or the watched metric is missing or not finite.
 * @example
 * let state = EARLY_STOPPING_START;
 * const decision = judgeEpoch({ metric: 'ndcg@10', mode: 'max', patience: 10 }, state, epoch, metrics);
 * state = decision.state;
 * if (decision.stop) break;
 */
export function judgeEpoch(
  config: EarlyStoppingConfig,
  state: EarlyStoppingState,
  epoch: number,
  metrics: Readonly<Record<string, number>>,
): EarlyStoppingDecision {
  checkEarlyStopping(config);
  const value = watched(config, epoch, metrics);
  const improved = state.best === null || gain(config, value, state.best) > (config.minDelta ?? 0);
  const next = improved ? { best: value, bestEpoch: epoch, waited: 0 } : { ...state, waited: state.waited + 1 };
  return { state: next, improved, stop: config.patience !== null && next.waited >= config.patience };
}

/**
 * Checks a configuration before a run starts.
 * @throws EarlyStoppingError that names the first wrong value.
 */
export function checkEarlyStopping({ mode, patience, minDelta = 0 }: EarlyStoppingConfig): void {
  if (mode !== 'max' && mode !== 'min') {
    throw new EarlyStoppingError({
      what: `Early stopping: mode is "max" or "min", got ${JSON.stringify(mode)}`,
      cure: '"max" for recall and ndcg, "min" for losses',
    });
  }
  if (patience !== null && !(Number.isInteger(patience) && patience >= 1)) {
    throw new EarlyStoppingError({
      what: `Early stopping: patience is a whole number of at least 1, or null, got ${patience}`,
      cure: 'set 10, or null to train all epochs',
    });
  }
  if (!(Number.isFinite(minDelta) && minDelta >= 0)) {
    throw new EarlyStoppingError({
      what: `Early stopping: minDelta is a number of at least 0, got ${minDelta}`,
      cure: 'leave it out',
    });
  }
}

/** How much better `value` is than `best`; above 0 when it is better. */
function gain({ mode }: EarlyStoppingConfig, value: number, best: number): number {
  return mode === 'max' ? value - best : best - value;
}

function watched({ metric }: EarlyStoppingConfig, epoch: number, metrics: Readonly<Record<string, number>>): number {
  const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  if (value === undefined) {
    throw new EarlyStoppingError({
      what: `Early stopping: there is no metric "${metric}"`,
      cure: `watch one of ${Object.keys(metrics).join(', ')}`,
    });
  }
  if (!Number.isFinite(value)) {
    throw new EarlyStoppingError({
      what: `Early stopping: "${metric}" is ${value} after epoch ${epoch}`,
      cure: 'lower the learning rate or clip gradients',
    });
  }
  return value;
}
