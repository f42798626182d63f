// What a description must be beyond its form, found before any file is read: names that do not collide, shares that leave something to
// train on, filters that have what they need.
import { type Text } from '@difsr/errors';
import type { Description, FieldSpec } from '../description/types.js';
import { DataError, type DataProblem } from '@difsr/data';
import { orderError, type TimeReading } from './time-reading.js';

/** Columns of the prepared form; SQL names do not tell upper from lower case. */
const TAKEN = {
  interactions: ['user', 'item', 'time', 'part', 'seconds'],
  items: ['id', 'token', 'name'],
  users: ['id', 'token'],
} as const;

/** @throws DataError with everything that contradicts itself */
export function refuseContradictions(description: Description): void {
  const { interactions, items, users, filters, sessions, split } = description;
  const problems: DataProblem[] = [];
  const add = (column: string, message: string, cure: Text, value?: string): void => {
    problems.push({ file: 'description', column, value, message, cure });
  };
  const names = (place: keyof typeof TAKEN, fields: Readonly<Record<string, FieldSpec>> = {}): void => {
    const seen = new Set<string>(TAKEN[place]);
    for (const [name, { kind, bins, minItems, path, decimal, unit, missing }] of Object.entries(fields)) {
      const column = `${place}.fields`;
      if (seen.has(name.toLowerCase())) {
        const message = `is a name that is taken: ${[...seen].join(', ')}`;
        add(column, message, 'give the field another name, and its column with column:', name);
      }
      seen.add(name.toLowerCase());
      if (bins !== undefined && kind !== 'numeric')
        add(`${column}.${name}`, `bins divide numbers; the field is ${kind}`, 'leave bins out, or say kind: numeric');
      if (path !== undefined && kind !== 'multi-categorical')
        add(
          `${column}.${name}`,
          `a path gives several values, one for each level; the field is ${kind}`,
          'say kind: multi-categorical, or leave path out',
        );
      for (const [key, value] of Object.entries({ decimal, unit }))
        if (value !== undefined && kind !== 'numeric')
          add(
            `${column}.${name}`,
            `${key} is for numbers; the field is ${kind}`,
            `leave ${key} out, or say kind: numeric`,
          );
      if (missing === 'text' && kind !== 'numeric')
        add(
          `${column}.${name}`,
          `missing: text is for numbers; the field is ${kind}`,
          'list the cells: missing: [unknown]',
        );
      if (minItems !== undefined && place === 'interactions')
        add(`${column}.${name}`, 'minItems is for fields of items and users', 'leave it out');
    }
  };
  names('interactions', interactions.fields);
  names('items', items?.fields);
  names('users', users?.fields);
  if (interactions.time === undefined) {
    const cure = 'name the column with interactions.time, or leave this out';
    if (filters.timeFrom !== undefined) add('filters.timeFrom', 'needs a time column', cure);
    if (filters.timeTo !== undefined) add('filters.timeTo', 'needs a time column', cure);
    if (sessions !== undefined) add('sessions', 'need a time column', cure);
    if (split.method === 'global-time') add('split', 'global-time needs a time column', cure);
  }
  for (const [where, table, place] of [
    [filters.items, items, 'items'],
    [filters.users, users, 'users'],
  ] as const) {
    if (where !== undefined && table === undefined)
      add(`filters.${place}`, `the description has no ${place}`, `describe the file of the ${place} under ${place}:`);
  }
  if ('valid' in split && split.method !== 'last-n') {
    const { valid, test } = split;
    if (typeof valid === 'number' && typeof test === 'number' && valid + test >= 1)
      add('split', `${valid} and ${test} leave nothing to train on`, 'take shares that are less than 1 together');
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** Durations and dates need moments; numbers may be an order alone. @throws DataError, also for bounds that are no times */
export async function refuseWithoutMoments(
  { sessions, filters, split }: Description,
  { orderAlone, bound }: TimeReading,
): Promise<void> {
  if (orderAlone !== undefined && sessions !== undefined)
    throw orderError('sessions.gap', sessions.gap, 'is a duration', orderAlone);
  const bounds = {
    timeFrom: filters.timeFrom,
    timeTo: filters.timeTo,
    // Numbers are shares.
    ...(split.method === 'global-time'
      ? Object.fromEntries(
          Object.entries({ 'split.valid': split.valid, 'split.test': split.test }).filter(
            ([, moment]) => typeof moment === 'string',
          ),
        )
      : {}),
  };
  for (const [name, moment] of Object.entries(bounds)) if (moment !== undefined) await bound(moment, name);
}
