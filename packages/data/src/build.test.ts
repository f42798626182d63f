// Raw table -> data set: order, numbering, and that the report accounts for all that is left out.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildDataset } from './build.js';
import { DataError } from './errors.js';
import { InteractionCollector, type RawData, type RawItems } from './raw.js';
import { itemCategories } from './schema.js';
import { sequenceAt } from './split.js';
import type { Dataset } from './types.js';

type Row = readonly [user: string, item: string, time?: number];

function rawOf(rows: readonly Row[], items?: RawItems): RawData {
  const collector = new InteractionCollector();
  for (const [user, item, time] of rows) collector.add(user, item, time);
  const base = { name: 'test', format: 'test', source: 'test.inter', interactions: collector.finish(), report: [] };
  return items === undefined ? base : { ...base, items };
}

function tokensOf(dataset: Dataset, user: string): (string | undefined)[] {
  return Array.from(
    sequenceAt(dataset.sequences, (dataset.users.id(user) ?? 0) - 1),
    (item) => dataset.items.tokens[item],
  );
}

const rowsArbitrary: fc.Arbitrary<Row[]> = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.nat({ max: 8 }).map((item) => `i${item}`),
    fc.nat({ max: 4 }),
  ),
  { minLength: 1, maxLength: 60 },
);

