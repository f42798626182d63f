// Codes of others' errors, and options without what is undefined.
import { expect, it } from 'vitest';
import { codeOf } from './code.js';
import { given } from './given.js';

it.each<[string, unknown, string | undefined]>([
  ['of an error that has one', Object.assign(new Error('gone'), { code: 'ENOENT' }), 'ENOENT'],
  ['of an error without', new Error('gone'), undefined],
  ['of an error with a number', new DOMException('aborted', 'AbortError'), undefined],
  ['of no error', { code: 'ENOENT' }, undefined],
])('the code %s', (_, error, code) => expect(codeOf(error)).toBe(code));

it('what is undefined is not given, what is null or false is', () => {
  expect(Object.entries(given({ a: undefined, b: null, c: false, d: 0 }))).toEqual([
    ['b', null],
    ['c', false],
    ['d', 0],
  ]);
});
