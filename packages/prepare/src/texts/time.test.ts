// Times in cells.
import { describe, expect, test } from 'vitest';
import { parseTime } from './time.js';

describe('parseTime', () => {
  test.each([
    ['881250949', 881250949],
    ['1.5e3', 1500],
    ['-3', -3],
    ['1970-01-02', 86400],
    ['1970-01-01T00:01', 60],
    ['1970-01-01 00:00:01.5', 1.5],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1970-01-01T00:00:00Z', 0],
  ])('%s', (cell, seconds) => expect(parseTime(cell)).toBe(seconds));

  test.each(['', 'noon', '12/31/1999', '0x10', 'NaN', 'Infinity', '1e999', '1970-13-01', '2019'.repeat(100)])(
    'not a time: %s',
    (cell) => {
      expect(parseTime(cell)).toBeUndefined();
    },
  );
});
