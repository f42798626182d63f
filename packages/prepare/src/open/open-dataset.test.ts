// Every form through one door: what comes out is what the form's own way gives, files are opened with one engine, and options that a
// form cannot follow are refused.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateDataset } from '@difsr/data';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import { loadDuckDb } from '../engine/duckdb.js';
import { prepareDataset } from '../prepare/prepare.js';
import { openDataset, type OpenDatasetOptions, type OpenedDataset } from './open-dataset.js';

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);
const own = (): OpenDatasetOptions => ({ cache: at('cache'), threads: 1 });

/** Four users with four clicks each. */
const ROWS = ['u1', 'u2', 'u3', 'u4'].flatMap((user) =>
  [1, 2, 3, 4].map((item) => [user, `i${item}`, 1_600_000_000 + item, item % 2 ? 'odd' : 'even'] as const),
);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'difsr-open-'));
  await mkdir(at('atomic'));
  const csv = ROWS.map((row) => row.join(',')).join('\n');
  const inter = ROWS.map(([user, item, time]) => [user, item, time].join('\t')).join('\n');
  await writeFile(at('clicks.csv'), `user_id,item_id,timestamp,kind\n${csv}\n`);
  await writeFile(at('atomic', 'atomic.inter'), `user_id:token\titem_id:token\ttimestamp:float\n${inter}\n`);
  await writeFile(at('Toys.txt'), '1 1 2 3\n2 2 3\n');
  await writeFile(at('Toys_item2attributes.json'), '{"1": [1], "2": [1], "3": [2]}');
  await writeFile(
    at('shop.yaml'),
    'name: shop\ninteractions: {files: clicks.csv, user: user_id, item: item_id, time: timestamp}\n',
  );
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { files: 'clicks.csv', user: 'user_id', item: 'item_id', time: 'timestamp' },
  });
  await prepareDataset(description, { base: folder, out: at('prepared'), threads: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

function sizes({ dataset }: OpenedDataset): readonly number[] {
  return [dataset.users.size - 1, dataset.items.size - 1];
}

/** Of a data set in memory. */
function usersOf({ dataset }: OpenedDataset): readonly string[] {
  return 'sequences' in dataset ? dataset.users.tokens : [];
}

describe('forms', () => {
  it.each([
    ['clicks.csv', 'files', 'reused' as const],
    ['shop.yaml', 'description', 'reused' as const],
    ['prepared', 'prepared', undefined],
    ['atomic', 'atomic', 'reused' as const],
  ])('%s is opened as %s, with the same users and items', async (location, form, again) => {
    const opened = await openDataset(at(location), own());
    expect(opened.form).toBe(form);
    expect(sizes(opened)).toEqual([4, 4]);
    await opened.close();
    const second = await openDataset(at(location), own());
    expect(second.prepared?.reused).toBe(again === undefined ? undefined : true);
    expect(usersOf(second)).toEqual(usersOf(opened));
  });

  it('S3-Rec files and generated data', async () => {
    expect(sizes(await openDataset(at('Toys'), own()))).toEqual([2, 3]);
    const generated = { users: 20, seed: 5 };
    expect(usersOf(await openDataset('generated', { generated }))).toEqual(generateDataset(generated).users.tokens);
  });

  it('a recipe whose files were not pulled says so', async () => {
    await expect(openDataset('ml-1m', { raw: at('nowhere') })).rejects.toThrow(
      /no folder with the raw files of ml-1m\n.*fetch them \(pull\(/,
    );
  });

  it('tells of files what was inferred, before they are opened', async () => {
    const heard: unknown[] = [];
    const { prepared } = await openDataset(at('clicks.csv'), { ...own(), onPrepared: (each) => heard.push(each) });
    expect(heard).toEqual([prepared]);
    expect(prepared?.findings?.columns.map(({ column, role }) => [column, role])).toContainEqual(['user_id', 'user']);
  });

  it('leaves sequences on disk where asked to, with the same numbers', async () => {
    const loaded = await openDataset(at('prepared'), own());
    const stored = await openDataset(at('prepared'), { ...own(), streaming: 'on' });
    expect('store' in stored.dataset && 'sequences' in loaded.dataset).toBe(true);
    expect(sizes(stored)).toEqual(sizes(loaded));
    expect(stored.dataset.report).toContainEqual(expect.objectContaining({ what: 'sequences stay on disk' }));
    await stored.close();
  });
});

it('a fresh file of interactions opens DuckDB once', async () => {
  const create = vi.spyOn((await loadDuckDb()).DuckDBInstance, 'create');
  try {
    await openDataset(at('clicks.csv'), { ...own(), cache: at('another-cache') });
    expect(create).toHaveBeenCalledTimes(1);
  } finally {
    create.mockRestore();
  }
});

describe('options', () => {
  it('keep the fields that are asked for', async () => {
    const { dataset } = await openDataset(at('Toys'), { ...own(), fields: [] });
    expect(dataset.fields).toEqual([]);
    await expect(openDataset(at('clicks.csv'), { ...own(), fields: ['knid'] })).rejects.toThrow(
      /"knid" is no field of the data set.*did you mean kind\?/s,
    );
  });

  it.each<[location: string, options: OpenDatasetOptions, words: RegExp]>([
    ['prepared', { userMin: 5 }, /prepared: userMin: 5 has no meaning for a prepared data set/],
    ['shop.yaml', { columns: { user: 'u' } }, /columns\.user: "u" is for files without a description/],
    ['clicks.csv', { categoryText: 'fragments' }, /categoryText: .* has no meaning for these files/],
    ['clicks.csv', { raw: 'x' }, /raw: .* has no meaning for these files/],
    ['Toys', { columns: { time: 'none' } }, /columns\.time: .* has no meaning for S3-Rec files/],
    ['generated', { streaming: 'on' }, /needs a prepared data set/],
  ])('of %s that it cannot follow are refused: %o', async (location, options, words) => {
    await expect(
      openDataset(location === 'generated' ? location : at(location), { ...own(), ...options }),
    ).rejects.toThrow(words);
  });

  it('that there are not are named', async () => {
    const wrong: object = { feilds: [] }; // as callers without types write
    await expect(openDataset('generated', wrong)).rejects.toThrow(/"feilds".*did you mean fields\?|feilds.*fields/s);
  });
});
