// The schema of the configuration: what is checked, what is documented, and the defaults.
import { z } from 'zod';
import type { ServerConfig } from './types.js';

const whole = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);
const seconds = (least: number): z.ZodNumber => z.number().min(least).max(86_400);

const condition = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number(), z.boolean()])),
  z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
]);

const url = z.string().min(1).optional().describe('its address');
const urlFrom = z
  .string()
  .min(1)
  .optional()
  .describe('the environment variable that holds the address, where it has a password');

const store = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({ kind: z.literal('sqlite'), path: z.string().min(1).describe('the file') }),
  z.strictObject({
    kind: z.literal('redis'),
    url,
    urlFrom,
    prefix: z
      .string()
      .min(1)
      .default('{difsr}')
      .describe('what keys begin with; braces keep them on one node of a cluster'),
  }),
  z.strictObject({
    kind: z.literal('postgres'),
    url,
    urlFrom,
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*$/)
      .default('difsr')
      .describe('the schema of its tables, which is made'),
  }),
]);

const models = z.strictObject({
  poll: seconds(0.05).default(2).describe('seconds between two looks at the pointer `current`'),
  device: z.enum(['cpu', 'cuda', 'webgpu']).optional().describe('where models compute; `cpu` where nothing is said'),
  threads: whole(1, 1024).optional().describe('CPU threads of a model; all cores where nothing is said'),
});

const limits = z.strictObject({
  k: whole(1, 100_000).default(100).describe('items of an answer'),
  batch: whole(1, 100_000).default(100).describe('requests of a batch'),
  history: whole(1, 100_000)
    .default(1000)
    .describe('events of a history; of a user the store gives the latest so many'),
  ids: whole(1, 10_000_000).default(10_000).describe('ids of `exclude` and of `only`'),
  events: whole(1, 100_000).default(1000).describe('events of one request'),
  body: whole(1000, 1_000_000_000).default(1_000_000).describe('bytes of a body'),
});

const rules = z.strictObject({
  never: z.array(z.string()).default([]).describe('ids that are never shown'),
  caps: z
    .array(z.strictObject({ field: z.string().min(1), most: whole(1, 100_000) }))
    .default([])
    .describe('`{ field, most }`: at most so many items of an answer have the same value of a field'),
  boosts: z
    .array(z.strictObject({ where: z.record(z.string(), condition), add: z.number() }))
    .default([])
    .describe('`{ where, add }`: what is added to the scores of items; of several that hold the one that adds most'),
  candidates: whole(10, 1_000_000)
    .default(1000)
    .describe('how many of the best items caps and boosts choose from at most'),
});

/** The schema. Keys that it does not know are errors. */
export const configSchema: z.ZodType<ServerConfig> & { readonly shape: Readonly<Record<string, z.ZodType>> } =
  z.strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('the address that is listened on; `0.0.0.0` for all'),
    port: whole(0, 65_535).default(3000).describe('0 takes a free one'),
    store: store
      .default({ kind: 'memory' })
      .describe('what keeps events and items: a section by its `kind`, or a word such as `sqlite:events.db`'),
    models: models.prefault({}).describe('how models are opened and looked after'),
    keys: z
      .array(z.string().min(8))
      .default([])
      .describe('API keys, one of which a request under `/v1` must bear; none: all may ask'),
    keysFrom: z
      .string()
      .min(1)
      .optional()
      .describe('the environment variable that holds keys, separated by commas or blanks'),
    cors: z
      .strictObject({
        origins: z.array(z.string().min(1)).default([]).describe("origins of pages that may ask; `'*'`: any"),
      })
      .prefault({})
      .describe('pages of other origins'),
    limits: limits.prefault({}).describe('what a request may ask for at most'),
    rules: rules.prefault({}).describe('what a shop wants of every answer'),
    items: z
      .strictObject({
        refresh: seconds(0.05).default(5).describe('seconds until what another server was told of an item counts here'),
      })
      .prefault({})
      .describe('what is said of items'),
    logs: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
          .default('info')
          .describe('the least that is logged'),
        histories: z.boolean().default(false).describe('whether ids of histories and users are logged'),
      })
      .prefault({})
      .describe('lines of JSON on stdout, one per request'),
    shutdown: seconds(0).default(30).describe('seconds that requests under way have to end after SIGTERM'),
  });
