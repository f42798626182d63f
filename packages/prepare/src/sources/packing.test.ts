// Packed files: every text form reads as unpacked; what is cut off, goes on after its end, or is a bomb is refused with the cure.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { sqlText } from '../engine/quote.js';
import { testBench } from './read.test.support.js';

const bench = testBench();
const LOG = Array.from({ length: 3000 }, (_, row) => `u${row % 7},i${(row * 31) % 101},${1_400_000_000 + row}`);
const CSV = `user,item,time\n${LOG.join('\n')}\n`;

/** zstd by DuckDB: Node 20 has none. */
async function zstd(name: string, lines: readonly string[]): Promise<string> {
  const file = path.join(bench.folder(), name);
  const plain = await bench.file(`${name}.plain`, lines.join('\n'));
  await bench
    .engine()
    .run(
      `COPY (SELECT line FROM read_csv(${sqlText(plain)}, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = chr(1), quote = '', escape = '')) TO ${sqlText(file)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\u0001', COMPRESSION zstd)`,
    );
  return file;
}

it('reads gzip, of one member or several, and zstd, as if unpacked', async () => {
  const plain = await bench.read({ files: await bench.file('log.csv', CSV) });
  expect(plain).toHaveLength(LOG.length);
  const members = [CSV.slice(0, 1001), CSV.slice(1001, 20_000), CSV.slice(20_000)].map((part) => gzipSync(part));
  for (const files of [
    await bench.file('one.csv.gz', gzipSync(CSV)),
    await bench.file('several.csv.gz', Buffer.concat(members)),
    await zstd('log.csv.zst', CSV.trimEnd().split('\n')),
    // The name does not say it.
    await bench.file('unnamed.csv', gzipSync(CSV)),
  ])
    expect(await bench.read({ files })).toEqual(plain);
  // The same by our own scanner.
  const quoted = CSV.replace('u0,', '"u0",');
  for (const files of [
    await bench.file('quoted.csv.gz', gzipSync(quoted)),
    await zstd('quoted.csv.zst', quoted.trimEnd().split('\n')),
  ])
    expect((await bench.read({ files })).map((row) => row.slice(5))).toEqual(plain.map((row) => row.slice(5)));
});

it('reads gzip files that say more of themselves than their name', async () => {
  const plain = await bench.read({ files: await bench.file('log.csv', CSV) });
  const gzip = gzipSync(CSV);
  const text = Buffer.from(gzip);
  text[3] = 0x01; // probably text
  const comment = Buffer.concat([gzip.subarray(0, 10), Buffer.from('clicks of May\0'), gzip.subarray(10)]);
  comment[3] = 0x10;
  const name = Buffer.concat([gzip.subarray(0, 10), Buffer.from('clicks.csv\0'), gzip.subarray(10)]);
  name[3] = 0x08;
  for (const [file, content] of Object.entries({ text, comment, name }))
    expect(await bench.read({ files: await bench.file(`${file}.csv.gz`, content) })).toEqual(plain);
});

it('refuses a file that is cut off, broken, or goes on after its end', async () => {
  const gzip = gzipSync(CSV);
  const refused = async (name: string, content: Uint8Array, message: RegExp): Promise<void> => {
    const files = await bench.file(name, content);
    await expect(bench.open({ files })).rejects.toThrow(message);
    await expect(bench.open({ files })).rejects.toThrow(/cure: fetch or make the file again/);
  };
  await refused(
    'cut.csv.gz',
    gzip.subarray(0, gzip.length - 500),
    /cannot be unpacked \(unexpected end of file\): it is broken or cut off/,
  );
  const sum = Buffer.from(gzip);
  sum[sum.length - 6] = sum[sum.length - 6]! ^ 1;
  await refused('sum.csv.gz', sum, /cannot be unpacked \(incorrect data check\)/);
  await refused('more.csv.gz', Buffer.concat([gzip, Buffer.from('\0\0user')]), /6 bytes after the end are no gzip/);
  await refused('name.csv.gz', Buffer.from(CSV), /does not begin as a gzip file does, as its name says/);
  const packed = await readFile(await zstd('whole.csv.zst', CSV.trimEnd().split('\n')));
  await refused('cut.csv.zst', packed.subarray(0, packed.length - 50), /cannot be unpacked/);
});

it('refuses bombs: small on disk, endless when unpacked', async () => {
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'u1,i1,1\n'), { level: 9 });
  const files = await bench.file('bomb.csv.gz', Buffer.concat(Array.from({ length: 17 }, () => member)));
  expect((await readFile(files)).length).toBeLessThan(5e5);
  const message = /bomb\.csv\.gz: unpacks to over \d{3,} times its \d+ bytes, which no log does/;
  await expect(bench.open({ files })).rejects.toThrow(message);
  const spaces = gzipSync(Buffer.alloc(16 * 1024 * 1024, ' '), { level: 9 });
  const array = await bench.file('bomb.json.gz', Buffer.concat(Array.from({ length: 17 }, () => spaces)));
  await expect(bench.open({ files: array, format: 'json' })).rejects.toThrow(/unpacks to over/);
  // One line without an end, and not a moment of it in memory.
  const nuls = gzipSync(Buffer.alloc(16 * 1024 * 1024), { level: 9 });
  const line = await bench.file('line.csv.gz', Buffer.concat(Array.from({ length: 17 }, () => nuls)));
  await expect(bench.open({ files: line })).rejects.toThrow(/unpacks to over/);
});

it('takes an empty file for empty, packed or not', async () => {
  for (const [name, content] of [
    ['empty.csv.gz', gzipSync('')],
    ['nothing.csv.gz', Buffer.alloc(0)],
  ] as const) {
    await writeFile(path.join(bench.folder(), name), content);
    await expect(bench.open({ files: name })).rejects.toThrow(/it is empty/);
  }
});
