// Reading the prepared form: nothing of the data set is lost, and what is broken is named.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError, type Dataset, generateDataset, leaveOneOut, splitDataset, type Vocabulary } from '@difsr/data';
import { PARTS, PREPARED_FILES } from './manifest.js';
import { dataMemory, loadPrepared, readManifest } from './read.js';
import { writeByHand } from './write-by-hand.test.support.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-read-'));
});
afterEach(async () => rm(folder, { recursive: true }));

const plain = ({ tokens, size }: Vocabulary): unknown => ({ tokens, size });
const comparable = (dataset: Dataset): unknown => ({
  ...dataset,
  format: '',
  users: plain(dataset.users),
  items: plain(dataset.items),
  fields: dataset.fields.map((field) =>
    'vocabulary' in field ? { ...field, vocabulary: plain(field.vocabulary) } : field,
  ),
});
// More users than a chunk of DuckDB has rows (2,048), so that chunks meet within a column.
const generated = generateDataset({ users: 2500, items: 300, seed: 4 });

describe('loadPrepared', () => {
  it('gives back the data set that was written', async () => {
    const manifest = await writeByHand(generated, folder);
    const loaded = await loadPrepared(folder, { verify: true });
    expect(comparable(loaded)).toEqual(comparable(generated));
    expect(loaded.items.id(generated.items.tokens[7] ?? '')).toBe(7);
    expect(dataMemory(manifest)).toBeGreaterThan(generated.sequences.items.byteLength);
  });

  it('keeps the parts of a split of its own, and splits by them', async () => {
    const parts = generated.sequences.items.map((_, at) => at % 4);
    await writeByHand({ ...generated, parts: Uint8Array.from(parts) }, folder);
    const loaded = await loadPrepared(folder);
    expect(loaded.parts).toEqual(Uint8Array.from(parts));
    expect(splitDataset(loaded)).not.toEqual(leaveOneOut(loaded));
  });

  it('reads numbers as they are, and none as none', async () => {
    const values = Float32Array.from({ length: generated.items.size }, (_, id) => (id % 3 === 0 ? Number.NaN : id / 8));
    const price = { name: 'price', owner: 'item', kind: 'numeric', values } as const;
    await writeByHand({ ...generated, fields: [...generated.fields, price] }, folder);
    const { fields, report } = await loadPrepared(folder);
    expect(fields.at(-1)).toEqual(price);
    expect(report.filter(({ what }) => what.includes('price'))).toEqual([]);
  });

  it('names a file of another size, and with verify one of other bytes', async () => {
    await writeByHand(generated, folder);
    const file = path.join(folder, PREPARED_FILES.users);
    const bytes = await readFile(file);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(loadPrepared(folder, { verify: true })).rejects.toThrow(/users\.parquet: .*SHA-256 differs/);
    await writeFile(file, bytes.subarray(1));
    await expect(loadPrepared(folder)).rejects.toThrow(/users\.parquet: has \d+ bytes; dataset\.json says \d+/);
  });
});

describe('readManifest', () => {
  it('knows a prepared folder from any other, and names what is missing, broken or newer', async () => {
    await expect(readManifest(folder)).rejects.toThrow(DataError);
    const file = path.join(folder, PREPARED_FILES.manifest);
    await writeFile(file, '{');
    await expect(readManifest(folder)).rejects.toThrow(/cannot be read/);
    await writeFile(file, '{"version": 99}');
    await expect(readManifest(folder)).rejects.toThrow(/version 99.*\n.*update difsr/);
    await writeFile(file, '{"version": 1}');
    await expect(readManifest(folder)).rejects.toThrow(/column "counts"/);
  });
});

describe('splitDataset', () => {
  const sequences = { offsets: Int32Array.of(0, 5, 8), items: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const { train, context, valid, test } = PARTS;

  it('takes leave-one-out where the data set has no parts', () => {
    expect(splitDataset(generated)).toEqual(leaveOneOut(generated));
  });

  it('makes a case of every target, with everything before it as history', () => {
    const parts = Uint8Array.of(train, train, valid, train, test, context, test, test);
    const split = splitDataset({ sequences, parts });
    expect(split.train).toEqual({ offsets: Int32Array.of(0, 3, 3), items: Int32Array.of(1, 2, 4) });
    expect(split.valid).toEqual({
      users: Int32Array.of(1),
      histories: { offsets: Int32Array.of(0, 2), items: Int32Array.of(1, 2) },
      targets: Int32Array.of(3),
    });
    expect(split.test).toEqual({
      users: Int32Array.of(1, 2, 2),
      histories: { offsets: Int32Array.of(0, 4, 5, 7), items: Int32Array.of(1, 2, 3, 4, 6, 6, 7) },
      targets: Int32Array.of(5, 7, 8),
    });
  });

  it('gives leave-one-out for the parts of leave-one-out', () => {
    const parts = new Uint8Array(generated.sequences.items.length);
    const { offsets } = generated.sequences;
    for (let user = 1; user < offsets.length; user++) {
      const begin = offsets[user - 1] ?? 0;
      const end = offsets[user] ?? 0;
      if (end - begin >= 3) parts[end - 1] = test;
      if (end - begin >= 4) parts[end - 2] = valid;
    }
    expect(splitDataset({ sequences: generated.sequences, parts })).toEqual(leaveOneOut(generated));
  });

  it('refuses parts of another length', () => {
    expect(() => splitDataset({ sequences, parts: new Uint8Array(3) })).toThrow(/3 entries for 8 interactions/);
  });
});
