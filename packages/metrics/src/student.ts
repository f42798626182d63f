// Student's t: two-sided p-values, by the regularized incomplete beta function.

/** Coefficients of Lanczos' approximation (g = 7, n = 9): relative error below 1e-14 for x > 0.5. */
const LANCZOS: readonly [number, ...number[]] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The logarithm of the gamma function, x >= 0.5. */
function logGamma(x: number): number {
  const [first, ...rest] = LANCZOS;
  const shifted = x - 1;
  const sum = rest.reduce((total, coefficient, i) => total + coefficient / (shifted + i + 1), first);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Steps after which the continued fraction has converged for any number of users: it needs about the root of the larger parameter. */
const MOST_STEPS = 100_000;
const TINY = 1e-300;

/** The continued fraction of the incomplete beta function by Lentz's method, for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) return h;
  }
  return h;
}

function guarded(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/**
 * The regularized incomplete beta function I_x(a, b), x and its complement given apart: one of them may be too near to 1 to say it.
 */
function incompleteBeta(x: number, complement: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(complement));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(complement, b, a)) / b;
}

/**
 * The two-sided p-value of Student's t with `freedom` degrees of freedom: the chance of a value at least so far from 0.
 *
 * @example studentP(2.776445105, 4); // 0.05
 */
export function studentP(t: number, freedom: number): number {
  if (t === 0) return 1;
  const square = t * t;
  if (square === Infinity) return 0;
  return incompleteBeta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5);
}
