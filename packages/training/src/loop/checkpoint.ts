// The checkpoint of a run: one file, so that it is whole or absent whenever the process dies.
// Parameters and optimizer state are its tensors, the position in training its metadata.
import { join } from 'node:path';
import type { HostTensor } from '@difsr/graph';
import type { EarlyStoppingState } from './early-stopping.js';
import type { Metrics } from '../events.js';
import type { RunSettings } from './settings.js';
import { RunError } from '../run-error.js';
import { readJson, RUN_FILES, writeJson } from '../run/run-folder.js';
import { readTensors, writeTensors } from '../run/tensors.js';

/** Where a run stands. Plain JSON, without times: equal runs have equal checkpoints, byte for byte. */
export interface RunState {
  readonly version: 1;
  /** Epoch in progress, from 0; equal to the number of finished epochs. */
  readonly epoch: number;
  /** Steps done in it. */
  readonly step: number;
  /** Optimizer steps over all epochs. */
  readonly globalStep: number;
  /** Sums over the epoch in progress, by loss name. */
  readonly lossSums: Readonly<Record<string, number>>;
  /** Targets of the epoch in progress that these sums are over. */
  readonly targets?: number;
  /** Of a model that is trained in turns: how often each group had been trained before the epoch in progress. */
  readonly updates?: Readonly<Record<string, number>>;
  readonly earlyStopping: EarlyStoppingState;
  /** Validation metrics of the best epoch, means over targets. */
  readonly bestValid: Metrics;
  /** The same, means over users. */
  readonly bestValidByUser?: Metrics;
  /** Whether training is over (its last evaluation may not be). */
  readonly done: boolean;
  readonly reason?: 'finished' | 'early-stopping';
  /** What the run is trained with; another configuration cannot go on with it. */
  readonly settings?: RunSettings;
  /** Under which the same bits come out again. */
  readonly environment: Environment;
  readonly fingerprint: string;
}

/** What bit-for-bit repetition depends on. */
export interface Environment {
  readonly backend: string;
  readonly device: string;
  readonly threads: number | null;
  /** Workers that share steps; absent: one. */
  readonly replicas?: number;
  readonly node: string;
  readonly processor: string;
}

/** Saves a checkpoint; afterwards `state.json` for readers, with the training time of the epoch in progress. */
export async function writeCheckpoint(
  folder: string,
  tensors: Readonly<Record<string, HostTensor>>,
  state: RunState,
  seconds: number,
): Promise<void> {
  await writeTensors(join(folder, RUN_FILES.optimizer), tensors, { state: JSON.stringify(state) });
  await writeJson(folder, RUN_FILES.state, { ...state, seconds });
}

/**
 * Reads a checkpoint.
 *
 * @throws RunError where it is missing, truncated or foreign.
 */
export async function readCheckpoint(
  folder: string,
): Promise<{ tensors: Record<string, HostTensor>; state: RunState; seconds: number }> {
  const file = join(folder, RUN_FILES.optimizer);
  const { tensors, metadata } = await readTensors(file);
  const text = metadata['state'];
  if (text === undefined)
    throw new RunError({
      where: file,
      what: 'a safetensors file, but no checkpoint of this project (no state in its metadata)',
      cure: 'restore the file from a copy, or train again',
    });
  const state: unknown = JSON.parse(text);
  if (typeof state !== 'object' || state === null || !('version' in state) || state.version !== 1) {
    throw new RunError({
      where: file,
      what: 'a checkpoint of another version',
      cure: 'resume with the version of difsr that wrote it',
    });
  }
  // Version 1 is written by writeCheckpoint alone, from a typed RunState, in one atomic file.
  const found = state as RunState;
  return { tensors, state: found, seconds: await secondsAt(folder, found) };
}

/** Training time of the epoch in progress, if `state.json` is of this checkpoint (a kill may have come between the two). */
async function secondsAt(folder: string, state: RunState): Promise<number> {
  const readable = await readJson(folder, RUN_FILES.state);
  if (typeof readable !== 'object' || readable === null || !('seconds' in readable) || !('globalStep' in readable))
    return 0;
  return readable.globalStep === state.globalStep && typeof readable.seconds === 'number' && state.step > 0
    ? readable.seconds
    : 0;
}

/** Names what differs between two environments, for a warning. */
export function environmentChanges(before: Environment, now: Environment): string[] {
  const keys = ['backend', 'device', 'threads', 'replicas', 'node', 'processor'] as const;
  const [old, own] = [before, now].map((each): Environment => ({ replicas: 1, ...each }));
  return keys.filter((key) => old?.[key] !== own?.[key]).map((key) => `${key} ${old?.[key]} -> ${own?.[key]}`);
}
