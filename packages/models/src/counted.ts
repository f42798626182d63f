// Models that are counted in the training part instead of being trained: what they are given of it, and what comes of it.
import type { Text } from '@difsr/errors';
import type { HostTensor } from '@difsr/graph';

/** Sequences of some users, end to end. */
export interface SequencePiece {
  /** Item ids, oldest first within a user. */
  readonly items: Int32Array;
  /** Interactions of each user. */
  readonly lengths: readonly number[];
}

/** The training part of a data set. */
export interface TrainingPart {
  /** Training interactions by item id; entry 0 is padding. */
  readonly counts: readonly number[];
  /** All sequences, read anew at each call, some users at a time. */
  readonly sequences: () => AsyncIterable<SequencePiece>;
}

/** What was counted. */
export interface Counted {
  /** By name, the tables that the model declares; they are saved with it, and the data is not needed any more. */
  readonly tables: Readonly<Record<string, HostTensor>>;
  /** What a reader should know of it, such as what was left out. */
  readonly said?: readonly Text[];
}

/** Items, the most frequent first, ties to the lower id; 0, padding, is none. */
export function byPopularity(counts: ArrayLike<number>): number[] {
  return Array.from({ length: Math.max(0, counts.length - 1) }, (_, i) => i + 1).sort(
    (a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b,
  );
}
