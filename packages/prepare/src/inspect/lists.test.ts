// What is a list, what is a path, and what is a name with a comma in it; and what prepare makes of each.
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onEngine, prepareIn, shareEngine, valuesOf, writeTexts } from '../prepare/prepare.test.support.js';
import { inspectFiles } from './inspect.js';
import { divisionOf } from './lists.js';

shareEngine();

/** Cells that repeat, as those of a catalogue do. */
function often(...cells: readonly string[]): string[] {
  return Array.from({ length: 6 }, () => cells).flat();
}

describe('names that hold a separator are one value', () => {
  test.each<[string, string, readonly string[]]>([
    ['companies', ', ', ['Acme, Inc.', 'Foo, Inc.', 'Bar, Inc.', 'Koro, Ltd.', 'Lumo', 'Vesk']],
    ['one company in two forms', ', ', ['Acme, Inc.', 'Acme, LLC', 'Foo, Inc.', 'Foo, GmbH', 'Lumo']],
    ['companies without a blank', ',', ['Acme,Inc.', 'Foo,Inc.', 'Bar,LLC', 'Lumo']],
    [
      'departments',
      ', ',
      ['Clothing, Shoes & Jewelry', 'Health, Household & Care', 'Sports, Outdoors & Fitness', 'Clothing', 'Books'],
    ],
    ['departments that begin alike', ', ', ['Sports, Outdoors & Fitness', 'Sports, Games & Toys', 'Books', 'Sports']],
    ['places', ', ', ['Portland, OR', 'Salem, OR', 'Portland, ME', 'Augusta, ME', 'Salem, MA', 'Boston, MA']],
    ['people', ', ', ['Smith, John', 'Smith, Mary', 'Jones, John', 'Jones, Mary', 'Diaz, Ana']],
    ['variants', ', ', ['red, XL', 'red, M', 'blue, XL', 'blue, M', 'green, M']],
    ['two words in one', '/', ['Audio/Video', 'Audio', 'Print', 'Audio/Video', 'TV/Film']],
    ['shops with a semicolon', ';', ['Salt; Stone', 'Fire; Oak', 'Mill']],
  ])('%s', (_, separator, cells) => {
    expect(divisionOf(often(...cells))).toMatchObject({ as: 'one', separator });
  });
});

describe('parts that recur alone or in other combinations are a list', () => {
  test.each<[string, string, readonly string[]]>([
    ['between bars', '|', ['Action|Comedy', 'Action|Drama', 'Comedy|Drama', 'Crime', 'Crime|Drama|Comedy']],
    ['between bars, some alone', '|', ['Action', 'Comedy', 'Action|Comedy']],
    ['between bars with blanks', '|', ['red | blue', 'blue | green', 'red | green']],
    ['between semicolons', ';', ['red;blue', 'blue;green', 'red']],
    ['between commas', ',', ['red,blue', 'blue,green', 'green,red', 'red']],
    ['between commas and blanks', ', ', ['Restaurants, Pizza', 'Pizza, Bars', 'Bars, Restaurants', 'Bars']],
    ['in alphabetical order', ', ', ['a1, b2', 'a1, c3', 'b2, c3', 'b2, d4', 'c3, d4']],
    ['between slashes', '/', ['Drama/Comedy', 'Comedy/Crime', 'Crime', 'Crime/Drama', 'Comedy']],
  ])('%s', (_, separator, cells) => {
    expect(divisionOf(often(...cells))).toEqual({ as: 'list', separator });
  });

  test('even where few cells have several, if these are values of other cells', () => {
    const cells = Array.from({ length: 100 }, (_, index) => ['Action', 'Comedy', 'Drama'][index % 3] ?? '');
    expect(divisionOf([...cells, 'Action|Comedy', 'Comedy|Drama'])).toEqual({ as: 'list', separator: '|' });
    expect(divisionOf([...cells, 'Time, Inc.', 'Action, Home & Toys'])).toBeUndefined();
  });

  test('"Inc." in a list is no value', () => {
    const cells = often('Foo, Bar', 'Bar, Acme, Inc.', 'Acme, Inc., Foo', 'Foo', 'Lumo, Bar', 'Bar');
    expect(divisionOf(cells)).toEqual({ as: 'list', separator: ', ', drop: ['Inc.'] });
  });
});

