// Sequences left on disk: what is read by position is what is in memory, and the file behind it is whole, fitting and closed.
import { DifsrError } from '@difsr/errors';
import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CategoricalField,
  createVocabulary,
  DataError,
  type Dataset,
  generateDataset,
  sequenceStore,
  type SequenceStore,
} from '@difsr/data';
import type { ColumnNumbers } from '@difsr/data/internal';
import { openPrepared } from './open.js';
import { loadPrepared } from './read.js';
import { readRanges } from './read-ranges.js';
import { writeByHand } from './write-by-hand.test.support.js';

let root: string;
let folder: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'difsr-open-'));
  folder = path.join(root, 'shop');
  cache = path.join(root, 'cache');
});
afterEach(async () => rm(root, { recursive: true }));

const generated = generateDataset({ users: 400, items: 300, seed: 4 });
// More users than a chunk of DuckDB has rows (2,048), so that chunks meet within a column.
const larger = generateDataset({ users: 2500, items: 300, seed: 4 });
const withParts = {
  ...larger,
  parts: Uint8Array.from(larger.sequences.items, (_, at) => [0, 0, 1, 2, 0, 3][at % 6] ?? 0),
};

/** Times, fields of interactions of every kind, with rows without a value, and a field of users. */
function withFields(dataset: Dataset): Dataset {
  const rows = dataset.sequences.items.length;
  const vocabulary = createVocabulary(['x', 'y', 'z', 'w']);
  const lists = (maxValues: number): Omit<CategoricalField, 'name' | 'kind'> => {
    const idsOf = (row: number): number[] => [1, 2, 3, 4].filter((id) => (row * 7 + id) % 5 < 2).slice(0, maxValues);
    const all = Array.from({ length: rows }, (_, row) => idsOf(row));
    const offsets = new Int32Array(rows + 1);
    for (const [row, ids] of all.entries()) offsets[row + 1] = (offsets[row] ?? 0) + ids.length;
    return { owner: 'interaction', vocabulary, offsets, values: Int32Array.from(all.flat()), maxValues };
  };
  const numbers = (count: number, width = 1): Float32Array =>
    Float32Array.from({ length: count * width }, (_, at) => (Math.floor(at / width) % 4 === 1 ? NaN : at / 3));
  return {
    ...dataset,
    times: Float64Array.from({ length: rows }, (_, at) => 1.5e9 + at / 4),
    fields: [
      ...dataset.fields,
      { name: 'channel', kind: 'categorical', ...lists(1) },
      { name: 'a "tag"', kind: 'multi-categorical', ...lists(2) },
      { name: 'quantity', owner: 'interaction', kind: 'numeric', values: numbers(rows) },
      { name: 'place', owner: 'interaction', kind: 'vector', width: 3, values: numbers(rows, 3) },
      { name: 'age', owner: 'user', kind: 'numeric', values: numbers(dataset.users.size).fill(NaN, 0, 1) },
    ],
  };
}

/** Numbers as a short text, for many of them. */
const plain = (numbers: ColumnNumbers): string =>
  `${numbers.constructor.name} ${createHash('sha256').update(numbers).digest('hex')}`;

const names = ({ columns }: SequenceStore): unknown =>
  columns.map(({ vocabulary, ...column }) => [column, vocabulary?.tokens]);

