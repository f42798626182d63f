// What inspectFiles makes of columns of numbers as people write them: each of the columns below is a catalogue's, and is prepared as inferred.
import { setting as settingOf, text, type Text } from '@difsr/errors';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Decimal, FieldSpec } from '../description/types.js';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { writtenNumberSql } from '../prepare/numbers.js';
import { onEngine, prepareIn, rowsOf, shareEngine, writeTexts } from '../prepare/prepare.test.support.js';
import { inspectFiles } from './inspect.js';
import { readNumber } from './written.js';

shareEngine();

const ITEMS = 40;

interface Judged {
  readonly field: FieldSpec | undefined;
  readonly why: string;
  readonly note: string;
  readonly cure: Text | undefined;
  /** Of the items in order; numbers only. */
  readonly numbers: readonly unknown[];
  /** What was counted in the preparation. */
  readonly counted: string;
}

interface Setting {
  readonly name?: string;
  readonly delimiter?: ',' | ';' | '\t';
  /** One object per line instead of delimited text; the columns of these names are numbers there. */
  readonly objects?: readonly string[];
  readonly decimal?: Decimal;
  /** Another column of the catalogue. */
  readonly beside?: readonly string[];
}

/** A catalogue of 40 items with a column for each list of cells, which goes through them again and again. */
async function judgeAll(
  columns: Readonly<Record<string, readonly string[]>>,
  { delimiter = ',', decimal, objects }: Setting = {},
): Promise<Readonly<Record<string, Judged>>> {
  const names = Object.keys(columns);
  const quoted = (cell: string): string => (cell.includes(delimiter) ? `"${cell}"` : cell);
  const line = (row: readonly string[]): string => row.map(quoted).join(delimiter);
  const object = ([id, ...cells]: readonly string[]): string =>
    JSON.stringify(
      Object.fromEntries([
        ['item_id', id],
        ...names.map((name, index) => [name, objects?.includes(name) === true ? Number(cells[index]) : cells[index]]),
      ]),
    );
  const file = objects === undefined ? 'items.csv' : 'items.jsonl';
  const base = await writeTexts({
    'log.csv': [
      'user_id,item_id,timestamp',
      ...Array.from({ length: 240 }, (_, row) => `u${row % 40},a${row % ITEMS},${1_600_000_000 + row * 60}`),
    ].join('\n'),
    [file]: [
      ...(objects === undefined ? [line(['item_id', ...names])] : []),
      ...Array.from({ length: ITEMS }, (_, index) => {
        const row = [`a${index}`, ...Object.values(columns).map((cells) => cells[index % cells.length] ?? '')];
        return objects === undefined ? line(row) : object(row);
      }),
    ].join('\n'),
  });
  const { description, findings } = await inspectFiles(
    { interactions: path.join(base, 'log.csv'), items: path.join(base, file) },
    { ...onEngine(), base, columns: { decimal } },
  );
  const fields = description.items?.fields ?? {};
  const numeric = names.filter((name) => fields[name]?.kind === 'numeric');
  const prepared = numeric.length === 0 ? undefined : await prepareIn(base, description);
  expect(prepared?.manifest.quarantined ?? 0).toBe(0);
  const rows =
    prepared === undefined ? [] : await rowsOf(prepared.out, 'items', numeric.map((name) => `"${name}"`).join(', '));
  return Object.fromEntries(
    names.map((name): [string, Judged] => [
      name,
      {
        field: fields[name],
        why: findings.columns.find(({ column }) => column === name)?.why ?? '',
        note: findings.report.find(({ what }) => what === `items.${name}`)?.why ?? '',
        cure: findings.report.find(({ what }) => what === `items.${name}`)?.cure,
        numbers: numeric.includes(name) ? rows.slice(0, columns[name]?.length).map((row) => row[name]) : [],
        counted: prepared?.manifest.report.find(({ what }) => what.startsWith(`cells of field "${name}"`))?.why ?? '',
      },
    ]),
  );
}

/** One column, alone or with another beside it. */
async function judge(cells: readonly string[], setting: Setting = {}): Promise<Judged> {
  const { name = 'amount', beside } = setting;
  const judged = await judgeAll({ [name]: cells, ...(beside === undefined ? {} : { beside }) }, setting);
  const found = judged[name];
  if (found === undefined) throw new Error(`no column ${name}`);
  return found;
}

const COMMA = { kind: 'numeric', decimal: ',' };
const POINT = { kind: 'numeric', decimal: '.' };

