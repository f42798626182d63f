import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf, numberOf, numbersOf, secondsOf } from './options.js';

describe('option values', () => {
  it('numbers come as lists and ranges, sorted, each once', () => {
    expect(numbersOf(0, 16)('0-2,1,8')).toEqual([0, 1, 2, 8]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1 }), (numbers) => {
        const parsed = numbersOf(1, 99)(numbers.join(','));
        expect(new Set(parsed)).toEqual(new Set(numbers));
        expect(parsed).toEqual([...parsed].toSorted((a, b) => a - b));
      }),
    );
  });

  it.each(['', '1,,2', '0', '100', '-1', '1.5', '3-1', 'x', '1e1'])('no list of numbers from 1 to 99: %j', (value) => {
    expect(() => numbersOf(1, 99)(value)).toThrow(/1|empty/);
  });

  it('names are of those allowed, and the error lists them', () => {
    expect(namesOf(['sum', 'gate'])('gate, sum,gate')).toEqual(['gate', 'sum']);
    expect(() => namesOf(['sum', 'gate'])('sun')).toThrow('"sun" is none of sum, gate');
  });

  it('single values say their range', () => {
    expect(numberOf(1, 9)('9')).toBe(9);
    expect(() => numberOf(1, 9)('10')).toThrow('from 1 to 9');
    expect(secondsOf('0.5')).toBe(0.5);
    expect(() => secondsOf('0')).toThrow('seconds');
    expect(() => secondsOf('')).toThrow('seconds');
  });
});
