// Times: units, ISO 8601, strptime formats, zones with summer time, types of tables; against Date and by hand.
import { describe, expect, it } from 'vitest';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import type { DescriptionInput } from '../description/types.js';
import { type Prepared, prepareIn, prepareTexts, shareEngine, testFolder } from './prepare.test.support.js';
import { numberSql } from './time.js';

shareEngine();

type Time = DescriptionInput['interactions']['time'];

/** Prepares one interaction per cell, each of a user of its own, so that their order is that of the cells. */
async function read(cells: readonly string[], time: Time = 'time'): Promise<Prepared> {
  const rows = cells.map((cell, index) => `u${index},i,${JSON.stringify(cell)}`);
  return prepareTexts(
    { 'log.csv': ['user,item,time', ...rows].join('\n') },
    { interactions: { files: 'log.csv', user: 'user', item: 'item', time } },
  );
}

async function times(cells: readonly string[], time?: Time): Promise<number[]> {
  return [...((await read(cells, time)).dataset.times ?? [])];
}

describe('numbers', () => {
  it.each([
    ['s', 1_577_714_400, 'seconds since 1970'],
    ['ms', 1_577_714_400_000, 'milliseconds since 1970'],
    ['us', 1_577_714_400_000_000, 'microseconds since 1970'],
    ['ns', '1577714400000000000', 'nanoseconds since 1970'],
  ])('are taken as %s by their size, and the report says so', async (_unit, number, words) => {
    const { dataset, manifest } = await read([String(number), String(number)]);
    expect([...(dataset.times ?? [])][0]).toBe(1_577_714_400);
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ kind: 'inferred', why: expect.stringContaining(words) }),
    );
  });

  it('have the unit that is stated, or none: an order', async () => {
    expect(await times(['5000', '7500'], { column: 'time', unit: 'ms' })).toEqual([5, 7.5]);
    expect(await times(['1577714400000', '3'], { column: 'time', unit: 'order' })).toEqual([1_577_714_400_000, 3]);
    expect(await times(['1577714400000000000'], { column: 'time', unit: 'ns' })).toEqual([1_577_714_400]);
  });

  it('are not of a stated unit that would put them after the year 5000', async () => {
    await expect(read(['1577714400000'], { column: 'time', unit: 's' })).rejects.toThrow(
      /"interactions\.time\.unit": "s" is not the unit of column "time": .* milliseconds since 1970\n\s+cure: say unit: ms, or auto/,
    );
  });

  it('are those that programs write, and no others', async () => {
    const numbers = [
      ['5', 5],
      [' 5 ', 5],
      ['5.', 5],
      ['.5', 0.5],
      ['+5', 5],
      ['-5', -5],
      ['1e3', 1000],
      ['1E-3', 0.001],
      ['1e400', undefined],
      ['-0', -0],
      ['0.1234567890123456789', Number('0.1234567890123456789')],
    ] as const;
    const wrong = ['', '0x10', 'NaN', 'inf', 'Infinity', '1_000', '1,5', '+-5', '5f', 'true', '1e', '.', '--5', '１'];
    const cells = [...numbers, ...wrong.map((cell) => [cell, undefined] as const)];
    const engine = await openEngine({ threads: 1 });
    try {
      for (const [cell, number] of cells) {
        const [row] = await engine.rows(`SELECT ${numberSql(sqlText(cell))} AS n`);
        expect([cell, row?.['n'] ?? undefined]).toEqual([cell, number]);
      }
    } finally {
      await engine.close();
    }
  });
});

