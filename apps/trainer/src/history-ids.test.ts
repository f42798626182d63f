// What users write after --history, and the ids that it stands for.
import { expect, it } from 'vitest';
import { UsageError } from './errors.js';
import { historyIds } from './history-ids.js';

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
])('%s', (text, ids) => expect(historyIds(text, known)).toEqual(ids));

it.each(['[', '["B004", ', '[{"id": 1}]', '[null]', '[NaN]', '[[1]]', '[true]'])('%s is no list of ids', (text) =>
  expect(() => historyIds(text, known)).toThrow(UsageError),
);