describe('buildDataset', () => {
  test('sorts each user by time and keeps file order among equal times; no interaction is lost', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const dataset = buildDataset(rawOf(rows));
        expect(dataset.sequences.items.length).toBe(rows.length);
        for (const user of dataset.users.tokens.slice(1)) {
          const own = rows.map((row, index) => ({ row, index })).filter(({ row }) => row[0] === user);
          const sorted = own.toSorted((a, b) => (a.row[2] ?? 0) - (b.row[2] ?? 0) || a.index - b.index);
          expect(tokensOf(dataset, user)).toEqual(sorted.map(({ row }) => row[1]));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('numbers users and items by first appearance in the file', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const dataset = buildDataset(rawOf(rows));
        expect(dataset.users.tokens).toEqual(['[PAD]', ...new Set(rows.map(([user]) => user))]);
        expect(dataset.items.tokens).toEqual(['[PAD]', ...new Set(rows.map(([, item]) => item))]);
      }),
    );
  });

  test('numbers by first appearance among what the filter keeps', () => {
    const rows: Row[] = [
      ['x', 'rare'],
      ['a', 'i2'],
      ['a', 'i1'],
      ['b', 'i1'],
      ['b', 'i2'],
    ];
    const dataset = buildDataset(rawOf(rows), { userMin: 2, itemMin: 2 });
    expect(dataset.users.tokens).toEqual(['[PAD]', 'a', 'b']);
    expect(dataset.items.tokens).toEqual(['[PAD]', 'i2', 'i1']);
    expect(dataset.report.map(({ kind, what, count }) => [kind, what, count])).toEqual([
      ['dropped', 'users', 1],
      ['dropped', 'items', 1],
      ['dropped', 'interactions', 1],
    ]);
  });

  test('without times, file order is time order', () => {
    const dataset = buildDataset(
      rawOf([
        ['a', 'z'],
        ['b', 'y'],
        ['a', 'x'],
      ]),
    );
    expect(tokensOf(dataset, 'a')).toEqual(['z', 'x']);
    expect(dataset.times).toBeUndefined();
  });

  test('times come along in the order of the sequences', () => {
    const dataset = buildDataset(
      rawOf([
        ['a', 'z', 3],
        ['a', 'y', 1],
        ['a', 'x', 2],
      ]),
    );
    expect([...(dataset.times ?? [])]).toEqual([1, 2, 3]);
  });

  const table: RawItems = {
    ids: ['cold', 'i1', 'i2'],
    columns: [
      { name: 'brand', kind: 'categorical', values: [['b0'], ['b1'], []] },
      { name: 'tags', kind: 'multi-categorical', values: [['t0'], ['t2', 't1', 't2'], ['t1']] },
    ],
    names: ['Cold one', 'First', ''],
  };

  test('fields: repeated values count once, values are numbered in the order of the item table, row 0 is empty', () => {
    const dataset = buildDataset(
      rawOf(
        [
          ['a', 'i1'],
          ['a', 'i2'],
          ['a', 'i3'],
        ],
        table,
      ),
      { itemMin: 1 },
    );
    const [brand, tags] = itemCategories(dataset);
    expect(brand).toMatchObject({ maxValues: 1, kind: 'categorical' });
    expect(brand?.vocabulary.tokens).toEqual(['[PAD]', 'b1']);
    expect(tags?.vocabulary.tokens).toEqual(['[PAD]', 't2', 't1']);
    expect([...(tags?.offsets ?? [])]).toEqual([0, 0, 2, 3, 3]);
    expect([...(tags?.values ?? [])]).toEqual([1, 2, 2]);
    expect(tags?.maxValues).toBe(2);
  });

  test('items that only the item table has stay as candidates unless a minimum forbids it; both are reported', () => {
    const rows: Row[] = [
      ['a', 'i1'],
      ['a', 'i2'],
    ];
    const kept = buildDataset(rawOf(rows, table));
    expect(kept.items.tokens).toEqual(['[PAD]', 'i1', 'i2', 'cold']);
    expect(kept.report).toContainEqual(
      expect.objectContaining({ kind: 'noted', what: 'items of the item table without interactions', count: 1 }),
    );
    const dropped = buildDataset(rawOf(rows, table), { itemMin: 1 });
    expect(dropped.items.tokens).toEqual(['[PAD]', 'i1', 'i2']);
    expect(dropped.report).toContainEqual(
      expect.objectContaining({ kind: 'dropped', what: 'items of the item table without interactions', count: 1 }),
    );
  });

  test('an item that loses its interactions with a dropped user stays where the item table has it, and is not counted as dropped', () => {
    const dataset = buildDataset(
      rawOf(
        [
          ['a', 'i1'],
          ['a', 'i2'],
          ['b', 'cold'],
        ],
        table,
      ),
      { userMin: 2 },
    );
    expect(dataset.items.tokens).toEqual(['[PAD]', 'i1', 'i2', 'cold']);
    const counts = Object.fromEntries(dataset.report.map(({ what, count }) => [what, count]));
    expect(counts).toMatchObject({ users: 1, interactions: 1, 'items of the item table without interactions': 1 });
    expect(counts).not.toHaveProperty('items');
  });

  test('names fall back to the id', () => {
    const dataset = buildDataset(
      rawOf(
        [
          ['a', 'i1'],
          ['a', 'i2'],
        ],
        table,
      ),
      { itemMin: 1 },
    );
    expect(dataset.itemNames).toEqual(['', 'First', 'i2']);
  });

  test('items without a value are counted per field', () => {
    const { report } = buildDataset(
      rawOf(
        [
          ['a', 'i1'],
          ['a', 'i2'],
          ['a', 'stranger'],
        ],
        table,
      ),
      { itemMin: 1 },
    );
    expect(report).toContainEqual(
      expect.objectContaining({ what: 'items without a value in field "brand"', count: 2 }),
    );
    expect(report).toContainEqual(expect.objectContaining({ what: 'items without a value in field "tags"', count: 1 }));
  });

  test('nothing left: the error says what dropped what', () => {
    const rows: Row[] = [
      ['a', 'i1', 5],
      ['b', 'i1', 6],
      ['c', 'i2', 99],
    ];
    const attempt = (): Dataset => buildDataset(rawOf(rows), { userMin: 2, timeTo: 50 });
    expect(attempt).toThrow(DataError);
    expect(attempt).toThrow(
      /test\.inter: nothing is left of 3 interactions: 1 fell outside the times any to 50; 2 went because only users with 2 or more/,
    );
  });
});
