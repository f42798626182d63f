// Candidates must compute the same before their times mean anything.

/** Largest absolute difference that counts as the same; outputs are about 1 in size. */
export const TOLERANCE = 1e-4;

/** The largest absolute difference of two outputs; infinite where a value is not finite or the sizes differ. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!); // same length
    if (!(difference <= largest)) largest = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
  }
  return largest;
}
