// Columns of dates in a catalogue, in users and in a log that has its time: none becomes a category of hundreds of values.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FieldSpec } from '../description/types.js';
import { onEngine, prepareIn, rowsOf, shareEngine, writeTexts } from '../prepare/prepare.test.support.js';
import { type Inspection, inspectFiles } from './inspect.js';

shareEngine();

const USERS = 60;
const DAY = 86_400;
const two = (number: number): string => String(number).padStart(2, '0');
/** A day for each user, in 2019 and 2020. */
const day = (user: number): Date => new Date(Date.UTC(2019, 0, 1 + ((user * 11) % 700)));

async function shopWith(
  column: string,
  write: (user: number) => string,
): Promise<Inspection & { readonly base: string }> {
  const log = Array.from(
    { length: 360 },
    (_, row) => `u${row % USERS},p${(row * 7) % 40},${1_700_000_000 + row * DAY}`,
  );
  const users = Array.from({ length: USERS }, (_, user) => `u${user},"${write(user)}",${'mf'[user % 2]}`);
  const base = await writeTexts({
    'log.csv': `user_id,item_id,timestamp\n${log.join('\n')}\n`,
    'users.csv': `user_id,${column},gender\n${users.join('\n')}\n`,
  });
  const files = { interactions: path.join(base, 'log.csv'), users: path.join(base, 'users.csv') };
  return { ...(await inspectFiles(files, { ...onEngine(), base })), base };
}

const FORMS: readonly (readonly [string, string, (user: number) => string])[] = [
  ['ISO dates', 'signed_up', (user) => day(user).toISOString().slice(0, 10)],
  ['ISO date-times', 'signed_up', (user) => day(user).toISOString()],
  ['date-times with a blank', 'signed_up', (user) => day(user).toISOString().slice(0, 19).replace('T', ' ')],
  [
    'German dates',
    'seit',
    (user) => `${two(day(user).getUTCDate())}.${two(day(user).getUTCMonth() + 1)}.${day(user).getUTCFullYear()}`,
  ],
  [
    'American dates',
    'joined',
    (user) => `${day(user).getUTCMonth() + 1}/${day(user).getUTCDate()}/${day(user).getUTCFullYear()}`,
  ],
  ['compact dates', 'joined', (user) => day(user).toISOString().slice(0, 10).replaceAll('-', '')],
  ['seconds', 'member_since', (user) => String(day(user).getTime() / 1000)],
  ['milliseconds', 'createdAt', (user) => String(day(user).getTime())],
];

describe('dates of users', () => {
  test.each(FORMS)('%s are left out; the year is taken by what the reason says', async (_, column, write) => {
    const { description, findings, base } = await shopWith(column, write);
    expect(Object.keys(description.users?.fields ?? {})).toEqual(['gender']);
    const found = findings.columns.find((each) => each.column === column);
    expect(found).toMatchObject({ role: 'unused', why: expect.stringContaining('dates') });
    const written = /for the year write \{column: (\{sql: (".*")\}), kind: categorical\}$/.exec(found?.why ?? '');
    // The text of a JSON string.
    const sql = JSON.parse(written?.[2] ?? '""') as string;
    const year: FieldSpec = { column: { sql }, kind: 'categorical' };
    const { users } = description;
    if (users === undefined) throw new Error('no users');
    const { out } = await prepareIn(base, { ...description, users: { ...users, fields: { year } } });
    const years = await rowsOf(out, 'values', 'token');
    expect(years.map(({ token }) => token).toSorted()).toEqual(['2019', '2020']);
  });
});

test('large numbers that are not called a moment stay numbers, a few dates stay labels, years stay years', async () => {
  const money = await shopWith('revenue', (user) => String(1_500_000_000 + user * 7919));
  expect(money.description.users?.fields).toHaveProperty('revenue', { kind: 'numeric' });
  const seasons = await shopWith('season', (user) => ['2020-03-01', '2020-06-01', '2020-09-01'][user % 3] ?? '');
  expect(seasons.description.users?.fields).toHaveProperty('season', { kind: 'categorical' });
  const years = await shopWith('birth_year', (user) => String(1950 + (user % 40)));
  expect(years.description.users?.fields).toHaveProperty('birth_year', { kind: 'categorical' });
});
