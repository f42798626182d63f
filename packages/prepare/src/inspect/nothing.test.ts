// Words for nothing in columns of names: no value where that is what they are, a finding where they may be names.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { analysePrepared } from '../prepare/analyse.js';
import {
  onEngine,
  type Prepared,
  prepareIn,
  prepareTexts,
  shareEngine,
  valuesOf,
  writeTexts,
} from '../prepare/prepare.test.support.js';
import { type Inspection, inspectFiles } from './inspect.js';
import { mayBeNothing, nothingAmong } from './nothing.js';

shareEngine();

describe('words among names', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      'of programs and people',
      ['Lumo', 'nan', 'None', 'N/A', 'null', '-', '?', '\\N'],
      ['nan', 'None', 'N/A', 'null', '-', '?', '\\N'],
    ],
    [
      'in brackets',
      ['Drama', '(no genres listed)', '(not set)', '<unset>', '[null]'],
      ['(no genres listed)', '(not set)', '[null]'],
    ],
    ['with blanks around', ['Lumo', ' NaN ', '- '], [' NaN ', '- ']],
    ['NA where names are', ['Lumo', 'Acme', 'NA'], ['NA']],
    ['NA where codes are', ['DE', 'FR', 'NA', 'ZA'], []],
    ['NA and n/a where codes are', ['EMEA', 'APAC', 'NA', 'n/a'], ['n/a']],
    ['names', ['Nan', 'Nat', 'Nil', 'Infinity', 'Nana', 'No Name', 'unknown', 'Nothing', 'Na'], []],
  ])('%s', (_, values, words) => {
    expect(nothingAmong(values)).toEqual(words);
  });

  test('doubtful ones', () => {
    expect(['unknown', 'Unknown ', 'NA', 'Nan', 'keine Angabe', 'None'].every(mayBeNothing)).toBe(true);
    expect(['Lumo', 'Nana', 'Infinity', 'other'].some(mayBeNothing)).toBe(false);
  });
});

async function shop(cells: readonly string[], column = 'brand'): Promise<Inspection & Prepared> {
  const log = Array.from({ length: 200 }, (_, row) => `u${row % 20},p${(row * 7) % 40},${1_700_000_000 + row}`);
  const items = Array.from(
    { length: 40 },
    (_, item) => `p${item},"${(cells[item % cells.length] ?? '').replaceAll('"', '""')}"`,
  );
  const base = await writeTexts({
    'log.csv': `user_id,item_id,timestamp\n${log.join('\n')}\n`,
    'items.csv': `item_id,${column}\n${items.join('\n')}\n`,
  });
  const files = { interactions: path.join(base, 'log.csv'), items: path.join(base, 'items.csv') };
  const inspection = await inspectFiles(files, { ...onEngine(), base });
  return { ...inspection, ...(await prepareIn(base, inspection.description)) };
}

test('are no value of an item: said, counted, and off with missing: []', async () => {
  const { description, findings, dataset, manifest, out } = await shop(['Lumo', 'Acme', 'nan', 'None', ' - ']);
  expect(description.items?.fields).toEqual({ brand: { kind: 'categorical', missing: ['-', 'None', 'nan'] } });
  expect(findings.columns.find(({ column }) => column === 'brand')?.why).toBe(
    'two values; 24 of 40 cells stand for none: -, None, nan',
  );
  expect(Object.keys(valuesOf(dataset, 'brand'))).toHaveLength(16);
  expect(manifest.report).toContainEqual({
    kind: 'noted',
    what: 'cells of field "brand" that stand for no value',
    count: 24,
    why: 'their rows stay: "-" (8), "None" (8), "nan" (8)',
  });
  const { statistics } = await analysePrepared(out, { ...onEngine() });
  expect(statistics.fields[0]).toMatchObject({ values: 2, coverage: 0.4 });
  const { items } = description;
  if (items === undefined) throw new Error('no items');
  const kept = {
    ...description,
    items: { ...items, fields: { brand: { kind: 'categorical', missing: [] } } },
  } as const;
  const all = await prepareIn(path.dirname(out), kept);
  expect(Object.keys(valuesOf(all.dataset, 'brand'))).toHaveLength(40);
  expect(all.manifest.report.filter(({ what }) => what.includes('no value'))).toEqual([]);
});

