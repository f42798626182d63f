// What an analysis counts: small tables (histograms, sums) that hold for any size of log. Two ways lead here, one over a data
// set in memory (below), one in SQL over the prepared form (prepare/analyse.ts); statistics-analysis.ts turns either into the same numbers.
import { itemCategories } from './schema.js';
import { historyParts } from './split.js';
import type { CategoricalField, Dataset } from './types.js';

/** Pairs of a value and how often it occurs, ascending by value, each value once. */
export type Tally = readonly (readonly [value: number, count: number])[];

/** The parts of a split, in the order of their numbers in the prepared form. */
export const SPLIT_PARTS = ['train', 'context', 'valid', 'test'] as const;
/** `train`: a training item; `context`: only history of held-out users; `valid`, `test`: a target. */
export type SplitPart = (typeof SPLIT_PARTS)[number];

/** Interactions by part. */
export type PartCounts = Readonly<Record<SplitPart, number>>;

/** Identical sequences of fewer interactions are a matter of chance. */
export const IDENTICAL_FROM = 5;

/** Upper ends of pauses between two interactions of a user, in seconds: a minute, an hour, a day, a week, 30 days, a year, more. */
export const PAUSE_ENDS: readonly number[] = [
  60,
  3600,
  86_400,
  604_800,
  2_592_000,
  31_536_000,
  Number.POSITIVE_INFINITY,
];

/** How times are put into buckets: bucket b begins at `origin + b x width`. */
export interface TimeBuckets {
  readonly origin: number;
  readonly width: number;
  /** Whether the times are seconds since 1970, so that a bucket is a day (UTC). */
  readonly calendar: boolean;
}

/** Counts over the times of a log. */
export interface TimeTally extends TimeBuckets {
  readonly first: number;
  readonly last: number;
  /** Interactions by part, for every bucket that has any, ascending. */
  readonly buckets: readonly ({ readonly bucket: number } & PartCounts)[];
  /** Interactions at the very time of the same user's one before. */
  readonly tied: number;
  /** Targets among them. */
  readonly tiedTargets: { readonly valid: number; readonly test: number };
  /** Pauses between two interactions of a user that are below the end of the same index of {@link PAUSE_ENDS}, and not below the one before. */
  readonly pauses: readonly number[];
  readonly longestPause: number;
  /** What training has of the time after test targets. */
  readonly future: Future;
}

/** Test targets against training, moment by moment. */
export interface Future {
  /** Test targets before the last training interaction. */
  readonly beforeLast: number;
  /** Test targets before the median one: the first moment up to which half of training lies. */
  readonly beforeMedian: number;
  /** Training interactions after a test target, summed over test targets. */
  readonly after: number;
}

/** Counts over one categorical field of items. */
export interface FieldTally {
  readonly name: string;
  readonly kind: CategoricalField['kind'];
  /** Values of an item, over all items. */
  readonly perItem: Tally;
  /** Items of a value, over all values. */
  readonly perValue: Tally;
  /** Items that have a value which no other item has. */
  readonly ownValue: number;
  /** The value on most items, the first of equals. */
  readonly mostFrequent: { readonly value: string; readonly items: number } | null;
}

/** Everything that is counted. */
export interface Tallies {
  /** How the parts came about, e.g. `leave-one-out`. */
  readonly split: string;
  readonly parts: PartCounts;
  /** Interactions of a user, over all users. */
  readonly lengths: Tally;
  /** Interactions of an item, over all items, those without any included. */
  readonly itemInteractions: Tally;
  /** Different pairs of a user and an item. */
  readonly pairs: number;
  /** Items without an interaction in train (those without any included), and targets that are such items. */
  readonly cold: { readonly items: number; readonly valid: number; readonly test: number };
  /** Interactions with an item that the user had before; those with the item just before; targets among the first. */
  readonly repeats: {
    readonly interactions: number;
    readonly inARow: number;
    readonly valid: number;
    readonly test: number;
  };
  /** Users whose whole sequence (of {@link IDENTICAL_FROM} or more) another user has too. */
  readonly identical: { readonly users: number; readonly sequences: number };
  readonly times?: TimeTally;
  readonly fields: readonly FieldTally[];
}

