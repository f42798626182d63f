// Order statistics of samples, and ratios of samples that were taken side by side.

/** What is said of a list of samples. */
export interface Summary {
  readonly median: number;
  /** First and third quartile: half of the samples lie between them. */
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/**
 * The value below which a share of the samples lies, by linear interpolation between neighbours (Hyndman and Fan, type 7).
 *
 * @param share from 0 (the least sample) to 1 (the largest)
 * @throws RangeError where there are no samples, or the share is none.
 * @example
 * quantile([4, 1, 2], 0.5); // 2
 */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('a quantile needs at least one sample, got none');
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a share is a number from 0 to 1, got ${share}`);
  const sorted = samples.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!; // 0 <= place <= length - 1
  const above = sorted[Math.ceil(place)]!;
  // Equal neighbours first: their difference may be NaN (infinities) or round the result out of their range.
  return below === above ? below : Math.min(above, below + (above - below) * (place - Math.floor(place)));
}

/** Median, quartiles and range. @throws RangeError where there are no samples. */
export function summarize(samples: readonly number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    q1: quantile(samples, 0.25),
    q3: quantile(samples, 0.75),
    min: quantile(samples, 0),
    max: quantile(samples, 1),
    count: samples.length,
  };
}

/**
 * Ratios of two subjects' samples, round by round: what slows a machine for a while slows both, and cancels.
 *
 * @throws RangeError where the two were not measured in the same rounds.
 * @example
 * summarize(ratios([2, 20], [1, 10])).median; // 2, though the second round was ten times slower
 */
export function ratios(above: readonly number[], below: readonly number[]): number[] {
  if (above.length !== below.length)
    throw new RangeError(`ratios need samples of the same rounds, got ${above.length} and ${below.length}`);
  return above.map((value, round) => value / below[round]!); // same length
}

/**
 * How well a median is known: half the width of its 95 % interval over the median itself, by the notches of a box plot,
 * 1.57 (q3 - q1) / sqrt(n) (McGill, Tukey and Larsen, The American Statistician 32, 1978).
 */
export function uncertainty(samples: readonly number[]): number {
  const summary = summarize(samples);
  return margin(summary) / summary.median;
}

/** Half the width of a median's 95 % interval, by the same notches. */
export function margin({ q1, q3, count }: Pick<Summary, 'q1' | 'q3' | 'count'>): number {
  return (1.57 * (q3 - q1)) / Math.sqrt(count);
}
