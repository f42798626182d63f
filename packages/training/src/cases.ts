// The cases of an evaluation as the evaluator reads them: copies in memory, or ranges of sequences that may lie on disk.
// An index with `!` is in range by construction.
import { sequenceAt, type CaseRanges, type EvaluationCases, type SequenceStore } from '@difsr/data';

/** Cases as ranges of sequences, in memory or on disk. */
export interface StoredCases {
  readonly store: SequenceStore;
  readonly ranges: CaseRanges;
}

/** Cases by number. */
export interface CaseSource {
  readonly count: number;
  /** Items of the history of a case. */
  readonly length: (index: number) => number;
  /** The last `most` items of each history, and what came next. */
  readonly read: (
    chosen: Int32Array,
    most: number,
  ) => Promise<{ readonly histories: readonly Int32Array[]; readonly targets: Int32Array }>;
}

/** One way to read cases, however they are given. */
export function caseSource(cases: EvaluationCases | StoredCases): CaseSource {
  return 'store' in cases ? storedCases(cases) : copiedCases(cases);
}

function copiedCases({ histories, targets }: EvaluationCases): CaseSource {
  const { offsets } = histories;
  return {
    count: targets.length,
    length: (index) => offsets[index + 1]! - offsets[index]!,
    read: async (chosen, most) => ({
      histories: Array.from(chosen, (index) => {
        const history = sequenceAt(histories, index);
        return history.subarray(Math.max(0, history.length - most));
      }),
      targets: Int32Array.from(chosen, (index) => targets[index]!),
    }),
  };
}

function storedCases({ store, ranges: { begins, targets } }: StoredCases): CaseSource {
  const length = (index: number): number => targets[index]! - begins[index]!;
  return {
    count: targets.length,
    length,
    read: async (chosen, most) => {
      const shown = Array.from(chosen, (index) => Math.min(most, length(index)));
      // The target stands behind its history: one read has both.
      const read = await store.read(
        Array.from(chosen, (index, i) => targets[index]! - shown[i]!),
        shown.map((items) => items + 1),
      );
      let at = 0;
      const ends = shown.map((items) => (at += items + 1) - 1);
      return {
        histories: ends.map((end, i) => read.subarray(end - shown[i]!, end)),
        targets: Int32Array.from(ends, (end) => read[end]!),
      };
    },
  };
}
