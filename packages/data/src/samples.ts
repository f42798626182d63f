// The reference's list of samples: one per interaction from a user's second on, with the items before it as prefix.
// For exact comparison and the prefix-per-row form of training.
import { DifsrError } from '@difsr/errors';
import { historyParts, sequenceAt } from './split.js';
import type { Dataset } from './types.js';

/** One sample: after `prefix` (oldest first) came `target`. */
export interface Sample {
  /** User id. */
  readonly user: number;
  /** The last items before the target, at most the window; a view into the data set, not a copy. */
  readonly prefix: Int32Array;
  /** Item id. */
  readonly target: number;
}

/** The samples of the three parts, in the reference's order. */
export interface SampleLists {
  readonly train: readonly Sample[];
  readonly valid: readonly Sample[];
  readonly test: readonly Sample[];
}

/**
 * The samples of the published loader, exactly: users in the order of their first sample's time (equal times by user id; by user
 * id where the data has no times), each user's samples in time order, split by leave-one-out.
 *
 * @param maxLength longest prefix
 * @example
 * const { train } = augmentedSamples(dataset, 50);
 * train[0]; // { user: 12, prefix: Int32Array [16], target: 17 }
 */
export function augmentedSamples(dataset: Pick<Dataset, 'sequences' | 'times'>, maxLength: number): SampleLists {
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new DifsrError({
      what: `maxLength ${maxLength} is not a whole number from 1 on`,
      cure: `give the length of the model's window, e.g. 50`,
    });
  }
  const train: Sample[] = [];
  const valid: Sample[] = [];
  const test: Sample[] = [];
  for (const index of sampleOrder(dataset)) {
    const sequence = sequenceAt(dataset.sequences, index);
    const parts = historyParts(sequence.length);
    for (let at = 1; at < sequence.length; at++) {
      const sample = {
        user: index + 1,
        prefix: sequence.subarray(Math.max(0, at - maxLength), at),
        target: sequence[at] ?? 0,
      };
      if (at < parts.train) train.push(sample);
      else if (parts.valid && at === sequence.length - 2) valid.push(sample);
      else test.push(sample);
    }
  }
  return { train, valid, test };
}

/** Users with at least one sample, by the time of the first. */
function sampleOrder({ sequences, times }: Pick<Dataset, 'sequences' | 'times'>): number[] {
  const { offsets } = sequences;
  const users = Array.from({ length: offsets.length - 1 }, (_, index) => index);
  const withSamples = users.filter((index) => (offsets[index + 1] ?? 0) - (offsets[index] ?? 0) >= 2);
  if (times === undefined) return withSamples;
  const firstTime = (index: number): number => times[(offsets[index] ?? 0) + 1] ?? 0;
  return withSamples.sort((a, b) => firstTime(a) - firstTime(b) || a - b);
}
