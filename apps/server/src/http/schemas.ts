// What requests and answers look like: checked, and written into the OpenAPI document.
import { z } from '@hono/zod-openapi';
import { SECONDS, type EventValue, type HistoryEvent, type Where } from '@difsr/models';
import type { Limits } from '../config/types.js';
import type { ItemState, ShopEvent } from '../store/event-store.js';

/** Longest id of an item, a user or an event. */
const LONGEST_ID = 256;

/** An id: Unicode without NUL, which no database keeps. */
export const idSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(LONGEST_ID)
  // oxlint-disable-next-line no-control-regex -- NUL is what is refused
  .regex(/^[^\u0000\p{Cs}]*$/u, 'an id is well-formed Unicode without NUL')
  .openapi({ description: `a text of 1 to ${LONGEST_ID} characters, as the data has it`, example: 'B004' });

const longText = z.string().max(4096);

const eventValue: z.ZodType<EventValue> = z
  .union([longText, z.number(), z.boolean(), z.null(), z.array(longText).max(256), z.array(z.number()).max(4096)])
  .openapi('Value', {
    description: 'a value of a field: a text or several, a number, the numbers of a vector, or null for none',
  });

const TIME = `seconds since 1970 (from ${SECONDS.least} to ${SECONDS.most}), or a text in ISO 8601 with a zone`;
const time = z
  .union([z.number().min(SECONDS.least).max(SECONDS.most), z.iso.datetime({ offset: true })])
  .transform((given, context) => {
    const seconds = typeof given === 'number' ? given : Date.parse(given) / 1000;
    if (seconds >= SECONDS.least && seconds <= SECONDS.most) return seconds;
    context.addIssue({ code: 'custom', message: `no time of ${TIME}`, input: given });
    return z.NEVER;
  })
  .openapi({ description: TIME, example: 1_700_000_000 });

const historyEvent: z.ZodType<HistoryEvent> = z
  .object({ item: idSchema, time: time.nullish() })
  .catchall(eventValue)
  .openapi('HistoryEvent', {
    description: 'an item, when it was, and values of fields of interactions by their names',
  });

/** A history, oldest first. */
export function historySchema({ history }: Limits): z.ZodType<(string | HistoryEvent)[]> {
  return z
    .array(z.union([idSchema, historyEvent]))
    .max(history)
    .openapi({
      description: 'oldest first; empty: popular items',
      example: ['B004', { item: 'B017', rating: 4, time: 1_700_000_000 }],
    });
}

const condition = z
  .union([
    longText,
    z.number(),
    z.boolean(),
    z.array(z.union([longText, z.number(), z.boolean()])).max(1000),
    z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
  ])
  .openapi('Condition', { description: 'a value, any of several, or a number in a range' });

/** Values of a user by the names of fields. */
export const userSchema: z.ZodType<Readonly<Record<string, EventValue>>> = z
  .record(longText, eventValue)
  .openapi({ description: 'what is known of the user, of a model that reads it' });

/** The parts that every request for recommendations has. */
export interface WantedParts extends z.ZodRawShape {
  readonly k: z.ZodOptional<z.ZodType<number>>;
  readonly exclude: z.ZodOptional<z.ZodType<string[]>>;
  readonly only: z.ZodOptional<z.ZodType<string[]>>;
  readonly where: z.ZodOptional<z.ZodType<Where>>;
  readonly includeSeen: z.ZodOptional<z.ZodType<boolean>>;
  readonly includeNew: z.ZodOptional<z.ZodType<boolean>>;
  readonly user: z.ZodOptional<z.ZodType<Readonly<Record<string, EventValue>>>>;
}

