// One run of a job in a process of its own: what was begun goes on, everything else is trained from the start.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES, type TrainingEvent, type TrainOutcome } from '@difsr/training';
import type { BackendChoice } from '../backend.js';
import { UsageError } from '../errors.js';
import type { TrainEvent } from '../events.js';
import { changesOf } from './changes.js';
import { inOwnProcess, type TaskControl } from './child-run.js';
import type { Begun, RunFolders } from './job-folder.js';
import type { Task } from './messages.js';
import { settingsOfRun } from './planned.js';
import type { PlannedRun, RunEvent } from './types.js';

/** What the runs of a job share. */
export interface RunControl {
  readonly folder: RunFolders;
  readonly choice: BackendChoice;
  readonly signal?: AbortSignal | undefined;
  readonly emit: (event: RunEvent) => void;
}

/** How a training went, and what was found out on the way. */
export interface TrainedRun {
  readonly outcome: TrainOutcome;
  readonly parameters: number;
  readonly environment: Readonly<Record<string, unknown>>;
}

/** What a run is begun with. */
export function begunWith({ config }: PlannedRun, fingerprint: string): Begun {
  // As it is read again: what is not set has no key.
  return JSON.parse(JSON.stringify({ settings: settingsOfRun(config), fingerprint })) as Begun;
}

/** Whether a run was begun and can go on; one that cannot is begun anew. */
async function isBegun(run: PlannedRun, fingerprint: string, folder: RunFolders): Promise<boolean> {
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

/** @throws UsageError where a run was trained with other settings or data */
export function requireUnchanged(path: string, before: Begun, now: Begun): void {
  const changes = [
    ...changesOf(before.settings, now.settings),
    ...(before.fingerprint === now.fingerprint ? [] : ['its data was another']),
  ];
  if (changes.length === 0) return;
  throw new UsageError(
    `${path} was trained otherwise: ${changes.join('; ')}`,
    'use another folder, or ask for it as it was asked for before',
  );
}

/**
 * Trains a run to its end or to a pause, or goes on with it.
 *
 * @param options `begin` is told whether the run goes on; `pauseAfter` is the epoch after which it pauses
 * @returns undefined where it was interrupted
 * @throws RunFailure where it cannot be trained; UsageError where it was begun with other settings
 */
export async function trainPlanned(
  run: PlannedRun,
  fingerprint: string,
  control: RunControl,
  { begin, pauseAfter }: { readonly begin: (resumed: boolean) => void; readonly pauseAfter?: number | undefined },
): Promise<TrainedRun | undefined> {
  const { folder, choice } = control;
  const out = folder.run(run.id);
  const resumed = await isBegun(run, fingerprint, folder);
  begin(resumed);
  let parameters = 0;
  const { config, modelFile } = run;
  const task: Task = resumed
    ? { kind: 'resume', out, data: config.data.path, choice, modelFile, pauseAfter }
    : { kind: 'train', out, config, modelFile, pauseAfter };
  const outcome = await inOwnProcess(
    task,
    processControl(run, control, (event) => {
      if (event.kind === 'start') parameters = event.parameters;
    }),
  ).finally(() => folder.idle(run.id));
  if (outcome === undefined || outcome.reason === 'interrupted') return undefined;
  const state: unknown = JSON.parse(await readFile(join(out, RUN_FILES.state), 'utf8'));
  const environment =
    typeof state === 'object' && state !== null && 'environment' in state ? { ...(state.environment as object) } : {};
  return { outcome, parameters, environment };
}

/** What goes with the process of a run: it is noted in the folder, and what it tells is told on. */
export function processControl(
  run: PlannedRun,
  { folder, signal, emit }: RunControl,
  hear: (event: TrainingEvent) => void = () => undefined,
): TaskControl {
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
