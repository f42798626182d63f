// Rows that cannot be used: all of them are set aside with place, value and cure, or listed and refused; nothing is lost silently.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import { type Described, histories, prepareIn, prepareTexts, shareEngine, writeTexts } from './prepare.test.support.js';

shareEngine();

const LOG = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;
const GOOD = Array.from({ length: 30 }, (_, index) => `u${index % 3},i${index % 5},${index},1,0 1`);
const HEADER = 'user,item,time,price,vector';

/** Good rows with bad ones between them: line 2 is the first. */
function mixed(...bad: readonly string[]): string {
  return [HEADER, ...GOOD.slice(0, 10), ...bad, ...GOOD.slice(10)].join('\n');
}

async function quarantine(out: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(`${out}.quarantine.jsonl`, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>); // objects, as the test says
}

describe('unusable rows', () => {
  const fields = { price: { kind: 'numeric' }, vector: { kind: 'vector' } } as const;
  const bad: readonly [row: string, column: string | undefined, value: string | undefined, message: RegExp][] = [
    [',i1,5,1,0 1', 'user', undefined, /user id is empty/],
    ['u1,,5,1,0 1', 'item', undefined, /item id is empty/],
    ['u 1,i1,5,1,0 1', 'user', 'u 1', /user id with white space/],
    ['u1,i\u00a01,5,1,0 1', 'item', 'i\u00a01', /item id with white space/],
    ['[PAD],i1,5,1,0 1', 'user', '[PAD]', /name of padding/],
    ['u1,i1,,1,0 1', 'time', '', /is not a time/],
    ['u1,i1,noon,1,0 1', 'time', 'noon', /is not a time/],
    ['u1,i1,5,cheap,0 1', 'price', 'cheap', /is not a number/],
    ['u1,i1,5,1,0 x', 'vector', '0 x', /is not a list of numbers of the same length/],
    ['u1,i1,5,1,0 1 2', 'vector', '0 1 2', /is not a list of numbers of the same length/],
    ['u1,i1,5,1', undefined, 'u1,i1,5,1', /another number of cells than the header/],
    ['u1,i1,"5,1,0 1', undefined, 'u1,i1,"5,1,0 1', /a quote that is not closed/],
  ];
  const description: Described = { interactions: { ...LOG, fields } };

  it('go into a file beside the output, each with place, value, message, cure and its text', async () => {
    const base = await writeTexts({ 'log.csv': mixed(...bad.map(([row]) => row)) });
    const { manifest, dataset, out } = await prepareIn(base, description);
    expect(manifest.quarantined).toBe(bad.length);
    expect(manifest.steps[0]).toMatchObject({ step: 'read', dropped: bad.length, left: GOOD.length });
    expect(dataset.sequences.items).toHaveLength(GOOD.length);
    expect(manifest.report).toContainEqual({
      kind: 'dropped',
      what: 'unusable rows of log.csv',
      count: bad.length,
      why: 'set aside in out.quarantine.jsonl, with place and cure',
    });
    expect(await quarantine(out)).toEqual(
      bad.map(([raw, column, value, message], index) => ({
        file: path.join(base, 'log.csv'),
        line: 12 + index,
        ...(column === undefined ? {} : { column }),
        ...(value === undefined ? {} : { value }),
        message: expect.stringMatching(message),
        cure: expect.stringMatching(/\w/),
        raw,
      })),
    );
  });

  it('stop a strict preparation, which lists them and leaves nothing behind', async () => {
    const base = await writeTexts({ 'log.csv': mixed(...bad.map(([row]) => row)) });
    const error: unknown = await prepareIn(base, description, { strict: true }).catch((reason: unknown) => reason);
    if (!(error instanceof DataError)) throw error;
    expect(error.total).toBe(bad.length);
    expect(error.problems.map(({ line }) => line)).toEqual(bad.map((_, index) => 12 + index));
    expect(existsSync(path.join(base, 'out'))).toBe(false);
    expect(existsSync(path.join(base, 'out.quarantine.jsonl'))).toBe(false);
  });

  it('are listed up to the limit, and counted beyond it, over all files', async () => {
    const texts = {
      'log.csv': [...GOOD, ...Array.from({ length: 15 }, () => 'u,i,never,1,0')].join('\n'),
      'items.csv': [
        'id,price',
        ...Array.from({ length: 9 }, (_, index) => `i${index},cheap`),
        ...Array.from({ length: 9 }, (_, index) => `j${index},1`),
      ].join('\n'),
    };
    const failing = prepareTexts(
      texts,
      {
        interactions: { ...LOG, header: HEADER.split(',') },
        items: { files: 'items.csv', id: 'id', fields: { price: { kind: 'numeric' } } },
      },
      { strict: true },
    );
    await expect(failing).rejects.toMatchObject({ total: 24 });
    await expect(failing).rejects.toThrow(/log\.csv, line 31, column "time": "never" is not a time/);
    await expect(failing).rejects.toThrow(/items\.csv, line 2, column "price": "cheap" is not a number/);
    await expect(failing).rejects.toThrow(/\.\.\. and 4 more problems \(24 in all\)/);
  });

  it('in the majority mean that the description is wrong, and stop any preparation', async () => {
    const texts = {
      'log.csv': ['user,item,time', 'u,i,1', ...Array.from({ length: 9 }, () => 'u,i,Tuesday')].join('\n'),
    };
    const failing = prepareTexts(texts, { interactions: { ...LOG, time: { column: 'time', unit: 's' } } });
    await expect(failing).rejects.toThrow(
      /log\.csv: 9 of 10 rows cannot be used: the description does not fit the file/,
    );
    await expect(failing).rejects.toThrow(/correct the columns, the time and the format/);
    await expect(failing).rejects.toThrow(/line 3, column "time": "Tuesday" is not a time/);
  });

  it('keep their place in JSON lines and in tables without lines', async () => {
    const rows = [...GOOD.slice(0, 6).map((row) => row.split(',')), ['u', 'i', 'late']];
    const objects = rows.map(([user, item, time]) => ({ user, item, time }));
    const lines = await prepareTexts(
      { 'log.jsonl': [...objects.map((object) => JSON.stringify(object)), '{"user": "u", "item"', '[1]'].join('\n') },
      { interactions: { ...LOG, files: 'log.jsonl' } },
    );
    expect(await quarantine(lines.out)).toMatchObject([
      { line: 7, column: 'time', value: 'late', raw: '{"user":"u","item":"i","time":"late"}' },
      { line: 8, message: 'is not an object of JSON', raw: '{"user": "u", "item"' },
      { line: 9, message: 'is not an object of JSON', raw: '[1]' },
    ]);
    const base = await writeTexts({ 'rows.jsonl': objects.map((object) => JSON.stringify(object)).join('\n') });
    const engine = await openEngine({ threads: 1 });
    try {
      const file = (name: string): string => sqlText(path.join(base, name));
      await engine.run(`COPY (FROM read_json(${file('rows.jsonl')})) TO ${file('log.parquet')} (FORMAT parquet)`);
    } finally {
      await engine.close();
    }
    const table = await prepareIn(base, { interactions: { ...LOG, files: 'log.parquet' } });
    const [row] = await quarantine(table.out);
    expect(row).toMatchObject({
      column: 'time',
      value: 'late',
      message: expect.stringMatching(/is not a time.* \(row 7\)/),
    });
    expect(row).not.toHaveProperty('line');
  });

  it('whose columns are called like those of the pipeline are found all the same', async () => {
    const texts = {
      'log.csv': [
        'pos,problem,field,u,i,t,f0',
        ...GOOD.map((good) => `p,q,r,${good}`).map((row) => row.split(',').slice(0, 7).join(',')),
        'p,q,r,u,i,soon,1',
      ].join('\n'),
    };
    const { dataset, out } = await prepareTexts(texts, {
      interactions: {
        files: 'log.csv',
        user: 'i',
        item: 'u',
        time: 't',
        fields: {
          pos: { kind: 'categorical' },
          f0: { kind: 'numeric' },
          problem: { kind: 'categorical', column: 'f0' },
        },
      },
      filters: { interactions: `pos = 'p' AND f0 = 1 AND problem = '1'` },
    });
    expect(Object.keys(histories(dataset))).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    expect(await quarantine(out)).toMatchObject([{ line: 32, column: 't', value: 'soon' }]);
  });

  it('of a later run without any take the file of an earlier one away', async () => {
    const base = await writeTexts({ 'log.csv': mixed('u,,1,1,0 1'), 'clean.csv': mixed() });
    const { out } = await prepareIn(base, description);
    expect(await quarantine(out)).toHaveLength(1);
    const { manifest } = await prepareIn(base, { interactions: { ...LOG, files: 'clean.csv', fields } });
    expect(manifest.quarantined).toBe(0);
    expect(existsSync(`${out}.quarantine.jsonl`)).toBe(false);
  });
});

