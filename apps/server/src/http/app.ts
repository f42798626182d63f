// The application: limits, keys, CORS, logs and errors around the routes.
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { Logger } from 'pino';
import type { ServerConfig } from '../config/types.js';
import { RequestError } from '../errors.js';
import type { Service } from '../service/service.js';
import { addDocumentRoutes, type DocumentParts } from './documents.js';
import { errorAnswer, isOurs, refused } from './errors.js';
import { requireKey } from './keys.js';
import { observe, type ServerEnv } from './observe.js';
import { addRecommendRoutes } from './recommend.js';
import { addShopRoutes } from './shop.js';

/** What an application is made of. */
export interface AppParts extends Omit<DocumentParts, 'needsKey'> {
  readonly config: ServerConfig;
  readonly keys: readonly string[];
  readonly service: Service;
  readonly logger: Logger;
}

/** The application. */
export function createApp(parts: AppParts): OpenAPIHono<ServerEnv> {
  const { config, keys, service, logger, metrics, isEnding } = parts;
  const { limits, cors: pages, logs } = config;
  const app = new OpenAPIHono<ServerEnv>({
    defaultHook: (result, context) => (result.success ? undefined : refused(result.error, context)),
  });
  app.onError((error, context) => {
    const { status, answer } = errorAnswer(error);
    if (isOurs(error)) context.set('failure', error);
    return context.json(answer, status);
  });
  app.notFound((context) => {
    const { status, answer } = errorAnswer(
      new RequestError('not-found', {
        what: `there is no route ${context.req.method} ${context.req.path}`,
        cure: '/openapi.json has all routes',
      }),
    );
    return context.json(answer, status);
  });

  app.use('*', observe(logger, metrics));
  app.use('*', async (context, next) => {
    await next();
    // A client that keeps its connection open would keep a server that ends.
    if (isEnding()) context.header('connection', 'close');
  });
  if (pages.origins.length > 0) {
    const origin = pages.origins.includes('*') ? '*' : [...pages.origins];
    app.use('/v1/*', cors({ origin, allowHeaders: ['authorization', 'content-type', 'x-api-key'], maxAge: 600 }));
  }
  if (keys.length > 0) app.use('/v1/*', requireKey(keys));
  app.use('/v1/*', async (context, next) => {
    // Hono takes what it cannot decode as it stands: an id that nobody meant.
    if (!isDecodable(context.req.path))
      throw new RequestError('unreadable', {
        what: 'the address is not UTF-8 behind its percent signs',
        cure: 'write ids as encodeURIComponent does',
      });
    await next();
  });
  app.use(
    '/v1/*',
    bodyLimit({
      maxSize: limits.body,
      onError: () => {
        throw new RequestError('too-large', {
          what: `the body has more than ${limits.body} bytes`,
          cure: 'send less at once, or raise limits.body of the server',
        });
      },
    }),
  );
  const routes = { service, limits, metrics, histories: logs.histories };
  addRecommendRoutes(app, routes);
  addShopRoutes(app, routes);
  addDocumentRoutes(app, { ...parts, needsKey: keys.length > 0 });
  return app;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
