// The attribute file of the S3-Rec form: order and repeats as written, and every mistake with its place.
import { describe, expect, test } from 'vitest';
import { DataError } from '@difsr/data';
import { ProblemList } from '@difsr/data/internal';
import { type AttributeEntry, parseAttributeJson } from './attribute-json.js';

function read(text: string): AttributeEntry[] {
  const problems = new ProblemList();
  const entries = parseAttributeJson(text, 'x.json', problems);
  problems.throwIfAny();
  return entries;
}

function errorOf(text: string): DataError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

test('entries are in the order of the file, attributes as written, names and line breaks are fine', () => {
  const text = '{\n "10": [5, 5, 123456789012345678901],\r\n "1": ["Hair \\"Care\\"", 7], "2": []\n}\n';
  expect(read(text)).toEqual([
    { item: '10', attributes: ['5', '5', '123456789012345678901'], line: 2, column: 2 },
    { item: '1', attributes: ['Hair "Care"', '7'], line: 3, column: 2 },
    { item: '2', attributes: [], line: 3, column: 29 },
  ]);
  expect(read('{}')).toEqual([]);
});

describe('mistakes', () => {
  test.each([
    ['{"1": [5, 6', 1, 12, /the file ends where .* is expected in the entry of item "1": it is cut off/],
    ['{"1": [5],\n "2', 2, 2, /is not valid here, in the entry of item "1": unexpected end of string/],
    ['{"1": [5],\n', 2, 1, /the file ends where property name is expected/],
    ['{"1": [5]', 1, 10, /the file ends where close brace is expected/],
    ['', 1, 1, /the file ends where value is expected in the file/],
    ['[1, 2]', 1, 1, /in the file: one object of lists is expected/],
    ['7', 1, 1, /in the file: one object of lists is expected/],
    ['{"1": 5}', 1, 7, /in the entry of item "1": a list of attributes is expected/],
    ['{"1": {"2": [3]}}', 1, 7, /a list of attributes is expected/],
    ['{"1": [[5]]}', 1, 8, /in the entry of item "1": a list of attributes is expected/],
    ['{"1": [5] "2": [6]}', 1, 11, /comma is expected/],
    ['{"1": [5],}', 1, 11, /property name is expected/],
    ['{"1": [5]} trailing', 1, 12, /is not valid here/],
    ['{"1": [5], // note\n "2": [6]}', 1, 12, /is not valid here/],
    ['{"1": [\n5,\n 0]}', 3, 2, /is not an attribute in the entry of item "1"/],
    ['{"1": [5, -2]}', 1, 11, /is not an attribute/],
    ['{"1": [2.5]}', 1, 8, /is not an attribute/],
    ['{"1": [null]}', 1, 8, /is not an attribute/],
    ['{"1": [""]}', 1, 8, /is not an attribute/],
    ['{"1": ["[PAD]"]}', 1, 8, /is not an attribute/],
    ['{"B001": [5]}', 1, 2, /is not an item id/],
    ['{"1": [5], "1": [6]}', 1, 12, /has a second entry/],
  ])('%j', (text, line, column, message) => {
    const { problems } = errorOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: 'x.json', line, column });
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.cure).not.toBe('');
  });

  test('in keys and values are all collected', () => {
    expect(errorOf('{"1": [0, true], "x": [-1]}').total).toBe(4);
  });
});
