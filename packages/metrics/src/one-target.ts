// Metrics of leave-one-out evaluation, where each user has one relevant item: functions of its rank alone.
import { MetricsError } from './errors.js';
import { checkCutoffs, METRIC_KINDS, type MetricKind, type MetricName, type MetricValues } from './names.js';

/** What a user contributes whose target has the 0-based rank `rank`, if `rank < k`; every metric is 0 otherwise. */
const GAINS: { readonly [M in MetricKind]: (rank: number, k: number) => number } = {
  recall: () => 1, // hits / relevant items
  ndcg: (rank) => 1 / Math.log2(rank + 2), // the ideal list has its one hit at rank 0, where this is 1
  mrr: (rank) => 1 / (rank + 1),
  hit: () => 1,
  precision: (_, k) => 1 / k, // hits / k
  map: (rank) => 1 / (rank + 1), // precision at the hit / min(relevant items, k)
};

/**
 * Collects ranks batch by batch. It keeps a count per rank, not the ranks: the result does not depend on how users were
 * batched or ordered, to the last bit, and memory does not grow with users.
 * @example
 * const metrics = new MetricsAccumulator([5, 10]);
 * for (const ranks of batches) metrics.add(ranks);
 * metrics.result()['ndcg@10'];
 */
export class MetricsAccumulator {
  readonly #ks: readonly number[];
  /** `[max k]` users per rank; ranks beyond count in `#users` alone. */
  readonly #counts: Float64Array;
  #users = 0;

  /** @throws MetricsError unless `ks` are whole numbers of at least 1. */
  constructor(ks: readonly number[]) {
    this.#ks = checkCutoffs(ks);
    this.#counts = new Float64Array(this.#ks.at(-1) ?? 0);
  }

  /** Users so far. */
  get users(): number {
    return this.#users;
  }

  /**
   * Adds users by the 0-based ranks of their targets. Nothing is added when one of them is wrong.
   * @throws MetricsError for a rank that is negative or not whole. A graph marks users without a ranking (scores that are
   * not finite) by a negative rank: they stop the evaluation here.
   */
  add(ranks: Int32Array | readonly number[]): void {
    checkRanks(ranks, this.#users);
    for (const rank of ranks) if (rank < this.#counts.length) this.#counts[rank]!++; // in range: just compared
    this.#users += ranks.length;
  }

  /** Adds all users of another accumulator with the same cutoffs, e.g. of another worker. */
  merge(other: MetricsAccumulator): void {
    if (String(other.#ks) !== String(this.#ks)) {
      throw new MetricsError(
        `Cutoffs [${other.#ks.join(', ')}] differ from [${this.#ks.join(', ')}]. Cure: use the same.`,
      );
    }
    other.#counts.forEach((count, rank) => (this.#counts[rank]! += count)); // same cutoffs, same length
    this.#users += other.#users;
  }

  /**
   * Means over all users so far, for every metric at every cutoff.
   * @throws MetricsError when there are no users: a mean of nothing is not 0.
   */
  result(): MetricValues {
    if (this.#users === 0) {
      throw new MetricsError('There are no users to measure. Cure: check that the split has users with a target.');
    }
    const values: [MetricName, number][] = [];
    for (const kind of METRIC_KINDS) {
      for (const k of this.#ks) {
        let sum = 0;
        for (let rank = 0; rank < k; rank++) sum += this.#counts[rank]! * GAINS[kind](rank, k); // k <= max k
        values.push([`${kind}@${k}`, sum / this.#users]);
      }
    }
    return Object.fromEntries(values);
  }
}

/**
 * Mean metrics of users by the 0-based rank of each one's target among all items.
 * @throws MetricsError for no users, wrong ranks or wrong cutoffs.
 * @example rankingMetrics(Int32Array.of(0, 3, 40), [5, 10])['recall@5']; // 0.666...
 */
export function rankingMetrics(ranks: Int32Array | readonly number[], ks: readonly number[]): MetricValues {
  const accumulator = new MetricsAccumulator(ks);
  accumulator.add(ranks);
  return accumulator.result();
}

/**
 * The same metrics user by user, `[users]` each, for paired tests and for groups of users (short histories, rare items).
 * @throws MetricsError for wrong ranks or wrong cutoffs.
 * @example userMetrics(Int32Array.of(0, 3, 40), [5])['ndcg@5']; // Float64Array [1, 0.4306..., 0]
 */
export function userMetrics(
  ranks: Int32Array | readonly number[],
  ks: readonly number[],
): Record<MetricName, Float64Array> {
  checkRanks(ranks, 0);
  const cutoffs = checkCutoffs(ks);
  const values = METRIC_KINDS.flatMap((kind) =>
    cutoffs.map((k): [MetricName, Float64Array] => [
      `${kind}@${k}`,
      Float64Array.from(ranks, (rank) => (rank < k ? GAINS[kind](rank, k) : 0)),
    ]),
  );
  return Object.fromEntries(values);
}

function checkRanks(ranks: Int32Array | readonly number[], before: number): void {
  for (let row = 0; row < ranks.length; row++) {
    const rank = ranks[row]!; // row < length
    if (Number.isInteger(rank) && rank >= 0) continue;
    throw new MetricsError(
      `The rank of user ${before + row} is ${rank}; ranks are whole numbers from 0. ` +
        'Cure: a negative rank marks scores that are not finite: lower the learning rate or clip gradients.',
    );
  }
}
