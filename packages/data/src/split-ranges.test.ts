// The split by position against the split by copies: the same sequences, histories and targets for every data set.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitDataset } from './split.js';
import { sequenceStore, type SequenceStore } from './store.js';
import type { CaseRanges, SequenceRanges } from './split-ranges.js';
import type { Dataset, Sequences } from './types.js';

const vocabulary = { tokens: [], size: 1, id: () => undefined };
const frame = { name: '', format: '', users: vocabulary, items: vocabulary, fields: [], report: [] };

/** Random sequences (empty ones too) with random parts, or none. */
const datasets: fc.Arbitrary<Dataset> = fc
  .array(fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 3 })), { maxLength: 9 }), {
    maxLength: 12,
  })
  .chain((rows) =>
    fc.boolean().map((own) => {
      const offsets = [0];
      for (const row of rows) offsets.push((offsets.at(-1) ?? 0) + row.length);
      const flat = rows.flat();
      const items = Int32Array.from(flat, ([item]) => item);
      const parts = Uint8Array.from(flat, ([, part]) => part);
      return { ...frame, sequences: { offsets: Int32Array.from(offsets), items }, ...(own ? { parts } : {}) };
    }),
  );

async function rows(
  store: SequenceStore,
  { begins, ends }: Pick<SequenceRanges, 'begins' | 'ends'>,
): Promise<number[][]> {
  const lengths = Array.from(begins, (begin, i) => (ends[i] ?? 0) - begin);
  const flat = await store.read(begins, lengths);
  let at = 0;
  return lengths.map((length) => [...flat.subarray(at, (at += length))]);
}

const plain = ({ offsets, items }: Sequences): number[][] =>
  Array.from({ length: offsets.length - 1 }, (_, i) => [...items.subarray(offsets[i], offsets[i + 1])]);

describe('sequenceStore', () => {
  it('tells by position what splitDataset copies', async () => {
    await fc.assert(
      fc.asyncProperty(datasets, async (dataset) => {
        const store = sequenceStore(dataset);
        const copies = splitDataset(dataset);
        expect(await rows(store, store.split.train)).toEqual(plain(copies.train));
        for (const part of ['valid', 'test'] as const) {
          const { begins, targets }: CaseRanges = store.split[part];
          const { histories, targets: expected } = copies[part];
          expect(await rows(store, { begins, ends: targets })).toEqual(plain(histories));
          expect([
            ...(await store.read(
              targets,
              Array.from(targets, () => 1),
            )),
          ]).toEqual([...expected]);
        }
      }),
    );
  });

  it('trains no target and nothing of users who are held out', async () => {
    const sequences = { offsets: Int32Array.of(0, 4, 7), items: Int32Array.of(1, 2, 3, 4, 5, 6, 7) };
    const parts = Uint8Array.of(0, 2, 0, 3, 1, 1, 3); // a cold item between training items; a user held out
    const store = sequenceStore({ ...frame, sequences, parts });
    expect(await rows(store, store.split.train)).toEqual([[1, 3], []]);
  });

  it('refuses parts of another length', () => {
    const sequences = { offsets: Int32Array.of(0, 2), items: Int32Array.of(1, 2) };
    expect(() => sequenceStore({ ...frame, sequences, parts: new Uint8Array(3) })).toThrow(/3 entries for 2/);
  });
});