describe('levels below shared first parts are a path', () => {
  const words = [
    ['Home', 'Kitchen', 'Knives'],
    ['Home', 'Kitchen', 'Pots'],
    ['Home', 'Garden', 'Hoses'],
    ['Home', 'Garden', 'Sale'],
    ['Toys', 'Lego', 'Trains'],
    ['Toys', 'Sale'],
  ];
  test.each([
    [' > ', '>'],
    ['>', '>'],
    [' >> ', '>>'],
    [' » ', '»'],
    [' › ', '›'],
    [' -> ', '->'],
    ['::', '::'],
    ['/', '/'],
    [' / ', '/'],
    ['\\', '\\'],
    [' | ', '|'],
    ['|', '|'],
  ])('between %j', (between, sign) => {
    expect(divisionOf(often(...words.map((levels) => levels.join(between)), 'Books'))).toEqual({
      as: 'path',
      path: sign,
    });
  });

  test('several in one cell have a separator besides', () => {
    const cells = often('Home > Knives', 'Toys > Lego', 'Home > Knives, Toys > Lego', 'Home', 'Home, Home > Pots');
    expect(divisionOf(cells)).toEqual({ as: 'path', path: '>', separator: ', ' });
    const names = often('Home > Knives, Forks & Spoons', 'Home > Pots', 'Toys > Lego');
    expect(divisionOf(names)).toEqual({ as: 'path', path: '>' });
  });

  test('a sign that stands between no words is none', () => {
    expect(divisionOf(often('> 10', '> 20', '< 5'))).toBeUndefined();
    expect(divisionOf(often('1/2', '3/4', '24/7'))).toMatchObject({ as: 'one' });
  });
});

/** A shop of 40 items whose catalogue has one column besides, and what it becomes. */
async function shop(
  cells: readonly string[],
  column = 'made_of',
): Promise<{
  readonly values: Record<string, string[]>;
  readonly why: string;
  readonly note: string;
  readonly field: unknown;
}> {
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const items = Array.from({ length: 40 }, (_, item) => `p${item},${quote(cells[item % cells.length] ?? '')}`);
  const log = Array.from({ length: 200 }, (_, row) => `u${row % 20},p${(row * 7) % 40},${1_700_000_000 + row}`);
  const base = await writeTexts({
    'log.csv': `user_id,item_id,timestamp\n${log.join('\n')}\n`,
    'items.csv': `item_id,${column}\n${items.join('\n')}\n`,
  });
  const files = { interactions: path.join(base, 'log.csv'), items: path.join(base, 'items.csv') };
  const { description, findings } = await inspectFiles(files, { ...onEngine(), base });
  const { dataset } = await prepareIn(base, description);
  const found = findings.columns.find((each) => each.source === 'items' && each.column === column);
  return {
    values: valuesOf(dataset, column),
    why: found?.why ?? '',
    note: found?.note ?? '',
    field: description.items?.fields?.[column],
  };
}

test('a name keeps its comma, and the finding says so with an example and the key', async () => {
  const { values, why, note } = await shop(['Acme, Inc.', 'Foo, Inc.', 'Lumo', 'Koro, Ltd.']);
  expect(values).toMatchObject({ p0: ['Acme, Inc.'], p1: ['Foo, Inc.'], p2: ['Lumo'] });
  expect(why).toContain('"Acme, Inc." is one value');
  expect(note).toContain('if these are lists, say kind: multi-categorical, separator: ", "');
});

test('each level of a path is a value, written from the root on', async () => {
  const { values, field, why } = await shop([
    'Home > Kitchen > Knives',
    'Home > Sale',
    'Toys>Sale',
    'Toys  >  Lego',
    'Books',
  ]);
  expect(field).toEqual({ kind: 'multi-categorical', path: '>' });
  expect(values).toMatchObject({
    p0: ['Home', 'Home > Kitchen', 'Home > Kitchen > Knives'],
    p1: ['Home', 'Home > Sale'],
    p2: ['Toys', 'Toys > Sale'],
    p3: ['Toys', 'Toys > Lego'],
    p4: ['Books'],
  });
  expect(why).toContain('each level a value');
});

