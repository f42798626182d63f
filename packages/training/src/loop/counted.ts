// Models that are counted instead of being trained: one reading of the training part stands where epochs of steps are.
import type { SequenceStore } from '@difsr/data';
import type { Counted, ModelInstance } from '@difsr/models';
import { trainingPieces } from '../side/training-pieces.js';
import type { RunConfig } from '../config.js';
import type { EpochOutcome } from './epoch.js';
import type { RunState } from './checkpoint.js';

/** Counts what a model counts; undefined of one that is trained. */
export async function counted(
  { count }: Pick<ModelInstance, 'count'>,
  store: SequenceStore,
  counts: () => Promise<readonly number[]>,
): Promise<(Counted & { readonly seconds: number }) | undefined> {
  if (count === undefined) return undefined;
  const started = performance.now();
  const sequences = (): AsyncGenerator<{ items: Int32Array; lengths: readonly number[] }> =>
    trainingPieces(store, async (begins, lengths) => ({
      items: await store.read(begins, lengths),
      lengths: Array.from(lengths),
    }));
  const found = await count({ counts: await counts(), sequences });
  return { ...found, seconds: (performance.now() - started) / 1000 };
}

/** A configuration as such a model has it: counting once more would give the same. */
export function countedConfig(config: RunConfig): RunConfig {
  return { ...config, training: { ...config.training, epochs: 1 } };
}

/** The one epoch of such a model, in which nothing is trained. */
export function countedEpoch(state: RunState, seconds: number): EpochOutcome {
  return {
    interrupted: false,
    state,
    record: {
      epoch: state.epoch + 1,
      losses: {},
      seconds,
      positionsPerSecond: 0,
      longestPauseMilliseconds: 0,
      learningRate: 0,
    },
  };
}
