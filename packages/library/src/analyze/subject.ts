// What is analysed: a run, opened, with its data; and rows of its histories as the model is fed them.
// An index with `!` is in range by construction.
import { sequenceStore, type CaseRanges, type SequenceStore } from '@difsr/data';
import type { Feeds } from '@difsr/graph';
import { paddedItems, shownLength, sideFeeds } from '@difsr/models';
import { sideReader, type Run, type SideReader } from '@difsr/training';
import type { TrainingData } from '../data/open.js';

/** A run with its data. */
export interface Subject {
  readonly run: Run;
  readonly dataset: TrainingData;
  readonly store: SequenceStore;
  /** Reads what the model is fed beside items, where it is. */
  readonly sides: SideReader | undefined;
}

/** A run with the data set that it was trained on. */
export function subjectOf(run: Run, dataset: TrainingData): Subject {
  const store = sequenceStore(dataset);
  return { run, dataset, store, sides: sideReader(dataset, store, run.model.reads) };
}

/** A history by position: the items from `begin` up to `end`. */
export interface HistoryRange {
  readonly begin: number;
  readonly end: number;
}

/** One history of each user, as long as it is known before a held-out target; in the order of the data. */
export function longestHistories({ split }: SequenceStore): HistoryRange[] {
  const { train, valid, test } = split;
  const cases: CaseRanges = test.targets.length > 0 ? test : valid;
  if (cases.targets.length === 0) return Array.from(train.begins, (begin, user) => ({ begin, end: train.ends[user]! }));
  const found: HistoryRange[] = [];
  // All histories of a user begin with its first interaction, and follow each other.
  for (let i = 0; i < cases.targets.length; i++) {
    const history = { begin: cases.begins[i]!, end: cases.targets[i]! };
    if (found.at(-1)?.begin === history.begin) found.pop();
    found.push(history);
  }
  return found;
}

/** The last `most` interactions of each history. */
export function lastOf(histories: readonly HistoryRange[], most: number): HistoryRange[] {
  return histories.map(({ begin, end }) => ({ begin: Math.max(begin, end - most), end }));
}

/** What the model is fed for histories, a row each, and their item ids. */
export async function historyRows(
  { run, store, sides }: Subject,
  histories: readonly HistoryRange[],
): Promise<{ readonly feeds: Feeds; readonly items: readonly Int32Array[] }> {
  const shown = lastOf(histories, shownLength(run.model));
  const begins = shown.map(({ begin }) => begin);
  const lengths = shown.map(({ begin, end }) => end - begin);
  const read = await store.read(begins, lengths);
  let at = 0;
  const starts = Int32Array.from(lengths, (length) => (at += length) - length);
  const items = lengths.map((length, row) => read.slice(starts[row]!, starts[row]! + length));
  const padded = paddedItems(items, run.model);
  if (sides === undefined) return { feeds: { items: padded }, items };
  const beside = { events: await sides.events(begins, lengths), users: sides.users(begins) };
  const fed = sideFeeds({ interactions: at, starts, ...beside }, padded.shape[1] ?? 0, (row) => lengths[row]!);
  return { feeds: { items: padded, ...fed }, items };
}
