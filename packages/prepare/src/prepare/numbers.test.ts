// Written numbers: decimal commas, groups of thousands, units, and cells that stand for no value; in the log, the catalogue and the users.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FieldSpec } from '../description/types.js';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import {
  prepareIn,
  prepareTexts,
  rowsOf,
  shareEngine,
  testFolder,
  valuesOf,
  writeTexts,
  written,
} from './prepare.test.support.js';
import { writtenNumberSql } from './numbers.js';

shareEngine();

type Writing = Pick<FieldSpec, 'decimal' | 'unit'>;

async function readAs(writing: Writing, cells: readonly string[]): Promise<unknown[]> {
  const engine = await openEngine({ threads: 1 });
  try {
    const rows = await engine.rows(
      `SELECT ${writtenNumberSql('cell', writing)} AS n FROM (SELECT unnest([${cells.map(sqlText).join(', ')}]) AS cell)`,
    );
    return rows.map(({ n }) => n);
  } finally {
    await engine.close();
  }
}

describe('written numbers', () => {
  const NBSP = '\u00a0';
  const NARROW = '\u202f';

  it('have a decimal comma, and thousands between points, blanks or apostrophes', async () => {
    const cells: readonly (readonly [string, number])[] = [
      ['8,5', 8.5],
      ['4,25', 4.25],
      ['10', 10],
      ['-3,125', -3.125],
      ['−3,5', -3.5],
      [' 0,5 ', 0.5],
      [',5', 0.5],
      ['1.234,50', 1234.5],
      ['1.234', 1234],
      ['1.234.567', 1_234_567],
      ['12 345,5', 12_345.5],
      [`12${NBSP}345,5`, 12_345.5],
      [`1${NARROW}234${NARROW}567`, 1_234_567],
      ["1'234,5", 1234.5],
      ['1’234', 1234],
      ['12345,5', 12_345.5],
      ['1,5E-3', 0.0015],
      ['12,-', 12],
      ['5,00-', -5],
    ];
    const numbers = await readAs(
      { decimal: ',' },
      cells.map(([cell]) => cell),
    );
    expect(numbers).toEqual(cells.map(([, number]) => number));
  });

  it('have a decimal point, and thousands between commas, blanks or apostrophes', async () => {
    const cells: readonly (readonly [string, number])[] = [
      ['4,955', 4955],
      ['1,234,567', 1_234_567],
      ['1,234.50', 1234.5],
      ['-1,234.5', -1234.5],
      ['12,34,567.5', 1_234_567.5],
      ["1'234.50", 1234.5],
      ['1 234.5', 1234.5],
      ['8.5', 8.5],
      ['0.375', 0.375],
      ['12', 12],
      ['12.-', 12],
    ];
    const numbers = await readAs(
      { decimal: '.' },
      cells.map(([cell]) => cell),
    );
    expect(numbers).toEqual(cells.map(([, number]) => number));
  });

  it('are none where the other mark would be the decimal one, or groups are not of three', async () => {
    expect(await readAs({ decimal: ',' }, ['12.75', '1.23', '1,2,3', '0.375', '1.2345', '', '-', 'x', '1 23'])).toEqual(
      Array(9).fill(null),
    );
    expect(await readAs({ decimal: '.' }, ['8,5', '0,375', '1.234.567', '12,3456', '1,2', '1_000', '+-5'])).toEqual(
      Array(7).fill(null),
    );
    // As programs write them: no groups.
    expect(await readAs({}, ['8,5', '1,234', '1 234', '8.5'])).toEqual([null, null, null, 8.5]);
  });

  it('leave their unit out, whatever its spelling and place, and no other', async () => {
    const unit = ['€', 'EUR'];
    expect(
      await readAs({ decimal: ',', unit }, [
        '12,90 EUR',
        '€ 5',
        '5€',
        '-€1.299,00',
        '€-2',
        `3${NBSP}eur`,
        '7',
        '$5',
        'EUR',
      ]),
    ).toEqual([12.9, 5, 5, -1299, -2, 3, 7, null, null]);
    expect(await readAs({ decimal: '.', unit: '$' }, ['$9.99', '-$1,299.50', '$ 5'])).toEqual([9.99, -1299.5, 5]);
    expect(await readAs({ unit: '%' }, ['85%', '12.5 %', '7'])).toEqual([85, 12.5, 7]);
    expect(await readAs({ decimal: ',', unit: ['kr', 'kr.'] }, ['1 299 kr', '1 299,50 kr.'])).toEqual([1299, 1299.5]);
  });
});