describe('a decimal comma', () => {
  const columns: Readonly<Record<string, readonly [readonly string[], readonly number[]]>> = {
    'any number of decimals': [
      ['8,5', '4,25', '10', '0,125'],
      [8.5, 4.25, 10, 0.125],
    ],
    signs: [
      ['-8,5', '4,25', '−10', '+1,5'],
      [-8.5, 4.25, -10, 1.5],
    ],
    'points between thousands': [
      ['1.234,5', '12', '1.234', '1.234.567'],
      [1234.5, 12, 1234, 1_234_567],
    ],
    'blanks between thousands': [
      ['1 234,5', '12', '1 234'],
      [1234.5, 12, 1234],
    ],
    'no-break spaces between thousands': [
      ['1\u00a0234,5', '12', '1\u202f234'],
      [1234.5, 12, 1234],
    ],
    'apostrophes between thousands': [
      ["1'234,5", '12', '1’234'],
      [1234.5, 12, 1234],
    ],
    'blanks alone': [
      ['1 299', '12', '399', '12 345'],
      [1299, 12, 399, 12_345],
    ],
    'three decimals, some below one': [
      ['0,375', '1,250', '2,500'],
      [0.375, 1.25, 2.5],
    ],
  };

  test.each([';', '\t', ','] as const)(
    'is recognised by the column as a whole in a file divided by %j',
    async (delimiter) => {
      const cells = Object.fromEntries(Object.entries(columns).map(([name, [own]]) => [name, own]));
      const judged = await judgeAll(cells, { delimiter });
      for (const [name, [, numbers]] of Object.entries(columns)) {
        expect(judged[name], name).toMatchObject({
          field: COMMA,
          numbers,
          why: expect.stringContaining('decimal comma'),
        });
      }
    },
  );

  it('is none in lists: by their name, by what is between two commas, by codes that come again', async () => {
    expect((await judge(['8,5', '4,25', '10', '8,25', '8', '5', '25'], { name: 'genre_ids' })).field?.kind).toBe(
      'multi-categorical',
    );
    expect((await judge(['8,5,4', '4,5', '8', '5,8'])).field?.kind).toBe('multi-categorical');
    expect((await judge(['101,205', '205,310', '101', '310,101,205'])).field?.kind).toBe('multi-categorical');
  });
});

describe('commas and points between thousands', () => {
  test.each([
    ['decimals', ['1,234.50', '12.5', '4,955', '7'], [1234.5, 12.5, 4955, 7]],
    ['millions', ['1,234,567', '4,955', '12'], [1_234_567, 4955, 12]],
    ['dollars', ['$4,955', '$1,299', '$9,999'], [4955, 1299, 9999]],
  ])('are told by %s in the column', async (_, cells, numbers) => {
    expect(await judge(cells)).toMatchObject({ field: POINT, numbers });
    expect(await judge(cells, { delimiter: ';' })).toMatchObject({ field: POINT, numbers });
  });

  it('are told by smaller numbers without one, which is said; not in a file with semicolons', async () => {
    const cells = ['4,955', '12', '870', '9,999', '1,000'];
    const judged = await judge(cells);
    expect(judged).toMatchObject({ field: POINT, numbers: [4955, 12, 870, 9999, 1000] });
    expect(judged.note).toMatch(/^"[\d,]+" is taken for \d{4}: numbers below a thousand .* say decimal: ","$/);
    expect((await judge(cells, { delimiter: ';' })).field).toBeUndefined();
  });

  it('are told by another column of the file', async () => {
    const cells = ['4,955', '1,299', '9,999'];
    expect(await judge(cells, { beside: ['12.50', '9.99', '7'] })).toMatchObject({
      field: POINT,
      numbers: [4955, 1299, 9999],
      note: expect.stringContaining('column "beside" has its decimals so'),
    });
    expect(await judge(cells, { beside: ['12,50', '9,9', '7'], delimiter: ';' })).toMatchObject({
      field: COMMA,
      numbers: [4.955, 1.299, 9.999],
    });
    for (const delimiter of [';', ',', '\t'] as const) {
      const judged = await judge(['1.299', '4.955', '870'], { beside: ['12,50', '9,9', '7'], delimiter });
      expect(judged, delimiter).toMatchObject({ field: COMMA, numbers: [1299, 4955, 870] });
      expect(judged.note).toContain('column "beside" has its decimals so');
    }
    // In objects it is the texts that count: numbers are those of programs, and tell nothing of what people wrote.
    const beside = ['12,50', '9,9', '7'];
    expect(await judge(['1.299', '4.955', '870'], { beside, objects: [] })).toMatchObject({
      field: COMMA,
      numbers: [1299, 4955, 870],
    });
    expect(await judge(['1.299', '4.955', '870'], { beside, objects: ['amount'] })).toMatchObject({
      field: { kind: 'numeric' },
      numbers: [1.299, 4.955, 870],
    });
    const told = await judge(cells, { beside: ['12.50', '9.99', '7'], objects: ['beside'] });
    expect(told.field).toBeUndefined();
    // Such a point alone, or beside columns of both kinds, is one of a program.
    const program = { field: { kind: 'numeric' }, numbers: [1.299, 4.955, 870] };
    expect(await judge(['1.299', '4.955', '870'], { beside: ['12.50', '9.9', '7'] })).toMatchObject(program);
  });

  it('are asked for where nothing tells, and read as the user says', async () => {
    for (const [cells, delimiter] of [
      [['4,955', '1,299', '9,999'], ','],
      [['4,955', '12', '12500'], ','],
      [['4.955', '1.299', '12'], ';'],
      [['4,955', '1.299', '12'], ','],
    ] as const) {
      const open = await judge(cells, { delimiter });
      expect(open.field).toBeUndefined();
      expect(open.why).toContain('two readings');
      expect(open.note).toMatch(/^"\d[.,]\d{3}" is .* or .*, and no cell tells$/);
      expect(open.cure).toEqual(
        text`say ${settingOf('columns.decimal', ',')} or ${settingOf('columns.decimal', '.')} when preparing it`,
      );
    }
    const cells = ['4,955', '1,299', '9,999'];
    expect(await judge(cells, { decimal: ',' })).toMatchObject({ field: COMMA, numbers: [4.955, 1.299, 9.999] });
    expect(await judge(cells, { decimal: '.' })).toMatchObject({ field: POINT, numbers: [4955, 1299, 9999] });
    // Numbers as programs write them stay what they are.
    expect(await judge(['4.955', '1.299', '12'], {})).toMatchObject({
      field: { kind: 'numeric' },
      numbers: [4.955, 1.299, 12],
    });
  });

  it('are refused where cells decide both ways', async () => {
    const both = await judge(['8,5', '12.75', '3', '9,25']);
    expect(both.field).toBeUndefined();
    expect(both.note).toContain('some cells have a decimal comma (8,5), others a decimal point (12.75)');
  });
});