const DAY = 86_400;

/** Days for seconds since 1970 (1973 to 2099, to be told from numbers that only count), otherwise 200 equal ranges. */
export function timeBuckets(first: number, last: number): TimeBuckets {
  const calendar = first >= 1e8 && last < 4.1e9;
  return calendar
    ? { origin: 0, width: DAY, calendar }
    : { origin: first, width: last > first ? (last - first) / 200 : 1, calendar };
}

/** The leave-one-out part of every interaction, as {@link SPLIT_PARTS} numbers them, aligned with `sequences.items`. */
function leaveOneOutParts({ offsets, items }: Dataset['sequences']): Uint8Array {
  const parts = new Uint8Array(items.length);
  for (let user = 0; user + 1 < offsets.length; user++) {
    const start = offsets[user] ?? 0;
    const end = offsets[user + 1] ?? 0;
    const { valid, test } = historyParts(end - start);
    if (valid) parts[end - 2] = SPLIT_PARTS.indexOf('valid');
    if (test) parts[end - 1] = SPLIT_PARTS.indexOf('test');
  }
  return parts;
}

/** The counts that need no split. */
export function tallyCounts({
  sequences,
  items,
  fields,
}: Dataset): Pick<Tallies, 'lengths' | 'itemInteractions' | 'pairs' | 'fields'> {
  const perItem = new Int32Array(items.size);
  // The user (index + 1) that had the item last: tells repeats without a set per user.
  const seenBy = new Int32Array(items.size);
  let pairs = 0;
  for (let user = 1; user < sequences.offsets.length; user++) {
    for (const item of sequences.items.subarray(sequences.offsets[user - 1], sequences.offsets[user])) {
      perItem[item] = (perItem[item] ?? 0) + 1;
      if (seenBy[item] === user) continue;
      seenBy[item] = user;
      pairs++;
    }
  }
  return {
    pairs,
    lengths: tallyOf(rowLengths(sequences.offsets)),
    itemInteractions: tallyOf(perItem.subarray(1)),
    fields: itemCategories({ fields }).map(tallyField),
  };
}

/** Counts a data set in memory, split leave-one-out. */
export function tallyDataset(dataset: Dataset): Tallies {
  const { sequences, times } = dataset;
  const { offsets, items } = sequences;
  const parts = leaveOneOutParts(sequences);
  const itemCount = dataset.items.size - 1;
  const train = new Int32Array(itemCount + 1);
  const counts = noParts();
  for (const [at, item] of items.entries()) {
    const part = partAt(parts, at);
    counts[part]++;
    if (part === 'train') train[item] = (train[item] ?? 0) + 1;
  }
  const cold = { items: 0, valid: 0, test: 0 };
  for (let item = 1; item <= itemCount; item++) if (train[item] === 0) cold.items++;
  const repeats = { interactions: 0, inARow: 0, valid: 0, test: 0 };
  // The user (index + 1) that had the item last: tells repeats without a set per user.
  const seenBy = new Int32Array(itemCount + 1);
  for (let user = 1; user < offsets.length; user++) {
    const start = offsets[user - 1] ?? 0;
    for (let at = start; at < (offsets[user] ?? 0); at++) {
      const item = items[at] ?? 0;
      const part = partAt(parts, at);
      const target = part === 'valid' || part === 'test';
      if (target && train[item] === 0) cold[part]++;
      if (seenBy[item] === user) {
        repeats.interactions++;
        if (at > start && items[at - 1] === item) repeats.inARow++;
        if (target) repeats[part]++;
      }
      seenBy[item] = user;
    }
  }
  return {
    split: 'leave-one-out',
    parts: counts,
    ...tallyCounts(dataset),
    cold,
    repeats,
    identical: tallyIdentical(sequences),
    ...(times === undefined || times.length === 0 ? {} : { times: tallyTimes(offsets, times, parts) }),
  };
}

