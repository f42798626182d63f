// Full ranking of one user's scores, plain and exact: what recommends, and the oracle of ranks computed in a graph.
// Order: the higher score first, equal scores by the lower id. Column 0 is padding and is never ranked.
import { MetricsError, NonFiniteScoreError } from './errors.js';

/** Scores of one user, `[items + 1]`: the column is the item id, column 0 is padding. */
export type Scores = Float32Array | Float64Array | readonly number[];

/** What is left out of a ranking. */
export interface RankOptions {
  /** Items that are not ranked, such as those already seen; ids that do not exist are ignored. Their scores are not looked at. */
  readonly excluded?: Iterable<number>;
  /** Row that errors name (default 0). */
  readonly user?: number;
}

const RANK_OPTIONS: { readonly [K in keyof Required<RankOptions>]: true } = { excluded: true, user: true };

/** A misspelt option must not be one that is left out. */
function checkKnown(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new MetricsError({
      what: `${where} has no option "${unknown}"; its options are ${known.join(', ')}`,
      cure: 'correct it, or leave it out',
    });
}

/**
 * The `k` best items (fewer if there are not as many), best first; all items without `k`.
 * @throws NonFiniteScoreError for a score that is NaN or infinite; MetricsError for a wrong `k`.
 * @example rankItems([9, 0.5, 2, 0.5], { k: 2 }); // Int32Array [2, 1]
 */
export function rankItems(scores: Scores, options: RankOptions & { readonly k?: number } = {}): Int32Array {
  checkKnown('rankItems', options, [...Object.keys(RANK_OPTIONS), 'k']);
  const items = candidates(scores, options);
  const { k = items.length } = options;
  if (!Number.isInteger(k) || k < 0) {
    throw new MetricsError({ what: `k is a whole number of at least 0, got ${k}`, cure: 'pass for example 20' });
  }
  return selectFirst(items, Math.min(k, items.length), scores);
}

/**
 * The 0-based place of `target` in the full ranking: how many items come before it. Constant scores give the place in the
 * order of ids. A target that is itself excluded comes after all others: it cannot be recommended.
 * @throws NonFiniteScoreError for a score that is NaN or infinite; MetricsError for a target that is no item.
 * @example targetRank([9, 0.5, 2, 0.5], 3); // 2
 */
export function targetRank(scores: Scores, target: number, options: RankOptions = {}): number {
  checkKnown('targetRank', options, Object.keys(RANK_OPTIONS));
  if (!Number.isInteger(target) || target < 1 || target >= scores.length) {
    throw new MetricsError({
      what: `Target ${target} is not an item: ids go from 1 to ${scores.length - 1}`,
      cure: 'check the vocabulary',
    });
  }
  const items = candidates(scores, options);
  const own = scores[target]!; // an id, checked above
  let before = 0;
  let ranked = false;
  for (const item of items) {
    const score = scores[item]!; // candidates are columns
    if (score > own || (score === own && item < target)) before++;
    else if (item === target) ranked = true;
  }
  return ranked ? before : items.length;
}

/** Ids that are ranked, ascending; checks their scores. */
function candidates(scores: Scores, { excluded = [], user = 0 }: RankOptions): Int32Array {
  const left = new Set(excluded);
  const items = new Int32Array(Math.max(0, scores.length - 1));
  let count = 0;
  for (let item = 1; item < scores.length; item++) {
    if (left.has(item)) continue;
    const score = scores[item]!; // item < length
    if (!Number.isFinite(score)) throw new NonFiniteScoreError(user, item, score);
    items[count++] = item;
  }
  return items.subarray(0, count);
}

/** The first `k` of ascending ids by score, by insertion into a sorted list: about items + k^2 log(items / k) steps. */
function selectFirst(items: Int32Array, k: number, scores: Scores): Int32Array {
  if (k > 256)
    return items
      .slice()
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, k); // ids are columns
  const best = new Int32Array(k);
  let size = 0;
  for (const item of items) {
    const score = scores[item]!; // candidates are columns
    // Ids ascend, so an equal score never goes before one that is there already.
    if (size === k && (k === 0 || score <= scores[best[k - 1]!]!)) continue;
    let place = size < k ? size++ : k - 1;
    for (; place > 0 && scores[best[place - 1]!]! < score; place--) best[place] = best[place - 1]!;
    best[place] = item;
  }
  return best;
}
