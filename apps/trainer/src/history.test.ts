// What users write after --history, and the ids that it stands for.
import { UsageError } from '@difsr/library/parts';
import { expect, it } from 'vitest';
import { historyOf, userOf } from './history.js';

const known = new Set(['B004', 'B017', 'New York, NY', '[odd]', '9007199254740993', '7']);

it.each<[string, readonly string[]]>([
  ['B004 B017', ['B004', 'B017']],
  ['B004,B017', ['B004', 'B017']],
  ['New York, NY', ['New York, NY']],
  ['["New York, NY", "B004"]', ['New York, NY', 'B004']],
  ['[odd] B004', ['[odd]', 'B004']],
  ['', []],
  ['[7, "7"]', ['7', '7']],
  // Ids of 64 bits are no numbers of JavaScript: the digits count.
  ['[9007199254740993]', ['9007199254740993']],
  [
    '[9007199254740993,-9007199254740993, 18446744073709551615 ]',
    ['9007199254740993', '-9007199254740993', '18446744073709551615'],
  ],
  ['["in 12345678901234567890", 9007199254740993]', ['in 12345678901234567890', '9007199254740993']],
])('%s', (text, ids) => expect(historyOf(text, known)).toEqual(ids));

it.each(['[', '["B004", ', '[{"id": 1}]', '[{"item": null}]', '[null]', '[NaN]', '[[1]]', '[true]'])(
  '%s is no list of ids or events',
  (text) => expect(() => historyOf(text, known)).toThrow(UsageError),
);

it('events keep what is said of them; their ids are texts', () => {
  expect(historyOf('[{"item": 9007199254740993, "rating": 4.5, "tags": ["a"]}, "B004"]', known)).toEqual([
    { item: '9007199254740993', rating: 4.5, tags: ['a'] },
    'B004',
  ]);
});

it('a user is a JSON object', () => {
  expect(userOf('{"age": 34, "country": "AT"}')).toEqual({ age: 34, country: 'AT' });
  expect([userOf('34'), userOf('u 17'), userOf('"quoted"')]).toEqual([
    { 'user.id': '34' },
    { 'user.id': 'u 17' },
    { 'user.id': '"quoted"' },
  ]);
  for (const text of ['', '[]', '{"age"']) expect(() => userOf(text)).toThrow(UsageError);
});