function tallyTimes(offsets: Int32Array, times: Float64Array, parts: Uint8Array): TimeTally {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  const how = timeBuckets(first, last);
  const buckets = new Map<number, Record<SplitPart, number>>();
  for (const [at, time] of times.entries()) {
    const bucket = Math.floor((time - how.origin) / how.width);
    let counts = buckets.get(bucket);
    if (counts === undefined) buckets.set(bucket, (counts = noParts()));
    counts[partAt(parts, at)]++;
  }
  const tiedTargets = { valid: 0, test: 0 };
  const pauses = PAUSE_ENDS.map(() => 0);
  let tied = 0;
  let longestPause = 0;
  for (let user = 1; user < offsets.length; user++) {
    for (let at = (offsets[user - 1] ?? 0) + 1; at < (offsets[user] ?? 0); at++) {
      const pause = (times[at] ?? 0) - (times[at - 1] ?? 0);
      const slot = PAUSE_ENDS.findIndex((end) => pause < end);
      pauses[slot] = (pauses[slot] ?? 0) + 1;
      longestPause = Math.max(longestPause, pause);
      if (pause !== 0) continue;
      tied++;
      const part = partAt(parts, at);
      if (part === 'valid' || part === 'test') tiedTargets[part]++;
    }
  }
  const sorted = [...buckets].sort(([a], [b]) => a - b).map(([bucket, counts]) => ({ bucket, ...counts }));
  const future = tallyFuture(timesOf(times, parts, 'train'), timesOf(times, parts, 'test'));
  return { first, last, ...how, buckets: sorted, tied, tiedTargets, pauses, longestPause, future };
}

function timesOf(times: Float64Array, parts: Uint8Array, part: SplitPart): Float64Array {
  return times.filter((_, at) => partAt(parts, at) === part).sort();
}

/** Both ascending. */
function tallyFuture(train: Float64Array, test: Float64Array): Future {
  const last = train.at(-1) ?? Number.NEGATIVE_INFINITY;
  const median = train[Math.ceil(train.length / 2) - 1] ?? Number.NEGATIVE_INFINITY;
  const future = { beforeLast: 0, beforeMedian: 0, after: 0 };
  let until = 0;
  for (const time of test) {
    while (until < train.length && (train[until] ?? 0) <= time) until++;
    future.after += train.length - until;
    if (time < last) future.beforeLast++;
    if (time < median) future.beforeMedian++;
  }
  return future;
}

function tallyIdentical({ offsets, items }: Dataset['sequences']): Tallies['identical'] {
  const users = new Map<string, number>();
  for (let user = 1; user < offsets.length; user++) {
    const start = offsets[user - 1] ?? 0;
    const end = offsets[user] ?? 0;
    if (end - start < IDENTICAL_FROM) continue;
    const key = items.subarray(start, end).join(' ');
    users.set(key, (users.get(key) ?? 0) + 1);
  }
  const shared = [...users.values()].filter((count) => count > 1);
  return { users: shared.reduce((sum, count) => sum + count, 0), sequences: shared.length };
}

function tallyField(field: CategoricalField): FieldTally {
  const { name, kind, vocabulary, offsets, values } = field;
  const perValue = new Int32Array(vocabulary.size);
  for (const value of values) perValue[value] = (perValue[value] ?? 0) + 1;
  let ownValue = 0;
  for (let item = 1; item + 1 < offsets.length; item++) {
    if (values.subarray(offsets[item], offsets[item + 1]).some((value) => perValue[value] === 1)) ownValue++;
  }
  const most = perValue.subarray(1).reduce((largest, count) => Math.max(largest, count), 0);
  const top = perValue.indexOf(most, 1);
  return {
    name,
    kind,
    perItem: tallyOf(rowLengths(offsets).subarray(1)),
    perValue: tallyOf(perValue.subarray(1)),
    ownValue,
    mostFrequent: most === 0 ? null : { value: vocabulary.tokens[top] ?? '', items: most },
  };
}

function noParts(): Record<SplitPart, number> {
  return { train: 0, context: 0, valid: 0, test: 0 };
}

function partAt(parts: Uint8Array, at: number): SplitPart {
  return SPLIT_PARTS[parts[at] ?? 0] ?? 'train';
}

function rowLengths(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: offsets.length - 1 }, (_, row) => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0));
}

function tallyOf(values: Int32Array): Tally {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}
