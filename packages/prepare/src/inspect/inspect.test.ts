// What inspectFiles makes of files that nobody described: made-up shops, each with one thing that real ones have.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DataError } from '@difsr/data';
import { histories, prepareIn, valuesOf, writeTexts } from '../prepare/prepare.test.support.js';
import { type Inspection, inspectFiles, type InspectOptions } from './inspect.js';
import type { GivenFiles } from './files.js';

const USERS = Array.from({ length: 40 }, (_, index) => `u${index}`);
const ITEMS = Array.from({ length: 30 }, (_, index) => `a${index}`);
/** Six interactions of each user, an hour between one row and the next. */
const LOG = Array.from({ length: 240 }, (_, row) => ({
  user: `u${row % 40}`,
  item: `a${(row * 7 + Math.floor(row / 40)) % 30}`,
  seconds: 1_600_000_200 + row * 3600,
}));

function csv(header: string, rows: readonly (readonly unknown[])[], delimiter = ','): string {
  return `${[header, ...rows.map((row) => row.join(delimiter))].join('\n')}\n`;
}

function jsonl(rows: readonly unknown[]): string {
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

const CLICKS = csv(
  'user_id,item_id,timestamp',
  LOG.map(({ user, item, seconds }) => [user, item, seconds]),
);

async function inspect(
  texts: Readonly<Record<string, string>>,
  files: GivenFiles,
  options: InspectOptions = {},
): Promise<Inspection & { readonly base: string }> {
  const base = await writeTexts(texts);
  const inside = (given: GivenFiles['items']): string | undefined =>
    typeof given === 'string' ? path.join(base, given) : undefined;
  const { interactions, items, users } = files;
  const input = { interactions: path.join(base, String(interactions)), items: inside(items), users: inside(users) };
  return { ...(await inspectFiles(input, { threads: 1, base, ...options })), base };
}

/** Columns that serve nothing, with the reason. */
function unused({ findings }: Inspection): Record<string, string> {
  return Object.fromEntries(
    findings.columns.filter(({ role }) => role === 'unused').map(({ column, why }) => [column, why]),
  );
}

async function failure(work: Promise<unknown>): Promise<DataError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`no DataError: ${String(error)}`);
  return error;
}

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
    expect(open.message).toMatch(/day or with the month.*\n.*--time-format "%d\/%m\/%Y" or --time-format "%m\/%d\/%Y"/);
  });
});

describe('users and items', () => {
  test('a shop with German headers, semicolons and decimal commas', async () => {
    const log = csv(
      'Kunde;Artikel-Nr;Kaufdatum;Betrag',
      LOG.map(({ user, item }, row) => [
        user,
        item,
        `${10 + (row % 18)}.03.2021`,
        `${(row * 37) % 300},${10 + (row % 90)}`,
      ]),
      ';',
    );
    const items = csv(
      'Artikel-Nr;Warengruppe;Bezeichnung',
      ITEMS.map((item, index) => [item, ['Obst', 'Gemüse', 'Brot'][index % 3], `Artikel Nummer ${index}`]),
      ';',
    );
    const inspection = await inspect(
      { 'log.csv': log, 'waren.csv': items },
      { interactions: 'log.csv', items: 'waren.csv' },
    );
    const { description, base } = inspection;
    expect(description.interactions).toEqual({
      files: path.join(base, 'log.csv'),
      format: 'csv',
      delimiter: ';',
      header: true,
      user: 'Kunde',
      item: 'Artikel-Nr',
      time: { column: 'Kaufdatum', format: '%d.%m.%Y' },
      fields: {
        Betrag: { kind: 'numeric', decimal: ',' },
      },
    });
    expect(description.items).toMatchObject({ id: 'Artikel-Nr', fields: { Warengruppe: { kind: 'categorical' } } });
    expect(unused(inspection)).toEqual({ Bezeichnung: expect.stringContaining('groups nothing') });
    const { manifest, dataset } = await prepareIn(base, description);
    expect(manifest.counts).toMatchObject({ users: 40, items: 30, interactions: 240 });
    expect(valuesOf(dataset, 'Warengruppe')['a1']).toEqual(['Gemüse']);
  });

  test('files without a header have user, item and time in this order', async () => {
    const text = CLICKS.slice(CLICKS.indexOf('\n') + 1);
    const { description, findings } = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
    expect(description.interactions).toMatchObject({
      header: false,
      user: 'column1',
      item: 'column2',
      time: { column: 'column3', unit: 's' },
    });
    expect(findings.columns[0]).toMatchObject({ role: 'user', why: expect.stringContaining('no header') });
  });

  test('what cannot be told is an error with the columns, examples and options', async () => {
    const text = CLICKS.replace('user_id,item_id', 'left,right');
    const error = await failure(inspect({ 'log.csv': text }, { interactions: 'log.csv' }));
    expect(error.message).toContain('which column is the user and which the item');
    expect(error.message).toContain('left: u0 | u1 | u2');
    expect(error.message).toContain('right: a0 | a7 | a14');
    expect(error.message).toContain('--user (user), and name the column of items with --item (item)');
    const named = await inspect({ 'log.csv': text }, { interactions: 'log.csv' }, { columns: { user: 'left' } });
    expect(named.description.interactions).toMatchObject({ user: 'left', item: 'right' });
    const wrong = await failure(
      inspect({ 'log.csv': text }, { interactions: 'log.csv' }, { columns: { user: 'lefd' } }),
    );
    expect(wrong.message).toContain('did you mean "left"?');
  });

  test('a catalogue of other items is refused', async () => {
    const items = csv(
      'item_id,brand',
      ITEMS.map((item, index) => [`z${item}`, `b${index % 3}`]),
    );
    const error = await failure(
      inspect({ 'log.csv': CLICKS, 'items.csv': items }, { interactions: 'log.csv', items: 'items.csv' }),
    );
    expect(error.message).toContain(`no column of the catalogue has the ids of the interactions' "item_id"`);
  });
});

