// The checkpoint of a run: one file, so that it is whole or absent whenever the process dies.
// Parameters and optimizer state are its tensors, the position in training its metadata.
import { join } from 'node:path';
import type { HostTensor } from '@difsr/graph';
import type { EarlyStoppingState } from './early-stopping.js';
import { RunError } from './run-error.js';
import { RUN_FILES, writeJson } from './run-folder.js';
import { readTensors, writeTensors } from './tensors.js';

/** Where a run stands. Plain JSON. */
export interface RunState {
  readonly version: 1;
  /** Epoch in progress, from 0; equal to the number of finished epochs. */
  readonly epoch: number;
  /** Steps done in it. */
  readonly step: number;
  /** Optimizer steps over all epochs. */
  readonly globalStep: number;
  /** Sums over the epoch in progress, by loss name, and its training time so far. */
  readonly lossSums: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Training seconds of all finished epochs. */
  readonly epochSeconds: readonly number[];
  readonly earlyStopping: EarlyStoppingState;
  /** Validation metrics of the best epoch. */
  readonly bestValid: Readonly<Record<string, number>>;
  /** Whether training is over (its last evaluation may not be). */
  readonly done: boolean;
  readonly reason?: 'finished' | 'early-stopping';
  /** Under which the same bits come out again. */
  readonly environment: Environment;
  readonly fingerprint: string;
}

/** What bit-for-bit repetition depends on. */
export interface Environment {
  readonly backend: string;
  readonly device: string;
  readonly threads: number | null;
  readonly node: string;
  readonly processor: string;
}

/** Saves a checkpoint; afterwards `state.json` for readers. */
export async function writeCheckpoint(folder: string, tensors: Readonly<Record<string, HostTensor>>, state: RunState): Promise<void> {
  await writeTensors(join(folder, RUN_FILES.optimizer), tensors, { state: JSON.stringify(state) });
  await writeJson(folder, RUN_FILES.state, state);
}

/**
 * Reads a checkpoint.
 *
 * @throws RunError where it is missing, truncated or foreign.
 */
export async function readCheckpoint(folder: string): Promise<{ tensors: Record<string, HostTensor>; state: RunState }> {
  const file = join(folder, RUN_FILES.optimizer);
  const { tensors, metadata } = await readTensors(file);
  const text = metadata['state'];
  if (text === undefined) throw new RunError(`${file}: a safetensors file, but no checkpoint of this project (no state in its metadata)`);
  const state: unknown = JSON.parse(text);
  if (typeof state !== 'object' || state === null || !('version' in state) || state.version !== 1) {
    throw new RunError(`${file}: a checkpoint of another version. Cure: resume with the version of difsr that wrote it`);
  }
  // Version 1 is written by writeCheckpoint alone, from a typed RunState, in one atomic file.
  return { tensors, state: state as RunState };
}

/** Names what differs between two environments, for a warning. */
export function environmentChanges(before: Environment, now: Environment): string[] {
  const keys = ['backend', 'device', 'threads', 'node', 'processor'] as const;
  return keys.filter((key) => before[key] !== now[key]).map((key) => `${key} ${before[key]} -> ${now[key]}`);
}
