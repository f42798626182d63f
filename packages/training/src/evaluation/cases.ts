// The cases of an evaluation as the evaluator reads them: copies in memory, or ranges of sequences that may lie on disk.
// An index with `!` is in range by construction.
import type { Feeds } from '@difsr/graph';
import { sideFeeds } from '@difsr/models';
import { RunError } from '../run-error.js';
import type { SideReader } from '../side/side-reader.js';
import { sequenceAt, type CaseRanges, type EvaluationCases, type SequenceStore } from '@difsr/data';

/** Cases as ranges of sequences, in memory or on disk. */
export interface StoredCases {
  readonly store: SequenceStore;
  readonly ranges: CaseRanges;
}

/** Cases by number. */
export interface CaseSource {
  readonly count: number;
  /** How many cases the user of each one has in all. */
  readonly ofUser: Int32Array;
  /** Items of the history of a case. */
  readonly length: (index: number) => number;
  /**
   * What is fed beside the items of histories, in rows of `length` places: values of their last `most` interactions, and of their users.
   *
   * @throws RunError for copies: what else is known of their interactions is not in them.
   */
  readonly sides: (chosen: Int32Array, most: number, length: number) => Promise<Feeds>;
  /** The last `most` items of each history, and what came next. */
  readonly read: (
    chosen: Int32Array,
    most: number,
  ) => Promise<{ readonly histories: readonly Int32Array[]; readonly targets: Int32Array }>;
}

/** One way to read cases, however they are given. */
export function caseSource(cases: EvaluationCases | StoredCases, sides?: SideReader): CaseSource {
  return 'store' in cases ? storedCases(cases, sides) : copiedCases(cases, sides);
}

function copiedCases({ users, histories, targets }: EvaluationCases, sides: SideReader | undefined): CaseSource {
  const { offsets } = histories;
  return {
    count: targets.length,
    ofUser: sizesOfGroups(users),
    length: (index) => offsets[index + 1]! - offsets[index]!,
    sides: async () => {
      if (sides === undefined) return {};
      throw new RunError({
        what: 'the model reads more of an interaction than its item, and cases that are copies hold items alone',
        cure: 'pass { store, ranges }, as in { store, ranges: store.split.test }',
      });
    },
    read: async (chosen, most) => ({
      histories: Array.from(chosen, (index) => {
        const history = sequenceAt(histories, index);
        return history.subarray(Math.max(0, history.length - most));
      }),
      targets: Int32Array.from(chosen, (index) => targets[index]!),
    }),
  };
}

function storedCases({ store, ranges: { begins, targets } }: StoredCases, sides: SideReader | undefined): CaseSource {
  const length = (index: number): number => targets[index]! - begins[index]!;
  /** The last `most` interactions before each target: how many there are, and where they begin. */
  const shownOf = (chosen: Int32Array, most: number): { readonly shown: number[]; readonly firsts: number[] } => {
    const shown = Array.from(chosen, (index) => Math.min(most, length(index)));
    return { shown, firsts: Array.from(chosen, (index, i) => targets[index]! - shown[i]!) };
  };
  return {
    count: targets.length,
    ofUser: sizesOfRuns(begins), // all histories of a user begin with its first interaction
    length,
    sides: async (chosen, most, columns) => {
      if (sides === undefined) return {};
      const { shown, firsts } = shownOf(chosen, most);
      let at = 0;
      const starts = Int32Array.from(shown, (items) => (at += items) - items);
      return sideFeeds(
        { interactions: at, starts, events: await sides.events(firsts, shown), users: sides.users(firsts) },
        columns,
        (row) => shown[row]!,
      );
    },
    read: async (chosen, most) => {
      const { shown, firsts } = shownOf(chosen, most);
      // The target stands behind its history: one read has both.
      const read = await store.read(
        firsts,
        shown.map((items) => items + 1),
      );
      let at = 0;
      const behind = shown.map((items) => (at += items + 1) - 1);
      return {
        histories: behind.map((end, i) => read.subarray(end - shown[i]!, end)),
        targets: Int32Array.from(behind, (end) => read[end]!),
      };
    },
  };
}

/** For each entry how many are equal to it. */
function sizesOfGroups(keys: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  return keys.map((key) => sizes.get(key) ?? 1);
}

/** For each entry the length of the run of equal entries that it stands in: cases of a user follow each other. */
function sizesOfRuns(keys: ArrayLike<number>): Int32Array {
  const sizes = new Int32Array(keys.length);
  for (let begin = 0, end = 1; begin < keys.length; begin = end++) {
    while (end < keys.length && keys[end] === keys[begin]) end++;
    sizes.fill(end - begin, begin, end);
  }
  return sizes;
}
