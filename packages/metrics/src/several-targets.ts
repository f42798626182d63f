// The general form of the metrics, for users with any number of relevant items: functions of the hits in a ranked list.
import { MetricsError } from './errors.js';
import { checkCutoffs, METRIC_KINDS, type MetricKind, type MetricName, type MetricValues } from './names.js';

/** Ranked lists with their hits. */
export interface TopkHits {
  /** `[users * depth]`, row-major: 1 where the item at this place of the user's list is relevant, else 0. */
  readonly hits: Uint8Array;
  /** `[users]` number of relevant items, in the list or not; at least 1. */
  readonly relevant: Int32Array;
}

/** Metrics of top-k lists against several relevant items a user. */
export interface TopkMetrics {
  /** Means over users. */
  readonly mean: MetricValues;
  /** `[users]` per metric. */
  readonly perUser: Record<MetricName, Float64Array>;
}

/** The value of each metric for one user: `hits` are the 0-based places of hits below k, ascending. */
const FORMULAS: { readonly [M in MetricKind]: (hits: readonly number[], relevant: number, k: number) => number } = {
  recall: (hits, relevant) => hits.length / relevant,
  ndcg: (hits, relevant, k) =>
    discountedGain(hits) / discountedGain(Array.from({ length: Math.min(relevant, k) }, (_, i) => i)),
  mrr: (hits) => (hits[0] === undefined ? 0 : 1 / (hits[0] + 1)),
  hit: (hits) => (hits.length > 0 ? 1 : 0),
  precision: (hits, _, k) => hits.length / k,
  // Precision at each hit: the i-th hit at place p sees i + 1 hits among p + 1 items.
  map: (hits, relevant, k) => hits.reduce((sum, place, i) => sum + (i + 1) / (place + 1), 0) / Math.min(relevant, k),
};

function discountedGain(places: readonly number[]): number {
  return places.reduce((sum, place) => sum + 1 / Math.log2(place + 2), 0);
}

/**
 * Metrics of ranked lists at cutoffs up to their depth (`hits.length / relevant.length`).
 * @throws MetricsError for no users, a user without relevant items or with more hits than those, or wrong cutoffs.
 * @example topkMetrics({ hits: Uint8Array.of(0, 1, 1, 0), relevant: Int32Array.of(1, 2) }, [2]).mean['recall@2']; // 0.75
 */
export function topkMetrics({ hits, relevant }: TopkHits, ks: readonly number[]): TopkMetrics {
  const users = relevant.length;
  const depth = hits.length / users;
  if (users === 0 || !Number.isInteger(depth)) {
    throw new MetricsError({
      what: `${hits.length} hits do not make ${users} rows of equal length`,
      cure: 'pass hits of [users, depth]',
    });
  }
  const cutoffs = checkCutoffs(ks, depth);
  const places = Array.from({ length: users }, (_, user) => hitPlaces(hits, user, depth, relevant[user]!)); // user < users
  const mean: [MetricName, number][] = [];
  const perUser: [MetricName, Float64Array][] = [];
  for (const k of cutoffs) {
    const within = places.map((row) => row.filter((place) => place < k));
    for (const kind of METRIC_KINDS) {
      const values = Float64Array.from(within, (row, user) => FORMULAS[kind](row, relevant[user]!, k)); // user < users
      mean.push([`${kind}@${k}`, values.reduce((a, b) => a + b, 0) / users]);
      perUser.push([`${kind}@${k}`, values]);
    }
  }
  return { mean: Object.fromEntries(mean), perUser: Object.fromEntries(perUser) };
}

function hitPlaces(hits: Uint8Array, user: number, depth: number, relevant: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < depth; place++) if (hits[user * depth + place] !== 0) places.push(place);
  if (relevant < Math.max(1, places.length)) {
    throw new MetricsError({
      what: `User ${user} has ${relevant} relevant items and ${places.length} hits`,
      cure: `leave out users without relevant items, and count all of the others'`,
    });
  }
  return places;
}