async function bytes(store: SequenceStore): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of store.bytes()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Whether this process still holds the file open. */
async function isOpen(file: string): Promise<boolean> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map(async (name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return links.includes(file);
}

describe.each([
  ['leave-one-out', larger],
  ['a split of its own', withParts],
])('openPrepared with %s', (_, dataset) => {
  it('has the ranges, the items and the bytes of the data set in memory', async () => {
    await writeByHand(dataset, folder);
    const opened = await openPrepared(folder, { cache });
    const inMemory = sequenceStore(dataset);
    expect(opened.store.split).toEqual(inMemory.split);
    expect([opened.store.users, opened.store.interactions]).toEqual([inMemory.users, inMemory.interactions]);
    expect((await bytes(opened.store)).equals(await bytes(inMemory))).toBe(true);
    const { begins, ends } = inMemory.split.train;
    const lengths = Array.from(begins, (begin, user) => (ends[user] ?? 0) - begin);
    expect(await opened.store.read(begins, lengths)).toEqual(await inMemory.read(begins, lengths));
    expect(opened.items.tokens).toEqual(dataset.items.tokens);
    expect(opened.users.size).toBe(dataset.users.size);
    expect(await opened.userTokens()).toEqual(dataset.users.tokens);
    await opened.close();
  });

  it('has the columns and the users of the data set in memory, wherever they are read', async () => {
    const whole = withFields(dataset);
    await writeByHand(whole, folder);
    const loaded = sequenceStore(await loadPrepared(folder));
    const inMemory = sequenceStore(whole);
    const opened = await openPrepared(folder, { cache });
    expect(names(opened.store)).toEqual(names(inMemory));
    expect(names(loaded)).toEqual(names(inMemory));
    expect(inMemory.columns.map(({ name }) => name)).toEqual(['channel', 'a "tag"', 'quantity', 'place', 'time']);
    expect(opened.fields.map(({ name }) => name)).toEqual([...dataset.fields.map(({ name }) => name), 'age']);
    const end = Math.max(inMemory.interactions, inMemory.split.train.ends.at(-1) ?? 0);
    const ranges = fc.array(
      fc
        .tuple(fc.nat(end), fc.oneof(fc.nat(60), fc.nat(end)))
        .map(([begin, most]) => [begin, Math.min(most, end - begin)]),
      { maxLength: 12 },
    );
    const everything: [number, number] = [0, end];
    try {
      await fc.assert(
        fc.asyncProperty(ranges, async (list) => {
          const begins = list.map(([begin = 0]) => begin);
          const lengths = list.map(([, length = 0]) => length);
          for (const { name } of inMemory.columns) {
            const expected = await inMemory.readColumn(name, begins, lengths);
            expect(plain(await opened.store.readColumn(name, begins, lengths))).toBe(plain(expected));
            expect(plain(await loaded.readColumn(name, begins, lengths))).toBe(plain(expected));
          }
          expect(plain(await opened.store.read(begins, lengths))).toBe(plain(await inMemory.read(begins, lengths)));
          for (const begin of begins.filter((own) => own < end))
            expect(opened.store.userOf(begin)).toBe(inMemory.userOf(begin));
        }),
        { examples: [[[everything]]], numRuns: 30 },
      );
      await expect(opened.store.readColumn('price', [0], [1])).rejects.toThrow(/no column "price"/);
      await expect(opened.store.readColumn('time', [end - 1], [2])).rejects.toThrow(DifsrError);
    } finally {
      await opened.close();
    }
  });
});

describe('the file in the cache', () => {
  const only = async (): Promise<string> => {
    const names = await readdir(cache);
    expect(names).toHaveLength(1);
    return path.join(cache, names[0] ?? '');
  };

  it('is written once, used again, and closed', async ({ skip }) => {
    await writeByHand(generated, folder);
    const first = await openPrepared(folder, { cache });
    const file = await only();
    await first.close();
    await first.close();
    const before = await readFile(file);
    await chmod(file, 0o444);
    const second = await openPrepared(folder, { cache });
    expect(await readFile(await only())).toEqual(before);
    if (os.platform() !== 'linux') {
      await second.close();
      skip('open files are told by /proc');
    }
    expect(await isOpen(file)).toBe(true);
    await second.close();
    expect(await isOpen(file)).toBe(false);
  });

  it.each([
    ['cut off', async (file: string) => truncate(file, 5000)],
    [
      'changed in one byte',
      async (file: string) => {
        const handle = await open(file, 'r+');
        await handle.write(Buffer.of(77), 0, 1, 2000);
        await handle.close();
      },
    ],
    ['something else', async (file: string) => writeFile(file, 'hello')],
  ])('is made again where it is %s', async (_, damage) => {
    await writeByHand(generated, folder);
    await (await openPrepared(folder, { cache })).close();
    const file = await only();
    const whole = await readFile(file);
    await damage(file);
    const again = await openPrepared(folder, { cache });
    expect((await bytes(again.store)).equals(await bytes(sequenceStore(generated)))).toBe(true);
    expect((await readFile(file)).equals(whole)).toBe(true);
    await again.close();
  });

  it('is made again where a column has another byte', async () => {
    const whole = withFields(generated);
    await writeByHand(whole, folder);
    await (await openPrepared(folder, { cache })).close();
    const file = await only();
    const before = await readFile(file);
    const handle = await open(file, 'r+');
    await handle.write(Buffer.of(77), 0, 1, before.length - 3);
    await handle.close();
    const again = await openPrepared(folder, { cache });
    await again.close();
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('is another one for other columns of the same interactions', async () => {
    const manifest = await writeByHand(withFields(generated), folder);
    await (await openPrepared(folder, { cache })).close();
    const fields = manifest.fields.filter(({ name }) => name !== 'quantity');
    await writeFile(path.join(folder, 'dataset.json'), JSON.stringify({ ...manifest, fields }));
    const opened = await openPrepared(folder, { cache });
    expect(opened.store.columns.map(({ name }) => name)).toEqual(['channel', 'a "tag"', 'place', 'time']);
    await opened.close();
    expect(await readdir(cache)).toHaveLength(2);
  });

  it.each([
    ['a "tag"', { maxValues: 1 }],
    ['place', { values: 2 }],
  ])('is not made of lists of another length than the manifest says (%s)', async (name, changed) => {
    const manifest = await writeByHand(withFields(generated), folder);
    const fields = manifest.fields.map((field) => (field.name === name ? { ...field, ...changed } : field));
    await writeFile(path.join(folder, 'dataset.json'), JSON.stringify({ ...manifest, fields }));
    const wrong = /rows of another length than dataset\.json says/;
    await expect(openPrepared(folder, { cache })).rejects.toThrow(wrong);
    await expect(loadPrepared(folder)).rejects.toThrow(wrong);
    expect(await readdir(cache)).toEqual([]);
  });

  it('is another one for other data', async () => {
    await writeByHand(generated, folder);
    await (await openPrepared(folder, { cache })).close();
    await writeByHand(generateDataset({ users: 400, items: 300, seed: 5 }), folder);
    await (await openPrepared(folder, { cache })).close();
    expect(await readdir(cache)).toHaveLength(2);
  });

  it('is removed when another is made and nobody asked for it in a month', async () => {
    await writeByHand(generated, folder);
    await (await openPrepared(folder, { cache })).close();
    const old = await only();
    await writeFile(path.join(cache, 'not-ours'), '');
    await utimes(old, 1, 1);
    await (await openPrepared(folder, { cache })).close(); // asked for
    await writeByHand(generateDataset({ users: 400, items: 300, seed: 5 }), folder);
    await (await openPrepared(folder, { cache })).close();
    expect(await readdir(cache)).toHaveLength(3);
    await utimes(old, 1, 1);
    await writeByHand(generateDataset({ users: 400, items: 300, seed: 6 }), folder);
    await (await openPrepared(folder, { cache })).close();
    const names = await readdir(cache);
    expect(names).toHaveLength(3);
    expect(names).toContain('not-ours');
    expect(names).not.toContain(path.basename(old));
  });

  it('that is damaged after it was opened is an error, not other items', async () => {
    await writeByHand(generated, folder);
    const opened = await openPrepared(folder, { cache });
    await truncate(await only(), 1500);
    const last = opened.store.interactions - 1;
    await expect(opened.store.read([last], [1])).rejects.toThrow(/ends too early.*\n.*cure: run the command again/);
    await opened.close();
  });

  it('is not made of a table that the manifest does not describe', async () => {
    await writeByHand(generated, folder);
    const file = path.join(folder, 'interactions.parquet');
    const table = await readFile(file);
    table[100] = (table[100] ?? 0) ^ 1;
    await writeFile(file, table);
    await expect(openPrepared(folder, { cache })).rejects.toThrow(/SHA-256 differs/);
    await expect(readdir(cache)).rejects.toThrow('ENOENT');
  });

  it('leaves nothing behind where it cannot be written', async () => {
    await writeByHand(generated, folder);
    await writeFile(cache, 'a file where the folder should be');
    const opening = openPrepared(folder, { cache });
    await expect(opening).rejects.toThrow(DataError);
    await expect(opening).rejects.toThrow(/DIFSR_CACHE/);
  });
});

describe('readRanges', () => {
  it('gives the numbers of any ranges, near or far, in any order, overlapping or empty', async () => {
    const column = Int32Array.from({ length: 20_000 }, (_, i) => i * 3 + 1);
    await mkdir(root, { recursive: true });
    const file = path.join(root, 'column');
    await writeFile(file, Buffer.concat([Buffer.alloc(16), Buffer.from(column.buffer)]));
    const handle = await open(file);
    const ranges = fc.array(
      fc.tuple(fc.nat(column.length), fc.oneof(fc.nat(60), fc.nat(column.length))).map(([begin, wanted]) => ({
        begin,
        length: Math.min(wanted, column.length - begin),
      })),
      { maxLength: 40 },
    );
    try {
      await fc.assert(
        fc.asyncProperty(ranges, async (list) => {
          const read = await readRanges(
            handle,
            { origin: 16, size: 4 },
            list.map(({ begin }) => begin),
            list.map(({ length }) => length),
          );
          const expected = list.flatMap(({ begin, length }) => [...column.subarray(begin, begin + length)]);
          expect([...new Int32Array(read)]).toEqual(expected);
        }),
      );
    } finally {
      await handle.close();
    }
  });
});
