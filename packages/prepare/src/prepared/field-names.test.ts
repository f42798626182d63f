// Names that several owners' columns have: every field of a data set has its own, the same in memory, on disk and in statistics.
import path from 'node:path';
import { expect, it } from 'vitest';
import { analysePrepared } from '../prepare/analyse.js';
import { prepareIn, testFolder, writeTexts } from '../prepare/prepare.test.support.js';
import { type FieldOwner, sequenceStore, type SequenceStore } from '@difsr/data';
import { namedFields, reportNames } from './field-names.js';
import { openPrepared } from './open.js';

const SHOP = {
  'orders.csv':
    'user,product,time,price,channel\nann,x,1600000000,5,web\nann,y,1600000100,,app\nbob,x,1600000200,4.5,web\n',
  'products.csv': 'product,price,channel\nx,6,shop\ny,7,\n',
  'people.csv': 'user,price\nann,100\nbob,\n',
};

it('a price of products, of orders and of people are three fields, in memory and on disk', async () => {
  const { dataset, out } = await prepareIn(await writeTexts(SHOP), {
    interactions: {
      files: 'orders.csv',
      user: 'user',
      item: 'product',
      time: 'time',
      fields: { price: { kind: 'numeric' }, channel: { kind: 'categorical' } },
    },
    items: {
      files: 'products.csv',
      id: 'product',
      fields: { price: { kind: 'numeric' }, channel: { kind: 'categorical' } },
    },
    users: { files: 'people.csv', id: 'user', fields: { price: { kind: 'numeric' } } },
  });
  const cache = path.join(await testFolder(), 'cache');
  const stored = await openPrepared(out, { threads: 1, cache });
  try {
    const loaded = sequenceStore(dataset);
    for (const { fields } of [dataset, stored]) {
      const values = (name: string): unknown => fields.find((field) => field.name === name)?.values;
      expect(values('price')).toEqual(Float32Array.of(NaN, 6, 7));
      expect(values('user_price')).toEqual(Float32Array.of(NaN, 100, NaN));
    }
    const words = async (store: SequenceStore): Promise<unknown> => [
      await store.readColumn('interaction_price', [0], [3]),
      Array.from(
        await store.readColumn('interaction_channel', [0], [3]),
        (id) => store.columns.find(({ name }) => name === 'interaction_channel')?.vocabulary?.tokens[id],
      ),
    ];
    for (const store of [loaded, stored.store]) {
      expect(store.columns.map(({ name }) => name)).toEqual(['interaction_price', 'interaction_channel', 'time']);
      expect(await words(store)).toEqual([Float32Array.of(5, NaN, 4.5), ['web', 'app', 'web']]);
    }
    expect(stored.report).toEqual(dataset.report);
    const { otherFields, report } = await analysePrepared(out, { threads: 1 });
    expect(otherFields.map(({ name }) => name).toSorted()).toEqual([
      'interaction_channel',
      'interaction_price',
      'price',
      'user_price',
    ]);
    for (const said of [dataset.report, report])
      expect(said).toContainEqual({
        kind: 'noted',
        what: 'field "price" of interactions is called interaction_price here',
        count: 0,
        why: 'items and users have one of that name',
      });
  } finally {
    await stored.close();
  }
});

const named = (...fields: readonly (readonly [FieldOwner, string])[]): string[] =>
  namedFields({ fields: fields.map(([owner, name]) => ({ owner, name, kind: 'numeric' })) }).map(({ name }) => name);

it('fields whose names nobody else has keep them', () => {
  const fields = [
    ['interaction', 'rating'],
    ['item', 'price'],
    ['item', 'time.cook'],
    ['user', 'item'],
    ['interaction', 'times'],
  ] as const;
  expect(named(...fields)).toEqual(fields.map(([, name]) => name));
});

it('of two of one name those of items keep it; without one of items neither does', () => {
  expect(named(['interaction', 'price'], ['item', 'price'])).toEqual(['interaction_price', 'price']);
  expect(named(['user', 'city'], ['item', 'city'])).toEqual(['user_city', 'city']);
  expect(named(['interaction', 'city'], ['user', 'city'])).toEqual(['interaction_city', 'user_city']);
});

it('a name that is taken already gets a number', () => {
  const fields = [
    ['item', 'price'],
    ['item', 'interaction_price'],
    ['interaction', 'price'],
    ['interaction', 'interaction_price_2'],
    ['user', 'user_price'],
    ['user', 'price'],
  ] as const;
  expect(named(...fields)).toEqual([
    'price',
    'interaction_price',
    'interaction_price_3',
    'interaction_price_2',
    'user_price',
    'user_price_2',
  ]);
});

it('what an event is asked with, and what is made of times, is no name of a field of interactions', () => {
  expect(named(['interaction', 'item'], ['interaction', 'time'], ['interaction', 'time.gap'])).toEqual([
    'interaction_item',
    'interaction_time',
    'interaction_time.gap',
  ]);
  const fields = [{ owner: 'interaction', name: 'time.gap', kind: 'numeric' }] as const;
  expect(reportNames({ fields })).toEqual([
    {
      kind: 'noted',
      what: 'field "time.gap" of interactions is called interaction_time.gap here',
      count: 0,
      why: 'names that begin with "time." are those of columns made of times',
    },
  ]);
});
