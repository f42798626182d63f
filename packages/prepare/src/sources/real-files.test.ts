// What is odd about the real files (their SOURCE.md, counted by others), as the readers give it.
import path from 'node:path';
import { expect } from 'vitest';
import { testOnRealData } from '../real-data.test.support.js';
import { testBench } from './read.test.support.js';

const bench = testBench();
const count = async (sql: string): Promise<number> => bench.engine().count(sql);
/** The one row of a query. */
const one = async (sql: string): Promise<unknown> => (await bench.engine().rows(sql))[0];

testOnRealData(
  'Yelp: 1,000 businesses though the last line has no end; null objects, escaped slashes',
  'raw/yelp-sample/yelp_academic_dataset_business.json',
  async (files) => {
    const { relation, spec } = await bench.open({ files });
    expect(spec.format).toBe('jsonl');
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, max(_line)::INTEGER AS last, count(_problem)::INTEGER AS broken, (count(*) FILTER (attributes IS NULL))::INTEGER AS attributes, (count(*) FILTER (hours IS NULL))::INTEGER AS hours, (count(*) FILTER (contains(_raw, '\\/')))::INTEGER > 0 AS escaped, (count(*) FILTER (contains(categories, '\\/')))::INTEGER AS kept, (count(*) FILTER (contains(categories, 'Naturopathic/Holistic')))::INTEGER > 0 AS slash, count(DISTINCT business_id)::INTEGER AS ids, max(stars::DOUBLE) AS stars FROM ${relation}`,
      ),
    ).toEqual({
      n: 1000,
      last: 1000,
      broken: 0,
      attributes: 90,
      hours: 152,
      escaped: true,
      kept: 0,
      slash: true,
      ids: 1000,
      stars: 5,
    });
  },
);

testOnRealData(
  'Yelp: 999 reviews, text over several lines in one record',
  'raw/yelp-sample/yelp_academic_dataset_review.json',
  async (files) => {
    const { relation } = await bench.open({ files });
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, count(_problem)::INTEGER AS broken, count(DISTINCT user_id)::INTEGER AS users, count(DISTINCT business_id)::INTEGER AS items, min("date")[:10] AS first, max("date")[:10] AS last, (count(*) FILTER (contains("text", chr(10)))) > 0 AS lines FROM ${relation}`,
      ),
    ).toEqual({ n: 999, broken: 0, users: 993, items: 822, first: '2005-05-11', last: '2018-10-04', lines: true });
  },
);

testOnRealData(
  'Amazon 2018: 2,375 reviews with optional keys',
  'raw/amazon-2018-magazine-subscriptions/Magazine_Subscriptions_5.json.gz',
  async (files) => {
    const { relation } = await bench.open({ files }, ['vote', 'style', 'image', 'reviewText', 'summary']);
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, count(_problem)::INTEGER AS broken, count(DISTINCT reviewerID)::INTEGER AS users, count(DISTINCT asin)::INTEGER AS items, count(vote)::INTEGER AS vote, count(style)::INTEGER AS style, count(image)::INTEGER AS image, (count(*) FILTER (json_extract(_raw, '$.reviewText') IS NULL))::INTEGER AS no_text, (count(*) FILTER (json_extract(_raw, '$.summary') IS NULL))::INTEGER AS no_summary, (count(*) FILTER (reviewText IS NULL)) >= 1 AS text_null, min(unixReviewTime::BIGINT)::DOUBLE AS first, max(unixReviewTime::BIGINT)::DOUBLE AS last FROM ${relation}`,
      ),
    ).toEqual({
      n: 2375,
      broken: 0,
      users: 348,
      items: 157,
      vote: 569,
      style: 1625,
      image: 1,
      no_text: 1,
      no_summary: 2,
      text_null: true,
      first: 1005523200,
      last: 1526774400,
    });
  },
);

testOnRealData(
  'Amazon 2018: 3,385 rows about products, `rank` text on some and an array on others',
  'raw/amazon-2018-magazine-subscriptions/meta_Magazine_Subscriptions.json.gz',
  async (files) => {
    const { relation, columns } = await bench.open({ files });
    expect(columns.find(({ name }) => name === 'rank')).toEqual({ name: 'rank', type: 'json' });
    expect(columns.find(({ name }) => name === 'category')).toEqual({ name: 'category', type: 'json' });
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, count(_problem)::INTEGER AS broken, count(DISTINCT asin)::INTEGER AS items, (count(*) FILTER (brand IS NULL))::INTEGER AS no_brand, (count(*) FILTER (price IS NULL))::INTEGER AS no_price FROM ${relation}`,
      ),
    ).toEqual({ n: 3385, broken: 0, items: 2320, no_brand: 223, no_price: 3367 });
    // Both kinds occur, and each arrives as it stands in its line.
    const kinds = await bench
      .engine()
      .rows(
        `SELECT json_type(_raw, '$.rank') AS kind, count(*) > 0 AS "some", bool_and(CAST("rank" AS VARCHAR) IS NOT DISTINCT FROM CAST(json_extract(_raw, '$.rank') AS VARCHAR)) AS same FROM ${relation} GROUP BY kind ORDER BY kind`,
      );
    expect(kinds).toEqual([
      { kind: 'ARRAY', some: true, same: true },
      { kind: 'VARCHAR', some: true, same: true },
    ]);
  },
);

