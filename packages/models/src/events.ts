// What somebody who asks for recommendations says of a history beside its items: values by the names of fields, as the data has
// them. Here they become what the model was trained on, and what cannot become that is refused or named.
import { didYouMean } from '@difsr/errors';
import { type Feeds } from '@difsr/graph';
import type { ModelInstance } from './definition.js';
import { isCategorical, ownerOf, type FieldSchema } from './field-schema.js';
import { encodeValues, rawWidth, type SideValues } from './inputs.js';
import { sideFeeds } from './objectives/objective.js';
import { RunError } from './run-error.js';
import { USER_ID } from './user-id.js';
import { gapsOfTimes, idsOfTimes, isTimeField, SECONDS } from './time-fields.js';

/** A value of a field: a token or several, a number, the numbers of a vector; null and undefined are none. */
export type EventValue = string | number | boolean | readonly string[] | readonly number[] | null | undefined;

/** An interaction of a history: its item, when it was, and values of the data's fields of interactions by their names. */
export interface HistoryEvent {
  readonly item: string;
  /** Seconds since 1970, a text in ISO 8601, or a Date. */
  readonly time?: number | string | Date | null | undefined;
  readonly [field: string]: EventValue | Date;
}

/** What became of the values that were given. */
export interface ValuesSaid {
  /** Values that the training data does not have, which count as none. */
  readonly unknown: readonly { readonly field: string; readonly value: string }[];
  /** Values beyond the most that any interaction of the training data has, which are left out. */
  readonly tooMany: readonly { readonly field: string; readonly value: string }[];
  /** Fields that the model does not read. */
  readonly unused: readonly string[];
  /** Fields that it reads and of which nothing was said; `time`, where it reads fields of the time. */
  readonly missing: readonly string[];
}

/** Events as a model is fed them: values of those that are shown, end to end, and of the user. */
export interface AskedEvents {
  /** How many are shown. */
  readonly shown: number;
  readonly events: readonly SideValues[];
  readonly users: readonly SideValues[];
  readonly said: ValuesSaid;
}

/** Several histories as feeds, a row of `length` places each. */
export function feedsOf(asked: readonly AskedEvents[], length: number): Feeds {
  const [first] = asked;
  if (first === undefined) return {};
  const together = (side: 'events' | 'users'): SideValues[] =>
    first[side].map(({ field }, place) => ({
      field,
      data: joined(asked.flatMap((each) => each[side][place]?.data ?? [])),
    }));
  let interactions = 0;
  const starts = Int32Array.from(asked, ({ shown }) => (interactions += shown) - shown);
  const windows = { interactions, starts, events: together('events'), users: together('users') };
  return sideFeeds(windows, length, (row) => asked[row]?.shown ?? 0);
}

