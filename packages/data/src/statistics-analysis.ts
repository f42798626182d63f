// From counts to what they mean: quantiles, Gini, curves, shares, periods. Pure arithmetic on small tables, so that a data set in
// memory and a prepared folder of any size give the same numbers.
import type { Dataset } from './types.js';
import {
  type FieldTally,
  PAUSE_ENDS,
  type PartCounts,
  type Tallies,
  type Tally,
  tallyDataset,
  type TimeTally,
} from './statistics-tallies.js';

/** How counts are distributed. Quantiles lie between the two nearest counts, in proportion (type 7, as in NumPy and R). */
export interface Distribution {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly quantiles: Readonly<Record<'p5' | 'p25' | 'p50' | 'p75' | 'p95' | 'p99', number>>;
  /** Ranges (both ends included) that widen with size, and how many counts lie in each. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

/** How interactions are spread over items, or items over values. */
export interface Concentration {
  /** 0: all have the same; towards 1: one has everything. */
  readonly gini: number;
  /** Share that the top 1 % have, at least one. */
  readonly top1: number;
  /** Share that the top 10 % have, at least one. */
  readonly top10: number;
  /** The long tail: the most popular `items` (share) have `interactions` (share). */
  readonly curve: readonly { readonly items: number; readonly interactions: number }[];
}

/** Interactions of a day, month, year, or (where times only count) range. */
export interface Period extends PartCounts {
  /** `2014-07`, `2014-07-23`, `2014`, or the first number of the range. */
  readonly from: string;
  readonly interactions: number;
}

/** What the times of a log say. */
export interface TimeAnalysis {
  /** Seconds since 1970, or numbers that only count. */
  readonly first: number;
  readonly last: number;
  /** Whether they are seconds since 1970. Without it, pauses and holes mean nothing. */
  readonly calendar: boolean;
  readonly unit: 'day' | 'month' | 'year' | 'range';
  /** From first to last without omission. */
  readonly periods: readonly Period[];
  /** The longest run of days (or ranges) without any interaction, and the day after which it begins; 0 where there is none. */
  readonly longestHole: { readonly days: number; readonly after: string };
  /** Interactions at the very time of the same user's one before: the files' order decides. */
  readonly tied: {
    readonly interactions: number;
    readonly share: number;
    readonly valid: number;
    readonly test: number;
  };
  /** Pauses between two interactions of a user: how many are `below` so many seconds (null: any), and not below the one before. */
  readonly pauses: readonly { readonly below: number | null; readonly count: number }[];
  readonly longestPause: number;
}

/** What training may see of the future, and what evaluation may get for free. */
export interface Leakage {
  /** Shares, moment by moment: test targets before the last training interaction; before the median one. Absent without times or targets. */
  readonly beforeLastTraining?: number;
  readonly beforeMedianTraining?: number;
  /** Share of the training interactions that are later than a test target, averaged over targets. */
  readonly trainingAfterTarget?: number;
  /** Targets that stand in the user's own history. */
  readonly targetsInHistory: { readonly valid: number; readonly test: number };
  /** Users whose whole sequence (5 interactions or more) another user has too, and how many such sequences there are. */
  readonly identical: { readonly users: number; readonly sequences: number };
}

/** What a field says of the items. */
export interface FieldAnalysis {
  readonly name: string;
  /** Items per value. */
  readonly perValue: Distribution & Concentration;
  readonly perItem: Distribution;
  /** Share of the items with a value that have one which no other item has: 1 for a name or an id. */
  readonly ownValue: number;
  /** Share of the items with a value that have the most frequent one: 1 for a constant. */
  readonly mostFrequent: number;
}

/** Everything beyond the counts of {@link DatasetStatistics}. */
export interface Analysis {
  readonly split: { readonly method: string } & PartCounts;
  /** Interactions per user. */
  readonly lengths: Distribution;
  /** Interactions per item, items without any included. */
  readonly itemInteractions: Distribution;
  readonly popularity: Concentration;
  /** Interactions with an item that the user had before; with the item just before. */
  readonly repeats: {
    readonly interactions: number;
    readonly share: number;
    readonly inARow: number;
    readonly inARowShare: number;
  };
  /** Items without an interaction in train (`unused`: in any part), and the targets that are such items. */
  readonly cold: {
    readonly items: number;
    readonly share: number;
    readonly unused: number;
    readonly valid: number;
    readonly test: number;
  };
  readonly time?: TimeAnalysis;
  readonly leakage: Leakage;
  readonly fields: readonly FieldAnalysis[];
}

/**
 * Analyses a data set in memory, split leave-one-out. For a prepared folder, `analysePrepared` of `@difsr/prepare` gives the same.
 *
 * @example
 * const { popularity, leakage } = analyseDataset(dataset);
 * popularity.gini; // 0.56
 */
export function analyseDataset(dataset: Dataset): Analysis {
  return analyseTallies(tallyDataset(dataset));
}

/** Works out the numbers of an analysis. */
export function analyseTallies(tallies: Tallies): Analysis {
  const { split, parts, lengths, itemInteractions, cold, repeats, identical, times, fields } = tallies;
  const interactions = weight(lengths);
  const items = size(itemInteractions);
  return {
    split: { method: split, ...parts },
    lengths: distribution(lengths),
    itemInteractions: distribution(itemInteractions),
    popularity: concentration(itemInteractions),
    repeats: {
      interactions: repeats.interactions,
      share: ratio(repeats.interactions, interactions),
      inARow: repeats.inARow,
      inARowShare: ratio(repeats.inARow, interactions),
    },
    cold: {
      ...cold,
      share: ratio(cold.items, items),
      unused: itemInteractions[0]?.[0] === 0 ? itemInteractions[0][1] : 0,
    },
    ...(times === undefined ? {} : { time: timeAnalysis(times, interactions) }),
    leakage: {
      ...(times === undefined || parts.test === 0 || parts.train === 0 ? {} : future(times, parts)),
      targetsInHistory: { valid: repeats.valid, test: repeats.test },
      identical,
    },
    fields: fields.map(fieldAnalysis),
  };
}

function fieldAnalysis({ name, perItem, perValue, ownValue, mostFrequent }: FieldTally): FieldAnalysis {
  const withValue = perItem.reduce((sum, [values, items]) => sum + (values > 0 ? items : 0), 0);
  return {
    name,
    perValue: { ...distribution(perValue), ...concentration(perValue) },
    perItem: distribution(perItem),
    ownValue: ratio(ownValue, withValue),
    mostFrequent: ratio(mostFrequent?.items ?? 0, withValue),
  };
}

/** How many were counted. */
function size(tally: Tally): number {
  return tally.reduce((sum, [, count]) => sum + count, 0);
}

/** Their sum. */
function weight(tally: Tally): number {
  return tally.reduce((sum, [value, count]) => sum + value * count, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** First values of the ranges of a histogram. */
const EDGES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 70].concat(
  [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].flatMap((ten) => [1, 1.5, 2, 3, 5, 7].map((step) => step * ten)),
);

/** Describes counts. */
export function distribution(tally: Tally): Distribution {
  const total = size(tally);
  const at = (share: number): number => quantile(tally, total, share);
  const bins = EDGES.map((from, index) => ({ from, to: (EDGES[index + 1] ?? Number.POSITIVE_INFINITY) - 1, count: 0 }));
  let bin = 0;
  for (const [value, count] of tally) {
    while (value > (bins[bin]?.to ?? value)) bin++;
    const own = bins[bin];
    if (own !== undefined) own.count += count;
  }
  const used = bins.flatMap(({ count }, index) => (count > 0 ? [index] : []));
  return {
    min: tally[0]?.[0] ?? 0,
    mean: ratio(weight(tally), total),
    max: tally.at(-1)?.[0] ?? 0,
    quantiles: { p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95), p99: at(0.99) },
    histogram: used.length === 0 ? [] : bins.slice(used[0], (used.at(-1) ?? 0) + 1),
  };
}

function quantile(tally: Tally, total: number, share: number): number {
  if (total === 0) return 0;
  const place = (total - 1) * share;
  const low = ranked(tally, Math.floor(place));
  return low + (place - Math.floor(place)) * (ranked(tally, Math.ceil(place)) - low);
}

/** The value at a place (from 0) of the sorted list. */
function ranked(tally: Tally, place: number): number {
  let passed = 0;
  for (const [value, count] of tally) {
    passed += count;
    if (place < passed) return value;
  }
  return tally.at(-1)?.[0] ?? 0;
}

/** Shares of items at which the curve of the long tail is given. */
const CURVE = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** How unequally a total is shared out. */
export function concentration(tally: Tally): Concentration {
  const holders = size(tally);
  const total = weight(tally);
  let below = 0;
  let sum = 0;
  for (const [value, count] of tally) {
    // Ranks below + 1 .. below + count all hold `value`: the sum of 2 rank - holders - 1 over them.
    sum += value * count * (2 * below + count - holders);
    below += count;
  }
  const share = (top: number): number => ratio(topWeight(tally, Math.max(1, Math.ceil(holders * top - 1e-9))), total);
  return {
    gini: ratio(sum, holders * total),
    top1: share(0.01),
    top10: share(0.1),
    curve: total === 0 ? [] : CURVE.map((items) => ({ items, interactions: share(items) })),
  };
}

/** What the `top` largest hold together. */
function topWeight(tally: Tally, top: number): number {
  let left = top;
  let held = 0;
  for (const [value, count] of tally.toReversed()) {
    const taken = Math.min(left, count);
    held += taken * value;
    left -= taken;
    if (left === 0) break;
  }
  return held;
}

function future(
  { future: { beforeLast, beforeMedian, after } }: TimeTally,
  { train, test }: PartCounts,
): Partial<Leakage> {
  return {
    beforeLastTraining: beforeLast / test,
    beforeMedianTraining: beforeMedian / test,
    trainingAfterTarget: after / test / train,
  };
}

const DAY_MS = 86_400_000;

function timeAnalysis(times: TimeTally, interactions: number): TimeAnalysis {
  const { first, last, calendar, buckets, tied, tiedTargets, pauses, longestPause } = times;
  const days = calendar ? (buckets.at(-1)?.bucket ?? 0) - (buckets[0]?.bucket ?? 0) + 1 : 0;
  const unit = !calendar ? 'range' : days <= 92 ? 'day' : days <= 366 * 25 ? 'month' : 'year';
  const hole = { days: 0, after: '' };
  for (const [index, { bucket }] of buckets.entries()) {
    const before = buckets[index - 1]?.bucket ?? bucket - 1;
    if (bucket - before - 1 <= hole.days) continue;
    hole.days = bucket - before - 1;
    hole.after = bucketName(times, before, calendar ? 'day' : 'range');
  }
  return {
    first,
    last,
    calendar,
    unit,
    periods: periodsOf(times, unit),
    longestHole: hole,
    tied: { interactions: tied, share: ratio(tied, interactions), ...tiedTargets },
    pauses: PAUSE_ENDS.map((end, index) => ({ below: Number.isFinite(end) ? end : null, count: pauses[index] ?? 0 })),
    longestPause,
  };
}

function bucketName({ origin, width }: TimeTally, bucket: number, unit: TimeAnalysis['unit']): string {
  if (unit === 'range') return String(Number((origin + bucket * width).toPrecision(12)));
  return new Date(bucket * DAY_MS).toISOString().slice(0, { day: 10, month: 7, year: 4 }[unit]);
}

/** Sums days into days, months or years; those without an interaction are there too. */
function periodsOf(times: TimeTally, unit: TimeAnalysis['unit']): Period[] {
  const periods = new Map<string, Record<Exclude<keyof Period, 'from'>, number>>();
  const firstBucket = times.buckets[0]?.bucket ?? 0;
  const lastBucket = times.buckets.at(-1)?.bucket ?? firstBucket;
  for (let bucket = firstBucket; bucket <= lastBucket; bucket++) {
    const name = bucketName(times, bucket, unit);
    if (!periods.has(name)) periods.set(name, { interactions: 0, train: 0, context: 0, valid: 0, test: 0 });
  }
  for (const { bucket, train, context, valid, test } of times.buckets) {
    const period = periods.get(bucketName(times, bucket, unit));
    if (period === undefined) continue;
    period.interactions += train + context + valid + test;
    period.train += train;
    period.context += context;
    period.valid += valid;
    period.test += test;
  }
  return [...periods].map(([from, counts]) => ({ from, ...counts }));
}
