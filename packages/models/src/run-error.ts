// The error of everything that can be wrong with a run or its files.

/** A run that cannot start, go on or be read; the message names the file or value and the cure. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
