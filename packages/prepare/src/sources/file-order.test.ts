import { describe, expect, it } from 'vitest';
import { compareFiles, orderOfGiven, orderReport } from './file-order.js';

describe('files', () => {
  it.each([
    ['numbers by size', ['day1.csv', 'day2.csv', 'day10.csv', 'day11.csv', 'day100.csv']],
    ['a hyphen is no minus', ['part-2.csv', 'part-10.csv']],
    ['zeros in front', ['log-002.csv', 'log-2.csv', 'log-010.csv', 'log-11.csv']],
    ['dates', ['2023-12-31.csv', '2024-1-2.csv', '2024-01-03.csv', '2024-01-10.csv', '2024_2_1.csv']],
    ['folders before what is in them', ['1/9.csv', '2/1.csv', '2/10.csv', '10/1.csv', '10/2/1.csv']],
    ['without a number first, whatever the ending', ['log.csv', 'log-1.csv', 'log-2.csv.gz', 'log-10.csv']],
    ['numbers of any length', ['x99999999999999999998.csv', 'x99999999999999999999.csv', 'x100000000000000000000.csv']],
    ['several numbers', ['2-y10.csv', '10-y2.csv', '10-y10.csv']],
  ])('come in the order of their names: %s', (_, files) => {
    expect(files.toReversed().toSorted(compareFiles)).toEqual(files);
    expect(files.toSorted().toSorted(compareFiles)).toEqual(files);
  });

  it('stay as they were given, unless a shell put them in the order of text', () => {
    expect(orderOfGiven(['day1.csv', 'day10.csv', 'day2.csv'])).toEqual(['day1.csv', 'day2.csv', 'day10.csv']);
    expect(orderOfGiven(['new.csv', 'day10.csv', 'day2.csv'])).toEqual(['new.csv', 'day10.csv', 'day2.csv']);
  });

  it('are shown where their order counts: the first and the last, with their folder where names repeat', () => {
    const many = Array.from({ length: 12 }, (_, index) => `logs/day${index + 1}.csv`);
    expect(orderReport(many)).toMatchObject({
      count: 12,
      why: 'the order of the 12 files is taken for the order of time: day1.csv, day2.csv, day3.csv, .., day11.csv, day12.csv',
    });
    expect(orderReport(['a/log.csv', 'b/log.csv']).why).toMatch(/: a\/log\.csv, b\/log\.csv$/);
    expect(orderReport(['log.csv']).why).toBe('the order of the file is taken for the order of time');
  });
});
