// Tables of listed rows against plain sums, whatever the lists; values and gradients on backends are in the conformance suite.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from './backend.js';
import { input } from './build.js';
import { createGraph } from './graph.js';
import { evaluate } from './reference/index.js';
import { reversedLists, rowTables, sumRows, type RowLists } from './sum-rows.js';
import { GraphError } from './types.js';
import { differentiate } from './vjp.js';

const compressed = (lists: readonly (readonly number[])[]): RowLists => {
  const offsets = [0];
  for (const list of lists) offsets.push((offsets.at(-1) ?? 0) + list.length);
  return { offsets: Int32Array.from(offsets), values: Int32Array.from(lists.flat()) };
};

function summed(lists: RowLists, rows: number): readonly number[] {
  const tables = rowTables(lists, rows);
  const back = rowTables(reversedLists(lists, rows), lists.offsets.length - 1);
  const declared = (name: string, all: typeof tables): ReturnType<typeof input>[] =>
    all.map(({ shape }, i) => input(`${name}${i}`, shape, 'int32'));
  const y = sumRows(input('x', [rows, 1]), declared('table', tables), declared('back', back));
  const feeds: Record<string, HostTensor> = {
    // Row 0 lists nothing, so its value must not be seen.
    x: { dtype: 'float32', shape: [rows, 1], data: Float64Array.from({ length: rows }, (_, i) => (i === 0 ? NaN : i)) },
  };
  tables.forEach(({ shape, data }, i) => (feeds[`table${i}`] = { dtype: 'int32', shape, data }));
  back.forEach(({ shape, data }, i) => (feeds[`back${i}`] = { dtype: 'int32', shape, data }));
  return [...(evaluate(createGraph({ y }), feeds)['y']?.data ?? [])];
}

describe('listed rows', () => {
  it('are summed as the lists say, and the other way round, whatever their lengths', () => {
    const list = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 500 });
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof({ weight: 6, arbitrary: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }) }, list),
          { maxLength: 30 },
        ),
        (drawn) => {
          const plain = [[], ...drawn];
          const lists = compressed(plain);
          expect(summed(lists, 401)).toEqual(plain.map((own) => own.reduce((sum, id) => sum + id, 0)));
          const reversed = Array.from({ length: 401 }, (_, row) =>
            plain.flatMap((own, i) => own.filter((id) => id === row).map(() => i)),
          );
          expect(reversedLists(lists, 401)).toEqual(compressed(reversed));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('take tables not much larger than the lists, however uneven those are', () => {
    // 10,000 lists of which the k-th has 30,000 / k rows, as values of attributes have items.
    const plain = Array.from({ length: 10_000 }, (_, k) =>
      Array.from({ length: Math.floor(30_000 / (k + 1)) }, (__, i) => i + 1),
    );
    const lists = compressed([[], ...plain]);
    const held = rowTables(lists, 30_001).reduce((sum, { data }) => sum + data.length, 0);
    expect(held).toBeLessThan(1.3 * lists.values.length);
  });

  it('outside the rows are refused', () => {
    expect(() => rowTables(compressed([[], [3]]), 3)).toThrow('row tables: id 3 is outside 1..2');
    expect(() => rowTables(compressed([[], [0]]), 3)).toThrow(GraphError);
    const x = input('x', [3, 2]);
    const table = input('table', [4, 1], 'int32');
    expect(() => sumRows(x, [table], [table])).toThrow('the last table makes 4 rows the other way round, x has 3');
    const y = sumRows(x, [table]);
    expect(() => differentiate([[y, y]], [x])).toThrow('without tables that list the other way round');
  });
});
