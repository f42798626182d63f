import { describe, expect, it } from 'vitest';
import { DataError } from '@difsr/data';
import { checkDescription, parseDescription, readDescription } from './read.js';

const GOOD = `name: shop
interactions:
  files: clicks.csv
  user: user_id
  item: item_id
  time: {column: at, format: "%d.%m.%Y", zone: Europe/Berlin}
items:
  files: [a.jsonl, b.jsonl]
  id: sku
  fields:
    brand: {kind: categorical}
    tags: {kind: multi-categorical, separator: "|"}
`;

function errorOf(text: string): DataError {
  try {
    parseDescription(text, 'shop.yaml');
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('a description', () => {
  it('is read, with defaults filled in', () => {
    const description = parseDescription(GOOD, 'shop.yaml');
    expect(description.filters).toEqual({ duplicates: 'keep' });
    expect(description.split).toEqual({ method: 'leave-one-out' });
    expect(description.items?.fields?.['tags']).toEqual({ kind: 'multi-categorical', separator: '|' });
  });

  const mistakes: readonly [string, string, string, number, RegExp, RegExp][] = [
    ['a misspelt key', 'user: user_id', 'usr: user_id', 4, /"usr" is no key of interactions/, /did you mean user\?/],
    ['a misspelt key at the top', 'items:', 'itmes:', 7, /"itmes" is no key of a description/, /did you mean items\?/],
    [
      'a misspelt key of alternatives',
      'zone:',
      'zoen:',
      6,
      /"zoen" is no key of interactions.time/,
      /did you mean zone\?/,
    ],
    [
      'a value that is none of several',
      'kind: categorical',
      'kind: categorial',
      11,
      /"categorial" as items.fields.brand.kind is not one of categorical/,
      /did you mean categorical\?/,
    ],
    [
      'text in place of a list or text',
      'files: [a.jsonl, b.jsonl]',
      'files: 7',
      8,
      /"7" as items.files is not text, or a list/,
      /write items.files as text/,
    ],
    [
      'a name with a slash',
      'name: shop',
      'name: my/shop',
      1,
      /"my\/shop" as name is not letters, digits/,
      /write name/,
    ],
    [
      'an unknown format',
      '  item: item_id',
      '  item: item_id\n  format: tsv2',
      6,
      /"tsv2" as interactions.format/,
      /write interactions.format|did you mean/,
    ],
  ];
  for (const [name, from, to, line, message, cure] of mistakes) {
    it(`with ${name} is refused with line and cure`, () => {
      const [problem] = errorOf(GOOD.replace(from, to)).problems;
      expect(problem?.line).toBe(line);
      expect(errorOf(GOOD.replace(from, to)).message).toMatch(message);
      expect(problem?.cure).toMatch(cure);
    });
  }

  it('without an item says what is missing, and reports all mistakes together', () => {
    const error = errorOf(GOOD.replace('  item: item_id\n', '').replace('sku', '[]') + 'filters: {userMin: 0}\n');
    expect(error.total).toBe(3);
    expect(error.message).toMatch(/interactions.item is missing/);
    expect(error.message).toMatch(/items.id/);
    expect(error.message).toMatch(/"0" as filters.userMin is not a whole number of at least 1/);
  });

  it('with an unknown split names those that there are', () => {
    const error = errorOf(`${GOOD}split: {method: leave-one-ot}\n`);
    expect(error.message).toMatch(/"leave-one-ot" as split.method is not one of leave-one-out, last-n, ratio/);
    expect(error.message).toMatch(/did you mean leave-one-out\?/);
    expect(errorOf(`${GOOD}split: {method: ratio, valid: 2, test: 0.1}\n`).message).toMatch(
      /"2" as split.valid is not a number above 0 and below 1/,
    );
  });

  it('that is not YAML is refused with its place', () => {
    const error = errorOf('name: shop\ninteractions: {files: [a\n');
    expect(error.message).toMatch(/^shop.yaml, line \d+, column \d+: is not YAML/);
    expect(errorOf('').message).toMatch(/is empty/);
    expect(errorOf('- a\n- b').message).toMatch(/is not a description/);
    expect(errorOf('name: a\nname: b').message).toMatch(/unique/);
  });

  it('of a program is checked in the same way, without lines', () => {
    expect(() => checkDescription({ name: 'x' }, 'options')).toThrow(/^options: interactions is missing/);
  });

  it('in a file that is not there is a DataError', async () => {
    await expect(readDescription('no/such.yaml')).rejects.toThrow(DataError);
  });
});