describe('ISO 8601', () => {
  it('is read as Date reads it, in UTC where no zone is named', async () => {
    const cells = [
      '2019-01-31',
      '2019-01-31 18:05',
      '2019-01-31T18:05:07',
      '2019-01-31T18:05:07.25',
      '2019-01-31T18:05Z',
      '2019-01-31 18:05:07z',
      '2019-01-31T18:05:07+01:30',
      '2019-01-31T18:05-0800',
      '1969-12-31T23:59:59.5Z',
      '2000-02-29',
    ];
    expect(await times(cells)).toEqual(
      cells.map((cell) => {
        const text = cell.replace(' ', 'T').toUpperCase();
        return Date.parse(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`) / 1000;
      }),
    );
  });

  it('may have a comma, an offset of hours, and UTC behind it', async () => {
    expect(await times(['1970-01-01 00:00:01,5', '1970-01-01 02:00+02', '1970-01-01 00:00 UTC'])).toEqual([1.5, 0, 0]);
  });

  it('is no time where the day is none, nor are other words of the engine', async () => {
    const { manifest, dataset } = await read(['2019-01-31', '2019-02-01', '2019-02-02', '2019-02-30', 'epoch']);
    expect(dataset.users.tokens.slice(1)).toEqual(['u0', 'u1', 'u2']);
    expect(manifest.quarantined).toBe(2);
  });

  it('in a zone follows its summer time; an hour that is missing or repeated is read by the offset of winter', async () => {
    const zone = { column: 'time', zone: 'Europe/Berlin' };
    expect(
      await times(
        ['2021-01-15 12:00', '2021-07-15 12:00', '2021-03-28 02:30', '2021-10-31 02:30', '2021-07-15T12:00Z'],
        zone,
      ),
    ).toEqual(
      ['2021-01-15T11:00Z', '2021-07-15T10:00Z', '2021-03-28T01:30Z', '2021-10-31T01:30Z', '2021-07-15T12:00Z'].map(
        (moment) => Date.parse(moment) / 1000,
      ),
    );
    await expect(times(['2021-01-15'], { column: 'time', zone: 'Mars/Olympus' })).rejects.toThrow(
      /"zone": "Mars\/Olympus" is no time zone/,
    );
  });
});

describe('a stated format', () => {
  it('reads text, in UTC, in a zone, or by an offset of its own', async () => {
    const amazon = { column: 'time', format: '%m %d, %Y' };
    expect(await times(['02 26, 2014', '2 6, 2014'], amazon)).toEqual([
      Date.UTC(2014, 1, 26) / 1000,
      Date.UTC(2014, 1, 6) / 1000,
    ]);
    expect(
      await times(['07/15/2021 12:00'], { column: 'time', format: '%m/%d/%Y %H:%M', zone: 'Europe/Berlin' }),
    ).toEqual([Date.UTC(2021, 6, 15, 10) / 1000]);
    const offset = { column: 'time', format: '%d.%m.%Y %H:%M %z', zone: 'America/New_York' };
    expect(await times(['15.07.2021 12:00 +0200'], offset)).toEqual([Date.UTC(2021, 6, 15, 10) / 1000]);
  });

  it('sets aside what is not of it, and is named where it is none itself', async () => {
    const { manifest } = await read(['02 26, 2014', '02 27, 2014', '2014-02-28'], {
      column: 'time',
      format: '%m %d, %Y',
    });
    expect(manifest.quarantined).toBe(1);
    await expect(read(['1'], { column: 'time', format: '%Q' })).rejects.toThrow(
      /"interactions\.time\.format": "%Q" is no format of times/,
    );
  });
});

describe('times of tables', () => {
  it('are read by their type: TIMESTAMP, with and without zone, and DATE', async () => {
    const base = await testFolder();
    const engine = await openEngine({ threads: 1 });
    try {
      for (const [name, value] of [
        ['plain', `TIMESTAMP '2021-07-15 12:00:00.25'`],
        ['zoned', `TIMESTAMPTZ '2021-07-15 12:00:00.25+00'`],
        ['day', `DATE '2021-07-15'`],
      ] as const)
        await engine.run(
          `COPY (SELECT 'u' AS "user", 'i' AS item, ${value} AS "time") TO ${sqlText(`${base}/${name}.parquet`)}`,
        );
    } finally {
      await engine.close();
    }
    const at = async (file: string, zone?: string): Promise<unknown> => {
      const time = { column: 'time', ...(zone === undefined ? {} : { zone }) };
      const { dataset } = await prepareIn(base, { interactions: { files: file, user: 'user', item: 'item', time } });
      return dataset.times?.[0];
    };
    const noon = Date.UTC(2021, 6, 15, 12) / 1000;
    expect(await at('plain.parquet')).toBe(noon + 0.25);
    expect(await at('plain.parquet', 'Europe/Berlin')).toBe(noon + 0.25 - 7200);
    expect(await at('zoned.parquet', 'Europe/Berlin')).toBe(noon + 0.25);
    expect(await at('day.parquet')).toBe(noon - 43_200);
  });
});
