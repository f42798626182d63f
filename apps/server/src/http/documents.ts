// What the server says of itself: whether it lives, whether it can answer, metrics, and how it is asked.
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Models } from '../models/models.js';
import type { EventStore } from '../store/event-store.js';
import type { Metrics } from './metrics.js';
import type { ServerEnv } from './observe.js';
import { documentPage } from './page.js';
import { jsonAnswer } from './routes.js';
import { modelSchema } from './schemas.js';

/** What they are made of. */
export interface DocumentParts {
  readonly models: Models;
  readonly store: EventStore;
  readonly metrics: Metrics;
  readonly version: string;
  readonly needsKey: boolean;
  /** Whether the server ends. */
  readonly isEnding: () => boolean;
}

const readySchema = z
  .object({
    ready: z.boolean(),
    model: modelSchema,
    store: z.object({ kind: z.string(), answers: z.boolean() }),
    refused: z
      .object({ version: z.string(), reason: z.string() })
      .optional()
      .openapi({ description: 'a newer version that could not be taken; the one before answers' }),
  })
  .openapi('Ready');

/** Adds the routes. */
export function addDocumentRoutes(app: OpenAPIHono<ServerEnv>, parts: DocumentParts): void {
  const { models, store, metrics, version, needsKey, isEnding } = parts;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
      summary: 'Whether the process lives',
      responses: { 200: jsonAnswer(z.object({ alive: z.boolean() }), 'it does') },
    }),
    (context) => context.json({ alive: true }, 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/readyz',
      summary: 'Whether requests can be answered',
      responses: {
        200: jsonAnswer(readySchema, 'they can'),
        503: jsonAnswer(readySchema, 'the server ends, or its store does not answer'),
      },
    }),
    async (context) => {
      const answers = await store.ping().then(
        () => true,
        () => false,
      );
      const ready = answers && !isEnding();
      const { refused, current: model } = models;
      return context.json(
        {
          ready,
          model,
          store: { kind: store.kind, answers },
          ...(refused === undefined ? {} : { refused: { ...refused } }),
        },
        ready ? 200 : 503,
      );
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      summary: 'Metrics for Prometheus',
      responses: { 200: { description: 'text', content: { 'text/plain': { schema: z.string() } } } },
    }),
    async (context) =>
      context.text(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  const description = `Answers of trained recommenders. What is posted is JSON.${needsKey ? ' Requests under /v1 bear a key: authorization: Bearer KEY.' : ''}`;
  const document = (): ReturnType<typeof app.getOpenAPI31Document> =>
    app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'difsr', version, description },
      ...(needsKey ? { security: [{ key: [] }] } : {}),
    });
  if (needsKey) app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  app.get('/openapi.json', (context) => context.json(document()));
  app.get('/docs', (context) => context.html(documentPage(document())));
}
