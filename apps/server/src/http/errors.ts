// Every error as an answer: `{ error: { code, message, field?, cure? } }` with its status.
import { DifsrError, type Fault, say } from '@difsr/errors';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { errorCodes, RequestError, StoreError, type ErrorCode } from '../errors.js';

/** An answer that is an error. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly field?: string;
    readonly cure?: string;
  };
}

/** An error as an answer. What is nobody's mistake but ours is not told in detail: it is logged. */
export function errorAnswer(error: unknown): { readonly status: ContentfulStatusCode; readonly answer: ErrorAnswer } {
  const known = requestErrorOf(error);
  const [{ what, option, cure } = { what: '' }] = known.faults;
  const more = known.total > 1 ? ` (and ${known.total - 1} more problems)` : '';
  return {
    status: known.status,
    answer: {
      error: {
        code: known.code,
        message: `${say(what)}${more}`,
        ...(option === undefined ? {} : { field: fieldOf(option) }),
        ...(cure === undefined ? {} : { cure: say(cure) }),
      },
    },
  };
}

/** `history[3].rating` of the library as the path that it has in a request. */
function fieldOf(option: string): string {
  return option.replaceAll(/\[(\d+)\]/g, '.$1');
}

function requestErrorOf(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof StoreError)
    return new RequestError('unavailable', { what: 'the store does not answer', cure: 'ask again later' });
  if (error instanceof HTTPException) return new RequestError(codeOfStatus(error.status), httpFault(error));
  return new RequestError('defect', { what: 'this is a mistake of the server', cure: 'its log says more' });
}

function codeOfStatus(status: number): ErrorCode {
  const found = Object.entries(errorCodes).find(([, own]) => own === status)?.[0];
  // The keys of a table of ours.
  return (found as ErrorCode | undefined) ?? (status >= 500 ? 'defect' : 'unreadable');
}

function httpFault({ status, message }: HTTPException): Fault {
  if (status === 415)
    return { what: 'the body is not JSON by its content type', cure: 'send content-type: application/json' };
  if (status === 400) return { what: 'the body is not JSON', cure: 'send one JSON object' };
  return { what: message === '' ? `status ${status}` : message };
}

/** The answer to a request that its schema refuses. */
export function refused(error: z.core.$ZodError, context: Context): Response {
  const faults = error.issues.map((issue) => issueFault(deepest(issue)));
  const { status, answer } = errorAnswer(new RequestError('unusable', faults));
  return context.json(answer, status);
}

/** Of alternatives the one that came furthest says most. */
function deepest(issue: z.core.$ZodIssue, path: readonly PropertyKey[] = []): z.core.$ZodIssue {
  const whole = { ...issue, path: [...path, ...issue.path] };
  if (issue.code !== 'invalid_union') return whole;
  const inner = issue.errors.flat().map((each) => deepest(each, whole.path));
  const best = inner.toSorted((a, b) => b.path.length - a.path.length)[0];
  return best !== undefined && best.path.length > whole.path.length ? best : whole;
}

function issueFault(issue: z.core.$ZodIssue): Fault {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const option = [...issue.path, ...keys].map(String).join('.');
  const [what, cure] =
    issue.code === 'unrecognized_keys'
      ? ['there is no such field', 'leave it out; /openapi.json has all fields']
      : issue.code === 'invalid_union'
        ? ['none of the forms that it may have', '/openapi.json says what it may be']
        : [issue.message, '/openapi.json says what it may be'];
  return { what: option === '' ? what : `${option}: ${what}`, ...(option === '' ? {} : { option }), cure };
}

/** Whether an error is to be logged as one: what nobody could have asked better. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof HTTPException || (error instanceof DifsrError && requestErrorOf(error).status < 500));
}
