// The one error of this package.
import { DifsrError } from '@difsr/errors';

/** A configuration, a tensor or a call that does not fit; the message says which, what was allowed and the cure. */
export class AttentionError extends DifsrError {
  override readonly name = 'AttentionError';
}
