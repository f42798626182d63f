// Who goes on from rung to rung: against what halving promises, over random trials.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptOf, promoted, ranked, rungsOf, sizesOf, type Standing } from './halving.js';

/** Trials in any order, some of equal value, some failed. */
const standings: fc.Arbitrary<Standing[]> = fc.uniqueArray(fc.nat(200), { maxLength: 40 }).chain((numbers) =>
  fc.tuple(
    ...numbers.map((trial) =>
      fc.record({
        trial: fc.constant(trial),
        value: fc.oneof(
          fc.constant(undefined),
          fc.integer({ min: 0, max: 8 }).map((value) => value / 8),
        ),
      }),
    ),
  ),
);
const factors = fc.integer({ min: 2, max: 5 });

describe('halving', () => {
  it('never lets a worse trial go on before a better one, and of equals the first', () => {
    fc.assert(
      fc.property(standings, factors, (trials, factor) => {
        const kept = new Set(promoted(trials, factor));
        const alive = trials.filter(({ value }) => value !== undefined);
        for (const one of alive)
          for (const other of alive) {
            const better = (one.value ?? 0) > (other.value ?? 0);
            const earlier = one.value === other.value && one.trial < other.trial;
            if ((better || earlier) && kept.has(other.trial)) expect(kept.has(one.trial)).toBe(true);
          }
      }),
    );
  });

  it('accounts for every trial: kept ones are of those that did not fail, as many as there are places', () => {
    fc.assert(
      fc.property(standings, factors, (trials, factor) => {
        const alive = trials.filter(({ value }) => value !== undefined).map(({ trial }) => trial);
        const kept = promoted(trials, factor);
        expect(new Set(kept).size).toBe(kept.length);
        expect(kept.every((trial) => alive.includes(trial))).toBe(true);
        expect(kept).toHaveLength(Math.min(alive.length, keptOf(trials.length, factor)));
        expect(kept).toEqual(kept.toSorted((a, b) => a - b));
        expect(ranked(trials).toSorted((a, b) => a - b)).toEqual(alive.toSorted((a, b) => a - b));
      }),
    );
  });

  it('does not depend on the order in which trials came to their end', () => {
    fc.assert(
      fc.property(standings, factors, fc.infiniteStream(fc.nat()), (trials, factor, keys) => {
        const shuffled = trials
          .map((trial) => ({ trial, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ trial }) => trial);
        expect(promoted(shuffled, factor)).toEqual(promoted(trials, factor));
        expect(ranked(shuffled)).toEqual(ranked(trials));
      }),
    );
  });

  it('a value that is no number is a failed trial', () => {
    expect(
      promoted(
        [
          { trial: 1, value: Number.NaN },
          { trial: 2, value: 0 },
        ],
        2,
      ),
    ).toEqual([2]);
  });
});

describe('rungs', () => {
  it.each([
    [{ epochs: 16, first: 2, factor: 2 }, [2, 4, 8, 16]],
    [{ epochs: 17, first: 2, factor: 2 }, [2, 4, 8, 17]],
    [{ epochs: 30, first: 4, factor: 3 }, [4, 30]],
    [{ epochs: 27, first: 1, factor: 3 }, [1, 3, 9, 27]],
    [{ epochs: 5, first: 5, factor: 2 }, [5]],
    [{ epochs: 1, first: 1, factor: 2 }, [1]],
  ])('of %j are %j', (ladder, rungs) => expect(rungsOf(ladder)).toEqual(rungs));

  it('rise by the factor at least, from the first to the end', () => {
    const ladders = fc.record({
      epochs: fc.integer({ min: 1, max: 500 }),
      first: fc.integer({ min: 1, max: 500 }),
      factor: factors,
    });
    fc.assert(
      fc.property(
        ladders.filter(({ epochs, first }) => first <= epochs),
        (ladder) => {
          const rungs = rungsOf(ladder);
          expect(rungs.at(-1)).toBe(ladder.epochs);
          if (rungs.length > 1) expect(rungs[0]).toBe(ladder.first);
          for (let at = 1; at < rungs.length; at++)
            expect(rungs[at]! / rungs[at - 1]!).toBeGreaterThanOrEqual(ladder.factor);
        },
      ),
    );
  });

  it('are entered by ever fewer trials, and by one at least', () => {
    expect(sizesOf(16, [2, 4, 8, 16], 2)).toEqual([16, 8, 4, 2]);
    expect(sizesOf(16, [2, 6, 18], 3)).toEqual([16, 6, 2]);
    expect(sizesOf(1, [2, 4, 8], 2)).toEqual([1, 1, 1]);
  });
});
