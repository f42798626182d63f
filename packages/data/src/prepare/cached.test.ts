// prepareCached: made once, taken again as long as nothing changed, made anew where anything did, unharmed by others doing the same.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import { DataError } from '../errors.js';
import { loadPrepared } from '../prepared/read.js';
import { prepareCached } from './cached.js';

let root: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'difsr-cached-'));
  cache = path.join(root, 'cache');
  await writeFile(path.join(root, 'clicks.csv'), 'user,item\na,x\na,y\na,z\na,w\n');
});
afterEach(async () => rm(root, { recursive: true }));

const description = descriptionSchema.parse({
  name: 'clicks',
  interactions: { files: 'clicks.csv', user: 'user', item: 'item' },
});
const prepared = async (given = description): ReturnType<typeof prepareCached> =>
  prepareCached(given, { base: root, cache, threads: 1 });

it('prepares once, and takes the same folder again', async () => {
  const first = await prepared();
  const second = await prepared();
  expect([first.reused, second.reused]).toEqual([false, true]);
  expect(second).toEqual({ ...first, reused: true });
  expect((await loadPrepared(second.folder)).items.tokens.slice(1)).toEqual(['x', 'y', 'z', 'w']);
});

it.each([
  ['the file has other rows', async () => writeFile(path.join(root, 'clicks.csv'), 'user,item\na,x\na,y\na,z\na,v\n')],
  ['the file was written again', async () => utimes(path.join(root, 'clicks.csv'), 1, 1)],
])('prepares anew where %s', async (_, change) => {
  const { folder } = await prepared();
  await change();
  const again = await prepared();
  expect(again.reused).toBe(false);
  expect(again.folder).not.toBe(folder);
});

it('prepares anew where the description is another', async () => {
  const { folder } = await prepared();
  const other = descriptionSchema.parse({ ...description, filters: { interactions: "item <> 'w'" } });
  const again = await prepared(other);
  expect([again.reused, again.folder === folder]).toEqual([false, false]);
  expect(again.manifest.counts.interactions).toBe(3);
});

it('is strict, and leaves nothing of what it refused', async () => {
  await writeFile(path.join(root, 'clicks.csv'), 'user,item\na,x\na,y\na\na,z\n');
  await expect(prepared()).rejects.toThrow(/clicks\.csv, line 4/);
  await expect(prepared()).rejects.toThrow(DataError);
  expect(await readdir(path.join(cache, 'prepared'))).toEqual([]);
});

it('serves many at the same time with one folder', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, async () => prepared()));
  expect(new Set(all.map(({ folder }) => folder)).size).toBe(1);
  expect(await readdir(path.join(cache, 'prepared'))).toHaveLength(1);
  for (const { manifest } of all) expect(manifest.counts.interactions).toBe(4);
});

it('removes what nobody used for a month when it makes something new', async () => {
  const old = await prepared();
  const left = `${old.folder}.left-by-a-kill`;
  await mkdir(left);
  const month = Date.now() / 1000 - 31 * 86_400;
  await utimes(path.join(old.folder, 'dataset.json'), month, month);
  await utimes(left, month, month);
  await writeFile(path.join(root, 'clicks.csv'), 'user,item\na,x\na,y\na,z\na,v\n');
  const { folder } = await prepared();
  expect(await readdir(path.join(cache, 'prepared'))).toEqual([path.basename(folder)]);
});

it('counts a folder that was taken again as used', async () => {
  const { folder } = await prepared();
  const file = path.join(folder, 'dataset.json');
  const before = await readFile(file, 'utf8');
  await utimes(file, 1, 1);
  await prepared();
  expect((await stat(file)).mtimeMs).toBeGreaterThan(Date.now() - 86_400_000);
  expect(await readFile(file, 'utf8')).toBe(before);
});