testOnRealData(
  'MovieLens: rows of the three files, names and years as spelt',
  'recbole/ml-100k/ml-100k.inter',
  async (files) => {
    const folder = path.dirname(files);
    const inter = await bench.open({ files });
    expect(inter.spec.format).toBe('atomic');
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, count(_problem)::INTEGER AS broken, min(_line)::INTEGER AS first, max(_line)::INTEGER AS last, (count(*) FILTER (rating = '5'))::INTEGER AS fives, min("timestamp"::BIGINT)::DOUBLE AS early, max("timestamp"::BIGINT)::DOUBLE AS late FROM ${inter.relation}`,
      ),
    ).toEqual({ n: 100_000, broken: 0, first: 2, last: 100_001, fives: 21_201, early: 874724710, late: 893286638 });
    const item = await bench.open({ files: path.join(folder, 'ml-100k.item') });
    expect(item.columns.map(({ name }) => name)).toEqual(['item_id', 'movie_title', 'release_year', 'class']);
    expect(await count(`SELECT count(*) FROM ${item.relation} WHERE _problem IS NULL`)).toBe(1682);
    expect(
      await bench
        .engine()
        .rows(
          `SELECT item_id, release_year, class LIKE 'unknown' AS unknown, movie_title LIKE '%(1995)%' AS titled FROM ${item.relation} WHERE item_id IN ('267', '1412') ORDER BY item_id`,
        ),
    ).toEqual([
      { item_id: '1412', release_year: 'V', unknown: false, titled: true },
      { item_id: '267', release_year: 'unkonwn', unknown: true, titled: false },
    ]);
    const user = await bench.open({ files: path.join(folder, 'ml-100k.user') });
    expect(await count(`SELECT count(*) FROM ${user.relation} WHERE _problem IS NULL`)).toBe(943);
    expect(await count(`SELECT count(*) FROM ${user.relation} WHERE regexp_matches(zip_code, '[A-Za-z]')`)).toBe(18);
    // Fields with letters beyond ASCII, over all three files.
    const beyond = await Promise.all(
      [inter, item, user].map(async ({ relation, columns }) =>
        count(
          `SELECT sum(${columns.map(({ name }) => `(NOT regexp_full_match(coalesce("${name}", ''), '[\\x00-\\x7F]*'))::INTEGER`).join(' + ')})::INTEGER FROM ${relation}`,
        ),
      ),
    );
    expect(beyond.reduce((sum, n) => sum + n, 0)).toBe(9);
  },
);

for (const [name, users, items, interactions, repeats] of [
  ['Beauty', 22_363, 12_101, 198_502, 5],
  ['Toys_and_Games', 19_412, 11_924, 167_597, 51],
] as const) {
  testOnRealData(`S3-Rec ${name}: a line per user, items in order`, `s3rec/${name}.txt`, async (files) => {
    const { relation, spec } = await bench.open({ files });
    expect(spec.format).toBe('s3rec');
    expect(
      await one(
        `SELECT count(*)::INTEGER AS n, count(_problem)::INTEGER AS broken, count(DISTINCT _row)::INTEGER AS rows, max(_line)::INTEGER AS lines, (count(*) FILTER ("user"::BIGINT = _line))::INTEGER AS own, count(DISTINCT item)::INTEGER AS items FROM ${relation}`,
      ),
    ).toEqual({ n: interactions, broken: 0, rows: interactions, lines: users, own: interactions, items });
    // Items are numbered by first appearance: read in the order of rows, each new one is one more than those before.
    expect(
      await count(
        `SELECT count(*) FROM (SELECT item, row_number() OVER (ORDER BY min(_row)) AS place FROM ${relation} GROUP BY item) WHERE item::BIGINT = place`,
      ),
    ).toBe(items);
  });
  testOnRealData(
    `S3-Rec ${name}: attributes of every item, repeated ones kept`,
    `s3rec/${name}_item2attributes.json`,
    async (files) => {
      const { relation } = await bench.open({ files });
      expect(
        await one(
          `SELECT count(*)::INTEGER AS n, count(DISTINCT item)::INTEGER AS items, (count(*) FILTER (len(list) > len(list_distinct(list))))::INTEGER AS repeats FROM (SELECT item, CAST(attributes AS INTEGER[]) AS list FROM ${relation})`,
        ),
      ).toEqual({ n: items, items, repeats });
    },
  );
}