describe('attributes', () => {
  const COLOURS = ['red', 'green', 'blue', 'black', 'white'];
  const PROSE = 'This is a very good thing which everybody who saw it wanted to have at once';

  test('of a catalogue: lists of every form, numbers, vectors; what cannot serve says why', async () => {
    const items = ITEMS.map((sku, index) => {
      const pair = [COLOURS[index % 5], COLOURS[(index * 3 + 1) % 5]];
      return {
        sku,
        product_name: `Thing ${index}`,
        bars: pair.join('|'),
        semicolons: pair.join(';'),
        commas: pair.map((colour) => `very ${colour}`).join(', '),
        list: pair,
        price: 10 + ((index * 37) % 101) / 4,
        embedding: [index / 7, -1.5, 0.25, index],
        taste: `0.5 ${index}.25 -1`,
        postcode: index === 7 ? 'T5V 1E6' : String(93_100 + (index % 4)),
        prose: `${PROSE} ${index}`,
        constant: 'shop',
        ean: `4006381${index}3331`,
        page: `https://shop.example/${sku}`,
        similar_items: [ITEMS[(index + 1) % 30], ITEMS[(index + 2) % 30]],
        partners: [ITEMS[(index + 4) % 30], ITEMS[(index + 9) % 30]],
        markup: `<span class="${COLOURS[index % 5]}">`,
        nothing: null,
      };
    });
    const inspection = await inspect(
      { 'log.csv': CLICKS, 'items.jsonl': jsonl(items) },
      { interactions: 'log.csv', items: 'items.jsonl' },
    );
    const { description, base } = inspection;
    expect(description.items).toEqual({
      files: path.join(base, 'items.jsonl'),
      format: 'jsonl',
      id: 'sku',
      name: 'product_name',
      fields: {
        bars: { kind: 'multi-categorical', separator: '|' },
        semicolons: { kind: 'multi-categorical', separator: ';' },
        commas: { kind: 'multi-categorical', separator: ', ' },
        list: { kind: 'multi-categorical' },
        price: { kind: 'numeric' }, // bins are the user's choice
        embedding: { kind: 'vector' },
        taste: { kind: 'vector', separator: ' ' },
        postcode: { kind: 'categorical' },
      },
    });
    expect(unused(inspection)).toEqual({
      prose: expect.stringContaining('free text'),
      constant: 'the same value on every row that has one: shop',
      ean: '30 different codes on 30 rows: it groups nothing',
      page: 'addresses of pages',
      similar_items: expect.stringContaining('links, not attributes'),
      partners: '60 of 60 values are ids of items: links, not attributes',
      markup: 'HTML debris on 30 of the first 30 cells with a value',
      nothing: 'it is empty',
    });
    const { dataset } = await prepareIn(base, description);
    const lists = valuesOf(dataset, 'list');
    expect(lists['a1']).toEqual(['green', 'white']);
    expect(valuesOf(dataset, 'bars')).toEqual(lists);
    expect(valuesOf(dataset, 'semicolons')).toEqual(lists);
  });

  test('of interactions: measures and kinds of events; not their ids, texts and second times', async () => {
    const text = csv(
      'event_id,user_id,item_id,timestamp,event_type,rating,created_at,comment,reviewer_name',
      LOG.map(({ user, item, seconds }, row) => [
        `e${row}`,
        user,
        item,
        seconds,
        ['view', 'cart', 'buy'][row % 3],
        1 + (row % 5),
        new Date(seconds * 1000).toISOString(),
        `${PROSE} ${row}`,
        `name of ${user}`,
      ]),
    );
    const inspection = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
    expect(inspection.description.interactions).toMatchObject({ user: 'user_id', item: 'item_id' });
    expect(inspection.description.interactions.fields).toEqual({
      event_type: { kind: 'categorical' },
      rating: { kind: 'numeric' },
    });
    expect(inspection.description.items).toBeUndefined();
    expect(unused(inspection)).toEqual({
      event_id: '240 different values on 240 rows: it groups nothing',
      created_at: 'another time; "timestamp" is used',
      comment: expect.stringContaining('free text'),
      reviewer_name: 'names of people',
    });
  });

  test('of items that stand in the log itself, which then loses no row', async () => {
    const text = csv(
      'user_id,item_id,timestamp,title,brand,rating',
      LOG.map(({ user, item, seconds }, row) => [
        user,
        item,
        seconds,
        `The ${item}`,
        COLOURS[Number(item.slice(1)) % 5],
        1 + (row % 5),
      ]),
    );
    const { description, base } = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
    expect(description.items).toMatchObject({
      files: path.join(base, 'log.csv'),
      id: 'item_id',
      name: 'title',
      fields: { brand: { kind: 'categorical' } },
    });
    expect(Object.keys(description.interactions.fields ?? {})).toContain('rating');
    const { manifest, dataset } = await prepareIn(base, description);
    expect(valuesOf(dataset, 'brand')['a7']).toEqual(['blue']);
    expect(manifest.report.filter(({ kind }) => kind === 'dropped')).toEqual([]);
    expect(manifest.report).toContainEqual({
      kind: 'noted',
      what: 'items whose fields stand in the interactions',
      count: 30,
      why: 'the first row of an item counts',
    });
  });

  test('of items in the log: lists of which no two are alike, and rows without an item that say nothing of it', async () => {
    const tagsOf = (item: string): string => {
      const number = Number(item.slice(1));
      return ['new', 'sale', 'blue', 'big', 'soft', 'wood']
        .filter((_, bit) => (((number + 3) * 11) >> bit) % 2 === 1)
        .join('|');
    };
    const rows = LOG.map(({ user, item, seconds }, row) => [user, row % 50 === 9 ? '' : item, seconds, tagsOf(item)]);
    const text = csv('user_id,item_id,timestamp,tags', rows);
    const { description, base } = await inspect({ 'log.csv': text }, { interactions: 'log.csv' });
    expect(description.items?.fields).toEqual({ tags: { kind: 'multi-categorical', separator: '|' } });
    expect(description.interactions.fields).toBeUndefined();
    const { manifest, dataset } = await prepareIn(base, description);
    expect(valuesOf(dataset, 'tags')['a7']).toEqual(tagsOf('a7').split('|'));
    // Each of them is one row, though both the interaction and the item were to be read from it.
    expect(manifest.quarantined).toBe(rows.filter(([, item]) => item === '').length);
  });
});

