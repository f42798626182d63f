// What several workers of one training say to each other: arrays that all of them have, joined.

/** Numbers of a parameter vector, in the precision of the backend. */
export type Floats = Float32Array | Float64Array;

/** Elements `[start, end)` of an array. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * One worker's side of a group of workers. Every worker calls the same methods in the same order, with arrays of the same length; a call
 * returns when all have called. Sums are taken in the order of ranks, so that they have the same bits on all workers and at every run.
 */
export interface Collective {
  /** Which worker this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Each element becomes the sum over the workers. */
  allReduce(values: Floats): void;
  /** Elements of the worker's own ranges become sums over the workers; the others are not to be read. */
  reduceScatter(values: Floats, ranges: readonly (readonly Range[])[]): void;
  /** Elements of each worker's ranges become what that worker has there. */
  allGather(values: Floats, ranges: readonly (readonly Range[])[]): void;
  /** All elements become what one worker has. */
  broadcast(values: Floats, from: number): void;
}
