// API keys: who may ask. Comparing takes the same time whatever is wrong with a key.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { RequestError } from '../errors.js';

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Lets requests through that bear one of the keys: `authorization: Bearer KEY`, or `x-api-key: KEY`. */
export function requireKey(keys: readonly string[]): MiddlewareHandler {
  // Of the same length, whatever keys are: their lengths are not told by the time that comparing takes.
  const known = keys.map(digest);
  return async (context, next) => {
    const bearer = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const given = digest(bearer ?? context.req.header('x-api-key') ?? '');
    // All are compared, also behind the one that fits.
    const fits = known.filter((key) => timingSafeEqual(key, given)).length > 0;
    if (!fits)
      throw new RequestError('unauthorized', {
        what: 'no key that the server knows',
        option: 'authorization',
        cure: 'send authorization: Bearer KEY',
      });
    await next();
  };
}
