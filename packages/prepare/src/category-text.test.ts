// Cells of quoted names.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quotedNames } from './category-text.js';

describe('quotedNames', () => {
  test.each([
    ["'Beauty'", ['Beauty']],
    ["'Beauty', 'Hair Care', 'Creams, Gels & Lotions'", ['Beauty', 'Hair Care', 'Creams, Gels & Lotions']],
    ["['A', \"Children's\"]", ['A', "Children's"]],
    ["'Children's Books','B'", ["Children's Books", 'B']],
    ["''", []],
  ])('%s', (cell, names) => expect(quotedNames(cell)).toEqual(names));

  test.each(["Children's Comedy", 'Skin Care', '', "'Beauty', Hair", "'open", "'n Sync"])(
    'not of the form: %s',
    (cell) => {
      expect(quotedNames(cell)).toBeUndefined();
    },
  );

  test('gives back any names without quotes', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z &,-]{0,12}[a-z]$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        expect(quotedNames(names.map((each) => `'${each}'`).join(', '))).toEqual(names);
      }),
    );
  });
});