function joined(parts: readonly SideValues['data'][]): SideValues['data'] {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first ?? new Int32Array(0);
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const all = first instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type GivenValue = EventValue | Date;
type Given = Readonly<Record<string, GivenValue>>;
const NOTHING = { others: [], beyond: [] } as const;
/** Keys of an event that are no fields. */
const OWN_KEYS: readonly string[] = ['item', 'time'];

/** A history as events: an id is an event of which nothing else is known. @throws RunError for what is neither */
export function historyEvents(history: unknown): readonly HistoryEvent[] {
  if (!Array.isArray(history))
    throw new RunError({
      where: 'recommend',
      what: `the history is a list of item ids, got ${typeof history}`,
      option: 'history',
      cure: `write ['${String(history)}']`,
    });
  return history.map((entry: unknown, at): HistoryEvent => {
    if (typeof entry === 'string') return { item: entry };
    const item: unknown = typeof entry === 'object' && entry !== null && 'item' in entry ? entry.item : entry;
    if (typeof item !== 'string') {
      const isNone = typeof item === 'object';
      throw new RunError({
        where: 'recommend',
        what: `history[${at}] is ${isNone ? JSON.stringify(entry) : `${String(item)} (${typeof item})`}, ids are texts as the data has them`,
        option: `history[${at}]`,
        cure: `write '${isNone ? 'ID' : String(item)}', or { item: 'ID' } with values of its fields`,
      });
    }
    // Its values are checked one by one where they are read.
    return entry as HistoryEvent;
  });
}

/** What a recommendation is asked of beside the items. */
export interface Asked {
  /** All of the history, oldest first. */
  readonly events: readonly HistoryEvent[];
  /** Whether an item is one of the run's: events of others are checked, and left out. */
  readonly isKnown: (item: string) => boolean;
  readonly user: Given;
  /** Of the events the last so many are fed. */
  readonly shown: number;
  /** Value ids by token of a field that has any. */
  readonly idsOf: (field: string) => ReadonlyMap<string, number>;
}

/**
 * The values of a history and of its user.
 *
 * @throws RunError for names that no field has, values of another kind, and times that run backwards.
 */
export function askedEvents({ reads, schema }: ModelInstance, asked: Asked): AskedEvents {
  const { events, isKnown, user, shown, idsOf } = asked;
  const [unknown, tooMany]: { field: string; value: string }[][] = [[], []];
  const rawOf = (field: FieldSchema, value: GivenValue, where: string): number[] => {
    const { raw, others, beyond } = rawValue(field, value, idsOf, { caller: 'recommend', option: where });
    for (const other of others) unknown?.push({ field: field.name, value: other });
    for (const other of beyond) tooMany?.push({ field: field.name, value: other });
    return raw;
  };
  const named = new Set([
    ...events.flatMap((event, at) => fieldsGiven(event, schema.fields, 'interaction', `history[${at}]`)),
    ...fieldsGiven(user, [...schema.fields, ...reads.users], 'user', 'user'),
  ]);
  const allTimes = timesOf(events);
  const known = events.flatMap(({ item }, at) => (isKnown(item) ? [at] : []));
  const times = known.map((at) => allTimes[at] ?? Number.NaN);
  const from = Math.max(0, known.length - shown);
  const places = known.slice(from);
  const eventValues = reads.events.map((field): SideValues => {
    if (isTimeField(field.name)) {
      const made = field.name === 'time.gap' ? gapsOfTimes(times) : idsOfTimes(field.name, times);
      return { field, data: encodeValues(field, made.subarray(from)) };
    }
    const raw = places.flatMap((at) => rawOf(field, events[at]?.[field.name], `history[${at}].${field.name}`));
    return { field, data: encodeValues(field, raw) };
  });
  const userValues = reads.users.map((field): SideValues => ({
    field,
    data: encodeValues(field, rawOf(field, user[field.name], `user.${field.name}`)),
  }));
  const isGiven = ({ name }: FieldSchema): boolean =>
    isTimeField(name) ? times.some(Number.isFinite) : places.some((at) => isSaid(events[at]?.[name]));
  const missing = [
    ...reads.events.filter((field) => !isGiven(field)),
    ...reads.users.filter(({ name }) => !isSaid(user[name])),
  ].map(({ name }) => (isTimeField(name) ? 'time' : name));
  const read = new Set([...reads.events, ...reads.users].map(({ name }) => name));
  return {
    shown: places.length,
    events: eventValues,
    users: userValues,
    said: {
      unknown: unknown ?? [],
      tooMany: tooMany ?? [],
      unused: [...named].filter((name) => !read.has(name)),
      missing: [...new Set(missing)],
    },
  };
}

function isSaid(value: GivenValue): boolean {
  return value !== null && value !== undefined;
}

/** Names that values are given for. @throws RunError for one that no field has, or that is made of times */
function fieldsGiven(
  given: Given,
  fields: readonly FieldSchema[],
  owner: 'interaction' | 'user',
  where: string,
): readonly string[] {
  const names = Object.keys(given).filter((name) => owner === 'user' || !OWN_KEYS.includes(name));
  const other = owner === 'user' ? 'interaction' : 'user';
  for (const name of names) {
    if (isTimeField(name))
      throw new RunError({
        where: 'recommend',
        what: `${where} has "${name}", which is made of times`,
        option: `${where}.${name}`,
        cure: `give the events their time, such as time: '2026-05-01T12:00:00Z'`,
      });
    if (name === USER_ID && !fields.some((field) => field.name === name))
      throw new RunError({
        where: 'recommend',
        what: `${where} has "${name}", and the model does not read who the user is`,
        option: `${where}.${name}`,
        cure: 'leave it out: what the user had stands in the history',
      });
    // Shops hand over whole rows: what is known of an item anyway may stand in them.
    if (fields.some((field) => field.name === name && ownerOf(field) !== other)) continue;
    const own = fields
      .filter((field) => ownerOf(field) === owner && !isTimeField(field.name))
      .map((field) => field.name);
    throw new RunError({
      where: 'recommend',
      what: `${where} has "${name}", and the data has no such field of ${owner}s: it has ${own.join(', ') || 'none'}`,
      option: `${where}.${name}`,
      cure: didYouMean(name, own) ?? 'leave it out, or write its name as the data has it',
    });
  }
  return names;
}

/** A value as numbers of the data (0 or NaN for none), and what of it is not among them. */
export interface RawValue {
  readonly raw: number[];
  /** Tokens that training has never seen. */
  readonly others: readonly string[];
  /** Tokens for which there is no place. */
  readonly beyond: readonly string[];
}

/**
 * A value as numbers of the data (0 or NaN for none), and tokens among it that training has never seen.
 *
 * @param said Where it stands, for messages.
 */
export function rawValue(
  field: FieldSchema,
  value: GivenValue,
  idsOf: Asked['idsOf'],
  said: { readonly caller: string; readonly option: string },
): RawValue {
  const width = rawWidth(field);
  const fail = (wanted: string): RunError =>
    new RunError({
      where: said.caller,
      what: `${said.option} is ${JSON.stringify(value)}, and the field wants ${wanted}`,
      option: said.option,
      cure: 'give that, or leave it out',
    });
  if (value === null || value === undefined)
    return { ...NOTHING, raw: Array.from({ length: width }, () => (isCategorical(field) ? 0 : Number.NaN)) };
  switch (field.kind) {
    case 'categorical':
    case 'multi-categorical': {
      const several: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (several.length > 1 && field.kind === 'categorical') throw fail('one text');
      const texts = several.map((token) => {
        if (typeof token === 'string' || typeof token === 'number' || typeof token === 'boolean') return String(token);
        throw fail(field.kind === 'categorical' ? 'a text' : 'a list of texts');
      });
      const ids = idsOf(field.name);
      const [known, others] = [texts.filter((text) => ids.has(text)), texts.filter((text) => !ids.has(text))];
      const different = [...new Set(known)];
      return {
        raw: Array.from({ length: width }, (_, i) => ids.get(different[i] ?? '') ?? 0),
        others,
        beyond: different.slice(width),
      };
    }
    case 'numeric':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw fail('a number');
      return { ...NOTHING, raw: [value] };
    case 'vector': {
      const numbers: readonly unknown[] = Array.isArray(value) ? value : [];
      const vector = numbers.filter((each): each is number => typeof each === 'number' && Number.isFinite(each));
      if (numbers.length !== width || vector.length !== width) throw fail(`a list of ${width} numbers`);
      return { ...NOTHING, raw: vector };
    }
  }
}

/** ISO 8601: a date, a time of day, a zone. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:([+-]\d{2}):?(\d{2})|Z)?)?$/i;

/** A moment as `difsr data prepare` reads it: in UTC where no zone is named. Invalid for what is no ISO 8601. */
function dateOf(text: string): Date {
  const [whole, day = '', clock = '00:00', hours, minutes = '00'] = ISO.exec(text.trim()) ?? [];
  return new Date(
    whole === undefined ? Number.NaN : `${day}T${clock}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`,
  );
}

/** Times in seconds, NaN for none. @throws RunError for what is no time, and for times that run backwards */
function timesOf(events: readonly HistoryEvent[]): readonly number[] {
  let latest = -Infinity;
  return events.map(({ time }, at) => {
    if (time === null || time === undefined) return Number.NaN;
    const seconds = typeof time === 'number' ? time : (time instanceof Date ? time : dateOf(time)).getTime() / 1000;
    const option = `history[${at}].time`;
    const shown = `${option} is ${JSON.stringify(time)}`;
    if (!(seconds >= SECONDS.least && seconds <= SECONDS.most))
      throw new RunError({
        where: 'recommend',
        option,
        what: `${shown}, which is no time of 1973 or later in seconds since 1970${seconds > SECONDS.most ? ' (it looks like milliseconds: divide it by 1000)' : ''}`,
        cure: 'give seconds, a Date, or a text such as "2024-05-01T12:00:00Z"',
      });
    if (seconds < latest)
      throw new RunError({
        where: 'recommend',
        option,
        what: `${shown}, before the one in front of it`,
        cure: 'give the history oldest first',
      });
    latest = seconds;
    return seconds;
  });
}