describe('units', () => {
  const columns: readonly (readonly [readonly string[], Partial<FieldSpec>, readonly number[]])[] = [
    [['$9.99', '$1,299.00', '$5'], { decimal: '.', unit: '$' }, [9.99, 1299, 5]],
    [['-$9.99', '$-2.50', '$5'], { decimal: '.', unit: '$' }, [-9.99, -2.5, 5]],
    [['12,90 EUR', '1.299,00 EUR', '5 EUR'], { decimal: ',', unit: 'EUR' }, [12.9, 1299, 5]],
    [['€ 5', '€ 12,9', '€ 1.299'], { decimal: ',', unit: '€' }, [5, 12.9, 1299]],
    [['5€', '7 €', '12€'], { unit: '€' }, [5, 7, 12]],
    [['USD 5.00', 'USD 7.25', 'USD 12.10'], { decimal: '.', unit: 'USD' }, [5, 7.25, 12.1]],
    [['1 299 kr', '399 kr', '12 kr'], { decimal: ',', unit: 'kr' }, [1299, 399, 12]],
    [['85%', '12.5%', '100%'], { decimal: '.', unit: '%' }, [85, 12.5, 100]],
    [['CHF 12.-', 'CHF 9.50', "CHF 1'299.-"], { decimal: '.', unit: 'CHF' }, [12, 9.5, 1299]],
    [['₹1,23,456.50', '₹999', '₹12,345'], { decimal: '.', unit: '₹' }, [123_456.5, 999, 12_345]],
  ];

  it('before or after numbers are left out and said, in whatever way the numbers are written', async () => {
    const judged = await judgeAll(Object.fromEntries(columns.map(([cells], index) => [`price${index}`, cells])));
    for (const [index, [cells, keys, numbers]] of columns.entries()) {
      expect(judged[`price${index}`], cells.join(' | ')).toMatchObject({
        field: { kind: 'numeric', ...keys },
        numbers,
        why: expect.stringContaining('without '),
      });
    }
  });

  it('may have several spellings, and be left out; two currencies are not mixed', async () => {
    expect(await judge(['€ 5', '12,90 EUR', '7'])).toMatchObject({
      field: { kind: 'numeric', decimal: ',', unit: expect.arrayContaining(['€', 'EUR']) },
      numbers: [5, 12.9, 7],
      why: expect.stringContaining('13 of 40 cells name no unit'),
    });
    const two = await judge(['$5.00', '€7.50', '$12.10']);
    expect(two.field).toBeUndefined();
    expect(two.why).toBe('amounts in 2 currencies, USD (27), EUR (13): they are not mixed');
    expect((await judge(['85%', '0.85', '12%'])).field).toBeUndefined();
  });

  it('are no letters of names and codes', async () => {
    expect((await judge(['s1', 's2', 's3'])).field).toEqual({ kind: 'categorical' });
    expect((await judge(['30 ml', '50 ml', '100 ml'])).field).toEqual({ kind: 'categorical' });
    const weights = Array.from({ length: ITEMS }, (_, index) => `${index + 3} kg`);
    expect(await judge(weights)).toMatchObject({ field: { kind: 'numeric', unit: 'kg' } });
    expect((await judge(Array.from({ length: ITEMS }, (_, index) => `a ${index}`))).field).toBeUndefined();
    const phones = Array.from({ length: ITEMS }, (_, index) => `555 123 ${100 + index}`);
    expect((await judge(phones, { name: 'phone' })).field).toBeUndefined();
  });
});

