// Which column is the user, which the item: by whole words of its name and by its values.
import { setting, text } from '@difsr/errors';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { onEngine, shareEngine, writeTexts } from '../prepare/prepare.test.support.js';
import { type Inspection, inspectFiles } from './inspect.js';
import { isAttributeName, isCodeName, isIdName, isMeasureName, nameRank } from './names.js';

shareEngine();

const ROWS = 240;
/** Columns by what their cells are. */
const CELLS = {
  user: (row: number) => `u${row % 40}`,
  email: (row: number) => `u${row % 40}@example.org`,
  item: (row: number) => `a${(row * 7 + Math.floor(row / 40)) % 30}`,
  visit: (row: number) => `s${Math.floor(row / 3)}`,
  flag: (row: number) => (row % 3 === 0 ? 1 : 0),
  word: (row: number) => (row % 3 === 0 ? 'yes' : 'no'),
  price: (row: number) => 5 + (row % 17) / 4,
  whole: (row: number) => 1 + (row % 9),
  kind: (row: number) => ['web', 'app', 'shop'][row % 3],
  time: (row: number) => 1_700_000_000 + row * 3600,
} as const;

async function inspect(columns: Readonly<Record<string, keyof typeof CELLS>>): Promise<Inspection> {
  const names = Object.keys(columns);
  const rows = Array.from({ length: ROWS }, (_, row) =>
    Object.values(columns)
      .map((kind) => CELLS[kind](row))
      .join(','),
  );
  const base = await writeTexts({ 'log.csv': [names.join(','), ...rows].join('\n') });
  return inspectFiles({ interactions: path.join(base, 'log.csv') }, { ...onEngine(), base });
}

async function roles(columns: Readonly<Record<string, keyof typeof CELLS>>): Promise<readonly unknown[]> {
  const { user, item } = (await inspect(columns)).description.interactions;
  return [user, item];
}

describe('names', () => {
  test.each([
    'revenue',
    'venue_rating',
    'has_video',
    'hasVideo',
    'Has Video',
    'repeat_customer',
    'repeat-customer',
    'is_user',
    'isUser',
    'price_paid',
    'video_seconds',
    'items_count',
    'user_agent',
    'user_rating',
    'item_price',
    'product_title',
    'avenue',
    'new_user',
    'top_artist',
    'previous_item_id',
    'seller_email',
    'related_product_id',
    'num_items',
    'unpaid',
    'related_sku',
    'itemPrice',
  ])('"%s" is neither user nor item', (name) => {
    expect([nameRank(name, 'user'), nameRank(name, 'item')]).toEqual([undefined, undefined]);
  });

  test.each([
    'user_id',
    'userId',
    'USERID',
    'User ID',
    'shop_user_id',
    'shopUserID',
    'shopuserid',
    'customer_email',
    'Email',
    'member',
    'account',
    'visitor_id',
    'client',
    'Kunde',
    'Kunden-Nr',
    'Kundennummer',
    'buyer-id',
    'crm_customer_key',
    'session_id',
  ])('"%s" is a user', (name) => {
    expect(nameRank(name, 'user')).toBeTypeOf('number');
  });

  test.each([
    'item_id',
    'asin',
    'parentAsin',
    'product_asin',
    'sku',
    'Product SKU',
    'article',
    'product_id',
    'Artikel',
    'Artikel-Nr',
    'Produkt',
    'StockCode',
    'EAN',
    'master_product_id',
    'videoid',
  ])('"%s" is an item', (name) => {
    expect(nameRank(name, 'item')).toBeTypeOf('number');
  });

  test('whoever has a name comes before a visit, and an outright name before a longer one', () => {
    const order = ['user_id', 'customer', 'shop_user_id', 'session_id'].map((name) => nameRank(name, 'user') ?? 0);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('kinds of numbers go by whole words, too', () => {
    expect(['brand_id', 'brandId', 'categoryid', 'zipcode', 'shop_type'].map(isCodeName)).toEqual(Array(5).fill(true));
    expect(['price_paid', 'pricePaid', 'pricepaid', 'grid', 'valid', 'has_paid'].map(isCodeName)).toEqual(
      Array(6).fill(false),
    );
    expect(['age', 'user_rating', 'vote_count', 'unitprice'].map(isMeasureName)).toEqual(Array(4).fill(true));
    expect(['language', 'account', 'page', 'storage'].map(isMeasureName)).toEqual(Array(4).fill(false));
    expect(['items_count', 'user_agent', 'video_seconds', 'has_video'].map(isAttributeName)).toEqual(
      Array(4).fill(true),
    );
    expect(['order_id', 'paid', 'is_paid'].map(isIdName)).toEqual([true, false, false]);
  });
});

describe('columns', () => {
  test('that are called like ids but hold flags, measures or a few kinds are no ids', async () => {
    expect(
      await roles({
        video: 'flag',
        customer: 'word',
        game: 'price',
        client: 'kind',
        price_paid: 'price',
        revenue: 'price',
        customer_email: 'email',
        sku: 'item',
        timestamp: 'time',
      }),
    ).toEqual(['customer_email', 'sku']);
    expect(await roles({ has_video: 'flag', repeat_customer: 'flag', buyer: 'user', product: 'item' })).toEqual([
      'buyer',
      'product',
    ]);
  });

  test('that are flags or counts are not the only one left', async () => {
    await expect(inspect({ is_user: 'flag', sku: 'item', items_count: 'whole', timestamp: 'time' })).rejects.toThrow(
      /cannot tell which column is the user; it has[^]*columns\.user: NAME/,
    );
    await expect(inspect({ email: 'email', has_video: 'flag', user_rating: 'whole' })).rejects.toThrow(
      /cannot tell which column is the item/,
    );
  });

  test('that compete are named with the option that changes the choice', async () => {
    const { description, findings } = await inspect({
      session_id: 'visit',
      user_id: 'user',
      product_id: 'item',
      sku: 'item',
      timestamp: 'time',
    });
    expect(description.interactions).toMatchObject({ user: 'user_id', item: 'product_id' });
    expect(findings.report).toContainEqual({
      kind: 'noted',
      what: 'the user is "user_id"',
      count: 0,
      why: '"session_id" could be it, too',
      cure: text`${setting('columns.user', 'session_id')} takes it`,
    });
    expect(findings.report).toContainEqual(
      expect.objectContaining({
        what: 'the item is "product_id"',
        cure: text`${setting('columns.item', 'sku')} takes it`,
      }),
    );
    const alone = await inspect({ user_id: 'user', sku: 'item', timestamp: 'time' });
    expect(alone.findings.report.filter(({ what }) => /^the (user|item) is/.test(what))).toEqual([]);
  });

  test('a code that a shop calls paid is a price, not a code', async () => {
    const { description } = await inspect({ user_id: 'user', sku: 'item', price_paid: 'whole', timestamp: 'time' });
    expect(description.interactions.fields?.['price_paid']).toBeDefined();
  });
});
