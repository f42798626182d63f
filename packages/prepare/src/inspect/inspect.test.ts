// What inspectFiles makes of files that nobody described: made-up shops, each with one thing that real ones have.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { histories, onEngine, prepareIn, shareEngine, valuesOf, writeTexts } from '../prepare/prepare.test.support.js';
import { inspectFiles } from './inspect.js';
import { USERS, ITEMS, LOG, CLICKS, csv, inspect, unused, failure, colourOf } from './shop.test.support.js';

shareEngine();

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
    expect(error.message).toContain('(columns.user: NAME), and name the column of items (columns.item: NAME)');
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
      const { description } = await inspectFiles({ interactions: path.join(base, given) }, { ...onEngine(), base });
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
