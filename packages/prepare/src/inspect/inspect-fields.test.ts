// Attributes in files that nobody described: which columns become fields, and of which kind.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareIn, shareEngine, valuesOf } from '../prepare/prepare.test.support.js';
import { ITEMS, LOG, CLICKS, csv, jsonl, inspect, unused } from './shop.test.support.js';

shareEngine();

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
