// One line of log and the metrics of each request. Routes are named by their patterns: ids in addresses are nobody's business.
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';

/** What handlers tell of a request, for its line: sizes and the version, histories where that is configured. */
export interface Noted {
  model?: string;
  /** Lists in the answer, and items in them. */
  lists?: number;
  items?: number;
  /** Events in the request. */
  events?: number;
  history?: readonly string[];
  user?: string;
}

/** What is kept for the time of a request. */
export interface ServerEnv {
  Variables: { noted: Noted; failure: unknown };
}

/** Logs and counts requests. */
export function observe(logger: Logger, metrics: Metrics): MiddlewareHandler<ServerEnv> {
  return async (context, next) => {
    const start = performance.now();
    context.set('noted', {});
    await next();
    const seconds = (performance.now() - start) / 1000;
    const { status } = context.res;
    const { method } = context.req;
    // Middleware is registered for patterns with a star; an address that no route has is nothing that a label could be made of.
    const route = matchedRoutes(context).findLast(({ path }) => !path.includes('*'))?.path ?? 'none';
    metrics.requests.inc({ route, method, status });
    metrics.seconds.observe({ route }, seconds);
    const failure: unknown = context.get('failure');
    const line = { route, method, status, ms: Math.round(seconds * 1e4) / 10, ...context.get('noted') };
    if (failure !== undefined) logger.error({ ...line, err: failure }, 'failed');
    else logger.info(line, 'answered');
  };
}
