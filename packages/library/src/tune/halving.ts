// Successive halving as pure functions: which epochs are rungs, who goes on from one to the next, and who comes first in the end.
// Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.

/** A trial at a rung. */
export interface Standing {
  /** The number of the trial. */
  readonly trial: number;
  /** Its best value so far, higher is better; undefined of one that failed. */
  readonly value: number | undefined;
}

/**
 * The rungs of a ladder: `first`, times `factor` as long as the next rung still is at least a factor away from the end, and the end.
 *
 * @example rungsOf({ epochs: 16, first: 2, factor: 2 }); // [2, 4, 8, 16]
 */
export function rungsOf({
  epochs,
  first,
  factor,
}: {
  readonly epochs: number;
  readonly first: number;
  readonly factor: number;
}): number[] {
  const rungs: number[] = [];
  for (let rung = first; rung * factor <= epochs; rung *= factor) rungs.push(rung);
  return [...rungs, epochs];
}

/**
 * How many of some trials go on: one in `factor`, rounded up.
 *
 * @example keptOf(16, 3); // 6
 */
export function keptOf(entered: number, factor: number): number {
  return Math.ceil(entered / factor);
}

/**
 * Trials by value, best first; of equals the one with the lower number, so that the order does not depend on who was trained first. Those that
 * failed are not among them.
 */
export function ranked(standings: readonly Standing[]): number[] {
  return standings
    .flatMap(({ trial, value }) => (value === undefined || Number.isNaN(value) ? [] : [{ trial, value }]))
    .sort((a, b) => b.value - a.value || a.trial - b.trial)
    .map(({ trial }) => trial);
}

/**
 * Numbers of the trials that go on from a rung, in the order of their numbers: the best, as many as {@link keptOf} says of all that were trained to it. Failed
 * ones never do, and leave no place to others beyond that number.
 *
 * @example promoted([{ trial: 1, value: 0.1 }, { trial: 2, value: 0.3 }, { trial: 3, value: undefined }], 2); // [1, 2]
 */
export function promoted(standings: readonly Standing[], factor: number): number[] {
  return ranked(standings)
    .slice(0, keptOf(standings.length, factor))
    .sort((a, b) => a - b);
}

/** Trials at each rung, where none fails. */
export function sizesOf(trials: number, rungs: readonly number[], factor: number): number[] {
  return rungs.reduce<number[]>(
    (sizes) => [...sizes, sizes.length === 0 ? trials : keptOf(sizes.at(-1) ?? 0, factor)],
    [],
  );
}
