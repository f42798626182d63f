// The generated data set as files: the sequences of generateDataset, in order of time, mixed, in memory that does not grow with the log.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { descriptionSchema } from '../description/schema.js';
import { DataError, type Dataset, GENERATED_FORMATS, generateDataset, itemCategories, sequenceAt } from '@difsr/data';
import { buildCatalogue, generateSettings } from '@difsr/data/internal';
import { prepareDataset } from '../prepare/prepare.js';
import { loadPrepared } from '../prepared/read.js';
import { generatedLog } from './log.js';
import { generateFiles, type GenerateFilesOptions } from './write.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-generated-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** The items of every user, and the values of every item, by their names. */
function inWords(dataset: Dataset): unknown {
  const users = dataset.users.tokens.slice(1).map((user, index) => {
    const items = Array.from(sequenceAt(dataset.sequences, index), (item) => dataset.items.tokens[item]);
    return [user, items.join(' ')] as const;
  });
  const items = dataset.items.tokens.slice(1).map((item, index) => {
    const values = itemCategories(dataset).map(({ name, offsets, values: ids, vocabulary }) => [
      name,
      ...Array.from(ids.subarray(offsets[index + 1], offsets[index + 2]), (id) => vocabulary.tokens[id]),
    ]);
    return [item, { name: dataset.itemNames?.[index + 1], values }] as const;
  });
  return { users: new Map(users), items: new Map(items) };
}

async function generated(name: string, options: Omit<GenerateFilesOptions, 'out'>): Promise<string> {
  const out = path.join(folder, name);
  await generateFiles({ out, ...options });
  return out;
}

async function prepared(from: string): Promise<Dataset> {
  const description = descriptionSchema.parse(parse(await readFile(path.join(from, 'dataset.yaml'), 'utf8')));
  await prepareDataset(description, { out: `${from}-prepared`, base: from, strict: true });
  return loadPrepared(`${from}-prepared`);
}

describe('generateFiles', () => {
  it('writes 200,000 rows that prepare to the data set in memory', async () => {
    const out = await generated('large', { interactions: 200_000, seed: 3 });
    const dataset = await prepared(out);
    expect(dataset.sequences.items.length).toBeGreaterThan(190_000);
    expect(inWords(dataset)).toEqual(inWords(generateDataset({ seed: 3, users: 16_667, items: 2000 })));
  });

  it.each(GENERATED_FORMATS)('writes %s', async (format) => {
    const settings = { users: 200, items: 300, seed: 5 };
    const out = await generated(format, { ...settings, format });
    expect(inWords(await prepared(out))).toEqual(inWords(generateDataset(settings)));
    expect(await readdir(out)).toHaveLength(3);
  });

  it('gives the same bytes to the same settings, others to another seed', async () => {
    const bytes = async (name: string, seed: number): Promise<string> =>
      readFile(path.join(await generated(name, { users: 50, seed }), 'interactions.csv'), 'utf8');
    const first = await bytes('seed-1', 1);
    expect(await bytes('seed-1-again', 1)).toBe(first);
    expect(await bytes('seed-2', 2)).not.toBe(first);
  });

  it('leaves nothing behind where it is stopped', async () => {
    const controller = new AbortController();
    const out = path.join(folder, 'stopped');
    const work = generateFiles({
      out,
      interactions: 1_000_000,
      signal: controller.signal,
      progress: () => controller.abort(),
    });
    await expect(work).rejects.toThrow(/abort/);
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  it('does not write over what is there, and takes an empty folder', async () => {
    const out = path.join(folder, 'there');
    await mkdir(out);
    await generateFiles({ out, users: 1 });
    await writeFile(path.join(out, 'mine.txt'), '');
    await expect(generateFiles({ out, users: 1 })).rejects.toThrow(/exists and is not empty/);
    expect(await readdir(out)).toContain('mine.txt');
  });

  it('refuses what is no number of interactions', async () => {
    const work = generateFiles({ out: path.join(folder, 'none'), interactions: 0.5 });
    await expect(work).rejects.toThrow(DataError);
  });
});

describe('generatedLog', () => {
  const settings = generateSettings({ users: 5000, items: 500 });

  it('never goes back in time, and mixes the rows of users', () => {
    let before = 0;
    let backwards = 0;
    let rows = 0;
    let neighbours = 0;
    let previous = -1;
    for (const block of generatedLog(buildCatalogue(1, 500), settings)) {
      for (let row = 0; row < block.rows; row++, rows++) {
        backwards += (block.times[row] ?? 0) < before ? 1 : 0;
        before = block.times[row] ?? 0;
        if (block.users[row] === previous) neighbours++;
        previous = block.users[row] ?? 0;
      }
    }
    expect(backwards).toBe(0);
    expect(rows).toBeGreaterThan(55_000);
    expect(neighbours).toBeLessThan(rows / 100);
  });

  it('holds the same arrays however long the log is', () => {
    const buffers = (users: number): { readonly blocks: number; readonly distinct: number } => {
      const seen = new Set<ArrayBufferLike>();
      let blocks = 0;
      for (const block of generatedLog(buildCatalogue(1, 500), { ...settings, users })) {
        blocks++;
        for (const { buffer } of [block.users, block.items, block.times]) seen.add(buffer);
      }
      return { blocks, distinct: seen.size };
    };
    expect(buffers(2000)).toEqual({ blocks: 1, distinct: 3 });
    const long = buffers(60_000);
    expect(long.blocks).toBeGreaterThan(10);
    expect(long.distinct).toBe(3);
  });
});
