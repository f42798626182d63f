// RecBole atomic files: columns by name, inferred roles and fields, category text, and malformed files.
import { describe, expect, test } from 'vitest';
import { buildDataset, DataError, type DataProblem, type Dataset, itemCategories, sequenceAt } from '@difsr/data';
import { type AtomicOptions, parseAtomicFiles } from './recbole.js';

interface Texts {
  readonly inter?: string;
  readonly item?: string;
  readonly user?: string;
}

const INTER = 'user_id:token\titem_id:token\ttimestamp:float\nu1\ta\t2\nu1\tb\t1\nu2\ta\t5\n';

function load({ inter = INTER, item, user }: Texts, options: AtomicOptions = {}): Dataset {
  const texts = {
    inter: { file: 'x.inter', text: inter },
    ...(item === undefined ? {} : { item: { file: 'x.item', text: item } }),
    ...(user === undefined ? {} : { user: { file: 'x.user', text: user } }),
  };
  return buildDataset(parseAtomicFiles('x', texts, options));
}

function problemsOf(texts: Texts, options: AtomicOptions = {}): readonly DataProblem[] {
  try {
    load(texts, options);
  } catch (error) {
    if (error instanceof DataError) return error.problems;
    throw error;
  }
  throw new Error('no error was thrown');
}

describe('columns', () => {
  test('are found by name, in any order', () => {
    const shuffled =
      'rating:float\ttimestamp:float\titem_id:token\tuser_id:token\n4\t2\ta\tu1\n5\t1\tb\tu1\n3\t5\ta\tu2\n';
    expect(load({ inter: shuffled }).sequences).toEqual(load({}).sequences);
  });

  test('usual other names are recognised, and the report says what was taken', () => {
    const dataset = load({
      inter:
        'review_id:token\tuser_id:token\tbusiness_id:token\tdate:token\nr\tu\tb\t2019-01-02\nr\tu\tc\t2019-01-01 10:00:00\n',
    });
    expect(dataset.items.tokens[sequenceAt(dataset.sequences, 0)[0] ?? 0]).toBe('c');
    expect(dataset.report[0]).toMatchObject({
      kind: 'inferred',
      why: 'user "user_id", item "business_id", time "date", equal times in file order; not used: review_id',
    });
  });

  test('unusual names are given', () => {
    const dataset = load(
      { inter: 'who:token\twhat:token\twhen:float\nu\ta\t2\nu\tb\t1\n', item: 'what:token\ttag:token\na\tt\n' },
      { columns: { user: 'who', item: 'what', time: 'when' } },
    );
    expect(dataset.items.tokens[sequenceAt(dataset.sequences, 0)[0] ?? 0]).toBe('b');
    expect(dataset.fields[0]?.name).toBe('tag');
  });

  test('without a time column file order counts, and the report says so', () => {
    const dataset = load({ inter: 'user_id:token\titem_id:token\nu\tb\nu\ta\n' });
    expect([...sequenceAt(dataset.sequences, 0)]).toEqual([1, 2]);
    expect(dataset.report[0]?.why).toContain('there is no time column: file order counts');
  });
});

describe('fields', () => {
  const many = Array.from({ length: 30 }, (_, i) => `i${i}`);
  const inter = `user_id:token\titem_id:token\n${many.map((id) => `u\t${id}\n`).join('')}`;
  const item =
    'title:token_seq\titem_id:token\tsku:token\tbrand:token\tprice:float\tempty:token\ttags:token_seq\n' +
    many.map((id, i) => `Name of ${id}\t${id}\tS-${i}\tb${i % 3}\t${i}.5\t\tt${i % 5} t${i % 2}\n`).join('');

  test('are inferred: columns that group items, with a reason for each', () => {
    const dataset = load({ inter, item });
    expect(dataset.fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['brand', 'categorical'],
      ['tags', 'multi-categorical'],
    ]);
    const reasons = Object.fromEntries(dataset.report.map(({ what, why }) => [what, why]));
    expect(reasons).toMatchObject({
      'x.item: column "title" is not a field': 'it holds names of items',
      'x.item: column "sku" is not a field': 'almost all of its 30 values are distinct',
      'x.item: column "price" is not a field': 'float: numbers are not categories',
      'x.item: column "empty" is not a field': 'it is empty',
      'x.item: item names from column "title"': 'its name says so',
    });
    expect(dataset.itemNames?.[1]).toBe('Name of i0');
  });

  test('are those asked for, even if inference would not take them', () => {
    const dataset = load({ inter, item }, { fields: ['sku'], columns: { name: 'sku' } });
    expect(dataset.fields.map(({ name }) => name)).toEqual(['sku']);
    expect(dataset.itemNames?.[1]).toBe('S-0');
    expect(load({ inter, item }, { fields: [] }).fields).toEqual([]);
  });

  test.each([
    ['brnd', /is a column that the header lacks \(did you mean "brand"\?\)/],
    ['price', /is a float column: numbers are not categories/],
  ])('asking for %s is an error', (name, message) => {
    const [problem] = problemsOf({ inter, item }, { fields: [name] });
    expect(problem?.message).toMatch(message);
    expect(problem?.cure).toContain('title, sku, brand, empty, tags');
  });

  test('asking for fields without an item file is an error', () => {
    expect(problemsOf({}, { fields: ['brand'] })[0]?.message).toMatch(/there is no \.item file/);
  });

  test('a second row of an item, items without a row, and strangers among users are counted', () => {
    const dataset = load({
      item: 'item_id:token\tbrand:token\na\tx\na\ty\n',
      user: 'user_id:token\tage:token\nu1\t5\nu2\t6\nu3\t7\n',
    });
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', 'x']);
    const counts = Object.fromEntries(dataset.report.map(({ what, count }) => [what, count]));
    expect(counts).toMatchObject({
      'x.item: rows of an item that has one already': 1,
      'items without a row in x.item': 1,
      'x.user: columns not used': 1,
      'x.user: users without interactions': 1,
    });
  });
});