test('cells of no-break spaces alone are empty, as in the preparation', async () => {
  const rows = ITEMS.map((item, index) => [
    item,
    index % 3 === 0 ? '\u00a0' : ['red', 'blue', 'green', 'grey', 'black'][index % 5],
  ]);
  const texts = { 'log.csv': CLICKS, 'items.csv': csv('item_id,brand', rows) };
  const { description, base } = await inspect(texts, { interactions: 'log.csv', items: 'items.csv' });
  expect(description.items?.fields).toEqual({ brand: { kind: 'categorical' } });
  const { dataset } = await prepareIn(base, description);
  expect(Object.keys(valuesOf(dataset, 'brand'))).toHaveLength(rows.filter(([, brand]) => brand !== '\u00a0').length);
});

describe('files that belong together', () => {
  const products = csv(
    'item_id,brand',
    ITEMS.map((item, index) => [item, colourOf(index)]),
  );
  const customers = csv(
    'user_id,gender,segment',
    USERS.map((user, index) => [user, 'mf'[index % 2], index % 4]),
  );

  test('log, catalogue and users of a folder are told by their names', async () => {
    const texts = { 'clicks.csv': CLICKS, 'products.csv': products, 'customers.csv': customers };
    const { description, findings, base } = await inspect(texts, { interactions: '.' });
    const { interactions, items, users } = description;
    expect([interactions, items, users].map((source) => source?.files)).toEqual(
      ['clicks.csv', 'products.csv', 'customers.csv'].map((file) => path.join(base, file)),
    );
    expect(description.users).toMatchObject({
      id: 'user_id',
      fields: { gender: { kind: 'categorical' }, segment: { kind: 'categorical' } },
    });
    expect(findings.report.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['interactions: clicks.csv', 'catalogue: products.csv', 'users: customers.csv']),
    );
  });

  test('the catalogue and the users of a packed atomic file, packed or not', async () => {
    const base = await writeTexts({
      'shop.item': 'item_id:token\tbrand:token\na1\tred\na2\tblue\na3\tred\na4\tblue\n',
    });
    const log = LOG.map(({ user, item, seconds }) => `${user}\t${item}\t${seconds}`).join('\n');
    const packed = gzipSync(`user_id:token\titem_id:token\ttimestamp:float\n${log}\n`);
    await writeFile(path.join(base, 'shop.inter.gz'), packed);
    const people = USERS.map((user, index) => `${user}\t${'mf'[index % 2]}`).join('\n');
    await writeFile(path.join(base, 'shop.user.gz'), gzipSync(`user_id:token\tgender:token\n${people}\n`));
    for (const given of ['shop.inter.gz', 'shop', '.']) {
      const { description } = await inspectFiles({ interactions: path.join(base, given) }, { threads: 1, base });
      const { interactions, items, users } = description;
      expect([interactions, items, users].map((source) => source?.files)).toEqual(
        ['shop.inter.gz', 'shop.item', 'shop.user.gz'].map((file) => path.join(base, file)),
      );
    }
  });

  test('S3-Rec attributes are no links, and items that nobody took are left out as its reader does', async () => {
    const lines = USERS.map((_, user) => [user + 1, 1 + (user % 9), 10 + (user % 3), 20].join(' '));
    // Item 50 is of the catalogue alone; numbers of attributes are numbers of items, too.
    const attributes = Object.fromEntries(
      [...Array.from({ length: 12 }, (_, index) => index + 1), 20, 50].map((item) => [item, [1 + (item % 4), 5]]),
    );
    const texts = { 'shop.txt': `${lines.join('\n')}\n`, 'shop_item2attributes.json': JSON.stringify(attributes) };
    const { description, base } = await inspect(texts, { interactions: 'shop' });
    expect(description).toMatchObject({
      name: 'shop',
      interactions: { format: 's3rec' },
      items: { format: 's3rec-attributes', fields: { attributes: { kind: 'multi-categorical' } } },
      filters: { itemMin: 1, duplicates: 'keep' },
    });
    const { dataset } = await prepareIn(base, description);
    expect(dataset.items.size - 1).toBe(9 + 3 + 1);
    expect(histories(dataset)['1']).toEqual(['1', '10', '20']);
    expect(valuesOf(dataset, 'attributes')['20']).toContain('1');
  });
});

function colourOf(index: number): string {
  return ['red', 'green', 'blue'][index % 3] ?? '';
}

test('says how many rows it looked at', async () => {
  const rows = Array.from({ length: 100_001 }, (_, row) => [
    `u${row % 5000}`,
    `a${(row * 7) % 997}`,
    1_600_000_000 + row,
  ]);
  const { findings } = await inspect({ 'log.csv': csv('user,item,time', rows) }, { interactions: 'log.csv' });
  expect(findings.report).toContainEqual(
    expect.objectContaining({ count: 100_000, why: 'judged by the first 100,000 rows alone' }),
  );
});
