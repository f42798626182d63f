// Random tables through the whole pipeline, against loops that do the same by hand: every interaction that the filters should keep is
// there, in the right order, ties by file and row, nothing else.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildDataset, DataError, InteractionCollector } from '@difsr/data';
import {
  type Described,
  essence,
  histories,
  prepareIn,
  shareEngine,
  testFolder,
  valuesOf,
  written,
} from './prepare.test.support.js';
import {
  type CatalogueCondition,
  type CatalogueRow,
  type Condition,
  type Kept,
  type LogRow,
  type Outcome,
  type Plan,
  slowly,
} from './slow.test.support.js';

shareEngine();

const USERS = ['u1', 'u2', 'u3', 'u4', 'ünal', 'o"hara', "d'arc"];
const ITEMS = ['i1', 'i2', 'i3', 'i4', '10', '010', 'a,b', 'é|è'];
const often = <T>(usual: fc.Arbitrary<T>, rare: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.constant(rare) });

const logRow: fc.Arbitrary<LogRow> = fc.record({
  user: often(fc.constantFrom(...USERS), ''),
  item: often(fc.constantFrom(...ITEMS), ''),
  // Few times, so that ties are the rule.
  time: often(fc.constantFrom('0', '1', '1.5', '2', '3', '50', '51', '200', '-7', '1e1'), 'soon'),
  rating: often(fc.constantFrom('1', '2', '4.5', '5', ''), 'bad'),
});
const catalogueRow: fc.Arbitrary<CatalogueRow> = fc.record({
  id: fc.constantFrom(...ITEMS, 'i98', 'i99'),
  category: fc.constantFrom('a', 'b', ''),
  tags: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
});
const conditions: readonly Condition[] = [
  { sql: 'rating >= 2', keeps: ({ rating }) => rating !== null && rating >= 2 },
  { sql: `item <> 'i1' -- not that one`, keeps: ({ item }) => item !== 'i1' },
  { sql: `seconds < 50 OR "user" = 'u1'`, keeps: ({ time, user }) => time < 50 || user === 'u1' },
  { sql: 'rating IS NULL', keeps: ({ rating }) => rating === null },
];
const catalogueConditions: readonly CatalogueCondition[] = [
  { sql: `category = 'a'`, keeps: ({ category }) => category === 'a' },
  { sql: `list_contains(tags, 'x')`, keeps: ({ tags }) => tags.includes('x') },
];
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const plan: fc.Arbitrary<Plan> = fc.record({
  interactions: maybe(fc.constantFrom(...conditions)),
  items: fc.option(fc.constantFrom(...catalogueConditions), { nil: undefined, freq: 1 }),
  timeFrom: maybe(fc.constantFrom(-7, 0, 1, 1.5)),
  timeTo: maybe(fc.constantFrom(2, 51, 200)),
  duplicates: fc.constantFrom('keep', 'exact', 'first', 'last'),
  gap: maybe(fc.constantFrom(1, 10, 60)),
  userMin: maybe(fc.integer({ min: 1, max: 4 })),
  userMax: maybe(fc.integer({ min: 5, max: 15 })),
  itemMin: maybe(fc.integer({ min: 1, max: 3 })),
  itemMax: maybe(fc.integer({ min: 8, max: 20 })),
});
const FORMS = ['csv', 'jsonl', 'inter'] as const;
type Form = (typeof FORMS)[number];

const COLUMNS = ['user', 'item', 'time', 'rating'] as const;
const quoted = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
/** The text of a log; every cell of a JSON line is text, missing ones have no key. */
const texts: { readonly [F in Form]: (rows: readonly LogRow[]) => string } = {
  csv: (rows) =>
    [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => quoted(row[column])).join(','))].join('\n'),
  jsonl: (rows) =>
    rows.map((row) => JSON.stringify(row, (_, value: unknown) => (value === '' ? undefined : value))).join('\n'),
  inter: (rows) =>
    [
      COLUMNS.map((column) => `${column}:token`).join('\t'),
      ...rows.map((row) => COLUMNS.map((column) => row[column]).join('\t')),
    ].join('\n'),
};

function described(files: readonly string[], { interactions, items, gap, ...filters }: Plan): Described {
  return {
    interactions: {
      files,
      user: 'user',
      item: 'item',
      // The unit is stated: by itself it is judged by the majority, and a table of two rows can have none.
      time: { column: 'time', unit: 's' },
      fields: { rating: { kind: 'numeric' } },
    },
    items: {
      files: 'catalogue.jsonl',
      id: 'id',
      fields: { category: { kind: 'categorical' }, tags: { kind: 'multi-categorical' } },
    },
    ...(gap === undefined ? {} : { sessions: { gap: `${gap}s` } }),
    filters: { ...filters, interactions: interactions?.sql, items: items?.sql },
    split: { method: 'leave-one-out' },
  };
}

/** The values of items by hand: the first row of an item counts, each value once. */
function catalogueValues(
  { items }: Outcome,
  catalogue: readonly CatalogueRow[],
  values: (row: CatalogueRow) => readonly string[],
): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const item of items) {
    const row = catalogue.find(({ id }) => id === item);
    const own = row === undefined ? [] : [...new Set(values(row))].filter((value) => value !== '');
    if (own.length > 0) found[item] = own;
  }
  return found;
}

