// Columns of interactions in memory: what is read at a position is what stands at its interaction, and each position has its user.
import { DifsrError } from '@difsr/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sequenceStore } from './store.js';
import { generateDataset } from './generate.js';
import type { Dataset, Field } from './types.js';
import { createVocabulary } from './vocabulary.js';

const owner = 'interaction';
const vocabulary = createVocabulary(['x', 'y', 'z']);
const fields: Field[] = [
  {
    name: 'channel',
    owner,
    kind: 'categorical',
    vocabulary,
    offsets: Int32Array.of(0, 1, 1, 2, 3, 4, 5),
    values: Int32Array.of(2, 1, 3, 1, 2),
    maxValues: 1,
  },
  {
    name: 'tags',
    owner,
    kind: 'multi-categorical',
    vocabulary,
    offsets: Int32Array.of(0, 2, 2, 3, 6, 6, 7),
    values: Int32Array.of(1, 2, 3, 3, 2, 1, 2),
    maxValues: 3,
  },
  { name: 'quantity', owner, kind: 'numeric', values: Float32Array.of(1, 2.5, NaN, 4, 5, 6) },
  {
    name: 'place',
    owner,
    kind: 'vector',
    width: 2,
    values: Float32Array.of(1, 2, 3, 4, NaN, NaN, 7, 8, 9, 10, 11, 12),
  },
];
const shop: Dataset = {
  ...generateDataset({ users: 3, items: 130, seed: 1 }),
  sequences: { offsets: Int32Array.of(0, 2, 2, 6), items: Int32Array.of(1, 2, 3, 4, 5, 6) },
  times: Float64Array.of(1e9, 1e9 + 0.25, 5, 6, 7, 8),
  fields: [...fields, { name: 'price', owner: 'item', kind: 'numeric', values: new Float32Array(131) }],
};

describe('columns of interactions', () => {
  it('are those of fields of interactions, then the times', () => {
    expect(sequenceStore(shop).columns).toEqual([
      { name: 'channel', kind: 'categorical', width: 1, dtype: 'int32', vocabulary },
      { name: 'tags', kind: 'multi-categorical', width: 3, dtype: 'int32', vocabulary },
      { name: 'quantity', kind: 'numeric', width: 1, dtype: 'float32' },
      { name: 'place', kind: 'vector', width: 2, dtype: 'float32' },
      { name: 'time', kind: 'time', width: 1, dtype: 'float64' },
    ]);
    const { times: _, ...timeless } = shop;
    expect(sequenceStore({ ...timeless, fields: [] }).columns).toEqual([]);
  });

  it('are read by position, padded to their width', async () => {
    const { readColumn } = sequenceStore(shop);
    const read = async (name: string): Promise<unknown> => readColumn(name, [3, 0, 6], [2, 3, 0]);
    expect(await read('channel')).toEqual(Int32Array.of(3, 1, 2, 0, 1));
    expect(await read('tags')).toEqual(Int32Array.of(3, 2, 1, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 0, 0));
    expect(await read('quantity')).toEqual(Float32Array.of(4, 5, 1, 2.5, NaN));
    expect(await read('place')).toEqual(Float32Array.of(7, 8, 9, 10, 1, 2, 3, 4, NaN, NaN));
    expect(await read('time')).toEqual(Float64Array.of(6, 7, 1e9, 1e9 + 0.25, 5));
  });

  it('have the training interactions once more behind all, as the items do', async () => {
    const store = sequenceStore({ ...shop, parts: Uint8Array.of(0, 2, 0, 1, 0, 3) });
    expect(await store.read([4], [5])).toEqual(Int32Array.of(5, 6, 1, 3, 5));
    expect(await store.readColumn('time', [4], [5])).toEqual(Float64Array.of(7, 8, 1e9, 5, 7));
    expect(await store.readColumn('tags', [7], [2])).toEqual(Int32Array.of(3, 0, 0, 0, 0, 0));
    expect([6, 7, 8].map((position) => store.userOf(position))).toEqual([0, 2, 2]);
  });

  it('are refused where they do not fit the interactions, or are not there', async () => {
    const short: Field = { name: 'short', owner, kind: 'numeric', values: new Float32Array(5) };
    expect(() => sequenceStore({ ...shop, fields: [short] })).toThrow(/field "short".* has 5 entries where 6/);
    expect(() => sequenceStore({ ...shop, times: new Float64Array(2) })).toThrow(/times has 2 entries/);
    const time: Field = { name: 'time', owner, kind: 'numeric', values: new Float32Array(6) };
    expect(() => sequenceStore({ ...shop, fields: [time] })).toThrow(/two columns.*"time"/);
    const store = sequenceStore(shop);
    await expect(store.readColumn('price', [0], [1])).rejects.toThrow(/no column "price"; they have channel, tags/);
    await expect(store.readColumn('time', [4], [3])).rejects.toThrow(/nothing at positions 4 \.\. 6/);
    for (const position of [-1, 6, 0.5]) expect(() => store.userOf(position)).toThrow(DifsrError);
  });
});

it('the user of a position is the one whose sequence holds it, users without interactions and a split of its own included', () => {
  const sizes = fc.array(fc.nat(4), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat(3)), fc.boolean(), (lengths, stream, ownSplit) => {
      const owners = lengths.flatMap((length, user) => Array.from({ length }, () => user));
      const offsets = Int32Array.from([0, ...lengths.map((_, user) => owners.filter((own) => own <= user).length)]);
      const parts = Uint8Array.from(owners, () => stream.next().value ?? 0);
      const { times: _, ...rest } = shop;
      const sequences = { offsets, items: new Int32Array(owners.length).fill(1) };
      const store = sequenceStore({ ...rest, fields: [], sequences, ...(ownSplit ? { parts } : {}) });
      const all = ownSplit ? [...owners, ...owners.filter((_own, at) => parts[at] === 0)] : owners;
      expect(all.map((_own, position) => store.userOf(position))).toEqual(all);
    }),
  );
});
