// How sure a ratio of two medians is, when each is of a few rounds: the bootstrap, which asks nothing of how times are distributed.
import { randomInts, streamId } from '@difsr/graph';
import { quantile } from '../measure/statistics.js';

/** A ratio and where it lies with a given confidence. */
export interface RatioInterval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/**
 * The ratio of two medians with its interval: percentiles of the ratios that rounds drawn with replacement give (Efron and Tibshirani, An
 * Introduction to the Bootstrap, 1993, chapter 13). The draws are the same in every run.
 *
 * @param above samples of one run, one a round
 * @param below those of another run, of any number of rounds
 * @param confidence from 0 to 1: how often such intervals hold the true ratio
 * @throws RangeError where there are no samples
 * @example
 * const { ratio, low, high } = ratioInterval([1.3, 1.31, 1.29], [1, 1.01, 0.99], 0.95); // 1.3, some 1.28 to 1.32
 */
export function ratioInterval(above: readonly number[], below: readonly number[], confidence: number): RatioInterval {
  const [first, second] = [medians(above, 'above'), medians(below, 'below')];
  const quotients = first.map((value, i) => value / second[i]!); // as many of both
  const tail = (1 - confidence) / 2;
  return {
    ratio: quantile(above, 0.5) / quantile(below, 0.5),
    low: quantile(quotients, tail),
    high: quantile(quotients, 1 - tail),
  };
}

/** Medians of samples drawn with replacement. */
function medians(samples: readonly number[], name: string): number[] {
  const count = samples.length;
  if (count === 0) throw new RangeError('a ratio of medians needs at least one sample of each');
  const sorted = samples.toSorted((a, b) => a - b);
  const picks = picksOf(count, name);
  const [below, above] = [Math.floor((count - 1) / 2), Math.ceil((count - 1) / 2)];
  return Array.from({ length: RESAMPLES }, (_, i) => {
    const own = picks.subarray(i * count, (i + 1) * count); // sorted
    return (sorted[own[below]!]! + sorted[own[above]!]!) / 2; // places within the samples
  });
}

const drawn = new Map<string, Int32Array>();

/** Places of the samples of all resamples, sorted within each; drawn once. */
function picksOf(count: number, name: string): Int32Array {
  const key = `${name} ${count}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const picks = Int32Array.from(randomInts({ seed: 1, step: count, stream: streamId(name) }, RESAMPLES * count, count));
  for (let i = 0; i < RESAMPLES; i++) picks.subarray(i * count, (i + 1) * count).sort();
  drawn.set(key, picks);
  return picks;
}
