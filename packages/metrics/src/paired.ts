// Whether two systems differ on the same users: a paired test, and its correction where many are made.
import { MetricsError } from './errors.js';
import { meanInterval } from './interval.js';
import { studentP } from './student.js';

/** The difference of two systems over the same users. */
export interface PairedTest {
  /** Mean of `one - other`. */
  readonly difference: number;
  /** The difference lies within `difference - margin .. difference + margin` with 95 % confidence. */
  readonly margin: number;
  readonly t: number;
  /** Two-sided: the chance of a difference at least so large if there were none. */
  readonly p: number;
  /** Users. */
  readonly count: number;
}

/**
 * Student's paired t-test over users, two-sided.
 *
 * Why this one: over many users its error rates are what they claim, and equal to those of the randomization test and the bootstrap, which
 * need a seed and thousands of draws for the same answer (Smucker, Allan, Carterette, CIKM 2007; Urbano, Lima, Hanjalic, SIGIR 2019;
 * over thousands of users and recommendation lists: Ihemelandu, Ekstrand, SIGIR 2023). Wilcoxon's and the sign test find differences
 * too often there. With so many users nearly any difference is significant: look at its size.
 *
 * @param one `[users]` a metric of each user, such as the mean of its NDCG over seeds
 * @param other the same of the other system, in the same order of users
 * @throws MetricsError for fewer than two users, lists of different lengths, or values that are not finite.
 * @example pairedTest([0.3, 0.5, 0.4, 0.6], [0.2, 0.3, 0.4, 0.3]).p; // 0.1027..
 */
export function pairedTest(one: ArrayLike<number>, other: ArrayLike<number>): PairedTest {
  if (one.length !== other.length || one.length < 2)
    throw new MetricsError({
      what: `${one.length} and ${other.length} values make no pairs to test`,
      cure: 'pass one value for each of at least two users, in the same order',
    });
  const differences = Float64Array.from(one, (value, i) => value - (other[i] ?? NaN));
  const { mean, margin, deviation, count } = meanInterval(differences);
  const error = deviation / Math.sqrt(count);
  // Where every user has the same difference there is nothing that it could be an accident of.
  const t = mean === 0 ? 0 : mean / error;
  return { difference: mean, margin, t, p: studentP(t, count - 1), count };
}

/**
 * p-values corrected for being several, by Holm's step-down method (Scandinavian Journal of Statistics 1979): with any of them below 0.05 called
 * significant, the chance of one false claim among all is at most 5 %, whatever they have to do with each other.
 *
 * @param ps those of one family of comparisons, in any order; the answer has the same
 * @throws MetricsError for a value outside of [0, 1].
 * @example holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 */
export function holm(ps: readonly number[]): number[] {
  const wrong = ps.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined)
    throw new MetricsError({ what: `${wrong} is not a p-value`, cure: 'pass numbers from 0 to 1' });
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] ?? 0) - (ps[b] ?? 0));
  const corrected = Array.from(ps);
  let highest = 0;
  order.forEach((at, place) => {
    highest = Math.max(highest, Math.min(1, (ps[at] ?? 0) * (ps.length - place)));
    corrected[at] = highest;
  });
  return corrected;
}
