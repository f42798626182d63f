// Ranks of the attention scores of a run, before mask and softmax (Xie et al., SIGIR 2022, Figure 1).
import { shownLength } from '@difsr/models';
import { effectOf, meanEffect, singularValues, type Effect } from './rank.js';
import { evaluateOf, headsOf, matrixOf, seenWhenAsked } from './matrices.js';
import { historyRows, lastOf, longestHistories, type HistoryRange, type Subject } from './subject.js';
import type { Available, HeadRank, RankAnalysis } from './types.js';

/** Which histories are looked at. */
export interface RankSettings {
  /** Histories of at least so many items are taken, and their last so many read. */
  readonly length: number;
  /** Of more histories than that, so many are chosen evenly. */
  readonly histories: number;
}

/** Histories that are evaluated at once. */
const TOGETHER = 8;

/** The ranks of every head and layer. */
export async function scoreRanks(subject: Subject, settings: RankSettings): Promise<Available<RankAnalysis>> {
  const { run } = subject;
  const { attentions } = seenWhenAsked(run.model);
  if (attentions.length === 0)
    return { unavailable: `${run.model.name} has no attention of the family: there are no scores` };
  const chosen = choose(longestHistories(subject.store), settings, shownLength(run.model));
  const { length } = chosen;
  if (length < 2) return { unavailable: 'no history has two items: there are no matrices' };
  const outputs = Object.fromEntries(attentions.map(({ unmasked, scores }, k) => [String(k), unmasked ?? scores]));
  const found = new Map<string, Effect[]>();
  for (let at = 0; at < chosen.histories.length; at += TOGETHER) {
    const rows = lastOf(chosen.histories.slice(at, at + TOGETHER), length);
    const { feeds } = await historyRows(subject, rows);
    const values = evaluateOf(run, outputs, feeds);
    for (const [k, value] of Object.entries(values))
      for (let head = 0; head < headsOf(value); head++)
        for (let row = 0; row < rows.length; row++) {
          const effect = effectOf(singularValues(matrixOf(value, row, head, length), length));
          const key = `${k}/${head}`;
          const own = found.get(key) ?? [];
          found.set(key, own);
          own.push(effect);
        }
  }
  const heads = [...found].map(([key, effects]): HeadRank => {
    const [k = 0, head = 0] = key.split('/').map(Number);
    const attention = attentions[k];
    const masked = attention?.unmasked === undefined;
    return { attention: attention?.name ?? '', head, masked, ...meanEffect(effects) };
  });
  const notes = heads.some(({ masked }) => masked)
    ? [
        ...chosen.notes,
        'fusion "concat" in its causal-safe form mixes columns of scores whose hidden entries count as zero: its matrices are triangular, so that their rank says little beside those of others',
      ]
    : chosen.notes;
  const mean = (of: (head: HeadRank) => number): number =>
    heads.reduce((sum, head) => sum + of(head), 0) / heads.length;
  return {
    length,
    histories: chosen.histories.length,
    eligible: chosen.eligible,
    notes,
    heads,
    mean: {
      rank: mean((head) => head.rank),
      rank64: mean((head) => head.rank64),
      effective: mean((head) => head.effective),
    },
  };
}

/** Histories that are looked at, and how much of each. */
export interface ChosenHistories extends Pick<RankAnalysis, 'length' | 'eligible' | 'notes'> {
  readonly histories: readonly HistoryRange[];
}

/**
 * The histories that are long enough, evenly chosen where they are many; the longest where none is.
 *
 * @param most Items that the model is shown at most.
 */
export function choose(
  all: readonly HistoryRange[],
  { length, histories }: RankSettings,
  most: number,
): ChosenHistories {
  const sizeOf = ({ begin, end }: HistoryRange): number => end - begin;
  const longest = all.reduce((size, history) => Math.max(size, sizeOf(history)), 0);
  const least = Math.min(length, longest);
  const eligible = all.filter((history) => sizeOf(history) >= least);
  const step = Math.max(1, eligible.length / histories);
  const kept = Array.from({ length: Math.min(histories, eligible.length) }, (_, i) => eligible[Math.floor(i * step)]);
  return {
    length: Math.min(least, most),
    eligible: eligible.length,
    histories: kept.filter((history) => history !== undefined),
    notes: [
      ...(least < length ? [`no history has ${length} items: the longest, of ${least}, are taken`] : []),
      ...(most < least ? [`the model is shown ${most} items at most: matrices have ${most} rows`] : []),
    ],
  };
}
