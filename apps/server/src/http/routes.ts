// What every route's description shares: errors that it may answer with, and bodies.
import type { z } from 'zod';
import { errorSchema } from './schemas.js';

/** A body of JSON. */
export interface JsonContent<T extends z.ZodType> {
  readonly content: { readonly 'application/json': { readonly schema: T } };
}

/** A body that a request must have. */
export function jsonBody<T extends z.ZodType>(schema: T): JsonContent<T> & { readonly required: true } {
  return { content: { 'application/json': { schema } }, required: true };
}

/** An answer. */
export function jsonAnswer<T extends z.ZodType>(
  schema: T,
  description: string,
): JsonContent<T> & { readonly description: string } {
  return { content: { 'application/json': { schema } }, description };
}

const MEANINGS = {
  400: 'the body is no JSON, or the address no UTF-8',
  401: 'no key, or an unknown one',
  404: 'the model does not know the item',
  409: 'the model does not know the item: it cannot be changed',
  413: 'the body is too large',
  415: 'the body is of another type than JSON',
  422: 'a value that cannot be used: the message names it',
  503: 'the server ends, or its store does not answer',
} as const;

type Refusals<S extends keyof typeof MEANINGS> = {
  readonly [K in S]: JsonContent<z.ZodType> & { readonly description: string };
};

/** Answers that are errors, by their statuses. */
export function refusals<S extends keyof typeof MEANINGS>(...statuses: readonly S[]): Refusals<S> {
  const entries = statuses.map((status) => [status, jsonAnswer(errorSchema, MEANINGS[status])]);
  // An entry for each status, which Object.fromEntries cannot express in its type.
  return Object.fromEntries(entries) as Refusals<S>;
}
