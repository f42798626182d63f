// One run of a comparison: what is done stays, what was begun goes on, everything else is trained from the start.
import { inOwnProcess } from '../jobs/child-run.js';
import { begunWith, processControl, requireUnchanged, trainPlanned, type RunControl } from '../jobs/run.js';
import type { PlannedRun } from '../jobs/types.js';
import { recordOf, withTest } from './record.js';
import type { ComparisonFolder } from './same-job.js';
import type { CompareEvent, RunRecord } from './types.js';

/** What the runs of a comparison share. */
export interface JobControl extends RunControl {
  readonly folder: ComparisonFolder;
  readonly emit: (event: CompareEvent) => void;
}

/** The record of a run that is done. @throws UsageError where it was trained with other settings or data */
export async function doneRecord(
  run: PlannedRun,
  fingerprint: string,
  { folder }: Pick<JobControl, 'folder'>,
): Promise<RunRecord | undefined> {
  const record = await folder.record(run.id);
  if (record === undefined) return undefined;
  requireUnchanged(folder.run(run.id), record, begunWith(run, fingerprint));
  return record;
}

/**
 * Trains a run to its end, or goes on with it.
 *
 * @returns undefined where it was interrupted
 * @throws RunFailure where it cannot be trained; UsageError where it was begun with other settings
 */
export async function trainRun(
  run: PlannedRun,
  fingerprint: string,
  control: JobControl,
  begin: (resumed: boolean) => void,
): Promise<RunRecord | undefined> {
  const { folder } = control;
  const trained = await trainPlanned(run, fingerprint, control, { begin });
  if (trained?.outcome.metrics === undefined) return undefined;
  const { outcome, parameters, environment } = trained;
  const ended = { outcome: { ...outcome, metrics: trained.outcome.metrics }, parameters, environment };
  const record = await recordOf(run, folder.run(run.id), fingerprint, ended);
  await folder.writeRecord(record);
  return record;
}

/** The record of a run of the search with its test targets ranked; undefined where that was interrupted. */
export async function testRun(run: PlannedRun, record: RunRecord, control: JobControl): Promise<RunRecord | undefined> {
  if (record.protocols.unmasked.test !== undefined) return record;
  const { folder, choice } = control;
  const { config, modelFile } = run;
  const task = { kind: 'evaluate', out: folder.run(run.id), data: config.data.path, choice, modelFile } as const;
  const result = await inOwnProcess(task, processControl(run, control)).finally(() => folder.idle(run.id));
  if (result === undefined) return undefined;
  const tested = withTest(record, result.protocols);
  await folder.writeRecord(tested);
  return tested;
}
