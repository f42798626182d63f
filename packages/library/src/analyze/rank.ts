// How many directions a square matrix has: numerical rank, effective rank, and the singular values behind both.
import { Matrix, SVD } from 'ml-matrix';

/** Spacing of numbers at 1 in float32 and float64: what a singular value must exceed, times n and the largest one, to count. */
export const EPSILON: Readonly<Record<'float32' | 'float64', number>> = { float32: 2 ** -23, float64: 2 ** -52 };

/** What a matrix, or the mean over several, is like. */
export interface Effect {
  /** Singular values above `s_max * n * eps` of float32, in which models are trained and served. */
  readonly rank: number;
  /** The same with the eps of float64: bounds show to the last bit. */
  readonly rank64: number;
  /** exp(H(p)), p the singular values over their sum (Roy & Vetterli, The effective rank, EUSIPCO 2007): from 1 to n. */
  readonly effective: number;
  /** Singular values over the largest, largest first; of several matrices their geometric means. */
  readonly spectrum: readonly number[];
}

/** Entries below it, over the largest, are taken as 0: ml-matrix gives some values twice beside denormal numbers. */
const NEGLIGIBLE = 1e-30;

/**
 * The singular values of a square matrix, largest first.
 *
 * @param matrix `n * n` numbers, row by row
 * @example singularValues([3, 0, 0, -4], 2); // [4, 3]
 */
export function singularValues(matrix: ArrayLike<number>, n: number): number[] {
  const numbers = Array.from(matrix);
  const least = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0) * NEGLIGIBLE;
  const kept = numbers.map((x) => (Math.abs(x) < least ? 0 : x));
  const decomposed = new SVD(Matrix.from1DArray(n, n, kept), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  });
  return decomposed.diagonal.map(Math.abs).toSorted((a, b) => b - a);
}

/** Singular values above `s_max * n * eps`. @example numericalRank([5, 1e-9], EPSILON.float32); // 1 */
export function numericalRank(values: readonly number[], epsilon: number): number {
  const least = (values[0] ?? 0) * values.length * epsilon;
  return values.filter((value) => value > least).length;
}

/** exp(H(p)) with p the values over their sum; 0 for a matrix of zeros. @example effectiveRank([2, 2, 0]); // 2 */
export function effectiveRank(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  if (sum === 0) return 0;
  let entropy = 0;
  for (const value of values) if (value > 0) entropy -= (value / sum) * Math.log(value / sum);
  return Math.exp(entropy);
}

/** What one matrix is like, by its singular values. */
export function effectOf(values: readonly number[]): Effect {
  const largest = values[0] ?? 0;
  return {
    rank: numericalRank(values, EPSILON.float32),
    rank64: numericalRank(values, EPSILON.float64),
    effective: effectiveRank(values),
    spectrum: values.map((value) => (largest === 0 ? 0 : value / largest)),
  };
}

/** Below it a singular value over the largest is round-off, and does not enter a geometric mean as less. */
const NOTHING = 1e-17;

/** Means over matrices of one size. @throws TypeError for none */
export function meanEffect(effects: readonly Effect[]): Effect {
  const [first] = effects;
  if (first === undefined) throw new TypeError('a mean of no matrices');
  const mean = (of: (effect: Effect) => number): number =>
    effects.reduce((sum, effect) => sum + of(effect), 0) / effects.length;
  return {
    rank: mean(({ rank }) => rank),
    rank64: mean(({ rank64 }) => rank64),
    effective: mean(({ effective }) => effective),
    // Geometric: the values span many orders of magnitude.
    spectrum: first.spectrum.map((_, k) =>
      Math.exp(mean(({ spectrum }) => Math.log(Math.max(spectrum[k] ?? 0, NOTHING)))),
    ),
  };
}
