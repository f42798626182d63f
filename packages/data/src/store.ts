// What training reads of a data set: sequences as ranges of one column of items, wherever that column is. In memory it is an array; of a
// prepared folder it can stay on disk (prepared/sequence-file.ts). Both give the same batches, because the ranges are the same.
import { splitRanges, type SplitRanges } from './split-ranges.js';
import type { Dataset, Vocabulary } from './types.js';

/** The sequences of all users, end to end in one column of item ids that is read by position. */
export interface SequenceStore {
  readonly users: number;
  readonly interactions: number;
  /** What is trained on and what is ranked, as positions in the column. */
  readonly split: SplitRanges;
  /**
   * Reads `lengths[i]` items from position `begins[i]` on, for every i, into one fresh array, end to end.
   *
   * @throws DataError where the items cannot be read
   */
  read(begins: ArrayLike<number>, lengths: ArrayLike<number>): Promise<Int32Array>;
  /** Everything in pieces (offsets, items, parts where there are any), for hashing: equal for equal data, wherever it is kept. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** A data set whose sequences stay on disk: memory is a matter of users and items. Users' tokens are not loaded, training needs none. */
export interface StoredDataset extends Omit<Dataset, 'users' | 'sequences' | 'times' | 'parts'> {
  /** Number of users + 1, as the size of a vocabulary. */
  readonly users: Pick<Vocabulary, 'size'>;
  readonly store: SequenceStore;
  /** Closes the file. May be called twice. */
  close(): Promise<void>;
}

/**
 * The sequences of a data set by position: those on disk, or those in memory.
 *
 * @throws RangeError if `parts` is not as long as the interactions
 * @example
 * const store = sequenceStore(dataset);
 * const { begins, ends } = store.split.train;
 * await store.read([begins[0]], [ends[0] - begins[0]]); // what the first user is trained on
 */
export function sequenceStore(dataset: Dataset | StoredDataset): SequenceStore {
  return 'store' in dataset ? dataset.store : memoryStore(dataset);
}

function memoryStore({ sequences, parts }: Dataset): SequenceStore {
  const { offsets, items } = sequences;
  if (parts !== undefined && parts.length !== items.length) {
    throw new RangeError(
      `parts has ${parts.length} entries for ${items.length} interactions. Cure: give one part per interaction, in the order of sequences.items`,
    );
  }
  // With parts the training items stand behind the others once more, without what lies between them.
  const train = parts === undefined ? new Int32Array(0) : items.filter((_, at) => parts[at] === 0);
  return {
    users: offsets.length - 1,
    interactions: items.length,
    split: splitRanges(offsets, parts),
    read: (begins, lengths) => {
      const total = sumOf(lengths);
      const read = new Int32Array(total);
      for (let i = 0, at = 0; i < begins.length; i++) {
        const begin = begins[i] ?? 0;
        const length = lengths[i] ?? 0;
        const column = begin < items.length ? items : train;
        const first = begin < items.length ? begin : begin - items.length;
        read.set(column.subarray(first, first + length), at);
        at += length;
      }
      return Promise.resolve(read);
    },
    bytes: async function* pieces() {
      yield bytesOf(offsets);
      yield bytesOf(items);
      if (parts !== undefined) yield bytesOf(parts);
    },
  };
}

/** The sum of a list of lengths. */
export function sumOf(lengths: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < lengths.length; i++) sum += lengths[i] ?? 0;
  return sum;
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
