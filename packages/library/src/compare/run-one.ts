// One run of a comparison: what is done stays, what was begun goes on, everything else is trained from the start.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES, type TrainingEvent } from '@difsr/training';
import type { BackendChoice } from '../backend.js';
import { UsageError } from '../errors.js';
import type { TrainEvent } from '../events.js';
import { inOwnProcess } from './child-run.js';
import type { Begun, JobFolder } from './job-folder.js';
import type { Task } from './messages.js';
import { changesOf, settingsOfRun } from './plan.js';
import { recordOf, withTest } from './record.js';
import type { CompareEvent, PlannedRun, RunRecord } from './types.js';

/** What the runs of a job share. */
export interface JobControl {
  readonly folder: JobFolder;
  readonly choice: BackendChoice;
  readonly signal?: AbortSignal | undefined;
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

function begunWith({ config }: PlannedRun, fingerprint: string): Begun {
  // As it is read again: what is not set has no key.
  return JSON.parse(JSON.stringify({ settings: settingsOfRun(config), fingerprint })) as Begun;
}

/** Whether a run was begun and can go on; one that cannot is begun anew. */
async function isBegun(run: PlannedRun, fingerprint: string, folder: JobFolder): Promise<boolean> {
  const path = folder.run(run.id);
  const [before, now] = [await folder.begun(run.id), begunWith(run, fingerprint)];
  const config = await stat(join(path, RUN_FILES.config)).catch(() => undefined);
  if (before !== undefined && config !== undefined) {
    requireUnchanged(path, before, now);
    return true;
  }
  // Killed before there was anything to go on from.
  await rm(path, { recursive: true, force: true });
  await folder.writeBegun(run.id, now);
  return false;
}

function requireUnchanged(path: string, before: Begun, now: Begun): void {
  const changes = [
    ...changesOf(before.settings, now.settings),
    ...(before.fingerprint === now.fingerprint ? [] : ['its data was another']),
  ];
  if (changes.length === 0) return;
  throw new UsageError(
    `${path} was trained otherwise: ${changes.join('; ')}`,
    'compare in another folder, or as it was compared before',
  );
}

/**
 * Trains a run to its end, or goes on with it.
 *
 * @returns undefined where it was interrupted
 * @throws CompareError where it cannot be trained; UsageError where it was begun with other settings
 */
export async function trainRun(
  run: PlannedRun,
  fingerprint: string,
  control: JobControl,
  begin: (resumed: boolean) => void,
): Promise<RunRecord | undefined> {
  const { folder, choice } = control;
  const out = folder.run(run.id);
  const resumed = await isBegun(run, fingerprint, folder);
  begin(resumed);
  let parameters = 0;
  const { config, modelFile } = run;
  const task: Task = resumed
    ? { kind: 'resume', out, data: config.data.path, choice, modelFile }
    : { kind: 'train', out, config, modelFile };
  const outcome = await inOwnProcess(
    task,
    processControl(run, control, (event) => {
      if (event.kind === 'start') parameters = event.parameters;
    }),
  );
  await folder.idle(run.id);
  if (outcome === undefined || outcome.reason === 'interrupted' || outcome.metrics === undefined) return undefined;
  const state: unknown = JSON.parse(await readFile(join(out, RUN_FILES.state), 'utf8'));
  const environment =
    typeof state === 'object' && state !== null && 'environment' in state ? { ...(state.environment as object) } : {};
  const ended = { outcome: { ...outcome, metrics: outcome.metrics }, parameters, environment };
  const record = await recordOf(run, out, fingerprint, ended);
  await folder.writeRecord(record);
  return record;
}

/** The record of a run of the search with its test targets ranked; undefined where that was interrupted. */
export async function testRun(run: PlannedRun, record: RunRecord, control: JobControl): Promise<RunRecord | undefined> {
  if (record.protocols.unmasked.test !== undefined) return record;
  const { folder, choice } = control;
  const { config, modelFile } = run;
  const task = { kind: 'evaluate', out: folder.run(run.id), data: config.data.path, choice, modelFile } as const;
  const result = await inOwnProcess(
    task,
    processControl(run, control, () => undefined),
  );
  await folder.idle(run.id);
  if (result === undefined) return undefined;
  const tested = withTest(record, result.protocols);
  await folder.writeRecord(tested);
  return tested;
}

function processControl(
  run: PlannedRun,
  { folder, signal, emit }: JobControl,
  hear: (event: TrainingEvent) => void,
): Parameters<typeof inOwnProcess>[1] {
  return {
    signal,
    onStart: async (pid) => folder.running(pid, run.id),
    onEvent: (event: TrainEvent) => {
      if (event.kind === 'data' || event.kind === 'prepared') return;
      if (event.kind === 'note') return emit(event);
      hear(event);
      emit({ kind: 'training', id: run.id, event });
    },
  };
}
