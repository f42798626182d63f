// The one error of this package.

/** A configuration, a tensor or a call that does not fit; the message says which, what was allowed and the cure. */
export class AttentionError extends Error {
  override readonly name = 'AttentionError';
}
