// The error function in double precision, from its series and its continued fraction: no tables.

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
/** Below, the series needs under 60 terms; above, the fraction's own error is far below that of 1 - erfc. */
const SWITCH = 2.5;

/**
 * erf(x), relative error about 1e-15.
 *
 * |x| < 2.5: Kummer's series 2/sqrt(pi) e^(-x^2) sum (2x^2)^n x / (1 3 5 .. (2n+1)) (Abramowitz & Stegun 7.1.6), all
 * terms of one sign; beyond: 1 - erfc(x) with the continued fraction 7.1.14.
 *
 * @example erf(1); // 0.8427007929497149
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size < SWITCH) return series(x);
  return x < 0 ? tail(size) - 1 : 1 - tail(size);
}

function series(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-square) * sum;
}

/** erfc(x) for x >= 2.5: sqrt(pi) e^(x^2) erfc(x) = 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ..)))), from the inside out. */
function tail(x: number): number {
  if (x > 28) return 0; // below the smallest double
  let denominator = x;
  for (let n = 60; n >= 1; n--) denominator = x + n / 2 / denominator;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
}
