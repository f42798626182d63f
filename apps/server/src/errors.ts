// What can go wrong in the server itself. What is wrong with a request has a status and a code, which its answer bears.
import { DifsrError, type Fault } from '@difsr/errors';

/** Codes of answers that are errors, with the status of each. */
export const errorCodes = {
  /** The request cannot be read: no JSON, a part that is missing. */
  unreadable: 400,
  /** No key, or one that the server does not know. */
  unauthorized: 401,
  /** No such route, or an item that the model does not know. */
  'not-found': 404,
  /** What is asked for cannot be done as things are. */
  conflict: 409,
  /** The body is larger than the server reads. */
  'too-large': 413,
  /** The body is not JSON. */
  'wrong-type': 415,
  /** Values that cannot be used. */
  unusable: 422,
  /** A mistake of the server. */
  defect: 500,
  /** The server ends, or its store does not answer. */
  unavailable: 503,
} as const;

/** One of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/**
 * A request that cannot be answered as it is meant.
 *
 * @example
 * ```ts
 * throw new RequestError('not-found', { what: 'the model does not know the item "B1"', option: 'id' });
 * ```
 */
export class RequestError extends DifsrError {
  override readonly name = 'RequestError';
  readonly code: ErrorCode;

  /** @param fault what is wrong; `option` is the field of the request */
  constructor(code: ErrorCode, fault: Fault | readonly Fault[], options: ErrorOptions = {}) {
    super(fault, options);
    this.code = code;
  }

  /** The status of the answer. */
  get status(): (typeof errorCodes)[ErrorCode] {
    return errorCodes[this.code];
  }
}

/** A version of a model that cannot be served: its folder, its pointer, or what it answers. */
export class VersionError extends DifsrError {
  override readonly name = 'VersionError';
}

/** A store that cannot be opened, or does not answer. */
export class StoreError extends DifsrError {
  override readonly name = 'StoreError';
}

/** The first line of an error, for logs and details. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
