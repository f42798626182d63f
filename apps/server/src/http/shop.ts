// Routes by which a shop tells what happens: events of users, and what its items are.
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { ServerEnv } from './observe.js';
import type { RouteParts } from './recommend.js';
import { jsonAnswer, jsonBody, refusals } from './routes.js';
import { eventSchema, idSchema, itemSchema, modelSchema } from './schemas.js';

/** Adds the routes. */
export function addShopRoutes(app: OpenAPIHono<ServerEnv>, { service, limits, metrics, histories }: RouteParts): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/events',
      summary: 'Keeps events of users',
      description:
        'Answered when they are kept. An event whose id the store has is not kept again: what was not answered may be sent again.',
      request: { body: jsonBody(z.strictObject({ events: z.array(eventSchema).min(1).max(limits.events) })) },
      responses: {
        202: jsonAnswer(z.object({ accepted: z.int(), duplicates: z.int() }), 'how many are new'),
        ...refusals(400, 401, 413, 415, 422, 503),
      },
    }),
    async (context) => {
      const { events } = context.req.valid('json');
      const { accepted, duplicates } = await service.append(events);
      metrics.events.inc({ outcome: 'accepted' }, accepted);
      metrics.events.inc({ outcome: 'duplicate' }, duplicates);
      context.set('noted', { events: events.length });
      return context.json({ accepted, duplicates }, 202);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/users/{id}',
      summary: 'Forgets a user: all events and their ids',
      request: { params: z.object({ id: idSchema }) },
      responses: { 204: { description: 'nothing of the user is left in the store' }, ...refusals(400, 401, 422, 503) },
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      await service.forget(id);
      if (histories) context.set('noted', { user: id });
      return context.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/v1/items/{id}',
      summary: 'Says what an item is from now on',
      request: { params: z.object({ id: idSchema }), body: jsonBody(itemSchema) },
      responses: {
        200: jsonAnswer(
          z.object({
            id: z.string(),
            hidden: z.boolean().optional(),
            availableFrom: z.number().optional(),
            availableUntil: z.number().optional(),
            model: modelSchema,
          }),
          'what was said, times in seconds',
        ),
        ...refusals(400, 401, 409, 413, 415, 422, 503),
      },
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      const state = context.req.valid('json');
      const { model } = await service.setItem(id, state);
      context.set('noted', { model });
      return context.json({ id, ...state, model }, 200);
    },
  );
}
