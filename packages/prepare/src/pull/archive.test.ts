// Archives, honest and hostile: members come out whole, or nothing does.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackArchive } from './archive.js';
import { tarGzOf, zipOf } from './archives.test.support.js';
import { PullError } from './errors.js';
import type { UnpackLimits } from './gate.js';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'difsr-archive-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function archive(name: string, bytes: Buffer): Promise<{ archive: string; folder: string }> {
  const folder = await mkdtemp(path.join(parent, 'raw-'));
  await writeFile(path.join(folder, name), bytes);
  return { archive: path.join(folder, name), folder };
}

/** All that lies below the folders of the test, the archive included. */
async function everything(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

async function refusal(name: string, bytes: Buffer, limits?: UnpackLimits): Promise<string> {
  const { archive: file, folder } = await archive(name, bytes);
  const outside = await everything(parent);
  const error: unknown = await unpackArchive({
    archive: file,
    folder,
    members: ['a/x.txt', 'b.txt'],
    ...(limits === undefined ? {} : { limits }),
  }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PullError);
  expect((error as PullError).problem).toBe('archive'); // it is one, see above
  // Nothing was written, neither in the folder nor beside it.
  expect(await everything(parent)).toEqual(outside);
  expect(await readdir(folder)).toEqual([name]);
  return (error as PullError).message;
}

const WANTED = [{ name: 'a/x.txt' }, { name: 'b.txt' }];
const ZEROS = Buffer.alloc(3_000_000);
const TIGHT: UnpackLimits = { ratio: 50, free: 100_000, total: 1e9 };

describe('unpackArchive', () => {
  it('unpacks the wanted members of a zip, packed and stored, and nothing else', async () => {
    const text = Buffer.from('1::2::3\n'.repeat(50_000));
    const { archive: file, folder } = await archive(
      'set.zip',
      zipOf([
        { name: 'set/', data: Buffer.alloc(0), stored: true, mode: 0o040755 },
        { name: 'set/a.dat', data: text },
        { name: './set/b.dat', stored: true, mode: 0 },
        { name: 'set/README' },
      ]),
    );
    const seen: string[] = [];
    const sizes = await unpackArchive({
      archive: file,
      folder,
      members: ['set/a.dat', 'set/b.dat'],
      onMember: (member) => seen.push(member),
    });
    expect(sizes).toEqual({ 'set/a.dat': text.length, 'set/b.dat': 'text of ./set/b.dat\n'.length });
    expect(seen).toEqual(['set/a.dat', 'set/b.dat']);
    expect(await everything(folder)).toEqual(['set.zip', 'set/a.dat', 'set/b.dat']);
    expect((await readFile(path.join(folder, 'set/a.dat'))).equals(text)).toBe(true);
  });

  it('unpacks the wanted members of a tar.gz, and nothing else', async () => {
    const text = Buffer.from('user\ttime\n'.repeat(300_000));
    const { archive: file, folder } = await archive(
      'set.tar.gz',
      tarGzOf([
        { name: 'set/', type: '5' },
        { name: 'set/README' },
        { name: 'set/a.tsv', data: text },
        { name: './b.tsv' },
      ]),
    );
    const sizes = await unpackArchive({ archive: file, folder, members: ['set/a.tsv', 'b.tsv'] });
    expect(sizes).toEqual({ 'set/a.tsv': text.length, 'b.tsv': 'text of ./b.tsv\n'.length });
    expect(await everything(folder)).toEqual(['b.tsv', 'set.tar.gz', 'set/a.tsv']);
    expect((await readFile(path.join(folder, 'set/a.tsv'))).equals(text)).toBe(true);
  });

  it('replaces members of an earlier time', async () => {
    const { archive: file, folder } = await archive('set.zip', zipOf([{ name: 'b.txt' }]));
    await writeFile(path.join(folder, 'b.txt'), 'old');
    await unpackArchive({ archive: file, folder, members: ['b.txt'] });
    expect(await readFile(path.join(folder, 'b.txt'), 'utf8')).toBe('text of b.txt\n');
  });

  it.each([
    ['../evil', 'leads out of the folder'],
    ['a/../../evil', 'leads out of the folder'],
    ['/tmp/evil', 'is an absolute path'],
    ['C:evil', 'names a drive'],
    ['C:\\evil', 'holds a backslash'],
    ['..\\evil', 'holds a backslash'],
    ['a/x.txt\0.png', 'holds control characters'],
  ])('refuses a zip with a member called %j, though it is not wanted', async (name, why) => {
    expect(await refusal('set.zip', zipOf([...WANTED, { name }]))).toContain(why);
  });

  it.each([
    ['../evil', 'leads out of the folder'],
    ['a/../../evil', 'leads out of the folder'],
    ['/tmp/evil', 'is an absolute path'],
    ['C:\\evil', 'holds a backslash'],
  ])('refuses a tar.gz with a member called %j', async (name, why) => {
    expect(await refusal('set.tar.gz', tarGzOf([...WANTED, { name }]))).toContain(why);
  });

  it.each([
    [
      'symbolic link',
      zipOf([...WANTED, { name: 'link', mode: 0o120777, data: Buffer.from('/etc/passwd'), stored: true }]),
      'holds a link ("link")',
    ],
    ['device', zipOf([...WANTED, { name: 'zero', mode: 0o020666 }]), 'holds a device'],
    ['second member of the same name', zipOf([...WANTED, { name: 'A/X.TXT' }]), 'holds two members of the same name'],
    [
      'encrypted member',
      zipOf([{ name: 'a/x.txt', flags: 0x801 }, { name: 'b.txt' }]),
      'holds an encrypted member ("a/x.txt")',
    ],
    [
      'member packed by another method',
      zipOf([{ name: 'a/x.txt', method: 14 }, { name: 'b.txt' }]),
      'packed by method 14',
    ],
    [
      'member that is damaged',
      zipOf([{ name: 'a/x.txt', crc: 1 }, { name: 'b.txt' }]),
      'the checksum of a/x.txt does not fit',
    ],
    ['member longer than it says', zipOf([{ name: 'a/x.txt', data: ZEROS, size: 10 }, { name: 'b.txt' }]), 'is broken'],
    ['wanted member missing', zipOf([{ name: 'b.txt' }, { name: 'a/X.csv' }]), 'lacks a/x.txt; it has b.txt, a/X.csv'],
  ])('refuses a zip with a %s', async (_, bytes, why) => {
    expect(await refusal('set.zip', bytes)).toContain(why);
  });

  it.each([
    ['symbolic link', tarGzOf([{ name: 'a', type: '2', link: '/etc' }, ...WANTED]), 'holds a link ("a")'],
    ['hard link', tarGzOf([...WANTED, { name: 'c.txt', type: '1', link: 'b.txt' }]), 'holds a link'],
    ['device', tarGzOf([...WANTED, { name: 'zero', type: '3' }]), 'holds a device'],
    ['second member of the same name', tarGzOf([...WANTED, { name: './b.txt' }]), 'holds two members of the same name'],
    ['wanted member missing', tarGzOf([{ name: 'a/x.txt' }]), 'lacks b.txt; it has a/x.txt'],
  ])('refuses a tar.gz with a %s', async (_, bytes, why) => {
    expect(await refusal('set.tar.gz', bytes)).toContain(why);
  });

  it('refuses bombs: a zip that says so, and a tar.gz as soon as it shows', async () => {
    expect(await refusal('bomb.zip', zipOf([{ name: 'a/x.txt', data: ZEROS }, { name: 'b.txt' }]), TIGHT)).toContain(
      'unpacks to more than 50 times its size',
    );
    // In a tar all bytes count, those of members that are not wanted too: they are unpacked on the way.
    expect(await refusal('bomb.tgz', tarGzOf([{ name: 'other', data: ZEROS }, ...WANTED]), TIGHT)).toContain(
      'unpacks to more than 50 times its size',
    );
    expect(
      await refusal('big.zip', zipOf([{ name: 'a/x.txt', data: ZEROS, stored: true }, { name: 'b.txt' }]), {
        ...TIGHT,
        total: 1e6,
      }),
    ).toContain('unpacks to more than 1000000 bytes');
  });

  it('says of archives that are cut off or are none that they are broken', async () => {
    const zip = zipOf(WANTED);
    expect(await refusal('cut.zip', zip.subarray(0, zip.length - 30))).toContain('is broken');
    expect(await refusal('none.zip', Buffer.from('PK no zip at all'))).toContain('is broken');
    const tar = tarGzOf([
      ...WANTED,
      { name: 'c', data: Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251)) },
    ]);
    expect(await refusal('cut.tar.gz', tar.subarray(0, tar.length - 2000))).toContain('is broken');
    expect(await refusal('none.tgz', Buffer.from('no gzip at all'))).toContain('is broken');
  });

  it('leaves nothing behind when it is stopped', async () => {
    const { archive: file, folder } = await archive('set.zip', zipOf([...WANTED]));
    const stop = new AbortController();
    const work = unpackArchive({
      archive: file,
      folder,
      members: ['a/x.txt', 'b.txt'],
      signal: stop.signal,
      onMember: () => stop.abort(),
    });
    await expect(work).rejects.toThrow(/abort/i);
    expect(await everything(folder)).toEqual(['set.zip']);
  });
});
