// Routes that ask the model: recommendations for histories and users, items like others, explanations.
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Recommendations } from '@difsr/library';
import type { HistoryEvent } from '@difsr/models';
import type { Service } from '../service/service.js';
import type { Limits } from '../config/types.js';
import type { Metrics } from './metrics.js';
import type { Noted, ServerEnv } from './observe.js';
import { jsonAnswer, jsonBody, refusals } from './routes.js';
import {
  answerParts,
  countSchema,
  flagSchema,
  historySchema,
  idSchema,
  itemsSchema,
  modelSchema,
  userSchema,
  wantedParts,
} from './schemas.js';

/** What routes are made of. */
export interface RouteParts {
  readonly service: Service;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Whether ids of histories and users are logged. */
  readonly histories: boolean;
}

type History = readonly (string | HistoryEvent)[];
const idsOf = (history: History): string[] => history.map((event) => (typeof event === 'string' ? event : event.item));

/** Adds the routes. */
export function addRecommendRoutes(
  app: OpenAPIHono<ServerEnv>,
  { service, limits, metrics, histories }: RouteParts,
): void {
  const history = historySchema(limits);
  const wanted = z.strictObject({ history, ...wantedParts(limits) }).openapi('RecommendRequest');
  const answer: z.ZodType = z.object({ ...answerParts, model: modelSchema }).openapi('Recommendations');
  const answers: z.ZodType = z.object({ answers: z.array(z.object(answerParts)), model: modelSchema });
  const noted = (answers: readonly Pick<Recommendations, 'items' | 'popular'>[], model: string): Noted => {
    for (const { popular } of answers) metrics.answers.inc({ kind: popular ? 'popular' : 'model' });
    return { model, lists: answers.length, items: answers.reduce((sum, { items }) => sum + items.length, 0) };
  };
  const shown = (asked: History): Noted => (histories ? { history: idsOf(asked) } : {});

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/recommend',
      summary: 'The best next items after a history',
      request: { body: jsonBody(wanted) },
      responses: { 200: jsonAnswer(answer, 'the items, best first'), ...refusals(400, 401, 413, 415, 422, 503) },
    }),
    async (context) => {
      const asked = context.req.valid('json');
      const found = await service.recommend(asked);
      context.set('noted', { ...noted([found], found.model), ...shown(asked.history) });
      return context.json(found, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/recommend/batch',
      summary: 'The same for several histories, all by one version',
      request: { body: jsonBody(z.strictObject({ requests: z.array(wanted).min(1).max(limits.batch) })) },
      responses: {
        200: jsonAnswer(answers, 'an answer for each request, in their order'),
        ...refusals(400, 401, 413, 415, 422, 503),
      },
    }),
    async (context) => {
      const { requests } = context.req.valid('json');
      const found = await service.recommendBatch(requests);
      context.set('noted', {
        ...noted(found.answers, found.model),
        ...shown(requests.flatMap((each) => each.history)),
      });
      return context.json(found, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/users/{id}/recommendations',
      summary: 'The best next items of a user of whom events were sent',
      request: {
        params: z.object({ id: idSchema }),
        query: z.strictObject({ k: countSchema(limits.k).optional(), includeSeen: flagSchema.optional() }),
      },
      responses: {
        200: jsonAnswer(answer, 'the items; popular ones for a user of whom nothing is known'),
        ...refusals(400, 401, 422, 503),
      },
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      const found = await service.recommendFor(id, context.req.valid('query'));
      context.set('noted', { ...noted([found], found.model), ...(histories ? { user: id } : {}) });
      return context.json(found, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/items/{id}/similar',
      summary: 'Items like another one',
      request: { params: z.object({ id: idSchema }), query: z.strictObject({ k: countSchema(limits.k).optional() }) },
      responses: {
        200: jsonAnswer(
          z.object({ items: itemsSchema, model: modelSchema }),
          'the items, nearest first; scores are cosines',
        ),
        ...refusals(400, 401, 404, 422, 503),
      },
    }),
    async (context) => {
      const found = await service.similar(context.req.valid('param').id, context.req.valid('query'));
      context.set('noted', { model: found.model, lists: 1, items: found.items.length });
      return context.json(found, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/explain',
      summary: 'What decided a recommendation',
      request: {
        body: jsonBody(
          z.strictObject({
            history,
            item: idSchema.optional().openapi({ description: 'the item; the best one where nothing is said' }),
            user: userSchema.optional(),
          }),
        ),
      },
      responses: {
        200: jsonAnswer(
          explanationSchema(),
          "the item's score, and what it would be without each event and each field",
        ),
        ...refusals(400, 401, 413, 415, 422, 503),
      },
    }),
    async (context) => {
      const asked = context.req.valid('json');
      const found = await service.explain(asked.history, asked);
      context.set('noted', { model: found.model, ...shown(asked.history) });
      return context.json(found, 200);
    },
  );
}

function explanationSchema(): z.ZodType {
  const leftOut = { score: z.number(), difference: z.number() };
  return z
    .object({
      item: z.object({ id: z.string(), name: z.string().optional(), score: z.number() }),
      events: z.array(
        z
          .object({ id: z.string(), name: z.string().optional(), place: z.int() })
          .extend(z.object(leftOut).partial().shape),
      ),
      fields: z.array(z.object({ field: z.string(), owner: z.enum(['item', 'interaction', 'user']), ...leftOut })),
      unknown: z.array(z.string()),
      unseen: z.int(),
      model: modelSchema,
    })
    .openapi('Explanation');
}
