// The one error of using what is gone.
import { BackendError } from '../backend.js';

/**
 * The error of using what was disposed.
 *
 * @param what `the tfjs backend`, `program "train"`.
 */
export function disposed(what: string): BackendError {
  return new BackendError({ what: `${what} was disposed`, cure: 'create it again before using it' });
}
