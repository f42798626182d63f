import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricsError, NonFiniteScoreError, rankItems, targetRank } from './index.js';

// Few distinct values, so that ties are the rule.
const catalogues = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 2, maxLength: 40 });

/** Ids by (score descending, id ascending): the definition, by a full sort. */
function sorted(scores: readonly number[], excluded: ReadonlySet<number>): number[] {
  const ids = scores.map((_, id) => id).filter((id) => id > 0 && !excluded.has(id));
  return ids.sort((a, b) => scores[b]! - scores[a]! || a - b);
}

describe('full ranking', () => {
  it('knows no other options', () => {
    const wrong: object = { exclude: [1] }; // as callers without types write
    expect(() => rankItems([0, 1, 2], wrong)).toThrow(/rankItems has no option "exclude"; .*excluded, user, k/);
    expect(() => targetRank([0, 1, 2], 1, wrong)).toThrow(MetricsError);
  });

  it('is by score, then by the lower id, without padding and excluded items', () => {
    fc.assert(
      fc.property(catalogues, fc.array(fc.nat(45)), fc.nat(45), (scores, excluded, k) => {
        const expected = sorted(scores, new Set(excluded));
        expect([...rankItems(scores, { excluded })]).toEqual(expected);
        expect([...rankItems(Float32Array.from(scores), { excluded, k })]).toEqual(expected.slice(0, k));
      }),
    );
  });

  it('is the same for long lists, which are sorted instead of selected', () => {
    const scores = Array.from({ length: 2000 }, (_, i) => (i * 7919) % 61);
    const expected = sorted(scores, new Set());
    for (const k of [1, 255, 256, 257, 1999, 5000]) expect([...rankItems(scores, { k })]).toEqual(expected.slice(0, k));
  });

  it('gives every target its place', () => {
    fc.assert(
      fc.property(catalogues, fc.array(fc.nat(45)), (scores, excluded) => {
        const expected = sorted(scores, new Set(excluded));
        for (let target = 1; target < scores.length; target++) {
          const place = expected.indexOf(target);
          // An excluded target comes after everything that is ranked.
          expect(targetRank(scores, target, { excluded })).toBe(place < 0 ? expected.length : place);
        }
      }),
    );
  });

  it('of constant scores is the order of ids: a model that says nothing gets nothing', () => {
    for (const constant of [0, -0, 1e30, -1e-30]) {
      const scores = new Float32Array(101).fill(constant);
      for (const target of [1, 50, 100]) expect(targetRank(scores, target)).toBe(target - 1);
    }
    expect(targetRank([0, -0, 0], 2)).toBe(1); // zeros are equal whatever their sign
  });
});

describe('scores that are not finite', () => {
  it.each([NaN, Infinity, -Infinity])('%s is an error that names user, item and value', (value) => {
    const scores = [0, 1, 2, value, 4];
    for (const call of [
      () => rankItems(scores, { user: 7 }),
      () => targetRank(scores, 4, { user: 7 }),
      () => targetRank(scores, 3, { user: 7 }),
    ]) {
      expect(call).toThrow(NonFiniteScoreError);
      expect(call).toThrow(expect.objectContaining({ user: 7, item: 3, value }));
      expect(call).toThrow(/item 3 for user row 7 is -?(NaN|Infinity)[^]*cure: /);
    }
  });

  it('are ignored in the padding column and in excluded items', () => {
    expect([...rankItems([NaN, 1, -Infinity, 2], { excluded: [2] })]).toEqual([3, 1]);
  });
});

describe('wrong arguments', () => {
  it.each([
    ['padding as target', () => targetRank([0, 1], 0), /Target 0/],
    ['an unknown target', () => targetRank([0, 1], 2), /Target 2 .*from 1 to 1/],
    ['half a list', () => rankItems([0, 1], { k: 0.5 }), /got 0\.5/],
  ])('%s is refused with the cure', (_, call, message) => {
    expect(call).toThrow(MetricsError);
    expect(call).toThrow(message);
    expect(call).toThrow(/cure: /);
  });
});
