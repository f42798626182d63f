// Times that are written in more than one way, or not at all: each is read by its own size, and what stands for "no time" is set aside.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DescriptionInput } from '../description/types.js';
import { type Described, histories, type Prepared, prepareTexts, shareEngine } from './prepare.test.support.js';

shareEngine();

type Time = DescriptionInput['interactions']['time'];

/** Noon of ten days of 2023, in seconds. */
const DAYS = Array.from({ length: 10 }, (_, day) => 1_700_049_600 + day * 86_400);
const write = {
  s: String,
  ms: (seconds: number) => `${seconds}000`,
  us: (seconds: number) => `${seconds}000000`,
  ns: (seconds: number) => `${seconds}000000000`,
  iso: (seconds: number) => new Date(seconds * 1000).toISOString(),
};

/** One user with an item a day, in the cells' order; `cells` may be more than days. */
async function read(cells: readonly string[], time: Time = 'time', more: Partial<Described> = {}): Promise<Prepared> {
  const rows = cells.map((cell, index) => `u,i${index},${cell}`);
  return prepareTexts(
    { 'log.csv': ['user,item,time', ...rows].join('\n') },
    { interactions: { files: 'log.csv', user: 'user', item: 'item', time }, ...more },
  );
}

describe('units in one column', () => {
  it.each([
    ['seconds and milliseconds', write.s, write.ms],
    ['milliseconds and seconds', write.ms, write.s],
    ['microseconds and seconds', write.us, write.s],
    ['nanoseconds and milliseconds', write.ns, write.ms],
    ['seconds and ISO 8601', write.s, write.iso],
    ['ISO 8601 and milliseconds', write.iso, write.ms],
  ])('%s: each cell is read by its own, and the counts are said', async (_, often, rarely) => {
    // Later days first in the file, so that the order of the file is not that of time.
    const cells = DAYS.map((at, day) => (day % 3 === 0 ? rarely : often)(at)).toReversed();
    const { dataset, manifest } = await read(cells);
    expect([...(dataset.times ?? [])]).toEqual(DAYS);
    expect(histories(dataset)['u']).toEqual(DAYS.map((__, day) => `i${9 - day}`));
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ kind: 'noted', what: 'more than one unit in the time column "time"', count: 4 }),
    );
  });

  it('files may have one each', async () => {
    const part = (form: (seconds: number) => string, from: number): string =>
      ['user,item,time', ...DAYS.slice(from, from + 5).map((at) => `u,i${at},${form(at)}`)].join('\n');
    const { dataset, manifest } = await prepareTexts(
      { 'a.csv': part(write.ms, 5), 'b.csv': part(write.s, 0) },
      { interactions: { files: ['a.csv', 'b.csv'], user: 'user', item: 'item', time: 'time' } },
    );
    expect([...(dataset.times ?? [])]).toEqual(DAYS);
    expect(manifest.report.find(({ what }) => what.startsWith('more than one unit'))?.why).toMatch(
      /milliseconds 5, .*seconds 5|seconds 5, milliseconds 5/,
    );
  });

  it('that contradict a stated one are set aside, with the way to have them read', async () => {
    const cells = DAYS.map((at, day) => (day === 4 ? write.ms : write.s)(at));
    const { manifest, dataset, out } = await read(cells, { column: 'time', unit: 's' });
    expect(manifest.quarantined).toBe(1);
    expect(histories(dataset)['u']).toHaveLength(9);
    expect(await readFile(`${out}.quarantine.jsonl`, 'utf8')).toMatch(/size of another unit.*unit: auto/);
  });

  it('count for bounds, too', async () => {
    const cells = DAYS.map(write.ms);
    const from = async (timeFrom: number | string): Promise<number> =>
      (await read(cells, 'time', { filters: { timeFrom } })).manifest.counts.interactions;
    const bound = DAYS[6] ?? 0;
    expect(await from(bound * 1000)).toBe(4);
    expect(await from(bound)).toBe(4);
    expect(await from(String(bound * 1000))).toBe(4);
    expect(await from(write.iso(bound))).toBe(4);
  });
});

