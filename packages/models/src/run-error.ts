// The error of everything that can be wrong with a run or its files.
import { DifsrError } from '@difsr/errors';

/** A run that cannot start, go on or be read; the message names the file or value and the cure. */
export class RunError extends DifsrError {
  override readonly name: string = 'RunError';
}
