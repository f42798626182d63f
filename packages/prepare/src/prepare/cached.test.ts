import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPrepared } from '../prepared/read.js';
import { prepareCached } from './cached.js';

let folder: string;
let cache: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'difsr-cached-'));
  cache = path.join(folder, 'cache');
  file = path.join(folder, 'clicks.csv');
  await mkdir(cache);
});
afterAll(() => rm(folder, { recursive: true }));

/** Three users with four clicks each. */
function clicks(extra = ''): string {
  const rows = ['u1', 'u2', 'u3'].flatMap((user) => [1, 2, 3, 4].map((at) => `${user},i${at},${1_600_000_000 + at}`));
  return `user_id,item_id,timestamp\n${rows.join('\n')}\n${extra}`;
}

it('prepares once for each state of the files, and says what it inferred each time', async () => {
  await writeFile(file, clicks());
  const first = await prepareCached({ interactions: file }, { cache, threads: 1 });
  expect(first.reused).toBe(false);
  expect(first.manifest.counts).toMatchObject({ users: 3, items: 4, interactions: 12 });
  expect((await loadPrepared(first.folder)).users.tokens).toEqual(['[PAD]', 'u1', 'u2', 'u3']);
  const again = await prepareCached({ interactions: file }, { cache, threads: 1 });
  expect(again).toMatchObject({ reused: true, folder: first.folder, findings: first.findings });

  await writeFile(file, clicks('u4,i1,1600000009\n'));
  const changed = await prepareCached({ interactions: file }, { cache, threads: 1 });
  expect(changed).toMatchObject({ reused: false, manifest: { counts: { users: 4, interactions: 13 } } });

  // The same size and time of change: the bytes decide.
  const { atime, mtime } = await stat(file);
  await writeFile(file, clicks('u5,i1,1600000009\n'));
  await utimes(file, atime, mtime);
  const other = await prepareCached({ interactions: file }, { cache, threads: 1 });
  expect((await loadPrepared(other.folder)).users.tokens).toContain('u5');
  const named = await prepareCached({ interactions: file }, { cache, threads: 1, columns: { time: 'none' } });
  expect(named.manifest.hasTimes).toBe(false);
  expect((await readdir(cache)).filter((name) => name.includes('work'))).toEqual([]);
});

it('prepares what a description says, relative to where it lies', async () => {
  await writeFile(file, clicks());
  const yaml = path.join(folder, 'shop.yaml');
  await writeFile(
    yaml,
    'name: shop\ninteractions: {files: clicks.csv, user: user_id, item: item_id, time: timestamp}\n',
  );
  const first = await prepareCached({ description: yaml }, { cache, threads: 1 });
  expect((await prepareCached({ description: yaml }, { cache, threads: 1 })).reused).toBe(true);
  await writeFile(yaml, (await readFile(yaml, 'utf8')).concat('filters: {timeTo: 1600000003}\n'));
  const edited = await prepareCached({ description: yaml }, { cache, threads: 1 });
  expect(first.manifest.counts.interactions).toBe(12);
  expect(edited.manifest.counts.interactions).toBe(9);
});

it('is strict, and keeps nothing of what it refused', async () => {
  await writeFile(file, clicks('u4,,1600000009\nu5,i1,yesterday\n'));
  const before = await readdir(cache);
  await expect(prepareCached({ interactions: file }, { cache, threads: 1 })).rejects.toThrow(
    /clicks.csv, line 14, column "item_id": .*\n.*clicks.csv, line 15, column "timestamp": "yesterday" is not a time/s,
  );
  expect(await readdir(cache)).toEqual(before);
});

it('makes a damaged entry again, and removes what nobody used for long', async () => {
  await writeFile(file, clicks());
  const first = await prepareCached({ interactions: file }, { cache, threads: 1 });
  await writeFile(path.join(first.folder, 'items.parquet'), 'x');
  const old = path.join(cache, `old-${'0'.repeat(24)}`);
  await mkdir(old);
  await writeFile(path.join(old, 'dataset.json'), '{}');
  await utimes(path.join(old, 'dataset.json'), new Date(0), new Date(0));
  await mkdir(path.join(cache, 'somebody-elses'));
  const again = await prepareCached({ interactions: file }, { cache, threads: 1 });
  expect(again).toMatchObject({ reused: false, folder: first.folder });
  expect(await readdir(cache)).not.toContain(path.basename(old));
  expect(await readdir(cache)).toContain('somebody-elses');
});

it('may be asked for the same by several processes at once', async () => {
  await writeFile(file, clicks());
  const own = path.join(folder, 'shared-cache');
  const door = new URL('../../dist/index.js', import.meta.url).href;
  const script = `const { prepareCached } = await import(${JSON.stringify(door)}); const c = await prepareCached({ interactions: ${JSON.stringify(file)} }, { cache: ${JSON.stringify(own)}, threads: 1 }); console.log(c.folder, c.manifest.counts.interactions);`;
  const run = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])).stdout;
  const [a, b] = await Promise.all([run(), run()]);
  expect(a).toBe(b);
  expect(await readdir(own)).toEqual([path.basename((a ?? '').split(' ')[0] ?? '')]);
});

it('prepares S3-Rec files with their attributes, which are appended to a table', async () => {
  const log = path.join(folder, 'Toys.txt');
  await writeFile(log, '1 1 2 3\n2 2 3 1\n');
  await writeFile(path.join(folder, 'Toys_item2attributes.json'), '{"1": [7], "2": [7, 8], "3": [8]}');
  const { folder: prepared } = await prepareCached({ interactions: log }, { cache, threads: 1 });
  const [field] = (await loadPrepared(prepared)).fields;
  expect(field).toMatchObject({ name: 'attributes', kind: 'multi-categorical' });
});
