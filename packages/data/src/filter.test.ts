// Repeated filtering: against a slow and obvious rule, and as the largest fixpoint.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterInteractions } from './filter.js';
import { InteractionCollector, type RawInteractions } from './raw.js';

interface Row {
  readonly user: number;
  readonly item: number;
  readonly time: number;
}

const tables: fc.Arbitrary<Row[]> = fc.array(
  fc.record({ user: fc.nat({ max: 6 }), item: fc.nat({ max: 6 }), time: fc.nat({ max: 9 }) }),
  { maxLength: 40 },
);
const minima = fc.record({ userMin: fc.nat({ max: 4 }), itemMin: fc.nat({ max: 4 }) });

function interactionsOf(rows: readonly Row[]): RawInteractions {
  const collector = new InteractionCollector();
  for (const { user, item, time } of rows) collector.add(`u${user}`, `i${item}`, time);
  return collector.finish();
}

function countBy(rows: readonly Row[], key: 'user' | 'item'): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row[key], (counts.get(row[key]) ?? 0) + 1);
  return counts;
}

/** Drops one row at a time that belongs to a user or an item with too few, in the order given, until there is none. */
function obviousCore(rows: readonly Row[], userMin: number, itemMin: number): Row[] {
  const left = [...rows];
  for (;;) {
    const users = countBy(left, 'user');
    const items = countBy(left, 'item');
    const bad = left.findIndex((row) => (users.get(row.user) ?? 0) < userMin || (items.get(row.item) ?? 0) < itemMin);
    if (bad === -1) return left;
    left.splice(bad, 1);
  }
}

function keptRows(rows: readonly Row[], kept: Uint8Array): Row[] {
  return rows.filter((_, index) => kept[index] === 1);
}

describe('filterInteractions', () => {
  test('keeps exactly what dropping one offender at a time keeps, from either end', () => {
    fc.assert(
      fc.property(tables, minima, (rows, { userMin, itemMin }) => {
        const kept = keptRows(rows, filterInteractions(interactionsOf(rows), { userMin, itemMin }).kept);
        expect(kept).toEqual(obviousCore(rows, userMin, itemMin));
        expect(kept.toReversed()).toEqual(obviousCore(rows.toReversed(), userMin, itemMin));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps every set of interactions in which all users and items have enough: the result is the largest', () => {
    fc.assert(
      fc.property(tables, tables, minima, (core, noise, { userMin, itemMin }) => {
        const inner = obviousCore(core, userMin, itemMin);
        const rows = [...inner, ...noise];
        const { kept } = filterInteractions(interactionsOf(rows), { userMin, itemMin });
        expect(kept.subarray(0, inner.length).every((flag) => flag === 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('counts all that went: interactions, users and items', () => {
    fc.assert(
      fc.property(tables, minima, fc.nat({ max: 9 }), (rows, bounds, timeTo) => {
        const result = filterInteractions(interactionsOf(rows), { ...bounds, timeTo });
        const inTime = rows.filter(({ time }) => time <= timeTo);
        const kept = keptRows(rows, result.kept);
        expect(result.outOfTime).toBe(rows.length - inTime.length);
        expect(result.byCount).toBe(inTime.length - kept.length);
        expect(result.users).toBe(countBy(inTime, 'user').size - countBy(kept, 'user').size);
        expect(result.items).toBe(countBy(inTime, 'item').size - countBy(kept, 'item').size);
      }),
    );
  });

  test('without bounds nothing goes', () => {
    fc.assert(
      fc.property(tables, (rows) => {
        const result = filterInteractions(interactionsOf(rows), {});
        expect(result).toEqual({
          kept: new Uint8Array(rows.length).fill(1),
          outOfTime: 0,
          byCount: 0,
          users: 0,
          items: 0,
          rounds: 0,
        });
      }),
    );
  });

  test('maxima judge users and items by the same counts in each round', () => {
    // User 0 has 3 interactions (too many), item 0 has 3 (too many): both go at once, although dropping either would save the other.
    const rows = [
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
      [2, 0],
      [3, 3],
    ].map(([user = 0, item = 0]) => ({ user, item, time: 0 }));
    const result = filterInteractions(interactionsOf(rows), { userMax: 2, itemMax: 2 });
    expect([...result.kept]).toEqual([0, 0, 0, 0, 0, 1]);
    expect(result.rounds).toBe(1);
  });
});
