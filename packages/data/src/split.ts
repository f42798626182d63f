// Leave-one-out: the last item of a user is the test target, the one before it the validation target, the rest is training.
// A data set that was prepared with another split says itself which part each interaction belongs to.
// The rule for short histories is the reference's: it splits the list of samples (one per item from the second on).
import { DifsrError } from '@difsr/errors';
import type { Dataset, EvaluationCases, Sequences, Split } from './types.js';

/** How many items of a history of length n are training, and whether it has a validation and a test case. */
export interface HistoryParts {
  readonly train: number;
  readonly valid: boolean;
  readonly test: boolean;
}

/** The split of one history of `length` items: 4 or more give train, valid and test; 3 train and test; fewer train only. */
export function historyParts(length: number): HistoryParts {
  if (length >= 4) return { train: length - 2, valid: true, test: true };
  if (length === 3) return { train: 2, valid: false, test: true };
  return { train: length, valid: false, test: false };
}

/**
 * Splits every user's sequence. `train` has one sequence per user, in user order (a user with one interaction has a sequence
 * without a target); a user with n >= 4 interactions has a case in `valid` and `test`, one with n = 3 in `test` alone.
 * Histories of cases are whole: cutting them to a window is the reader's business.
 *
 * Source: the published code's split "LS valid_and_test" (see fixtures/reference/README.md, "Augmentation").
 *
 * @example
 * const { train, valid, test } = leaveOneOut(dataset);
 * train.offsets.length - 1; // number of users
 * test.targets[0]; // the last item of the first user with 3 or more interactions
 */
export function leaveOneOut(dataset: Pick<Dataset, 'sequences'>): Split {
  const { offsets, items } = dataset.sequences;
  const users = offsets.length - 1;
  const train = new SequenceWriter(users, items.length);
  const valid = new CaseWriter(users, items.length);
  const test = new CaseWriter(users, items.length);
  for (let index = 0; index < users; index++) {
    const sequence = sequenceAt(dataset.sequences, index);
    const parts = historyParts(sequence.length);
    train.push(sequence.subarray(0, parts.train));
    if (parts.valid) valid.push(index + 1, sequence.subarray(0, -1));
    if (parts.test) test.push(index + 1, sequence);
  }
  return { train: train.finish(), valid: valid.finish(), test: test.finish() };
}

/** Numbers of `Dataset.parts`, as in the prepared form (PARTS in prepared/manifest.ts; not imported, this file runs in browsers). */
export const TRAIN = 0;
const VALID = 2;
const TEST = 3;

/**
 * The split of a data set: its own where it has one (`parts`), else leave-one-out. With parts a user can have several cases of each kind;
 * the history of a case is everything that the user did before it, earlier targets included.
 *
 * @throws DifsrError if `parts` is not as long as the interactions
 * @example
 * const { train, valid, test } = splitDataset(await loadPrepared('data/shop'));
 */
export function splitDataset(dataset: Pick<Dataset, 'sequences' | 'parts'>): Split {
  const { sequences, parts } = dataset;
  if (parts === undefined) return leaveOneOut(dataset);
  const { offsets, items } = sequences;
  if (parts.length !== items.length) {
    throw new DifsrError({
      what: `parts has ${parts.length} entries for ${items.length} interactions`,
      cure: 'give one part per interaction, in the order of sequences.items',
    });
  }
  const users = offsets.length - 1;
  const sizes = { valid: { cases: 0, items: 0 }, test: { cases: 0, items: 0 } };
  const eachTarget = (visit: (kind: 'valid' | 'test', user: number, begin: number, at: number) => void): void => {
    for (let index = 0; index < users; index++) {
      const begin = offsets[index] ?? 0;
      const end = offsets[index + 1] ?? 0;
      // A target without anything before it cannot be ranked for.
      for (let at = begin + 1; at < end; at++) {
        if (parts[at] === VALID) visit('valid', index + 1, begin, at);
        else if (parts[at] === TEST) visit('test', index + 1, begin, at);
      }
    }
  };
  eachTarget((kind, _user, begin, at) => {
    sizes[kind].cases++;
    sizes[kind].items += at - begin;
  });
  const train = new SequenceWriter(users, items.length);
  for (let index = 0; index < users; index++) {
    const begin = offsets[index] ?? 0;
    train.push(sequenceAt(sequences, index).filter((_, place) => parts[begin + place] === TRAIN));
  }
  const cases = {
    valid: new CaseWriter(sizes.valid.cases, sizes.valid.items),
    test: new CaseWriter(sizes.test.cases, sizes.test.items),
  };
  eachTarget((kind, user, begin, at) => cases[kind].push(user, items.subarray(begin, at + 1)));
  return { train: train.finish(), valid: cases.valid.finish(), test: cases.test.finish() };
}

/** A view (no copy) of sequence `index`. */
export function sequenceAt(sequences: Sequences, index: number): Int32Array {
  return sequences.items.subarray(sequences.offsets[index] ?? 0, sequences.offsets[index + 1] ?? 0);
}

/** Appends sequences into one preallocated CSR table. */
class SequenceWriter {
  readonly #offsets: Int32Array;
  readonly #items: Int32Array;
  #rows = 0;
  #used = 0;

  constructor(maxRows: number, maxItems: number) {
    this.#offsets = new Int32Array(maxRows + 1);
    this.#items = new Int32Array(maxItems);
  }

  push(sequence: Int32Array): void {
    this.#items.set(sequence, this.#used);
    this.#used += sequence.length;
    this.#rows++;
    this.#offsets[this.#rows] = this.#used;
  }

  finish(): Sequences {
    return { offsets: this.#offsets.slice(0, this.#rows + 1), items: this.#items.slice(0, this.#used) };
  }
}

/** Collects evaluation cases; the last item of what is pushed is the target, the rest the history. */
class CaseWriter {
  readonly #histories: SequenceWriter;
  readonly #users: number[] = [];
  readonly #targets: number[] = [];

  constructor(maxCases: number, maxItems: number) {
    this.#histories = new SequenceWriter(maxCases, maxItems);
  }

  push(user: number, sequence: Int32Array): void {
    const last = sequence.length - 1;
    this.#users.push(user);
    this.#targets.push(sequence[last] ?? 0);
    this.#histories.push(sequence.subarray(0, last));
  }

  finish(): EvaluationCases {
    return {
      users: Int32Array.from(this.#users),
      histories: this.#histories.finish(),
      targets: Int32Array.from(this.#targets),
    };
  }
}
