// The S3-Rec form: its quirks, and every malformed input with its place and cure.
import { describe, expect, test } from 'vitest';
import {
  buildDataset,
  DataError,
  type Dataset,
  fieldTable,
  itemCategories,
  PROBLEM_LIMIT,
  schemaOf,
  sequenceAt,
} from '@difsr/data';
import { parseS3Rec } from './s3rec.js';

const TEXT = '1 1 2 3\n2 2 4\n3 1 2 3\n';

function load(text: string, attributes?: string): Dataset {
  const json = attributes === undefined ? undefined : { file: 'shop_item2attributes.json', text: attributes };
  return buildDataset(parseS3Rec('shop', { file: 'shop.txt', text }, json));
}

function errorOf(run: () => unknown): DataError {
  try {
    run();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

describe('what is read', () => {
  test('users, sequences in order, and attributes', () => {
    const dataset = load(TEXT, '{"1": [5], "2": [5, 7], "3": [7], "4": [9]}');
    expect(dataset.users.tokens).toEqual(['[PAD]', '1', '2', '3']);
    expect([...sequenceAt(dataset.sequences, 1)]).toEqual([2, 4]);
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', '5', '7', '9']);
    expect(schemaOf(dataset)).toEqual({
      items: 4,
      fields: [{ name: 'attributes', kind: 'multi-categorical', values: 4, maxValues: 2 }],
    });
    expect(itemCategories(dataset).map((field) => [...fieldTable(field)])).toEqual([[0, 0, 1, 0, 1, 2, 2, 0, 3, 0]]);
  });

  test('users with identical sequences are kept apart', () => {
    const { sequences } = load(TEXT);
    expect([...sequenceAt(sequences, 0)]).toEqual([...sequenceAt(sequences, 2)]);
    expect(sequences.offsets.length - 1).toBe(3);
  });

  test('attributes are numbered in file order, not in the numeric order of the keys', () => {
    const dataset = load(TEXT, '{"4": [9, 8], "1": [7]}');
    expect(itemCategories(dataset)[0]?.vocabulary.tokens).toEqual(['[PAD]', '9', '8', '7']);
  });

  test('a repeated attribute counts once and is reported', () => {
    const dataset = load('1 1 2\n', '{"1": [5, 5, 6], "2": [6]}');
    expect([...(dataset.fields[0]?.values ?? [])]).toEqual([1, 2, 2]);
    expect(dataset.report).toEqual([
      { kind: 'dropped', what: 'repeated attributes', count: 1, why: expect.stringContaining('1 items') },
    ]);
  });

  test('an item without an entry is no error: it is counted and its attributes are unknown', () => {
    const dataset = load(TEXT, '{"1": [5], "2": []}');
    expect([...(itemCategories(dataset)[0]?.offsets ?? [])]).toEqual([0, 0, 1, 1, 1, 1]);
    const counts = Object.fromEntries(dataset.report.map(({ what, count }) => [what, count]));
    expect(counts).toEqual({
      'items without an entry in the attribute file': 2,
      'items without a value in field "attributes"': 3,
    });
  });

  test('entries of items that nobody used are dropped and counted', () => {
    const dataset = load('1 1 2\n', '{"1": [5], "2": [5], "77": [6]}');
    expect(dataset.items.size - 1).toBe(2);
    expect(itemCategories(dataset)[0]?.vocabulary.size).toBe(2);
    expect(dataset.report).toContainEqual(
      expect.objectContaining({ what: 'attribute entries of items that nobody used', count: 1 }),
    );
  });

  test('named attributes and line breaks in the JSON are fine', () => {
    const dataset = load('1 1 2\n', '{\n "1": ["Hair \\"Care\\""],\n "2": []\n}\n');
    expect(itemCategories(dataset)[0]?.vocabulary.tokens[1]).toBe('Hair "Care"');
  });

  test('a missing last line end, CRLF and a byte order mark make no difference', () => {
    expect(load('\uFEFF1 1 2\r\n2 2 1').sequences).toEqual(load('1 1 2\n2 2 1\n').sequences);
  });
});

describe('malformed text', () => {
  test.each([
    ['1\t2\t3\n', 1, 2, '\t', /separates the ids here; this form has spaces/],
    ['1 2\n2 3,4\n', 2, 4, ',', /separates the ids/],
    ['1 2\n2 x7 3\n', 2, 3, 'x7', /is not an id/],
    ['1 2\n2 0\n', 2, 3, '0', /is not an id, a whole number from 1 on/],
    ['1 2\n2 3.5\n', 2, 3, '3.5', /is not an id/],
    ['1 2\n\n3 4\n', 2, undefined, undefined, /the line is empty/],
    ['1 2\n2\n', 2, undefined, '2', /is a user without items/],
    ['1 2\n1 3\n', 2, 1, '1', /is a user that line 1 has already/],
    ['', undefined, undefined, undefined, /the file is empty/],
  ])('%j', (text, line, column, value, message) => {
    const { problems, total } = errorOf(() => load(text));
    expect(total).toBe(1);
    const [problem] = problems;
    expect([problem?.file, problem?.line, problem?.column, problem?.value]).toEqual(['shop.txt', line, column, value]);
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.cure).not.toBe('');
  });

  test('all problems come together up to the limit, the rest is counted, on one screen', () => {
    const error = errorOf(() => load('1 a\n'.repeat(214)));
    expect(error.total).toBe(214);
    expect(error.problems).toHaveLength(PROBLEM_LIMIT);
    expect(error.message).toContain('... and 194 more problems (214 in all)');
    expect(error.message.split('\n')).toHaveLength(PROBLEM_LIMIT + 2);
    expect(error.message.match(/cure:/g)).toHaveLength(1);
  });

  test('a long value is cut', () => {
    expect(errorOf(() => load(`1 ${'x'.repeat(5000)}\n`)).message.length).toBeLessThan(400);
  });
});

describe('malformed attribute files', () => {
  test.each([
    [
      '{"1": [5, 6',
      1,
      12,
      /the file ends where a comma or the end of the list in the entry of item "1" should be: it is cut off/,
    ],
    ['{"1": [5],\n "2', 2, 2, /not valid JSON here: expected an item id in quotes/],
    ['{"1": [5],\n', 2, 1, /the file ends where an item id in quotes/],
    ['{"1": [5]', 1, 10, /the file ends where a comma or the end of the object after 1 entries/],
    ['', 1, 1, /the file ends where the start of the object/],
    ['[1, 2]', 1, 1, /expected the start of the object/],
    ['{"1": 5}', 1, 7, /expected a list in the entry of item "1"/],
    ['{"1": [5] "2": [6]}', 1, 11, /expected a comma or the end of the object/],
    ['{"1": [5]} trailing', 1, 12, /expected the end of the file/],
    ['{"1": [\n5,\n 0]}', 3, 2, /is not an attribute in the entry of item "1"/],
    ['{"1": [5, -2]}', 1, 11, /is not an attribute/],
    ['{"1": [2.5]}', 1, 8, /is not an attribute/],
    ['{"1": [null]}', 1, 8, /is not an attribute/],
    ['{"B001": [5]}', 1, 2, /is not an item id/],
    ['{"1": [5], "1": [6]}', 1, 12, /has a second entry/],
  ])('%j', (attributes, line, column, message) => {
    const { problems } = errorOf(() => load('1 1 2\n', attributes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: 'shop_item2attributes.json', line, column });
    expect(problems[0]?.message).toMatch(message);
  });

  test('bad values are all collected', () => {
    expect(errorOf(() => load('1 1 2\n', '{"1": [0, true], "x": [-1]}')).total).toBe(4);
  });
});
