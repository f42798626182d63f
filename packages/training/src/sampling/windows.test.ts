import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixWindows, SamplerError, trainingWindows } from './windows.js';

const sizes = [fc.nat(300), fc.integer({ min: 1, max: 60 })] as const;

describe.each([
  ['trainingWindows', trainingWindows],
  ['prefixWindows', prefixWindows],
])('%s', (_, cut) => {
  it('covers every target exactly once, in order', () => {
    fc.assert(
      fc.property(...sizes, (length, maxLength) => {
        const targets = cut(length, maxLength).flatMap(({ firstTarget, end }) =>
          Array.from({ length: end - firstTarget + 1 }, (_, i) => firstTarget + i),
        );
        expect(targets).toEqual(Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1));
      }),
    );
  });

  it('keeps inputs inside the history, at most maxLength long, with the item before every target', () => {
    fc.assert(
      fc.property(...sizes, (length, maxLength) => {
        for (const { start, end, firstTarget } of cut(length, maxLength)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThan(length);
          expect(end - start).toBeLessThanOrEqual(maxLength);
          expect(start).toBeLessThan(firstTarget);
          expect(firstTarget).toBeLessThanOrEqual(end);
        }
      }),
    );
  });

  it('refuses sizes that are not whole numbers, with the value and the cure', () => {
    for (const [length, maxLength] of [
      [5, 0],
      [5, 1.5],
      [5, NaN],
      [-1, 5],
      [2.5, 5],
    ] as const) {
      expect(() => cut(length, maxLength)).toThrow(SamplerError);
      expect(() => cut(length, maxLength)).toThrow(/got [^]*cure: /);
    }
  });
});

describe('trainingWindows', () => {
  it('gives every target half a window of context where the history has it', () => {
    fc.assert(
      fc.property(...sizes, (length, maxLength) => {
        for (const { start, firstTarget } of trainingWindows(length, maxLength)) {
          expect(firstTarget - start).toBeGreaterThanOrEqual(Math.min(firstTarget, Math.floor(maxLength / 2)));
        }
      }),
    );
  });

  it('is one window from item 0 for a history that fits', () => {
    expect(trainingWindows(51, 50)).toEqual([{ start: 0, end: 50, firstTarget: 1 }]);
    expect(trainingWindows(2, 50)).toEqual([{ start: 0, end: 1, firstTarget: 1 }]);
    expect(trainingWindows(1, 50)).toEqual([]);
    expect(trainingWindows(0, 50)).toEqual([]);
  });

  it('starts later windows half a window before their first target, no longer than needed', () => {
    expect(trainingWindows(80, 50)).toEqual([
      { start: 0, end: 50, firstTarget: 1 },
      { start: 26, end: 76, firstTarget: 51 },
      { start: 52, end: 79, firstTarget: 77 },
    ]);
  });

  it('costs at most about twice the targets in positions, however long the history', () => {
    const windows = trainingWindows(10_000, 50);
    const positions = windows.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(positions).toBeLessThan(2 * 10_000);
  });
});

describe('prefixWindows', () => {
  it('shows the last maxLength items before each target', () => {
    expect(prefixWindows(5, 2)).toEqual([
      { start: 0, end: 1, firstTarget: 1 },
      { start: 0, end: 2, firstTarget: 2 },
      { start: 1, end: 3, firstTarget: 3 },
      { start: 2, end: 4, firstTarget: 4 },
    ]);
  });
});
