// The counts that the sources of the real data sets state, exactly, and a test per quirk that they list.
import path from 'node:path';
import { describe, expect } from 'vitest';
import { DataError } from '@difsr/data';
import type { Manifest } from '../prepared/manifest.js';
import { testOnRealData } from '../real-data.test.support.js';
import {
  type Described,
  histories,
  type Prepared,
  prepareIn,
  rowsOf,
  testFolder,
  valuesOf,
  written,
} from './prepare.test.support.js';

async function prepareOf(file: string, description: Described): Promise<Prepared> {
  return prepareIn(path.dirname(file), description, { out: path.join(await testFolder(), 'out') });
}

function counts({ counts: { users, items, interactions } }: Manifest): unknown {
  return { users, items, interactions };
}

function reported({ report }: Manifest, what: string): number | undefined {
  return report.find((entry) => entry.what === what)?.count;
}

describe('Amazon 2018, magazine subscriptions', () => {
  const REVIEWS = 'raw/amazon-2018-magazine-subscriptions/Magazine_Subscriptions_5.json.gz';
  const interactions: Described['interactions'] = {
    files: 'Magazine_Subscriptions_5.json.gz',
    user: 'reviewerID',
    item: 'asin',
    time: 'unixReviewTime',
    fields: { rating: { column: 'overall', kind: 'numeric' } },
  };
  const items: Described['items'] = {
    files: 'meta_Magazine_Subscriptions.json.gz',
    id: 'asin',
    fields: {
      category: { kind: 'multi-categorical', html: 'decode' },
      narrow: { column: 'category', kind: 'multi-categorical', drop: ['Magazine Subscriptions'], html: 'decode' },
      raw: { column: 'category', kind: 'multi-categorical' },
      narrowRaw: { column: 'category', kind: 'multi-categorical', drop: ['Magazine Subscriptions'] },
      brand: { kind: 'categorical' },
      title: { kind: 'categorical', html: 'decode' },
    },
  };

  testOnRealData('has the stated counts before any filter, items without a review left out', REVIEWS, async (file) => {
    const prepared = await prepareOf(file, { interactions, items, filters: { itemMin: 1 } });
    const { manifest, dataset, out } = prepared;
    expect(counts(manifest)).toEqual({ users: 348, items: 157, interactions: 2375 });
    const lengths = Object.values(histories(dataset)).map(({ length }) => length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([3, 30]);
    expect(2375 / 348).toBeCloseTo(6.825, 3);
    expect([dataset.times?.reduce((a, b) => Math.min(a, b)), dataset.times?.reduce((a, b) => Math.max(a, b))]).toEqual([
      1_005_523_200, 1_526_774_400,
    ]);
    // Metadata: 3,385 rows, of which 1,065 repeat a product; 151 of the 157 reviewed items have one.
    expect(reported(manifest, 'rows of an item that has one already')).toBe(1065);
    expect(reported(manifest, 'items of the item table without interactions')).toBe(2320 - 151);
    expect(reported(manifest, 'items without a row in the item table')).toBe(6);
    // 6 without a row and 6 with an empty list.
    expect(reported(manifest, 'items without a value in field "category"')).toBe(12);
    expect(reported(manifest, 'items without a value in field "brand"')).toBe(157 - 148);
    const categories = valuesOf(dataset, 'category');
    for (const item of ['B000IMVNQU', 'B000ZLY992', 'B001684M22', 'B00EVV77A0', 'B00EZB37X2', 'B00I8P3HR2']) {
      expect(dataset.items.id(item)).toBeGreaterThan(0);
      expect(categories[item]).toBeUndefined();
    }
    const values = (name: string): number | undefined => manifest.fields.find((field) => field.name === name)?.values;
    expect(values('brand')).toBe(57);
    expect([values('raw'), values('narrowRaw')]).toEqual([103, 102]);
    const raw = Object.values(valuesOf(dataset, 'raw'));
    expect(raw.flat().length / 151).toBeCloseTo(3.159, 3);
    // Most names occur with `&` and with `&amp;`: decoded, they are one.
    const decoded = new Set(raw.flat().map((name) => name.replaceAll('&amp;', '&')));
    expect(values('category')).toBe(decoded.size);
    expect(decoded.size).toBe(80);
    // The first category is on every item that has any, and says nothing.
    expect(Object.values(categories).every(([first]) => first === 'Magazine Subscriptions')).toBe(true);
    expect(values('narrow')).toBe((values('category') ?? 0) - 1);
    // Names hold entities and commas: decoded, never split.
    expect(raw.flat()).toContain('Cooking, Food &amp; Wine');
    expect(Object.values(categories).flat()).toContain('Cooking, Food & Wine');
    // Titles that are debris of a page are left out.
    expect(
      Object.values(valuesOf(dataset, 'title'))
        .flat()
        .filter((title) => title.includes('<')),
    ).toEqual([]);
    const ratings = await rowsOf(out, 'interactions', 'min(rating) AS low, max(rating) AS high, count(rating) AS n');
    expect(ratings[0]).toMatchObject({ low: 1, high: 5 });
  });

  testOnRealData('filters again: 5-core in name is not exact', REVIEWS, async (file) => {
    const filters = { userMin: 5, itemMin: 5 };
    const { manifest } = await prepareOf(file, { interactions, items, filters });
    expect(counts(manifest)).toEqual({ users: 326, items: 138, interactions: 2236 });
  });

  testOnRealData('one review per pair: 73 go, and 30 users have fewer than 5 left', REVIEWS, async (file) => {
    for (const duplicates of ['first', 'last'] as const) {
      const filters = { userMin: 5, itemMin: 5, duplicates };
      const { manifest } = await prepareOf(file, { interactions, filters });
      expect(manifest.steps.find(({ step }) => step === 'duplicates')).toMatchObject({ dropped: 73, left: 2302 });
      expect(counts(manifest)).toEqual({ users: 294, items: 132, interactions: 2027 });
    }
    const { dataset } = await prepareOf(file, { interactions, filters: { duplicates: 'first' } });
    expect(Object.values(histories(dataset)).filter(({ length }) => length < 5)).toHaveLength(30);
  });

  testOnRealData('ties within a day keep the order of the file', REVIEWS, async (file) => {
    // The place in the file as a field of the interaction.
    const numbered = { ...interactions, fields: { row: { column: { sql: '_row' }, kind: 'numeric' } } } as const;
    const { out } = await prepareOf(file, { interactions: numbered });
    const rows = (await written(out, 'users.id', '"time"', 'row')).map((row) => row.map(Number));
    let ties = 0;
    const tied = new Set<number>();
    for (const [at, [user = 0, time = 0, row = 0]] of rows.entries()) {
      const [ofUser = 0, before = 0, rowBefore = 0] = rows[at - 1] ?? [];
      if (ofUser !== user) continue;
      expect(time).toBeGreaterThanOrEqual(before);
      if (time !== before) continue;
      expect(row).toBeGreaterThan(rowBefore);
      ties++;
      tied.add(user);
    }
    // 1,649 rows share user and day with another; each run of them has one that is no tie with the row before.
    const shared = rows.filter(([user, time], at) =>
      [rows[at - 1], rows[at + 1]].some((other) => other?.[0] === user && other?.[1] === time),
    );
    expect(shared).toHaveLength(1649);
    expect(tied.size).toBe(325);
    expect(ties).toBeLessThan(1649);
  });
});

describe('the head of the Yelp files', () => {
  const REVIEWS = 'raw/yelp-sample/yelp_academic_dataset_review.json';
  const interactions: Described['interactions'] = {
    files: 'yelp_academic_dataset_review.json',
    user: 'user_id',
    item: 'business_id',
    time: 'date',
  };
  const items: Described['items'] = {
    files: 'yelp_academic_dataset_business.json',
    id: 'business_id',
    name: 'name',
    fields: { categories: { kind: 'multi-categorical', separator: ',' } },
  };

  testOnRealData('has the stated counts, a last line without an end, escaped slashes', REVIEWS, async (file) => {
    const all = await prepareOf(file, { interactions, items });
    expect(all.manifest.counts).toMatchObject({ users: 993, interactions: 999, valid: 0, test: 0 });
    // All 1,000 businesses, those without a review included, and those with one and no row.
    const missing = reported(all.manifest, 'items without a row in the item table') ?? 0;
    expect(all.dataset.items.size - 1).toBe(1000 + missing);
    expect(all.manifest.counts.items).toBe(
      822 + (reported(all.manifest, 'items of the item table without interactions') ?? 0),
    );
    const categories = Object.values(valuesOf(all.dataset, 'categories'));
    expect(new Set(categories.flat()).size).toBe(602);
    const sizes = categories.map(({ length }) => length);
    expect([categories.length, Math.min(...sizes), Math.max(...sizes)]).toEqual([1000, 1, 15]);
    expect(sizes.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(4.53, 2);
    expect(categories.flat()).toContain('Naturopathic/Holistic');
    const lengths = Object.values(histories(all.dataset)).map(({ length }) => length);
    expect([1, 2].map((wanted) => lengths.filter((length) => length === wanted).length)).toEqual([987, 6]);
    const days = [...(all.dataset.times ?? [])]
      .sort((a, b) => a - b)
      .map((time) => new Date(time * 1000).toISOString());
    expect([days[0]?.slice(0, 10), days.at(-1)?.slice(0, 10)]).toEqual(['2005-05-11', '2018-10-04']);
    // 77 reviews are of a business with a row.
    const withRow = await prepareOf(file, { interactions, items, filters: { items: 'true' } });
    expect(withRow.manifest.steps.find(({ step }) => step === 'items')).toMatchObject({ dropped: 922, left: 77 });
  });

  testOnRealData(
    '5-core leaves nothing, and so does the year of the paper: both say so plainly',
    REVIEWS,
    async (file) => {
      const core = prepareOf(file, { interactions, items, filters: { userMin: 5, itemMin: 5 } });
      await expect(core).rejects.toThrow(DataError);
      await expect(core).rejects.toThrow(
        /nothing is left of 999 interactions: counts took 999 \(only users with 5 or more/,
      );
      await expect(
        prepareOf(file, { interactions, filters: { timeFrom: 1546264800, timeTo: 1577714400 } }),
      ).rejects.toThrow(/nothing is left of 999 interactions: times took 999 \(times from 1546264800 to 1577714400\)/);
    },
  );
});

describe('MovieLens 100K', () => {
  testOnRealData(
    'has odd years, apostrophes, and users with attributes',
    'recbole/ml-100k/ml-100k.inter',
    async (file) => {
      const { manifest, dataset, out } = await prepareOf(file, {
        interactions: {
          files: 'ml-100k.inter',
          user: 'user_id',
          item: 'item_id',
          time: 'timestamp',
          fields: { rating: { kind: 'categorical' } },
        },
        items: {
          files: 'ml-100k.item',
          id: 'item_id',
          name: 'movie_title',
          fields: { class: { kind: 'multi-categorical' }, release_year: { kind: 'categorical' } },
        },
        users: {
          files: 'ml-100k.user',
          id: 'user_id',
          fields: {
            gender: { kind: 'categorical' },
            occupation: { kind: 'categorical' },
            zip_code: { kind: 'categorical' },
          },
        },
      });
      expect(counts(manifest)).toEqual({ users: 943, items: 1682, interactions: 100_000 });
      expect(manifest.quarantined).toBe(0);
      const genres = valuesOf(dataset, 'class');
      const all = Object.values(genres);
      expect(new Set(all.flat()).size).toBe(19);
      expect(all.flat()).toContain("Children's");
      expect(genres['267']).toEqual(['unknown']);
      expect(Math.max(...all.map(({ length }) => length))).toBe(6);
      expect(all.flat().length / 1682).toBeCloseTo(1.72, 2);
      expect(valuesOf(dataset, 'release_year')['267']).toEqual(['unkonwn']);
      expect(valuesOf(dataset, 'release_year')['1412']).toEqual(['V']);
      // Titles stand on several items; names may repeat.
      const names = dataset.itemNames?.slice(1) ?? [];
      expect(names.length).toBe(1682);
      const repeated = names.filter((name, index) => names.indexOf(name) < index);
      // As `cut -f2 | sort | uniq -d` counts them.
      expect(new Set(repeated).size).toBe(22);
      const value = (owner: string, name: string): unknown =>
        manifest.fields.find((field) => field.owner === owner && field.name === name)?.values;
      expect([value('user', 'gender'), value('user', 'occupation'), value('interaction', 'rating')]).toEqual([
        2, 21, 5,
      ]);
      const stars = await written(out, 'rating', 'count(*) OVER (PARTITION BY rating)::INTEGER');
      const vocabulary = await rowsOf(out, 'values', 'owner, field, id, token');
      const found = Object.fromEntries(
        stars.map(([id, n]) => [vocabulary.find((row) => row['field'] === 'rating' && row['id'] === id)?.['token'], n]),
      );
      expect(found).toEqual({ 1: 6110, 2: 11_370, 3: 27_145, 4: 34_174, 5: 21_201 });
      // 75,772 rows share user and time with another.
      const { offsets } = dataset.sequences;
      let shared = 0;
      const tied = new Set<number>();
      for (let user = 1; user < offsets.length; user++) {
        for (let at = offsets[user - 1] ?? 0; at < (offsets[user] ?? 0); at++) {
          const same = (other: number): boolean =>
            other >= (offsets[user - 1] ?? 0) &&
            other < (offsets[user] ?? 0) &&
            dataset.times?.[other] === dataset.times?.[at];
          if (!same(at - 1) && !same(at + 1)) continue;
          shared++;
          tied.add(user);
        }
      }
      expect([shared, tied.size]).toEqual([75_772, 943]);
    },
  );
});