test('in lists of every form', async () => {
  for (const cells of [
    ['red|blue', 'None', 'blue|nan', 'red', '(no genres listed)'],
    ['["red","blue"]', '[]', '["blue","nan"]', '["red"]', '["None"]'],
    ["'red', 'blue'", 'null', "'blue', 'nan'", "'red'", 'N/A'],
  ]) {
    const { dataset } = await shop(cells, 'colours');
    expect(valuesOf(dataset, 'colours')).toMatchObject({ p0: ['red', 'blue'], p2: ['blue'], p3: ['red'] });
    expect(Object.keys(valuesOf(dataset, 'colours'))).toHaveLength(24);
  }
});

test('one value beside them groups nothing', async () => {
  const { findings } = await shop(['Lumo', 'None']);
  expect(findings.columns.find(({ column }) => column === 'brand')).toMatchObject({
    role: 'unused',
    why: 'the same value on every row that has one: Lumo',
  });
  const none = await shop(['None', 'nan']);
  expect(none.findings.columns.find(({ column }) => column === 'brand')?.why).toContain('no value on any row');
});

describe('findings about the values of a description', () => {
  const log = Array.from(
    { length: 60 },
    (_, row) => `u${row % 6},i${row % 6},${row},${['view', 'View', 'buy'][row % 3]}`,
  );
  const texts = {
    'log.csv': `user,item,time,event\n${log.join('\n')}\n`,
    'items.csv': 'id,brand\ni0,Lumo\ni1,LUMO\ni2,lumo\ni3,unknown\ni4,None\ni5,Acme\n',
    'tags.jsonl': ['["Red","x"]', '["red"]', '["x"]', '[]', '["RED"]', '["x"]']
      .map((tags, item) => `{"id":"i${item}","tags":${tags}}`)
      .join('\n'),
  };
  const interactions = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;
  const reported = ({ manifest }: Prepared): unknown[] =>
    manifest.report
      .filter(({ what }) => what.startsWith('values of field'))
      .map(({ what, count, why }) => [what, count, why]);

  test('spellings that differ in case, with SQL that makes them one; words, with the key', async () => {
    const brand = { kind: 'categorical' } as const;
    const found = reported(
      await prepareTexts(texts, { interactions, items: { files: 'items.csv', id: 'id', fields: { brand } } }),
    );
    expect(found).toEqual([
      [
        'values of field "brand" that differ in upper and lower case alone',
        1,
        '"Lumo", "LUMO", "lumo": they stay apart; to make them one, write column: {sql: "lower(\\"brand\\")"}',
      ],
      [
        'values of field "brand" that may stand for no value',
        2,
        '"unknown", "None": taken as values; if it means that nothing is known, say missing: ["unknown", "None"], else missing: []',
      ],
    ]);
    const cured = await prepareTexts(texts, {
      interactions,
      items: {
        files: 'items.csv',
        id: 'id',
        fields: { brand: { ...brand, column: { sql: 'lower("brand")' }, missing: ['unknown', 'none'] } },
      },
    });
    expect(reported(cured)).toEqual([]);
    expect(valuesOf(cured.dataset, 'brand')).toEqual({ i0: ['lumo'], i1: ['lumo'], i2: ['lumo'], i5: ['acme'] });
  });

  test('of lists and of interactions', async () => {
    const tags = { kind: 'multi-categorical' } as const;
    const described = {
      interactions: { ...interactions, fields: { event: { kind: 'categorical' } } },
      items: { files: 'tags.jsonl', id: 'id', fields: { tags } },
    } as const;
    const found = reported(await prepareTexts(texts, described));
    expect(found).toHaveLength(2);
    const sql = found
      .map((entry) => /\{sql: (".*")\}/.exec(String(entry)) ?? [])
      .map(([, text]) => JSON.parse(text ?? '""') as string); // the text of a JSON string
    const cured = await prepareTexts(texts, {
      interactions: { ...interactions, fields: { event: { kind: 'categorical', column: { sql: sql[1] ?? '' } } } },
      items: { ...described.items, fields: { tags: { ...tags, column: { sql: sql[0] ?? '' } } } },
    });
    expect(reported(cured)).toEqual([]);
    expect(valuesOf(cured.dataset, 'tags')).toMatchObject({ i0: ['red', 'x'], i1: ['red'], i4: ['red'] });
  });
});
