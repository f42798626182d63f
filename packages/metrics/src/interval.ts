// How sure a mean over a few seeds is: no claim without its interval.
import { MetricsError } from './errors.js';

/** A mean over a few runs, and how sure it is. */
export interface MeanInterval {
  readonly mean: number;
  /** The mean lies within `mean - margin .. mean + margin` with 95 % confidence; Infinity for a single value. */
  readonly margin: number;
  /** Sample standard deviation (n - 1); NaN for a single value. */
  readonly deviation: number;
  readonly count: number;
}

/** 97.5 % points of Student's t for 1 to 30 degrees of freedom. */
const T_POINTS = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099, 2.17881, 2.16037,
  2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.0639, 2.05954, 2.05553,
  2.05183, 2.04841, 2.04523, 2.04227,
];

/** The 97.5 % point of Student's t: the table, then the Cornish-Fisher expansion around the normal's (error under 1e-5). */
function tPoint(freedom: number): number {
  const z = 1.959963984540054;
  const expansion = z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return T_POINTS[freedom - 1] ?? expansion;
}

/**
 * Mean of independent values, such as a metric over seeds, with its 95 % t-interval. Pass differences per seed (or per
 * user) to compare two models: they differ where the interval leaves out 0.
 * @throws MetricsError for no values, or one that is not finite.
 * @example meanInterval([0.118, 0.121, 0.119]); // { mean: 0.1193.., margin: 0.0038.., deviation: 0.0015.., count: 3 }
 */
export function meanInterval(values: ArrayLike<number>): MeanInterval {
  const all = Array.from(values);
  const count = all.length;
  const wrong = all.findIndex((value) => !Number.isFinite(value));
  if (count === 0 || wrong >= 0) {
    const what = count === 0 ? 'There are no values' : `Value ${wrong} is ${all[wrong]}`;
    throw new MetricsError({ what: `${what}: no mean can be taken`, cure: 'pass one finite number per seed' });
  }
  const mean = all.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const margin = count === 1 ? Infinity : (tPoint(count - 1) * deviation) / Math.sqrt(count);
  return { mean, margin, deviation, count };
}