/** See {@link WantedParts}. */
export function wantedParts({ k, ids }: Limits): WantedParts {
  return {
    k: z
      .int()
      .min(1)
      .max(k)
      .openapi({ description: 'how many items; 20 where nothing is said', example: 10 })
      .optional(),
    exclude: z.array(idSchema).max(ids).openapi({ description: 'ids that must not be in the answer' }).optional(),
    only: z.array(idSchema).max(ids).openapi({ description: 'the only ids that may be in the answer' }).optional(),
    where: z
      .record(longText, condition)
      .openapi({ description: 'what fields of items must have', example: { category: ['Camping'] } })
      .optional(),
    includeSeen: z.boolean().openapi({ description: 'whether items of the history may come again' }).optional(),
    includeNew: z
      .boolean()
      .openapi({ description: 'whether items without training interactions may come, of a model with item fields' })
      .optional(),
    user: userSchema.optional(),
  };
}

/** A whole number in an address. */
export function countSchema(most: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^[1-9]\d{0,8}$/, `a whole number from 1 to ${most}`)
    .transform(Number)
    .pipe(z.int().max(most))
    .openapi({ type: 'integer', minimum: 1, maximum: most, description: 'how many items; 20 where nothing is said' });
}

/** `true` or `false` in an address. */
export const flagSchema: z.ZodType<boolean, string> = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .openapi({ type: 'boolean', description: 'whether items of the history may come again' });

/** An event as it is sent: what is not named here is a value of a field. */
export const eventSchema: z.ZodType<ShopEvent> = z
  .object({
    id: idSchema
      .optional()
      .openapi({ description: 'by which an event that is sent twice is known; without one, each counts' }),
    user: idSchema,
    item: idSchema,
    time,
    type: longText.optional().openapi({ description: 'what was done, such as view or purchase' }),
  })
  .catchall(eventValue)
  .transform(({ id, user, item, time: at, type, ...values }): ShopEvent => ({ id, user, item, time: at, type, values }))
  .openapi('Event', {
    description: 'what a user did with an item; keys beyond these are values of fields of interactions',
  });

/** What a shop says of an item. */
export const itemSchema: z.ZodType<ItemState> = z
  .strictObject({
    hidden: z.boolean().openapi({ description: 'never shown' }).optional(),
    availableFrom: time.optional(),
    availableUntil: time.optional(),
  })
  .openapi('ItemState', { description: 'what the item is from now on; what is left out is taken back' });

const recommendation = z
  .object({ id: z.string(), name: z.string().optional(), score: z.number() })
  .openapi('Item', { description: 'scores are comparable within one answer' });

const said = z.array(z.object({ field: z.string(), value: z.string() }));

/** The parts of an answer with items. */
export interface AnswerParts extends z.ZodRawShape {
  readonly items: z.ZodArray<z.ZodType>;
  readonly unknown: z.ZodArray<z.ZodString>;
  readonly popular: z.ZodBoolean;
  readonly values: z.ZodOptional<z.ZodType>;
  readonly filters: z.ZodOptional<z.ZodType>;
}

/** See {@link AnswerParts}. */
export const answerParts: AnswerParts = {
  items: z.array(recommendation),
  unknown: z.array(z.string()).openapi({ description: 'ids of the history that the model does not know' }),
  popular: z.boolean().openapi({ description: 'whether popular items stand in, as nothing of the history is known' }),
  values: z
    .object({ unknown: said, tooMany: said, unused: z.array(z.string()), missing: z.array(z.string()) })
    .openapi({ description: 'what became of values, where some were given or are read' })
    .optional(),
  filters: z
    .object({ unknownItems: z.array(z.string()), unknownValues: said })
    .openapi({ description: 'what of only and where the model does not know' })
    .optional(),
};

/** The version of an answer. */
export const modelSchema: z.ZodString = z.string().openapi({ description: 'the version that gave the answer' });

/** Items alone. */
export const itemsSchema: z.ZodType = z.array(recommendation);

/** An answer that is an error. */
export const errorSchema: z.ZodType = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().optional().openapi({ description: 'the part of the request that is meant' }),
      cure: z.string().optional(),
    }),
  })
  .openapi('Error');