it('keeps what the filters should keep, in the right order, whatever the table and the form of its files', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(logRow, { minLength: 1, maxLength: 60 }),
      fc.array(catalogueRow, { minLength: 1, maxLength: 8 }),
      plan,
      fc.constantFrom(...FORMS),
      fc.nat({ max: 60 }),
      async (log, catalogue, asked, form, cut) => {
        const base = await testFolder();
        // A file without a record is an error of its own.
        const parts = (cut > 0 && cut < log.length ? [log.slice(0, cut), log.slice(cut)] : [log]).filter(
          (part) => form !== 'jsonl' || part.length > 0,
        );
        const files = parts.map((_, index) => `log${index}.${form}`);
        for (const [index, rows] of parts.entries())
          await writeFile(path.join(base, files[index] ?? ''), `${texts[form](rows)}\n`);
        await writeFile(path.join(base, 'catalogue.jsonl'), catalogue.map((row) => JSON.stringify(row)).join('\n'));
        const expected = slowly(log, catalogue, asked);
        const kept: readonly Kept[] = [...expected.histories.values()].flat();
        // Without "rating" in any record, JSON lines have no such column: an error of its own.
        fc.pre(form !== 'jsonl' || log.some(({ rating }) => rating !== ''));
        fc.pre(form !== 'jsonl' || COLUMNS.every((column) => log.some((row) => row[column] !== '')));
        const preparing = prepareIn(base, described(files, asked));
        if (expected.bad * 2 > log.length) {
          await expect(preparing).rejects.toThrow(/rows cannot be used: the description does not fit/);
          return;
        }
        if (kept.length === 0) {
          await expect(preparing).rejects.toThrow(/nothing is left of \d+ interactions/);
          await expect(preparing).rejects.toThrow(DataError);
          return;
        }
        const { dataset, manifest, out } = await preparing;
        expect(dataset.users.tokens.slice(1)).toEqual([...expected.histories.keys()]);
        expect(dataset.items.tokens.slice(1)).toEqual(expected.items);
        expect(Object.entries(histories(dataset))).toEqual(
          [...expected.histories].map(([user, rows]) => [user, rows.map(({ item }) => item)]),
        );
        expect([...(dataset.times ?? [])]).toEqual(kept.map(({ time }) => time));
        expect(await written(out, 'users.token', 'items.token', '"time"', 'rating')).toEqual(
          kept.map(({ user, item, time, rating }) => [user, item, time, rating]),
        );
        expect(dataset.fields.find(({ name }) => name === 'rating')).toEqual({
          name: 'rating',
          owner: 'interaction',
          kind: 'numeric',
          values: Float32Array.from(kept, ({ rating }) => rating ?? Number.NaN),
        });
        expect(manifest.quarantined).toBe(expected.bad);
        expect(manifest.steps.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(log.length - kept.length);
        expect(manifest.steps.at(-1)?.left).toBe(kept.length);
        expect(valuesOf(dataset, 'category')).toEqual(
          catalogueValues(expected, catalogue, ({ category }) => [category]),
        );
        expect(valuesOf(dataset, 'tags')).toEqual(catalogueValues(expected, catalogue, ({ tags }) => tags));
        if (
          asked.interactions === undefined &&
          asked.items === undefined &&
          asked.gap === undefined &&
          asked.duplicates === 'keep'
        )
          expect(essence(dataset)).toEqual(essence(built(log, catalogue, asked)));
      },
    ),
    { numRuns: 40 },
  );
  // Every run opens two engines; a busy machine takes its time.
}, 600_000);

/** The same by the way of the loaders, where they know the filters. */
function built(
  log: readonly LogRow[],
  catalogue: readonly CatalogueRow[],
  asked: Plan,
): ReturnType<typeof buildDataset> {
  const collector = new InteractionCollector();
  const usable = [...slowly(log, [], { duplicates: 'keep' }).histories.values()].flat().sort((a, b) => a.row - b.row);
  for (const { user, item, time } of usable) collector.add(user, item, time);
  const first = catalogue.filter(({ id }, index) => catalogue.findIndex((row) => row.id === id) === index);
  const { timeFrom, timeTo, userMin, userMax, itemMin, itemMax } = asked;
  const filters = Object.fromEntries(
    Object.entries({ timeFrom, timeTo, userMin, userMax, itemMin, itemMax }).filter(([, value]) => value !== undefined),
  );
  return buildDataset(
    {
      name: 'test',
      format: 'test',
      source: 'test',
      interactions: collector.finish(),
      items: {
        ids: first.map(({ id }) => id),
        columns: [
          {
            name: 'category',
            kind: 'categorical',
            values: first.map(({ category }) => (category === '' ? [] : [category])),
          },
          { name: 'tags', kind: 'multi-categorical', values: first.map(({ tags }) => tags) },
        ],
      },
      report: [],
    },
    filters,
  );
}
