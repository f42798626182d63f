// What a file makes of rows of ids, against the same in plain JavaScript, over random rows; and that ONNX takes it as valid.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGraph, input, mul, type HostTensor } from '@difsr/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toOnnx } from '../lower/to-onnx.js';
import { loadModel, type LoadedModel } from '../run.test.support.js';
import { describeOnnx } from './decode.js';

const ITEMS = 9;
const LONGEST = 4;

/** A file that gives back the ids that its graph was handed. */
function fileOf(columns: 'length' | number): Uint8Array {
  const items = input('items', ['batch', columns], 'int32');
  return toOnnx(createGraph({ seen: mul(items, 1) }), {
    target: 'export',
    histories: { input: 'items', items: ITEMS, longest: LONGEST },
    metadata: { model: 'none' },
    description: 'for people',
  });
}

const rowsOf = (rows: readonly (readonly number[])[], width: number): HostTensor => ({
  dtype: 'int32',
  shape: [rows.length, width],
  data: Int32Array.from(rows.flat()),
});

/** A row by the rule in words: items alone, the last of them, zeros after them. */
function expected(row: readonly number[], columns: number): number[] {
  const last = row.filter((id) => id >= 1 && id <= ITEMS).slice(-LONGEST);
  return Array.from({ length: columns }, (_, i) => last[i] ?? 0);
}

const cells = fc.oneof(
  fc.integer({ min: -2, max: ITEMS + 3 }),
  fc.constantFrom(0, -1, ITEMS, ITEMS + 1, 2 ** 31 - 1, -(2 ** 31)),
);
const batches = fc.tuple(fc.nat(3), fc.nat(9)).chain(([batch, length]) =>
  fc.record({
    length: fc.constant(length),
    rows: fc.array(fc.array(cells, { minLength: length, maxLength: length }), {
      minLength: batch,
      maxLength: batch,
    }),
  }),
);

describe.each(['length', LONGEST] as const)('a graph of %s columns', (columns) => {
  let file: LoadedModel;
  beforeAll(async () => {
    file = await loadModel(fileOf(columns));
  });
  afterAll(() => file.dispose());

  it('gets the last items of every row, without what is no item', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ({ rows, length }) => {
        const width = columns === LONGEST ? LONGEST : Math.max(1, Math.min(length, LONGEST));
        const { seen } = await file.run({ items: rowsOf(rows, length) });
        expect(seen?.shape).toEqual([rows.length, width]);
        expect([...(seen?.data ?? [])]).toEqual(rows.flatMap((row) => expected(row, width)));
      }),
      { numRuns: 300 },
    );
  });

  it('moves what stands beside ids with them', async () => {
    const items = input('items', ['batch', columns], 'int32');
    const [kinds, amounts] = [input('kinds', ['batch', columns], 'int32'), input('amounts', ['batch', columns, 2])];
    const graph = createGraph({ seen: mul(items, 1), kind: mul(kinds, 1), amount: mul(amounts, 1) });
    const histories = { input: 'items', items: ITEMS, longest: LONGEST, beside: ['kinds', 'amounts'] };
    const own = await loadModel(toOnnx(graph, { target: 'export', histories }));
    await fc.assert(
      fc.asyncProperty(batches, async ({ rows, length }) => {
        const width = columns === LONGEST ? LONGEST : Math.max(1, Math.min(length, LONGEST));
        const places = rows.map((row, r) => row.map((_, place) => 100 * r + place + 1));
        const data = Float32Array.from(places.flat().flatMap((place) => [place, -place]));
        const found = await own.run({
          items: rowsOf(rows, length),
          kinds: rowsOf(places, length),
          amounts: { dtype: 'float32', shape: [rows.length, length, 2], data },
        });
        const kept = rows.flatMap((row, r) => {
          const last = row
            .flatMap((id, place) => (id >= 1 && id <= ITEMS ? [places[r]?.[place] ?? 0] : []))
            .slice(-LONGEST);
          return Array.from({ length: width }, (_, i) => last[i] ?? 0);
        });
        expect([...(found['kind']?.data ?? [])]).toEqual(kept);
        expect([...(found['amount']?.data ?? [])]).toEqual(kept.flatMap((place) => [place, place === 0 ? 0 : -place]));
      }),
      { numRuns: 100 },
    );
    await own.dispose();
  });

  it('declares an input of any length, and says what it is', () => {
    const { inputs, metadata } = describeOnnx(fileOf(columns));
    expect(inputs).toEqual([{ name: 'items', type: 'int32', shape: ['batch', 'length'] }]);
    expect(metadata).toEqual({ model: 'none' });
  });

  it('is valid by the judgement of ONNX itself', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'difsr-histories-'));
    try {
      execFileSync('/usr/bin/python3', ['-c', 'import onnx'], { stdio: 'pipe' });
    } catch {
      context.skip('/usr/bin/python3 has no package "onnx" (Debian: apt-get install python3-onnx)');
    }
    try {
      writeFileSync(join(folder, 'model.onnx'), fileOf(columns));
      const check = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)';
      execFileSync('/usr/bin/python3', ['-c', check, join(folder, 'model.onnx')], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
