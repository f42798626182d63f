// The name that was meant.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DifsrError } from './fault.js';
import { chooseByName, didYouMean, editDistance, nearestName } from './nearest.js';

describe('the nearest name', () => {
  it('is that with the fewest changes, if half of it is the same', () => {
    expect(nearestName('brnd', ['categories', 'brand', 'band'])).toBe('brand');
    expect(nearestName('xyz', ['categories', 'brand'])).toBeUndefined();
    expect(nearestName('RATE', ['width', 'rate'])).toBe('rate');
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is found by a metric', () => {
    const word = fc.string({ maxLength: 6 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        if (a !== b) expect(editDistance(a, b)).toBeGreaterThan(0);
      }),
    );
  });

  it('is offered', () => {
    expect(didYouMean('rat', ['width', 'rate'])).toBe('did you mean rate?');
    expect(didYouMean('rat', ['width', 'rate'], (name) => `inner.${name}`)).toBe('did you mean inner.rate?');
    expect(didYouMean('zzzz', ['width', 'rate'])).toBeUndefined();
  });

  it('is offered where a choice is none; otherwise all are', () => {
    const presets = new Map([
      ['small', 1],
      ['large', 2],
    ]);
    expect(chooseByName('preset', 'small', presets, DifsrError)).toBe(1);
    expect(() => chooseByName('preset', 'smal', presets, DifsrError, 'run.yaml')).toThrow(
      'run.yaml: there is no preset "smal"; there are small, large\n  cure: did you mean small?',
    );
    expect(() => chooseByName('preset', 'x', presets, DifsrError)).toThrow('cure: use one of small, large');
  });
});
