// Leave-one-out and the reference's samples: each item has one role, and both views agree.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { augmentedSamples } from './samples.js';
import { leaveOneOut, sequenceAt } from './split.js';
import type { EvaluationCases, Sequences } from './types.js';

function sequencesOf(rows: readonly (readonly number[])[]): Sequences {
  const offsets = [0];
  for (const row of rows) offsets.push((offsets.at(-1) ?? 0) + row.length);
  return { offsets: Int32Array.from(offsets), items: Int32Array.from(rows.flat()) };
}

function rowsOf(sequences: Sequences): number[][] {
  return Array.from({ length: sequences.offsets.length - 1 }, (_, index) => [...sequenceAt(sequences, index)]);
}

function casesOf({ users, histories, targets }: EvaluationCases): [number, number[], number][] {
  return rowsOf(histories).map((history, index) => [users[index] ?? 0, history, targets[index] ?? 0]);
}

const histories = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }), {
  maxLength: 10,
});

describe('leaveOneOut', () => {
  test('four or more: last is test, the one before is validation; three: no validation; fewer: training only', () => {
    const split = leaveOneOut({
      sequences: sequencesOf([[1, 2, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12], [13, 14], [15]]),
    });
    expect(rowsOf(split.train)).toEqual([[1, 2, 3], [6, 7], [10, 11], [13, 14], [15]]);
    expect(casesOf(split.valid)).toEqual([
      [1, [1, 2, 3], 4],
      [2, [6, 7], 8],
    ]);
    expect(casesOf(split.test)).toEqual([
      [1, [1, 2, 3, 4], 5],
      [2, [6, 7, 8], 9],
      [3, [10, 11], 12],
    ]);
  });

  test('every item from the second on is a target exactly once, in one of the three parts', () => {
    fc.assert(
      fc.property(histories, (rows) => {
        const { train, valid, test: held } = leaveOneOut({ sequences: sequencesOf(rows) });
        const targets = rowsOf(train).map((row) => row.slice(1));
        for (const { users, targets: found } of [valid, held]) {
          for (const [index, user] of users.entries()) targets[user - 1]?.push(found[index] ?? 0);
        }
        expect(targets).toEqual(rows.map((row) => row.slice(1)));
      }),
    );
  });

  test('does not share memory with the data set', () => {
    const sequences = sequencesOf([[1, 2, 3, 4]]);
    leaveOneOut({ sequences }).train.items.fill(9);
    expect([...sequences.items]).toEqual([1, 2, 3, 4]);
  });
});

describe('augmentedSamples', () => {
  test('its targets and windows are those of leaveOneOut', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 6 }), (rows, maxLength) => {
        const sequences = sequencesOf(rows);
        const split = leaveOneOut({ sequences });
        const samples = augmentedSamples({ sequences }, maxLength);
        for (const part of ['valid', 'test'] as const) {
          const mine = samples[part].map(({ user, prefix, target }) => [user, [...prefix], target]);
          expect(mine).toEqual(
            casesOf(split[part]).map(([user, history, target]) => [user, history.slice(-maxLength), target]),
          );
        }
        const expected = rowsOf(split.train).flatMap((row, index) =>
          row.slice(1).map((target, at) => [index + 1, row.slice(Math.max(0, at + 1 - maxLength), at + 1), target]),
        );
        expect(samples.train.map(({ user, prefix, target }) => [user, [...prefix], target])).toEqual(expected);
      }),
    );
  });

  test('users come in the order of their second interaction, equal times by id', () => {
    const sequences = sequencesOf([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const times = Float64Array.from([0, 9, 5, 7, 1, 7]);
    expect(augmentedSamples({ sequences, times }, 5).train.map(({ user }) => user)).toEqual([2, 3, 1]);
  });

  test('a window that is no whole number from 1 on is refused', () => {
    expect(() => augmentedSamples({ sequences: sequencesOf([[1, 2]]) }, 0)).toThrow(
      /maxLength 0 is not a whole number/,
    );
  });
});
