// Filters over raw interactions: a range of times, and repeated filtering by the number of interactions (k-core).
// Pure functions over columns; every interaction that goes is counted.
import { option, type OptionRules } from '@difsr/errors';
import { checkOptions } from './options.js';
import type { RawInteractions } from './raw.js';

/** Bounds that interactions, users and items must meet; all inclusive, all optional. */
export interface FilterOptions {
  /** Fewest interactions of a user that is kept. */
  readonly userMin?: number;
  /** Most interactions of a user that is kept. */
  readonly userMax?: number;
  /** Fewest interactions of an item that is kept. */
  readonly itemMin?: number;
  /** Most interactions of an item that is kept. */
  readonly itemMax?: number;
  /** Earliest time that is kept. */
  readonly timeFrom?: number;
  /** Latest time that is kept. */
  readonly timeTo?: number;
}

/** Kinds of {@link FilterOptions}. */
export const FILTER_RULES: OptionRules<FilterOptions> = {
  userMin: option.number,
  userMax: option.number,
  itemMin: option.number,
  itemMax: option.number,
  timeFrom: option.number,
  timeTo: option.number,
};

/** Which interactions are left, and what went. */
export interface FilterResult {
  /** `[rows]`, 1 = kept. */
  readonly kept: Uint8Array;
  /** Interactions outside the range of times. */
  readonly outOfTime: number;
  /** Interactions that went with a user or an item outside the bounds. */
  readonly byCount: number;
  /** Users and items that lost their last interaction to the bounds. */
  readonly users: number;
  readonly items: number;
  /** Rounds of counting and dropping, the last (which found nothing to drop) not counted. */
  readonly rounds: number;
}

/**
 * Drops interactions outside the times, then users and items outside the bounds, again and again until every user and item
 * that is left meets them. In each round users and items are judged by the same counts, as the published loader does; with
 * minima alone the result is the largest set of interactions in which every user and item has enough, whatever the order.
 *
 * @throws DataError for options that it does not know, and values of another kind
 */
export function filterInteractions(interactions: RawInteractions, options: FilterOptions): FilterResult {
  checkOptions('filterInteractions', options, FILTER_RULES);
  const { users, items, times } = interactions;
  const rows = users.length;
  const kept = new Uint8Array(rows).fill(1);
  const { timeFrom = -Infinity, timeTo = Infinity } = options;
  let outOfTime = 0;
  if (times !== undefined) {
    for (let row = 0; row < rows; row++) {
      const time = times[row] ?? 0;
      if (time >= timeFrom && time <= timeTo) continue;
      kept[row] = 0;
      outOfTime++;
    }
  }
  const userCounts = countsOf(users, interactions.userTokens.length, kept);
  const itemCounts = countsOf(items, interactions.itemTokens.length, kept);
  const usersBefore = countPositive(userCounts);
  const itemsBefore = countPositive(itemCounts);
  let byCount = 0;
  let rounds = 0;
  for (;;) {
    const badUsers = outside(userCounts, options.userMin, options.userMax);
    const badItems = outside(itemCounts, options.itemMin, options.itemMax);
    let dropped = 0;
    for (let row = 0; row < rows; row++) {
      const user = users[row] ?? 0;
      const item = items[row] ?? 0;
      if (kept[row] === 0 || (badUsers[user] === 0 && badItems[item] === 0)) continue;
      kept[row] = 0;
      userCounts[user] = (userCounts[user] ?? 0) - 1;
      itemCounts[item] = (itemCounts[item] ?? 0) - 1;
      dropped++;
    }
    if (dropped === 0) break;
    byCount += dropped;
    rounds++;
  }
  return {
    kept,
    outOfTime,
    byCount,
    users: usersBefore - countPositive(userCounts),
    items: itemsBefore - countPositive(itemCounts),
    rounds,
  };
}

function countsOf(column: Int32Array, size: number, kept: Uint8Array): Int32Array {
  const counts = new Int32Array(size);
  for (let row = 0; row < column.length; row++) {
    const id = column[row] ?? 0;
    if (kept[row] === 1) counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

function countPositive(counts: Int32Array): number {
  let positive = 0;
  for (const count of counts) if (count > 0) positive++;
  return positive;
}

function outside(counts: Int32Array, min = 0, max = Infinity): Uint8Array {
  return Uint8Array.from(counts, (count) => (count > 0 && (count < min || count > max) ? 1 : 0));
}
