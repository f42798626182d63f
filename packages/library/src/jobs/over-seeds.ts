// A metric over the seeds of one configuration: no claim without its interval.
import { meanInterval } from '@difsr/metrics';

/** A metric over seeds; without an interval where there is one seed. */
export interface OverSeeds {
  readonly mean: number;
  /** Of the 95 % t-interval; null for one seed, about which nothing is known. */
  readonly margin: number | null;
  readonly seeds: number;
}

/** The mean of the values of some seeds, at least one, with its interval. */
export function overSeedsOf(values: readonly number[]): OverSeeds {
  const { mean, margin, count } = meanInterval(values);
  return { mean, margin: Number.isFinite(margin) ? margin : null, seeds: count };
}
