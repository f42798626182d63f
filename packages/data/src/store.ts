// What training reads of a data set: sequences as ranges of one column of items, wherever that column is. In memory it is an array; of a
// prepared folder it can stay on disk (prepared/sequence-file.ts). Both give the same batches, because the ranges are the same.
import { DifsrError } from '@difsr/errors';
import {
  columnIndex,
  type ColumnNumbers,
  type InteractionColumn,
  memoryColumns,
  requirePositions,
  userAt,
} from './interaction-columns.js';
import { TRAIN } from './split.js';
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
  /** What is known of each interaction beside its item: fields of interactions, then `time` where there are times. */
  readonly columns: readonly InteractionColumn[];
  /**
   * Reads a column at the positions that `read` would read the items of: `width` numbers of each interaction, end to end.
   *
   * @throws DifsrError where there is no such column or position; DataError where it cannot be read
   */
  readColumn(name: string, begins: ArrayLike<number>, lengths: ArrayLike<number>): Promise<ColumnNumbers>;
  /**
   * The user (from 0 on) whose sequence a position is in.
   *
   * @throws DifsrError where nothing is at the position
   */
  userOf(position: number): number;
  /** Everything in pieces (offsets, items, parts where there are any), for hashing: equal for equal data, wherever it is kept. */
  bytes(): AsyncIterable<Uint8Array>;
}

/**
 * A data set whose sequences stay on disk: memory is a matter of users and items. Users' tokens are not loaded, training needs none. `fields`
 * are those of items and users; those of interactions are columns of the store.
 */
export interface StoredDataset extends Omit<Dataset, 'users' | 'sequences' | 'times' | 'parts'> {
  /** Number of users + 1, as the size of a vocabulary. */
  readonly users: Pick<Vocabulary, 'size'>;
  /**
   * The tokens of users by id, `tokens[0]` padding: read from the folder when somebody asks.
   *
   * @throws DataError where they cannot be read
   */
  readonly userTokens: () => Promise<readonly string[]>;
  readonly store: SequenceStore;
  /** Closes the file. May be called twice. */
  close(): Promise<void>;
}

/**
 * The sequences of a data set by position: those on disk, or those in memory.
 *
 * @throws DifsrError if `parts` is not as long as the interactions
 * @example
 * const store = sequenceStore(dataset);
 * const { begins, ends } = store.split.train;
 * await store.read([begins[0]], [ends[0] - begins[0]]); // what the first user is trained on
 */
export function sequenceStore(dataset: Dataset | StoredDataset): SequenceStore {
  return 'store' in dataset ? dataset.store : memoryStore(dataset);
}

function memoryStore(dataset: Dataset): SequenceStore {
  const { sequences, parts } = dataset;
  const { offsets, items } = sequences;
  if (parts !== undefined && parts.length !== items.length) {
    throw new DifsrError({
      what: `parts has ${parts.length} entries for ${items.length} interactions`,
      cure: 'give one part per interaction, in the order of sequences.items',
    });
  }
  // With parts the training items stand behind the others once more, without what lies between them.
  const trainPlaces = parts === undefined ? new Int32Array(0) : trainingPlaces(parts);
  const columns = memoryColumns(dataset);
  const split = splitRanges(offsets, parts);
  const placesOf = (begins: ArrayLike<number>, lengths: ArrayLike<number>): Int32Array => {
    requirePositions(begins, lengths, items.length + trainPlaces.length);
    const places = new Int32Array(sumOf(lengths));
    let at = 0;
    for (let i = 0; i < begins.length; i++) {
      for (let position = begins[i]!, left = lengths[i]!; left > 0; position++, left--)
        places[at++] = position < items.length ? position : trainPlaces[position - items.length]!;
    }
    return places;
  };
  return {
    users: offsets.length - 1,
    interactions: items.length,
    split,
    read: async (begins, lengths) => placesOf(begins, lengths).map((place) => items[place]!),
    columns: columns.map(({ column }) => column),
    readColumn: async (name, begins, lengths) => {
      const index = columnIndex(
        columns.map(({ column }) => column),
        name,
      );
      return columns[index]!.at(placesOf(begins, lengths));
    },
    userOf: (position) => userAt(offsets, split, position),
    bytes: async function* pieces() {
      yield bytesOf(offsets);
      yield bytesOf(items);
      if (parts !== undefined) yield bytesOf(parts);
    },
  };
}

/** Places of the training interactions among all. */
function trainingPlaces(parts: Uint8Array): Int32Array {
  const places = new Int32Array(parts.reduce((sum, part) => sum + (part === TRAIN ? 1 : 0), 0));
  let used = 0;
  for (const [place, part] of parts.entries()) if (part === TRAIN) places[used++] = place;
  return places;
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