describe('cells that stand for no value', () => {
  const LOG = 'user,item,time,stars\nu,a,1,5\nu,b,2,nan\nv,a,3, N/A \nv,c,4,inf\nw,b,5,\nw,c,6,-999.0';
  const interactions = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;

  it('leave rows of the log, of items and of users where they are, and are counted', async () => {
    const { manifest, out, dataset } = await prepareTexts(
      {
        'log.csv': LOG,
        'items.csv': 'id,brand,price\na,Lumo,NaN\nb,Koro,5\nc,NA,-Infinity',
        'users.csv': String.raw`id,age
u,\N
v,None
w,30`,
      },
      {
        interactions: { ...interactions, fields: { stars: { kind: 'numeric', missing: [-999] } } },
        items: { files: 'items.csv', id: 'id', fields: { brand: { kind: 'categorical' }, price: { kind: 'numeric' } } },
        users: { files: 'users.csv', id: 'id', fields: { age: { kind: 'numeric' } } },
      },
    );
    expect(manifest.quarantined).toBe(0);
    expect(manifest.counts.interactions).toBe(6);
    expect((await written(out, 'stars')).flat()).toEqual([5, null, null, null, null, null]);
    // "NA" may be a brand: only where the field says so.
    expect(valuesOf(dataset, 'brand')).toEqual({ a: ['Lumo'], b: ['Koro'], c: ['NA'] });
    expect(await rowsOf(out, 'items', 'price')).toEqual([{ price: null }, { price: 5 }, { price: null }]);
    expect(await rowsOf(out, 'users', 'age')).toEqual([{ age: null }, { age: null }, { age: 30 }]);
    const cells = manifest.report.filter(({ what }) => what.startsWith('cells of field'));
    expect(cells).toEqual([
      {
        kind: 'noted',
        what: 'cells of field "stars" that stand for no value',
        count: 4,
        why: 'their rows stay: "-999" (1), "nan" (1), "n/a" (1), "inf" (1)',
      },
      {
        kind: 'noted',
        what: 'cells of field "price" that stand for no value',
        count: 2,
        why: 'their rows stay: "nan" (1), "-infinity" (1)',
      },
      expect.objectContaining({ count: 2, why: String.raw`their rows stay: "none" (1), "\\n" (1)` }),
    ]);
  });

  it('are real NaN in tables and NaN literals in JSON, too', async () => {
    const base = await testFolder();
    const engine = await openEngine({ threads: 1 });
    try {
      await engine.run(
        `COPY (SELECT 'p' || i AS id, CASE i WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN '-Infinity'::DOUBLE ELSE i END AS price FROM range(4) t(i)) TO ${sqlText(path.join(base, 'items.parquet'))} (FORMAT parquet)`,
      );
    } finally {
      await engine.close();
    }
    const log = await writeTexts({
      'log.jsonl': [0, 1, 2, 3]
        .map(
          (at) => `{"user": "u", "item": "p${at}", "time": ${at}, "stars": ${['NaN', '-Infinity', '4', 'null'][at]}}`,
        )
        .join('\n'),
    });
    const { manifest, out } = await prepareIn(base, {
      interactions: {
        ...interactions,
        files: path.join(log, 'log.jsonl'),
        fields: { stars: { kind: 'numeric' } },
      },
      items: { files: 'items.parquet', id: 'id', fields: { price: { kind: 'numeric' } } },
    });
    expect(manifest.quarantined).toBe(0);
    expect((await written(out, 'stars')).flat()).toEqual([null, null, 4, null]);
    expect((await rowsOf(out, 'items', 'price')).map(({ price }) => price)).toEqual([0, null, null, 3]);
  });

  it('are what a field or its source names: of every kind, the whole cell or a value in it', async () => {
    const { manifest, dataset } = await prepareTexts(
      {
        'log.csv': 'user,item,time\nu,a,1\nu,b,2\nu,c,3\nu,d,4',
        'items.csv':
          'id,brand,tags,size,vector\na,none,x|none,none,0 1\nb, none ,none,3,none\nc,Lumo,(no tags|listed),4,1 1\nd,-,y,-,1 2',
      },
      {
        interactions,
        items: {
          files: 'items.csv',
          id: 'id',
          missing: ['none'],
          fields: {
            brand: { kind: 'categorical' },
            tags: { kind: 'multi-categorical', separator: '|', missing: ['none', '(no tags|listed)'] },
            size: { kind: 'numeric' },
            vector: { kind: 'vector' },
          },
        },
      },
    );
    expect(manifest.quarantined).toBe(0);
    expect(valuesOf(dataset, 'brand')).toEqual({ c: ['Lumo'], d: ['-'] });
    expect(valuesOf(dataset, 'tags')).toEqual({ a: ['x'], d: ['y'] });
    expect(
      manifest.report.filter(({ what }) => what.startsWith('cells')).map(({ what, count }) => [what, count]),
    ).toEqual([
      ['cells of field "brand" that stand for no value', 2],
      ['cells of field "tags" that stand for no value', 3],
      ['cells of field "size" that stand for no value', 2],
      ['cells of field "vector" that stand for no value', 1],
    ]);
  });

  it('are any text where the field says so, with examples; without that, the row is set aside', async () => {
    const texts = { 'log.csv': 'user,item,time,stars\nu,a,1,5\nu,b,2,good\nv,a,3,bad\nv,c,4,good\nw,b,5,4\nw,c,6,1' };
    const said = await prepareTexts(texts, {
      interactions: { ...interactions, fields: { stars: { kind: 'numeric', missing: 'text' } } },
    });
    expect(said.manifest.counts.interactions).toBe(6);
    expect(said.manifest.report).toContainEqual({
      kind: 'noted',
      what: 'cells of field "stars" that stand for no value',
      count: 3,
      why: 'their rows stay: text such as "good", "bad" (3)',
    });
    const strict = await prepareTexts(texts, {
      interactions: { ...interactions, fields: { stars: { kind: 'numeric' } } },
    });
    expect(strict.manifest.quarantined).toBe(3);
    const [line = ''] = (await readFile(`${strict.out}.quarantine.jsonl`, 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ value: 'good', cure: expect.stringContaining('missing:') });
  });
});

it('keys of numbers are refused on other fields', async () => {
  for (const [field, message] of [
    [{ kind: 'categorical', decimal: ',' }, /decimal is for numbers; the field is categorical/],
    [{ kind: 'multi-categorical', unit: '$' }, /unit is for numbers/],
    [{ kind: 'categorical', missing: 'text' }, /missing: text is for numbers/],
  ] satisfies [FieldSpec, RegExp][]) {
    const work = prepareTexts(
      { 'log.csv': 'user,item,x\nu,a,1' },
      { interactions: { files: 'log.csv', user: 'user', item: 'item', fields: { x: field } } },
    );
    await expect(work).rejects.toThrow(message);
  }
});