it('are read by the inspection as by the preparation, whatever the cell', async () => {
  const engine = await openEngine({ threads: 1 });
  try {
    const piece = fc.constantFrom(
      ...'0123456789,.,. \u00a0\u202f',
      "'",
      '’',
      '-',
      '+',
      '−',
      '$',
      'e',
      '12',
      '345',
      '1.234',
      ',50',
      '.-',
      '€',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
          { maxLength: 50 },
        ),
        async (cells) => {
          const readings = cells
            .flatMap((cell) => readNumber(cell, 1) ?? [])
            .filter(({ unit }) => unit === '' || unit === '$');
          if (readings.length === 0) return;
          const sql = (decimal: Decimal): string => writtenNumberSql('cell', { decimal, unit: '$' });
          const rows = await engine.rows(
            `SELECT ${sql(',')} AS comma, ${sql('.')} AS point FROM (SELECT unnest([${readings.map(({ cell }) => sqlText(cell)).join(', ')}]) AS cell)`,
          );
          expect(rows).toEqual(readings.map(({ comma = null, point = null }) => ({ comma, point })));
        },
      ),
      { numRuns: 200 },
    );
  } finally {
    await engine.close();
  }
});

describe('cells without a number', () => {
  it('stand for none, however many, and are counted', async () => {
    const cells = ['5.5', 'NaN', '7.25', 'N/A', '-', '6.5', 'inf', '#N/A', String.raw`\N`, '?'];
    const judged = await judge(cells);
    expect(judged).toMatchObject({
      field: { kind: 'numeric' },
      numbers: [5.5, null, 7.25, null, null, 6.5, null, null, null, null],
    });
    expect(judged.why).toContain('28 of 40 cells stand for none');
    expect(judged.counted).toMatch(/"nan" \(4\)/);
    // Written numbers, too.
    expect(await judge(['8,5', 'k.A.', '4,25', '10', ...Array<string>(30).fill('7,5')])).toMatchObject({
      field: { kind: 'numeric', decimal: ',', missing: 'text' },
      numbers: [8.5, null, 4.25, 10, ...Array<number>(30).fill(7.5)],
    });
    expect((await judge(['NaN', 'None'])).why).toBe('no value on any row, only NaN, None');
  });

  it('of codes are named in the description', async () => {
    expect((await judge(['0', '1', 'NaN', '1'], { name: 'flag' })).field).toEqual({
      kind: 'categorical',
      missing: ['NaN'],
    });
  });

  it('that are other text are counted and shown, and no row is lost', async () => {
    const cells = Array.from({ length: ITEMS }, (_, index) => (index === 7 ? 'free' : `${index}.5`));
    const judged = await judge(cells);
    expect(judged).toMatchObject({ field: { kind: 'numeric', missing: 'text' } });
    expect(judged.numbers.slice(6, 9)).toEqual([6.5, null, 8.5]);
    expect(judged.note).toBe('1 of 40 cells are no number and count as empty: "free"');
    expect(judged.counted).toBe('their rows stay: text such as "free" (1)');
  });

  it('among codes leave them codes', async () => {
    const cells = Array.from({ length: ITEMS }, (_, index) => (index === 7 ? 'both' : String(index % 3)));
    expect((await judge(cells, { name: 'size' })).field).toEqual({ kind: 'categorical' });
    expect((await judge(cells, { name: 'votes' })).field).toMatchObject({ kind: 'numeric', missing: 'text' });
  });

  it('are none where a column called so counts the rows, some of which may be gone', async () => {
    const cells = Array.from({ length: ITEMS }, (_, index) => String(index < 9 ? index : index + 3));
    expect(await judge(cells, { name: 'index' })).toMatchObject({ field: undefined, why: 'it counts the rows' });
    expect((await judge(cells, { name: 'weight' })).field).toEqual({ kind: 'numeric' });
  });

  it('that hold -999 are numbers until the description says otherwise, and are shown', async () => {
    const judged = await judge(['5.5', '-999', '7.25', '6.5']);
    expect(judged).toMatchObject({ field: { kind: 'numeric' }, numbers: [5.5, -999, 7.25, 6.5] });
    expect(judged.note).toContain('-999 stands in 10 cells and is the only number below 0');
    expect((await judge(['5.5', '-999', '7.25', '-3'])).note).toBe('');
  });
});
