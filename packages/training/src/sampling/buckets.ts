// Chooses the row lengths of training batches from the lengths of the windows, so that little of a batch is padding. An index with `!` is in range by construction.

/** What is known of the windows: `counts[l]` windows have length l. */
export type LengthHistogram = ArrayLike<number>;

/**
 * Row lengths in ascending order, at most `maxBuckets`; the last is the longest window. They minimise the positions of all
 * rows, padding included, plus `overhead` positions per bucket (what the left-overs of a bucket cost in the next one).
 * Dynamic programming over the lengths that occur: exact, O(maxBuckets x lengths^2).
 * @returns `[]` when there are no windows.
 * @example chooseBuckets([0, 10, 0, 1, 8], { maxBuckets: 2, overhead: 0 }); // [1, 4]
 */
export function chooseBuckets(counts: LengthHistogram, options: { maxBuckets: number; overhead: number }): number[] {
  const lengths = Array.from(counts, (_, length) => length).filter((length) => (counts[length] ?? 0) > 0);
  // below[j]: windows that are shorter than lengths[j]; one entry more for the total.
  const below = [0];
  for (const length of lengths) below.push(below[below.length - 1]! + (counts[length] ?? 0));
  // best[j]: least cost of the first j lengths with the buckets so far; cut[k][j]: where the last of k + 1 buckets begins.
  let best = lengths.map(() => Infinity);
  best.unshift(0);
  const cuts: number[][] = [];
  let cheapest = { cost: Infinity, buckets: 0 };
  for (let buckets = 1; buckets <= Math.min(options.maxBuckets, lengths.length); buckets++) {
    const next = best.map(() => Infinity);
    const cut = best.map(() => 0);
    for (let j = 1; j <= lengths.length; j++) {
      for (let i = 0; i < j; i++) {
        const rows = below[j]! - below[i]!;
        const cost = best[i]! + rows * lengths[j - 1]! + options.overhead;
        if (cost < next[j]!) {
          next[j] = cost;
          cut[j] = i;
        }
      }
    }
    cuts.push(cut);
    best = next;
    const cost = best[lengths.length]!;
    if (cost < cheapest.cost) cheapest = { cost, buckets };
  }
  const chosen: number[] = [];
  let j = lengths.length;
  for (let k = cheapest.buckets - 1; k >= 0; k--) {
    chosen.unshift(lengths[j - 1]!);
    j = cuts[k]?.[j] ?? 0;
  }
  return chosen;
}
