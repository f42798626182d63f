// Metrics of targets that are ranked one by one, as in leave-one-out evaluation: functions of each target's rank alone.
import { MetricsError } from './errors.js';
import { checkCutoffs, METRIC_KINDS, type MetricKind, type MetricName, type MetricValues } from './names.js';

/** The 0-based rank of a target that is not ranked at all, such as one that was hidden: behind every cut-off. */
export const MISS: number = 2 ** 31 - 1;

/** What a target contributes that has the 0-based rank `rank`, if `rank < k`; every metric is 0 otherwise. */
const GAINS: { readonly [M in MetricKind]: (rank: number, k: number) => number } = {
  recall: () => 1, // hits / relevant items
  ndcg: (rank) => 1 / Math.log2(rank + 2), // the ideal list has its one hit at rank 0, where this is 1
  mrr: (rank) => 1 / (rank + 1),
  hit: () => 1,
  precision: (_, k) => 1 / k, // hits / k
  map: (rank) => 1 / (rank + 1), // precision at the hit / min(relevant items, k)
};

/** Targets of users that have equally many: how many there are, and how many have each rank below the highest cut-off. */
interface Group {
  targets: number;
  readonly counts: Map<number, number>;
}

/**
 * Collects ranks batch by batch. It keeps a count per rank, not the ranks: the result does not depend on how targets were
 * batched or ordered, to the last bit, and memory does not grow with users.
 * @example
 * const metrics = new MetricsAccumulator([5, 10]);
 * for (const ranks of batches) metrics.add(ranks);
 * metrics.result()['ndcg@10'];
 */
export class MetricsAccumulator {
  readonly #ks: readonly number[];
  /** By the number of targets that their user has. */
  readonly #groups = new Map<number, Group>();

  /** @throws MetricsError unless `ks` are whole numbers of at least 1. */
  constructor(ks: readonly number[]) {
    this.#ks = checkCutoffs(ks);
  }

  /** Targets so far. */
  get targets(): number {
    return this.#sorted().reduce((sum, [, { targets }]) => sum + targets, 0);
  }

  /** Users so far: as many as targets, unless `add` was told of users with several. */
  get users(): number {
    return this.#sorted().reduce((sum, [each, { targets }]) => sum + targets / each, 0);
  }

  /**
   * Adds targets by their 0-based ranks. Nothing is added when one of them is wrong.
   * @param ofUser How many targets the user of each one has in all, where that is not 1; it decides how much a target weighs in `byUser`.
   * @throws MetricsError for a rank that is negative or not whole, or for a number of targets below 1. A graph marks targets without a ranking
   * (scores that are not finite) by a negative rank: they stop the evaluation here.
   * @example metrics.add([0, 7, 3], [2, 2, 1]); // a user with two targets, and one with one
   */
  add(ranks: Int32Array | readonly number[], ofUser?: Int32Array | readonly number[]): void {
    checkRanks(ranks, this.targets);
    if (ofUser !== undefined) checkSizes(ofUser, ranks.length);
    const highest = this.#ks.at(-1) ?? 0;
    for (let i = 0; i < ranks.length; i++) {
      const group = this.#group(ofUser?.[i] ?? 1);
      const rank = ranks[i]!; // i < length
      group.targets++;
      if (rank < highest) group.counts.set(rank, (group.counts.get(rank) ?? 0) + 1);
    }
  }

  /** Adds everything of another accumulator with the same cutoffs, e.g. of another worker. */
  merge(other: MetricsAccumulator): void {
    if (String(other.#ks) !== String(this.#ks)) {
      throw new MetricsError({
        what: `Cutoffs [${other.#ks.join(', ')}] differ from [${this.#ks.join(', ')}]`,
        cure: 'use the same',
      });
    }
    for (const [each, { targets, counts }] of other.#groups) {
      const group = this.#group(each);
      group.targets += targets;
      for (const [rank, count] of counts) group.counts.set(rank, (group.counts.get(rank) ?? 0) + count);
    }
  }

  /**
   * Means over all targets so far, for every metric at every cutoff.
   * @throws MetricsError when there are no targets: a mean of nothing is not 0.
   */
  result(): MetricValues {
    const counts = new Map<number, number>();
    for (const [, group] of this.#sorted())
      for (const [rank, count] of group.counts) counts.set(rank, (counts.get(rank) ?? 0) + count);
    return this.#means((gain) => sumOf(counts, gain), this.targets);
  }

  /**
   * Means over users of the mean over each one's targets: a user with many targets weighs as much as one with few. The same as
   * `result()` where every user has one.
   * @throws MetricsError when there are no users.
   */
  byUser(): MetricValues {
    const groups = this.#sorted();
    if (groups.every(([each]) => each === 1)) return this.result();
    return this.#means(
      (gain) => groups.reduce((sum, [each, { counts }]) => sum + sumOf(counts, gain) / each, 0),
      this.users,
    );
  }

  /** The groups, fewest targets first: sums come out the same in whatever order they were made. */
  #sorted(): [number, Group][] {
    return [...this.#groups].sort(([a], [b]) => a - b);
  }

  #group(each: number): Group {
    const found = this.#groups.get(each) ?? { targets: 0, counts: new Map<number, number>() };
    this.#groups.set(each, found);
    return found;
  }

  #means(total: (gain: (rank: number) => number) => number, count: number): MetricValues {
    if (count === 0) {
      throw new MetricsError({
        what: 'There are no users to measure',
        cure: 'check that the split has users with a target',
      });
    }
    const values = METRIC_KINDS.flatMap((kind) =>
      this.#ks.map((k): [MetricName, number] => [
        `${kind}@${k}`,
        total((rank) => (rank < k ? GAINS[kind](rank, k) : 0)) / count,
      ]),
    );
    return Object.fromEntries(values);
  }
}

/** The sum of gains over counted ranks, best first. */
function sumOf(counts: ReadonlyMap<number, number>, gain: (rank: number) => number): number {
  return [...counts].sort(([a], [b]) => a - b).reduce((sum, [rank, count]) => sum + count * gain(rank), 0);
}

/**
 * Mean metrics over targets by their 0-based ranks among all items; over users where each has one target.
 * @throws MetricsError for no targets, wrong ranks or wrong cutoffs.
 * @example rankingMetrics(Int32Array.of(0, 3, 40), [5, 10])['recall@5']; // 0.666...
 */
export function rankingMetrics(ranks: Int32Array | readonly number[], ks: readonly number[]): MetricValues {
  const accumulator = new MetricsAccumulator(ks);
  accumulator.add(ranks);
  return accumulator.result();
}

/**
 * The same metrics target by target, `[targets]` each, for paired tests and for groups of users (short histories, rare items).
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
    throw new MetricsError({
      what: `The rank of user ${before + row} is ${rank}; ranks are whole numbers from 0`,
      cure: 'a negative rank marks scores that are not finite: lower the learning rate or clip gradients',
    });
  }
}

function checkSizes(ofUser: Int32Array | readonly number[], targets: number): void {
  const wrong = ofUser.find((each) => !Number.isInteger(each) || each < 1);
  if (wrong === undefined && ofUser.length === targets) return;
  throw new MetricsError(
    wrong === undefined
      ? {
          what: `There are ${targets} ranks and ${ofUser.length} numbers of targets`,
          cure: 'pass one for each rank',
        }
      : {
          what: `A user has at least one target, got ${wrong}`,
          cure: 'pass for each rank how many targets its user has',
        },
  );
}