describe('metadata', () => {
  it('counts the first usable row of an item, says how many repeat it, and sets the others aside', async () => {
    const { dataset, manifest, out } = await prepareTexts(
      {
        'log.csv': 'user,item,time\nu,a,1\nu,b,2\nu,c,3',
        'items.csv': 'id,name,price\na,,cheap\na,Anna,1\nb,Bea,2\nb,Bob,3\na,Ann,4\nb c,Cy,5\nd,Di,6\nc,,7',
      },
      {
        interactions: LOG,
        items: { files: 'items.csv', id: 'id', name: 'name', fields: { price: { kind: 'numeric' } } },
      },
    );
    // An item without a name is called by its id; d has no interaction and stays.
    expect(dataset.items.tokens.slice(1)).toEqual(['a', 'b', 'c', 'd']);
    expect(dataset.itemNames).toEqual(['', 'Anna', 'Bea', 'c', 'Di']);
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ what: 'rows of an item that has one already', count: 2 }),
    );
    expect(await quarantine(out)).toMatchObject([
      { line: 2, column: 'price', value: 'cheap' },
      { line: 7, column: 'id', value: 'b c' },
    ]);
  });
});

describe('expressions', () => {
  const texts = { 'log.csv': 'who,what,at\nu-1,a,1\nu-2,b,2\nu-x,b,3' };
  const of = (user: string, more: object = {}): Described => ({
    interactions: { files: 'log.csv', user: { sql: user }, item: 'what', time: 'at', ...more },
  });

  it('make ids, times and values out of several columns', async () => {
    const { dataset } = await prepareTexts(
      texts,
      of(`lower(who) || '/' || what -- both`, { time: { sql: '100 - CAST("at" AS INTEGER)' } }),
    );
    expect(histories(dataset)).toEqual({ 'u-1/a': ['a'], 'u-2/b': ['b'], 'u-x/b': ['b'] });
    expect([...(dataset.times ?? [])]).toEqual([99, 98, 97]);
  });

  it('that cannot be used name themselves and the columns there are', async () => {
    await expect(prepareTexts(texts, of('whom'))).rejects.toThrow(
      /column "interactions\.user": "whom" cannot be used: .*whom.*; it may use who, what, at/,
    );
    await expect(prepareTexts(texts, of('max(who)'))).rejects.toThrow(
      /"interactions\.user": "max\(who\)" cannot be used/,
    );
    await expect(prepareTexts(texts, of('who); DROP TABLE log; SELECT (1'))).rejects.toThrow(
      /it is not one expression but 3 statements/,
    );
    // This one fails on a row, in the middle of the work.
    await expect(prepareTexts(texts, of(`CAST(who[3:] AS INTEGER)`))).rejects.toThrow(
      /"interactions\.user": .*cannot be used: Conversion Error.*; it may use who, what, at[^]*TRY_CAST/,
    );
    const fields = { late: { column: { sql: 'att > 2' }, kind: 'categorical' } };
    await expect(prepareTexts(texts, of('who', { fields }))).rejects.toThrow(/"interactions\.fields\.late": "att > 2"/);
  });

  it('and columns that are missing are named with the nearest', async () => {
    await expect(
      prepareTexts(texts, { interactions: { files: 'log.csv', user: 'whoo', item: 'what' } }),
    ).rejects.toThrow(/"whoo" is a column that the file lacks \(did you mean "who"\?\); it has who, what, at/);
  });
});

describe('descriptions that contradict themselves', () => {
  it('are refused before a file is read, all problems together', async () => {
    const failing = prepareTexts(
      {},
      {
        interactions: {
          files: 'missing.csv',
          user: 'user',
          item: 'item',
          fields: { Time: { kind: 'numeric' }, a: { kind: 'categorical', bins: 3 }, A: { kind: 'numeric' } },
        },
        filters: { items: 'true', timeFrom: 3 },
        sessions: { gap: '1h' },
        split: { method: 'cold-items', valid: 0.5, test: 0.6 },
      },
    );
    await expect(failing).rejects.toMatchObject({ total: 7 });
    for (const words of [
      /"Time" is a name that is taken/,
      /"A" is a name that is taken/,
      /bins divide numbers; the field is categorical/,
      /"filters\.timeFrom": needs a time column/,
      /"sessions": need a time column/,
      /"filters\.items": the description has no items/,
      /"split": 0\.5 and 0\.6 leave nothing to train on/,
    ])
      await expect(failing).rejects.toThrow(words);
  });
});
