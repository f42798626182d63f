// Logs and catalogues whose ids are the same for people: read so that they meet where hardly any does, and named where some do not.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
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

shareEngine();

const NAMES = ['café', 'año', 'über', 'façade', 'niño', 'smörgås'];
const word = (item: number): string => `${NAMES[item % 6] ?? ''}${item}`;

async function shop(
  inLog: (item: number) => string,
  inTable: (item: number) => string,
): Promise<Inspection & Prepared> {
  const log = Array.from({ length: 200 }, (_, row) => `u${row % 20},"${inLog(1 + ((row * 7) % 40))}",${1.7e9 + row}`);
  const items = Array.from({ length: 40 }, (_, item) => `"${inTable(1 + item)}",${['red', 'blue'][item % 2]}`);
  const base = await writeTexts({
    'log.csv': `user_id,item_id,timestamp\n${log.join('\n')}\n`,
    'items.csv': `item_id,colour\n${items.join('\n')}\n`,
  });
  const files = { interactions: path.join(base, 'log.csv'), items: path.join(base, 'items.csv') };
  const inspection = await inspectFiles(files, { ...onEngine(), base });
  return { ...inspection, ...(await prepareIn(base, inspection.description)) };
}

describe('where hardly any id is in the catalogue', () => {
  test.each<[string, (item: number) => string, (item: number) => string, (item: number) => string]>([
    [
      'Unicode composed in the log',
      (item) => word(item).normalize('NFC'),
      (item) => word(item).normalize('NFD'),
      (item) => word(item).normalize('NFC'),
    ],
    [
      'Unicode decomposed in the log',
      (item) => word(item).normalize('NFD'),
      (item) => word(item).normalize('NFC'),
      (item) => word(item).normalize('NFC'),
    ],
    ['upper case', (item) => `B${item}`, (item) => `b${item}`, (item) => `B${item}`],
    ['zeros in the catalogue', String, (item) => String(item).padStart(5, '0'), String],
    ['zeros in the log', (item) => String(item).padStart(5, '0'), String, String],
    ['numbers with a decimal point', String, (item) => `${item}.0`, String],
    ['numbers with a decimal point in the log', (item) => `${item}.0`, String, String],
    ['zeros and a decimal point', (item) => `${item}.0`, (item) => String(item).padStart(4, '0'), String],
  ])('%s', async (_, inLog, inTable, id) => {
    const { dataset, findings, manifest } = await shop(inLog, inTable);
    const colours = valuesOf(dataset, 'colour');
    expect(Object.keys(colours)).toHaveLength(40);
    for (let item = 1; item <= 40; item++) {
      const found = colours[id(item)] ?? colours[id(item).toLowerCase()];
      expect(found).toEqual([['red', 'blue'][(item - 1) % 2]]);
    }
    expect(manifest.counts.items).toBe(40);
    expect(findings.columns.find(({ role }) => role === 'id')?.why).toMatch(/100 % of the ids .*, 0 % as they stand/);
  });

  test('white space around them does not count', async () => {
    const { dataset, findings } = await shop(
      (item) => `i${item}`,
      (item) => ` i${item} `,
    );
    expect(Object.keys(valuesOf(dataset, 'colour'))).toHaveLength(40);
    expect(findings.columns.find(({ role }) => role === 'id')?.why).toMatch(/^it has 100 % of the ids in "\w+"$/);
  });

  test('ids that would become one stay two', async () => {
    // Upper and lower case are different items here, and the catalogue has others.
    const two = (item: number): string => (item % 2 === 0 ? `x${item >> 1}` : `X${item >> 1}`);
    await expect(shop(two, (item) => `z${item}`)).rejects.toThrow(/those of "item_id" are z1 \| z2 \| z3/);
  });
});

describe('where some ids do not meet', () => {
  const log = Array.from({ length: 60 }, (_, row) => `u${row % 6},${['café', 'tea', 'A1', 'b2', '7'][row % 5]},${row}`);
  const texts = {
    'log.csv': `user,item,time\n${log.join('\n')}\n`,
    'items.csv': `sku,kind\n${'café'.normalize('NFD')},hot\ntea,hot\nA1,cold\nb2,cold\n007,cold\n`,
  };
  const description = {
    interactions: { files: 'log.csv', user: 'user', item: 'item', time: 'time' },
    items: { files: 'items.csv', id: 'sku', fields: { kind: { kind: 'categorical' } } },
  } as const;

  test('the report names the form, a pair, and a cure that works as printed', async () => {
    const { manifest } = await prepareTexts(texts, description);
    const found = manifest.report.find(({ what }) => what.startsWith('of them, items that meet a row'));
    expect(found).toMatchObject({ count: 2, what: expect.stringContaining('without zeros in front') });
    const sql = [...(found?.why ?? '').matchAll(/\{sql: ("(?:[^"\\]|\\.)*")\}/g)].map(
      ([, text]) => JSON.parse(text ?? '') as string, // the text of a JSON string
    );
    const [item = '', id = ''] = sql;
    const cured = await prepareTexts(texts, {
      interactions: { ...description.interactions, item: { sql: item } },
      items: { ...description.items, id: { sql: id } },
    });
    expect(Object.keys(valuesOf(cured.dataset, 'kind'))).toHaveLength(5);
    expect(cured.manifest.report.filter(({ what }) => what.includes('without a row'))).toEqual([]);
  });

  test('one form of Unicode alone is named as such', async () => {
    const { manifest } = await prepareTexts(
      { ...texts, 'items.csv': texts['items.csv'].replace('007', '7') },
      description,
    );
    expect(manifest.report).toContainEqual({
      kind: 'noted',
      what: 'of them, items that meet a row in the same form of Unicode',
      count: 1,
      why: `"café" of the log and "${'café'.normalize('NFD')}" of the item table are two ids as they stand; to make them one, write item: {sql: "nfc_normalize(\\"item\\")"} under interactions: and id: {sql: "nfc_normalize(\\"sku\\")"} under items:`,
    });
  });

  test('where most are missing, both sides are shown', async () => {
    const { manifest } = await prepareTexts(
      { ...texts, 'items.csv': 'sku,kind\nx1,hot\nx2,cold\ntea,hot\n' },
      description,
    );
    expect(manifest.report).toContainEqual({
      kind: 'noted',
      what: 'items without a row in the item table',
      count: 4,
      why: 'they have no attributes: the log has "café", "A1", "b2", the item table "x1", "x2", "tea"',
    });
  });

  test('of users, too', async () => {
    const { manifest } = await prepareTexts(
      { ...texts, 'users.csv': 'id,age\nU0,3\nU1,4\nU2,3\nU3,4\nu4,3\nu5,3\n' },
      {
        interactions: description.interactions,
        users: { files: 'users.csv', id: 'id', fields: { age: { kind: 'categorical' } } },
      },
    );
    expect(manifest.report).toContainEqual(
      expect.objectContaining({ what: 'of them, users that meet a row in lower case', count: 4 }),
    );
  });
});