describe('no time', () => {
  it.each([
    ['seconds', write.s, ['0', '-1', '1', '253402300799', '2147483647', '-62135596800', '9223372036854775807']],
    ['milliseconds', write.ms, ['0', '-1', '253402300799000', '-62135596800000', '-2208988800000']],
    ['nanoseconds', write.ns, ['0', '9223372036854775807']],
    ['ISO 8601', write.iso, ['1970-01-01', '9999-12-31', '1970-01-01T01:00:00', '0001-01-01', '1900-01-01 00:00:00']],
  ])('of %s is set aside, and counted', async (_, form, none) => {
    for (const cell of none) {
      const { manifest, dataset, out } = await read([...DAYS.map(form), cell]);
      expect([cell, manifest.quarantined]).toEqual([cell, 1]);
      expect([...(dataset.times ?? [])]).toEqual(DAYS);
      expect(await readFile(`${out}.quarantine.jsonl`, 'utf8')).toMatch(/"message":"stands for no time/);
      expect(manifest.report).toContainEqual(
        expect.objectContaining({ kind: 'noted', what: 'no time in the column "time"', count: 1 }),
      );
    }
  });

  it('is none where the log is of that time', async () => {
    const first = Array.from({ length: 4 }, (_, day) => new Date(day * 86_400_000).toISOString());
    const cells = [...first, ...DAYS.map(write.iso)];
    expect((await read(cells)).manifest.quarantined).toBe(0);
  });

  it('is not looked for among numbers that count from another beginning', async () => {
    const { dataset, manifest } = await read(['0', '1', '60', '120'], { column: 'time', unit: 's' });
    expect([...(dataset.times ?? [])]).toEqual([0, 1, 60, 120]);
    expect(manifest.quarantined).toBe(0);
  });

  it('does not hide the unit of the others', async () => {
    const { dataset, manifest } = await read([...DAYS.slice(0, 5).map(write.ms), '0', '0', '0', '0']);
    expect([...(dataset.times ?? [])]).toEqual(DAYS.slice(0, 5));
    expect(manifest.quarantined).toBe(4);
  });
});

describe('an order alone', () => {
  it.each([
    ['days of Excel', ['45244', '45245', '45246'], /\(CAST\("time" AS DOUBLE\) - 25569\) \* 86400/],
    ['years', ['2019', '2020', '2021'], /for years format: "%Y"/],
    ['dates without anything between', ['20231115', '20231116', '20231117'], /format: "%Y%m%d"/],
    ['negative numbers', ['-150000000', '-140000000', '-130000000'], /unit: s/],
  ])('%s: dates and durations are refused with what makes moments of them', async (_, cells, cure) => {
    await expect(read(cells, 'time', { filters: { timeFrom: '2023-11-15' } })).rejects.toThrow(
      /"timeFrom": "2023-11-15" is a date, but column "time" holds numbers from .* which are an order alone/,
    );
    await expect(read(cells, 'time', { sessions: { gap: '30m' } })).rejects.toThrow(cure);
    await expect(
      read(cells, 'time', { split: { method: 'global-time', valid: '2023-11-15', test: '2023-11-16' } }),
    ).rejects.toThrow(/"split\.valid": "2023-11-15" is a date/);
    expect((await read(cells, 'time', { filters: { timeFrom: Number(cells[1]) } })).manifest.counts.interactions).toBe(
      2,
    );
  });

  it('the cure for days of Excel works', async () => {
    const time = { column: { sql: '(CAST("time" AS DOUBLE) - 25569) * 86400' }, unit: 's' } as const;
    const { dataset } = await read(['45244.5', '45245'], time);
    expect([...(dataset.times ?? [])]).toEqual([Date.UTC(2023, 10, 14, 12) / 1000, Date.UTC(2023, 10, 15) / 1000]);
  });
});
