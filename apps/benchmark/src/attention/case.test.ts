import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operations } from '../measure/arithmetic.js';
import { tabulatedOperations } from './arithmetic.js';
import { caseData, casesOf, caseTitle, type Case } from './case.js';
import { definitionGraph, plainGraph, sizesOf } from './traced.js';

const cases: fc.Arbitrary<Case> = fc
  .record({
    fusion: fc.constantFrom('sum', 'concat', 'gate'),
    sides: fc.integer({ min: 0, max: 3 }),
    length: fc.integer({ min: 1, max: 6 }),
    batch: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 3 }),
    head: fc.integer({ min: 1, max: 4 }),
    sideHead: fc.integer({ min: 1, max: 4 }),
    position: fc.boolean(),
    padding: fc.boolean(),
    items: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ head, sideHead, ...own }) => ({ ...own, width: head * own.heads, sideWidth: sideHead * own.heads }));

describe('arithmetic', () => {
  it('is that of the formula', () => {
    fc.assert(
      fc.property(cases, (own) => {
        const { batch: b, length: n, width: d, sideWidth: w, heads: h, sides: p, position, fusion } = own;
        const stream = 2 * b * n * d * d * 4; // query, key, value, output
        const attention = 2 * b * n * n * d * 2; // scores and values
        expect(operations(plainGraph(own).graph, sizesOf(own))).toBe(stream + attention);
        const sides = p * (2 * b * n * w * w * 2 + 2 * b * n * n * w);
        const positions = position ? 2 * n * d * d * 2 + 2 * n * n * d : 0;
        const rows = 2 * h * n * n;
        const of = b * (p + 1) + (position ? 1 : 0); // rows of positions are mixed once for all of a batch, if no mask is
        const mixed = { sum: 0, concat: rows * n * of, gate: (rows * n + rows) * of }[fusion];
        const counted = operations(definitionGraph(own).graph, sizesOf(own));
        const withMask = position && own.padding && b > 1 && fusion !== 'sum'; // then they are mixed once a sequence
        if (!withMask) expect(counted).toBe(stream + attention + sides + positions + mixed);
        expect(tabulatedOperations(own)).toBeLessThanOrEqual(counted);
        expect(tabulatedOperations(own)).toBe(p * 2 * b * n * w * w * 2 + positions);
      }),
    );
  });
});

describe('inputs', () => {
  it('are the same each time, and attributes are rows of their tables', () => {
    fc.assert(
      fc.property(cases, (own) => {
        const data = caseData(own);
        expect(caseData(own)).toEqual(data);
        data.sides.forEach((side, j) => {
          const table = data.tables[j] ?? new Float32Array();
          data.ids.forEach((id, i) => {
            const w = own.sideWidth;
            expect(side.slice(i * w, (i + 1) * w)).toEqual(table.slice(id * w, (id + 1) * w));
          });
        });
        expect(data.ids.every((id) => id >= 0 && id <= own.items)).toBe(true);
        if (own.padding) expect([...(data.valid ?? [])]).toEqual(Array.from(data.ids, (id) => Math.min(1, id)));
        else expect(data.ids.every((id) => id > 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the grid', () => {
  const shared = { width: 8, sideWidth: 8, heads: 2, padding: false, items: 5, lengths: [3, 5], batches: [1, 2] };

  it('has every number of sides for sum and the least one for the others', () => {
    const grid = casesOf({ ...shared, fusions: ['sum', 'gate'], sides: [0, 2, 3], position: false, all: false });
    expect(grid.filter(({ length, batch }) => length === 3 && batch === 1).map(caseTitle)).toEqual([
      'no sides, length 3, batch 1',
      'sum, 2 sides, length 3, batch 1',
      'sum, 3 sides, length 3, batch 1',
      'gate, 2 sides, length 3, batch 1',
    ]);
    expect(grid).toHaveLength(16);
  });

  it('has all of them with --all', () => {
    const grid = casesOf({ ...shared, fusions: ['sum', 'gate'], sides: [0, 2, 3], position: true, all: true });
    expect(grid).toHaveLength(24);
  });
});
