import { describe, expect, it } from 'vitest';
import { bytes, table } from './table.js';

/** Names of a shop as they come: ASCII, East Asian, combining and emoji. `places`: of a terminal, counted by hand. */
const NAMES = [
  { name: 'soap', places: 4 },
  { name: '洗顔料', places: 6 },
  { name: 'cafe\u0301', places: 4 }, // e and its accent, in two code points
  { name: '👩‍👩‍👧 set', places: 6 }, // three emoji joined into one
  { name: '🇫🇷', places: 2 },
  { name: '', places: 0 },
];

describe('a table', () => {
  it('keeps its columns in line whatever script its cells are in', () => {
    const lines = table(
      NAMES.map(({ name }) => [name, '1']),
      ['left', 'right'],
    );
    expect(lines).toEqual(NAMES.map(({ name, places }) => `${name}${' '.repeat(6 - places)}  1`));
  });

  it('sets the cells of a right column under each other at their ends', () => {
    expect(table([['商品'], ['sum'], ['11,420']], ['right'])).toEqual(['  商品', '   sum', '11,420']);
  });

  it('fills short rows and ends lines where their text ends', () => {
    expect(table([['a', 'long', 'x'], ['b']], ['left', 'left', 'left'])).toEqual(['a  long  x', 'b']);
  });
});

describe('a number of bytes', () => {
  it('is never said to be nothing', () => {
    expect([1, 45_200, 999_499, 999_500, 812e6, 1.34e9].map(bytes)).toEqual([
      '1 kB',
      '46 kB',
      '1000 kB',
      '1 MB',
      '812 MB',
      '1.34 GB',
    ]);
  });
});
