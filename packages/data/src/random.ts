// Small counter-based random numbers: a number is a hash of (seed, stream, counter), so streams are independent of each other
// and of how much others drew. Integer arithmetic only: the same on every machine.

/** A stream of random numbers. */
export interface RandomStream {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Uniform whole number in 0..below-1. */
  integer(below: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** An index drawn in proportion to the weights (none negative, not all zero). */
  weighted(weights: ArrayLike<number>): number;
}

/** The stream with this number under this seed. */
export function randomStream(seed: number, stream: number): RandomStream {
  const key = mix(mix(seed ^ 0x9e3779b9) + Math.imul(stream, 0x85ebca6b));
  let counter = 0;
  const uniform = (): number => mix(key + Math.imul(counter++, 0x9e3779b1)) / 2 ** 32;
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    chance: (probability) => uniform() < probability,
    weighted(weights) {
      let total = 0;
      for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0;
      let left = uniform() * total;
      let last = 0;
      for (let i = 0; i < weights.length; i++) {
        const weight = weights[i] ?? 0;
        if (weight <= 0) continue;
        last = i;
        left -= weight;
        if (left < 0) break;
      }
      return last;
    },
  };
}

/** A bijection of 32-bit words with little bias ("lowbias32" of C. Wellons' hash prospector). */
function mix(word: number): number {
  let hash = word | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
