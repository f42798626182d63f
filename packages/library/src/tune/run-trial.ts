// One run of a tuning, trained as far as it is asked for: what its record has is not trained again.
import { RunFailure } from '../jobs/child-run.js';
import { curveOf, historyOf, peakOf, secondsOf } from '../jobs/history.js';
import { identityOf } from '../jobs/planned.js';
import { begunWith, requireUnchanged, trainPlanned, type RunControl } from '../jobs/run.js';
import type { PlannedRun } from '../jobs/types.js';
import type { TuningFolder } from './same-job.js';
import type { TrialRecord, TuneEvent } from './types.js';

/** What the runs of a tuning share. */
export interface TuneControl extends RunControl {
  readonly folder: TuningFolder;
  readonly emit: (event: TuneEvent) => void;
}

/** Failures that the same training would end in again, by the names of their errors: they are results. Others (memory, a full disk) may pass. */
const LASTING = new Set(['DivergedError', 'EarlyStoppingError', 'ModelConfigError', 'ScheduleError']);

/**
 * The best validation metric of a run's first epochs, the first of equal ones; undefined where it has none.
 *
 * @param epochs That many, or all where it has fewer.
 */
export function bestWithin(
  { curve }: Pick<TrialRecord, 'curve'>,
  epochs: number,
): { readonly value: number; readonly epoch: number } | undefined {
  let best: { readonly value: number; readonly epoch: number } | undefined;
  for (const { epoch, valid } of curve)
    if (epoch <= epochs && Number.isFinite(valid) && (best === undefined || valid > best.value))
      best = { value: valid, epoch };
  return best;
}

/** Whether a run can be judged after some epochs: it has trained them, or has come to its end before. */
export function hasReached({ reason, curve }: Pick<TrialRecord, 'reason' | 'curve'>, epochs: number): boolean {
  return curve.length >= epochs || reason === 'finished' || reason === 'early-stopping';
}

/** The record of a run, however far it was trained. @throws UsageError where it was trained with other settings or data */
export async function trialRecord(
  run: PlannedRun,
  fingerprint: string,
  { folder }: Pick<TuneControl, 'folder'>,
): Promise<TrialRecord | undefined> {
  const record = await folder.record(run.id);
  if (record !== undefined) requireUnchanged(folder.run(run.id), record, begunWith(run, fingerprint));
  return record;
}

/**
 * Trains a run to so many epochs, or goes on with it.
 *
 * @returns its record, of one that failed, too; undefined where it was interrupted
 * @throws RunFailure where it failed in a way that may pass; UsageError where it was begun with other settings
 */
export async function trainTo(
  run: PlannedRun,
  epochs: number,
  fingerprint: string,
  control: TuneControl,
  begin: (resumed: boolean) => void,
): Promise<TrialRecord | undefined> {
  const { folder } = control;
  let environment: TrialRecord['environment'] = {};
  let parameters = 0;
  let ended: Pick<TrialRecord, 'reason' | 'failure'>;
  try {
    const trained = await trainPlanned(run, fingerprint, control, { begin, pauseAfter: epochs });
    if (trained === undefined) return undefined;
    ({ environment, parameters } = trained);
    const { reason } = trained.outcome;
    if (reason === 'interrupted') return undefined;
    ended = { reason };
  } catch (error) {
    if (!(error instanceof RunFailure) || !LASTING.has(error.of ?? '')) throw error;
    ended = { reason: 'failed', failure: error.what };
  }
  const { metric } = run.config.training.earlyStopping;
  const { history, before } = await historyOf(folder.run(run.id));
  const record: TrialRecord = {
    ...identityOf(run, fingerprint),
    environment,
    parameters,
    metric,
    ...ended,
    curve: curveOf(history, metric),
    times: { seconds: secondsOf([...before, ...history]), peakMemoryBytes: peakOf([...before, ...history]) },
  };
  await folder.writeRecord(record);
  return record;
}