describe('category text', () => {
  const item =
    "item_id:token\tcategories:token_seq\na\t'Beauty', 'Creams, Gels & Lotions', \"Women's\"\nb\tSkin Care Children's\n";

  test('quoted names are whole names, and the report says so', () => {
    const dataset = load({ item });
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual([
      '[PAD]',
      'Beauty',
      'Creams, Gels & Lotions',
      "Women's",
      'Skin',
      'Care',
      "Children's",
    ]);
    expect(dataset.report).toContainEqual(
      expect.objectContaining({ what: 'x.item: cells of quoted names in column "categories"', count: 1 }),
    );
  });

  test('fragments on demand, as the published code has them', () => {
    const [field] = itemCategories(load({ item }, { categoryText: 'fragments' }));
    expect(field?.vocabulary.tokens.slice(1, 6)).toEqual(["'Beauty',", "'Creams,", 'Gels', '&', "Lotions',"]);
  });

  test('another separator', () => {
    const [field] = itemCategories(
      load({ item: 'item_id:token\ttags:token_seq\na\tSkin Care| Hair\n' }, { separator: '|' }),
    );
    expect(field?.vocabulary.tokens).toEqual(['[PAD]', 'Skin Care', 'Hair']);
  });
});

describe('malformed files', () => {
  const header = 'user_id:token\titem_id:token\ttimestamp:float\n';
  test.each([
    ['', undefined, undefined, /the file is empty/],
    ['user_id\titem_id:token\n', 1, 1, /is a column without a type/],
    ['user_id:token\titem_id:tokens\n', 1, 2, /has a type that is none of token, token_seq, float, float_seq/],
    ['user_id:token,item_id:token\n', 1, undefined, /is separated by ","; this form has tabs/],
    ['user_id:token item_id:token\n', 1, undefined, /is separated by " "; this form has tabs/],
    ['user_id:token\titem_id:token\tuser_id:token\n', 1, 3, /is the name of an earlier column/],
    [
      'user_id:token\tthing:token\n',
      1,
      undefined,
      /there is no item column under a usual name \(item_id, .*; the header has user_id, thing/,
    ],
    [`${header}u\ta\tnoon\n`, 2, 'timestamp', /is not a number, which float asks for/],
    [`${header}u\ta\t\n`, 2, 'timestamp', /is not a time/],
    ['user_id:token\titem_id:token\tdate:token\nu\ta\t12\\/31\\/1999\n', 2, 'date', /is not a time/],
    [`${header}u\ta\n`, 2, undefined, /the row has 2 columns, the header 3/],
    [`${header}u\ta\t1\t2\n`, 2, undefined, /the row has 4 columns, the header 3/],
    [`${header}u 1\ta\t1\n`, 2, 'user_id', /is an id with white space in it/],
    [`${header}\ta\t1\n`, 2, 'user_id', /the id is empty/],
    [`${header}u\t[PAD]\t1\n`, 2, 'item_id', /is the name of padding/],
    [header, undefined, undefined, /holds no interactions/],
  ])('%j', (inter, line, column, message) => {
    const problems = problemsOf({ inter });
    expect(problems).toHaveLength(1);
    expect([problems[0]?.file, problems[0]?.line, problems[0]?.column]).toEqual(['x.inter', line, column]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.cure).not.toBe('');
  });

  test('a named column that is missing is an error with the nearest name', () => {
    expect(problemsOf({}, { columns: { time: 'timestmp' } })[0]?.message).toMatch(/did you mean "timestamp"\?/);
  });

  test('the item and the user file are checked alike', () => {
    expect(problemsOf({ item: 'item_id:token\tbrand:token\na\n' })[0]).toMatchObject({ file: 'x.item', line: 2 });
    expect(problemsOf({ item: 'item_id:token\ttags:token_seq\na\tt [PAD]\n' })[0]).toMatchObject({
      file: 'x.item',
      column: 'tags',
    });
    expect(problemsOf({ user: 'user_id\nu1\n' })[0]).toMatchObject({ file: 'x.user', line: 1 });
  });

  test('all problems of a file come together', () => {
    expect(problemsOf({ inter: `${header}u\ta\tx\nu\ta\nu 2\ta\t1\nu\ta\ty\n` }).map(({ line }) => line)).toEqual([
      2, 3, 4, 5,
    ]);
  });
});
