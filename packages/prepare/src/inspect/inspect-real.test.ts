// What inspectFiles makes of the real files, held against counts over the files themselves and those that their sources state.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { prepareIn, testFolder, valuesOf } from '../prepare/prepare.test.support.js';
import { testOnRealData } from '../real-data.test.support.js';
import { type Inspection, inspectFiles } from './inspect.js';

const ONE = { threads: 1 };

async function linesOf(file: string): Promise<string[]> {
  const bytes = await readFile(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n');
}

async function objectsOf(file: string): Promise<Record<string, unknown>[]> {
  return (await linesOf(file)).map((line) => JSON.parse(line) as Record<string, unknown>); // one object on each line
}

/** What a column was taken for, and why. */
function why({ findings }: Inspection, source: string, column: string): string {
  const found = findings.columns.find((finding) => finding.source === source && finding.column === column);
  return `${found?.kind ?? found?.role}: ${found?.why}`;
}

testOnRealData(
  'Amazon 2018: roles, categories and brands; links, markup and prose are left alone',
  'raw/amazon-2018-magazine-subscriptions/Magazine_Subscriptions_5.json.gz',
  async (reviews) => {
    const meta = path.join(path.dirname(reviews), 'meta_Magazine_Subscriptions.json.gz');
    const inspection = await inspectFiles({ interactions: reviews, items: meta }, ONE);
    const { description } = inspection;
    expect(description).toEqual({
      name: 'Magazine_Subscriptions_5',
      interactions: {
        files: reviews,
        format: 'jsonl',
        user: 'reviewerID',
        item: 'asin',
        time: { column: 'unixReviewTime', unit: 's' },
        fields: { overall: { kind: 'numeric' }, verified: { kind: 'categorical' }, vote: { kind: 'numeric' } },
      },
      items: {
        files: meta,
        format: 'jsonl',
        id: 'asin',
        fields: {
          category: { kind: 'multi-categorical', html: 'decode', drop: ['Magazine Subscriptions'] },
          brand: { kind: 'categorical', html: 'decode' },
        },
      },
      filters: { duplicates: 'keep' },
      split: { method: 'leave-one-out' },
    });
    const rows = await objectsOf(meta);
    const brands = rows.map(({ brand }) => brand).filter((brand) => brand !== '');
    expect(why(inspection, 'items', 'brand')).toBe(
      `categorical: ${new Set(brands).size} values on ${brands.length} rows`,
    );
    const markup = rows.filter(({ title }) => String(title).startsWith('<span')).length;
    expect(why(inspection, 'items', 'title')).toMatch(
      new RegExp(`^unused: HTML debris on ${markup} of the first 3385`),
    );
    const ids = new Set(rows.map(({ asin }) => asin));
    for (const link of ['also_buy', 'also_view']) {
      const distinct = rows.flatMap((row) => [...new Set(row[link] as string[])]); // a list on every row
      const known = distinct.filter((id) => ids.has(id)).length;
      expect(why(inspection, 'items', link)).toBe(
        `unused: ${known} of ${distinct.length} values are ids of items: links, not attributes`,
      );
    }
    const reasons = {
      'items.main_cat': 'the same value on every row',
      'items.description': 'free text',
      'items.image': 'addresses of pages',
      'items.details': 'objects',
      'items.price': 'filled on 18 of 3385 rows alone',
      'items.tech1': 'it is empty',
      'interactions.reviewText': 'free text',
      'interactions.reviewerName': 'names of people',
      'interactions.reviewTime': 'another time; "unixReviewTime" is used',
      'interactions.style': 'objects',
    };
    for (const [column, reason] of Object.entries(reasons)) {
      const [source = '', name = ''] = column.split('.');
      expect(why(inspection, source, name)).toContain(`unused: ${reason}`);
    }
    // With the filters of the recipe, the counts that its source states.
    const filters = { duplicates: 'first', userMin: 5, itemMin: 5 } as const;
    const out = path.join(await testFolder(), 'out');
    const { manifest } = await prepareIn('.', { ...description, filters }, { out });
    expect(manifest.counts).toMatchObject({ users: 294, items: 132, interactions: 2027 });
  },
);

testOnRealData(
  'Yelp: a folder told by its names, categories between commas, postal codes of two countries',
  'raw/yelp-sample/yelp_academic_dataset_review.json',
  async (reviews) => {
    const inspection = await inspectFiles({ interactions: path.dirname(reviews) }, ONE);
    const { description } = inspection;
    const businesses = path.join(path.dirname(reviews), 'yelp_academic_dataset_business.json');
    const numeric = { kind: 'numeric' };
    expect(description).toMatchObject({
      name: 'yelp-sample',
      interactions: { files: reviews, user: 'user_id', item: 'business_id', time: 'date' },
      items: { files: businesses, id: 'business_id', name: 'name' },
    });
    expect(description.interactions.fields).toEqual({ stars: numeric, useful: numeric, funny: numeric, cool: numeric });
    expect(description.items?.fields).toEqual({
      city: { kind: 'categorical' },
      state: { kind: 'categorical' },
      postal_code: { kind: 'categorical' },
      latitude: numeric,
      longitude: numeric,
      stars: numeric,
      review_count: numeric,
      is_open: { kind: 'categorical' },
      categories: { kind: 'multi-categorical', separator: ', ' },
    });
    const rows = await objectsOf(businesses);
    const names = rows.map(({ categories }) => String(categories).split(', '));
    const each = (names.flat().length / rows.length).toFixed(1);
    expect(why(inspection, 'items', 'categories')).toBe(
      `multi-categorical: parts between ", ", ${new Set(names.flat()).size} values, ${each} on a row`,
    );
    const codes = rows.map((row) => row['postal_code']).filter((code) => code !== '');
    expect(why(inspection, 'items', 'postal_code')).toBe(
      `categorical: ${new Set(codes).size} values on ${codes.length} rows`,
    );
    expect(why(inspection, 'interactions', 'review_id')).toContain('unused: 999 different values on 999 rows');
    expect(why(inspection, 'interactions', 'text')).toContain('unused: free text');
  },
);

testOnRealData(
  'MovieLens 100K: atomic files by their header, the same log as CSV by its contents',
  'recbole/ml-100k/ml-100k.inter',
  async (inter) => {
    const { description } = await inspectFiles({ interactions: path.dirname(inter) }, ONE);
    expect(description).toMatchObject({
      name: 'ml-100k',
      interactions: { format: 'atomic', user: 'user_id', item: 'item_id', time: { column: 'timestamp', unit: 's' } },
      items: {
        id: 'item_id',
        name: 'movie_title',
        fields: { release_year: { kind: 'categorical' }, class: { kind: 'multi-categorical', separator: ' ' } },
      },
      users: {
        id: 'user_id',
        fields: {
          age: { kind: 'categorical' },
          gender: { kind: 'categorical' },
          occupation: { kind: 'categorical' },
        },
      },
    });
    const folder = await testFolder();
    const [, ...rows] = await linesOf(inter);
    const text = ['user_id,item_id,rating,timestamp', ...rows.map((row) => row.replaceAll('\t', ','))].join('\n');
    await writeFile(path.join(folder, 'ratings.csv'), `${text}\n`);
    const plain = await inspectFiles({ interactions: path.join(folder, 'ratings.csv') }, ONE);
    const { user, item, time, fields } = description.interactions;
    expect(plain.description.interactions).toMatchObject({ format: 'csv', delimiter: ',', user, item, time, fields });
    expect(plain.description.items).toBeUndefined();
    const filters = { duplicates: 'keep', userMin: 5, itemMin: 5 } as const;
    const { manifest } = await prepareIn(folder, { ...plain.description, filters });
    expect(manifest.counts).toMatchObject({ users: 943, items: 1349, interactions: 99_287 });
  },
);

testOnRealData('S3-Rec Beauty: attributes are no links; the stated counts', 's3rec/Beauty.txt', async (file) => {
  const inspection = await inspectFiles({ interactions: file.replace(/\.txt$/, '') }, ONE);
  const { description } = inspection;
  expect(description).toMatchObject({
    name: 'Beauty',
    interactions: { files: file, format: 's3rec', user: 'user', item: 'item' },
    items: { format: 's3rec-attributes', id: 'item', fields: { attributes: { kind: 'multi-categorical' } } },
    filters: { duplicates: 'keep', itemMin: 1 },
  });
  expect(description.interactions.time).toBeUndefined();
  expect(inspection.findings.report.map(({ what }) => what)).toContain('no column of times');
  const out = path.join(await testFolder(), 'out');
  const { manifest, dataset } = await prepareIn('.', description, { out });
  expect(manifest.counts).toMatchObject({ users: 22_363, items: 12_101, interactions: 198_502 });
  expect(manifest.fields).toMatchObject([{ name: 'attributes', values: 637 }]);
  const lists = Object.values(valuesOf(dataset, 'attributes'));
  expect(lists.flat().length / lists.length).toBeCloseTo(3.7213, 4);
});