test('levels between slashes, escaped signs and several paths in a cell', async () => {
  const slashes = await shop(['Home/Kitchen/Knives', 'Home/Kitchen/Pots', 'Toys/Lego', 'Toys/Trains']);
  expect(slashes.values['p0']).toEqual(['Home', 'Home/Kitchen', 'Home/Kitchen/Knives']);
  const escaped = await shop(['Home &gt; Kitchen', 'Home &gt; Garden', 'Toys &amp; Games']);
  expect(escaped.values).toMatchObject({ p0: ['Home', 'Home > Kitchen'], p2: ['Toys & Games'] });
  const several = await shop(['Home > Knives, Toys > Lego', 'Home > Pots', 'Toys > Lego', 'Home']);
  expect(several.values['p0']).toEqual(['Home', 'Home > Knives', 'Toys', 'Toys > Lego']);
});

test('brackets and quotes say that a cell is a list', async () => {
  const lists: readonly string[][] = [
    ['[wood, glass]', '[steel]', '[wood]'],
    ['{wood,glass}', '{steel}', '{wood}'],
    ['{"wood",glass}', '{steel}', '{"wood"}'],
    ['["wood", "glass"]', '["steel"]', '["wood"]'],
    ["['wood', 'glass']", "['steel']", "['wood']"],
    ["'wood', 'glass'", "'steel'", "'wood'"],
  ];
  for (const cells of lists)
    expect((await shop(cells)).values).toMatchObject({ p0: ['wood', 'glass'], p1: ['steel'], p2: ['wood'] });
});

test('the semicolon of &amp; divides nothing', async () => {
  const { values } = await shop(['Home &amp; Garden;Toys', 'Toys', 'Home &amp; Garden', 'Books;Toys']);
  expect(values).toMatchObject({ p0: ['Home & Garden', 'Toys'], p2: ['Home & Garden'] });
});

test('random tags are a list and random names are none, whatever stands between', () => {
  const letters = fc.stringMatching(/^[a-z]{3,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { minLength: 5, maxLength: 8 }),
      fc.array(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), { minLength: 60, maxLength: 60 }),
      fc.constantFrom('|', ';', ', ', ','),
      (words, cells, separator) => {
        const tags = cells.map((parts) => parts.map((part) => words[part] ?? '').join(separator));
        expect(divisionOf(tags)).toEqual({ as: 'list', separator });
      },
    ),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(letters, { minLength: 8, maxLength: 30 }),
      fc.array(fc.constantFrom('Inc.', 'Ltd.', 'OR', 'Shoes & Jewelry'), { minLength: 30, maxLength: 30 }),
      fc.constantFrom(', ', ','),
      (words, endings, separator) => {
        const names = often(...words.map((word, index) => `${word}${separator}${endings[index] ?? ''}`));
        expect(divisionOf(names)?.as).not.toBe('list');
      },
    ),
  );
});

test('titles in order lines are names of items, never lists', async () => {
  const title = (item: number): string =>
    `"${['Lamp', 'Desk', 'Chair'][item % 3]}, ${['red', 'blue'][item % 2]}, large"`;
  const rows = (retitled: boolean): string[] =>
    Array.from({ length: 200 }, (_, row) => {
      const item = (row * 7) % 40;
      return `u${row % 20},p${item},${1_700_000_000 + row},${title(retitled && row % 2 === 0 ? item + 1 : item)}`;
    });
  const catalogue = Array.from({ length: 40 }, (_, item) => `p${item},b${item % 4}`);
  for (const [column, retitled] of [
    ['product_title', false],
    ['product_title', true],
    ['title', true],
    ['name', true],
  ] as const) {
    const base = await writeTexts({
      'orders.csv': `user_id,item_id,timestamp,${column}\n${rows(retitled).join('\n')}\n`,
      'items.csv': `item_id,brand\n${catalogue.join('\n')}\n`,
    });
    const files = { interactions: path.join(base, 'orders.csv'), items: path.join(base, 'items.csv') };
    const { description, findings } = await inspectFiles(files, { ...onEngine(), base });
    expect(Object.values(description.interactions.fields ?? {}).map(({ kind }) => kind)).not.toContain(
      'multi-categorical',
    );
    if (!retitled) expect(findings.columns.find((found) => found.column === column)?.why).toContain('names of items');
  }
});
