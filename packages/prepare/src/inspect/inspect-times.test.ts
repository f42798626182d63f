// Columns of time in files that nobody described: every form, and what is none.
import { describe, expect, test } from 'vitest';
import { prepareIn, shareEngine } from '../prepare/prepare.test.support.js';
import { USERS, LOG, CLICKS, csv, inspect, failure } from './shop.test.support.js';

shareEngine();

describe('times', () => {
  const date = (seconds: number): Date => new Date(seconds * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const FORMS: readonly (readonly [string, (seconds: number) => string, unknown])[] = [
    ['seconds', String, { column: 'wann', unit: 's' }],
    ['milliseconds', (seconds) => `${seconds}000`, { column: 'wann', unit: 'ms' }],
    ['microseconds', (seconds) => `${seconds}000000`, { column: 'wann', unit: 'us' }],
    ['nanoseconds', (seconds) => `${seconds}000000000`, { column: 'wann', unit: 'ns' }],
    [
      'seconds and milliseconds',
      (seconds) => (seconds % 7200 < 3600 ? `${seconds}000` : String(seconds)),
      { column: 'wann', unit: 'auto' },
    ],
    [
      'seconds and ISO 8601',
      (seconds) => (seconds % 7200 < 3600 ? date(seconds).toISOString() : String(seconds)),
      { column: 'wann', unit: 'auto' },
    ],
    [
      'dates without anything between',
      (seconds) =>
        date(seconds)
          .toISOString()
          .replaceAll(/[-T:]|\..*/g, ''),
      { column: 'wann', format: '%Y%m%d%H%M%S' },
    ],
    [
      'the same without seconds',
      (seconds) =>
        date(seconds)
          .toISOString()
          .replaceAll(/[-T:]|\..*/g, '')
          .slice(0, 12),
      { column: 'wann', format: '%Y%m%d%H%M' },
    ],
    ['ISO 8601 with a zone', (seconds) => date(seconds).toISOString(), 'wann'],
    [
      'ISO 8601 with an offset',
      (seconds) =>
        `${date(seconds + 7200)
          .toISOString()
          .slice(0, 19)}+02:00`,
      'wann',
    ],
    ['ISO 8601 without a zone', (seconds) => date(seconds).toISOString().slice(0, 19).replace('T', ' '), 'wann'],
    [
      'German dates',
      (seconds) => {
        const at = date(seconds);
        return `${two(at.getUTCDate())}.${two(at.getUTCMonth() + 1)}.${at.getUTCFullYear()} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
      },
      { column: 'wann', format: '%d.%m.%Y %H:%M' },
    ],
  ];

  test.each(FORMS)('%s are recognised without a usual name, and read as the same moments', async (_, write, time) => {
    const text = csv(
      'user,item,wann',
      LOG.map(({ user, item, seconds }) => [user, item, write(seconds - (seconds % 60))]),
    );
    const { description, base } = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
    expect(description.interactions).toMatchObject({ user: 'user', item: 'item', time });
    const { dataset } = await prepareIn(base, description);
    const expected = USERS.flatMap((user) => LOG.filter((row) => row.user === user)).map(
      ({ seconds }) => seconds - (seconds % 60),
    );
    expect([...(dataset.times ?? [])]).toEqual(expected);
  });

  test('what has the size of no time is counted, and small numbers are called small only where they are', async () => {
    const why = async (time: (seconds: number, row: number) => unknown): Promise<string | undefined> => {
      const text = csv(
        'user_id,item_id,timestamp',
        LOG.map(({ user, item, seconds }, row) => [user, item, time(seconds, row)]),
      );
      const { findings } = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
      return findings.columns.find(({ role }) => role === 'time')?.why;
    };
    expect(await why((seconds, row) => (row % 60 === 0 ? 0 : seconds))).toBe(
      'a usual name: seconds since 1970, but 4 cells are not (least 0) (236 of 240 cells)',
    );
    expect(await why((_, row) => row)).toMatch(/numbers up to 239, too small for seconds since 1970: only their order/);
    expect(await why((seconds) => seconds * 6)).toMatch(
      /numbers from 9600001200 .*, of the size of no time since 1970/,
    );
    expect(await why((seconds) => -seconds)).toMatch(/numbers from -\d+ to -\d+, of the size of no time/);
  });

  test('a zone given by the user is taken over', async () => {
    const text = CLICKS.replaceAll(/\d{10}/g, (seconds) => date(Number(seconds)).toISOString().slice(0, 19));
    const { description } = await inspect(
      { 'log.csv': text },
      { interactions: 'log.csv' },
      { columns: { zone: 'Europe/Berlin' } },
    );
    expect(description.interactions.time).toEqual({ column: 'timestamp', zone: 'Europe/Berlin' });
  });

  test('day or month first is decided by the numbers, and asked where they do not tell', async () => {
    const log = (days: number): string =>
      csv(
        'user,item,date',
        LOG.map(({ user, item }, row) => [user, item, `${1 + (row % days)}/03/2021`]),
      );
    const told = await inspect({ 'log.csv': log(28) }, { interactions: 'log.csv' });
    expect(told.description.interactions.time).toEqual({ column: 'date', format: '%d/%m/%Y' });
    const open = await failure(inspect({ 'log.csv': log(12) }, { interactions: 'log.csv' }));
    expect(open.message).toMatch(
      /day or with the month.*\n.*columns\.timeFormat: '%d\/%m\/%Y' or columns\.timeFormat: '%m\/%d\/%Y'/,
    );
  });
});
