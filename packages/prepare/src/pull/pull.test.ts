// Downloads from a real server on this machine: whole, in pieces, broken off, changed meanwhile, lied about, behind a proxy.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type ServerResponse } from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Description } from '../description/types.js';
import { readRecipe } from '../recipes.js';
import { zipOf } from './archives.test.support.js';
import type { PullEvent } from './events.js';
import { pullDataset } from './pull.js';
import { serve } from './server.test.support.js';
import { server, folder, target, serveShop, LOG, sum, shop, pulled, failure } from './shop.test.support.js';

serveShop();

describe('pullDataset', () => {
  it('downloads a file, tells how far it is, records its checksum, and does not download it again', async () => {
    server.answers.set('/log.csv.gz', serve(LOG, { etag: '"1"' }));
    const events: PullEvent[] = [];
    const report = await pulled(shop({ md5: sum('md5') }), { progress: (event) => events.push(event) });
    expect((await readFile(target)).equals(LOG)).toBe(true);
    expect(report).toEqual({
      folder,
      missing: [],
      files: [
        {
          file: 'log.csv.gz',
          url: `${server.origin}/log.csv.gz`,
          bytes: LOG.length,
          sha256: sum('sha256'),
          wasThere: false,
          checkedBy: 'publisher',
          members: [],
        },
      ],
    });
    expect((await readdir(folder)).sort()).toEqual(['log.csv.gz', 'pulled.json']);
    const bytes = events.filter((event) => event.kind === 'bytes');
    expect(bytes.map(({ received }) => received)).toEqual(
      bytes.map(({ received }) => received).toSorted((a, b) => a - b),
    );
    expect(bytes.at(-1)).toMatchObject({ received: LOG.length, total: LOG.length });
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'bytes')).toEqual(['file', 'verify', 'done']);

    const again = await pulled();
    expect(again.files[0]).toMatchObject({ wasThere: true, checkedBy: 'record', sha256: sum('sha256') });
    expect(server.asked).toHaveLength(1);
  });

  it('notices next time that a file is no longer what was downloaded', async () => {
    server.answers.set('/log.csv.gz', serve(LOG));
    await pulled();
    await writeFile(target, 'something else');
    await expect(pulled()).rejects.toThrow(
      /the file in the folder has SHA-256 .* when it was downloaded\n {2}cure: remove /,
    );
    await expect(pulled(shop({ md5: sum('md5') }))).rejects.toThrow(/has MD5 .*, and the publisher's has/);
  });

  it('goes on where the connection broke off, and asks for the rest alone', async () => {
    server.answers.set('/log.csv.gz', [
      serve(LOG, { etag: '"1"', breakAfter: 100_000 }),
      serve(LOG, { etag: '"1"', breakAfter: 50_000 }),
      serve(LOG, { etag: '"1"' }),
    ]);
    const waits: number[] = [];
    await pulled(shop(), { progress: (event) => event.kind === 'retry' && waits.push(event.wait) });
    expect((await readFile(target)).equals(LOG)).toBe(true);
    expect(server.asked.map(({ range, ifRange }) => [range, ifRange])).toEqual([
      [undefined, undefined],
      ['bytes=100000-', '"1"'],
      ['bytes=150000-', '"1"'],
    ]);
    // Each try brought something, so the wait does not grow.
    expect(waits).toEqual([1, 1]);
  });

  it('stops when told to, and goes on from there when called again, by date where there is no ETag', async () => {
    const modified = 'Tue, 14 Jul 2015 20:00:00 GMT';
    server.answers.set('/log.csv.gz', [
      serve(LOG, { modified, etag: 'W/"weak"', stallAfter: 120_000 }),
      serve(LOG, { modified }),
    ]);
    const stop = new AbortController();
    const work = pulled(shop(), {
      signal: stop.signal,
      progress: (event) => {
        if (event.kind === 'bytes' && event.received === 120_000) stop.abort();
      },
    });
    await expect(work).rejects.toThrow(/abort/i);
    expect(existsSync(target)).toBe(false);
    expect((await readFile(`${target}.part`)).equals(LOG.subarray(0, 120_000))).toBe(true);
    let received: number | undefined;
    await pulled(shop(), { progress: (event) => event.kind === 'file' && (received = event.received) });
    expect(received).toBe(120_000);
    expect(server.asked[1]).toMatchObject({ range: 'bytes=120000-', ifRange: modified });
    expect((await readFile(target)).equals(LOG)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['log.csv.gz', 'pulled.json']);
  });

  it('begins anew where the file has changed meanwhile, or nothing tells whether it has', async () => {
    const other = gzipSync(Buffer.from(LOG.toReversed()));
    server.answers.set('/log.csv.gz', [
      serve(other, { etag: '"old"', breakAfter: 90_000 }),
      serve(LOG, { etag: '"new"' }),
    ]);
    await pulled();
    expect((await readFile(target)).equals(LOG)).toBe(true);
    await rm(target);
    server.answers.set('/log.csv.gz', [serve(other, { breakAfter: 90_000 }), serve(LOG)]);
    // What was downloaded before is another file, for all the record knows.
    await rm(path.join(folder, 'pulled.json'));
    await pulled();
    expect(server.asked.at(-1)?.range).toBeUndefined();
    expect((await readFile(target)).equals(LOG)).toBe(true);
  });

  it('begins anew where a file of two tries has the wrong checksum, and where the server sends another part', async () => {
    const spoilt = Buffer.from(LOG);
    spoilt[5000] = (spoilt[5000] ?? 0) ^ 1;
    server.answers.set('/log.csv.gz', [
      serve(spoilt, { etag: '"1"', breakAfter: 90_000 }),
      serve(LOG, { etag: '"1"' }),
    ]);
    await pulled(shop({ sha256: sum('sha256') }));
    expect((await readFile(target)).equals(LOG)).toBe(true);
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=90000-', undefined]);

    await rm(target);
    const wrong = (_: unknown, response: ServerResponse): void =>
      void response.writeHead(206, { 'content-range': `bytes 7-${LOG.length - 1}/${LOG.length}` }).end(LOG.subarray(7));
    server.answers.set('/log.csv.gz', [
      serve(LOG, { etag: '"1"', breakAfter: 90_000 }),
      wrong,
      serve(LOG, { etag: '"1"' }),
    ]);
    await pulled(shop({ sha256: sum('sha256') }));
    expect((await readFile(target)).equals(LOG)).toBe(true);
  });

  it('keeps what it has where the connection keeps breaking, and says how to go on', async () => {
    server.answers.set('/log.csv.gz', [
      serve(LOG, { etag: '"1"', breakAfter: 80_000 }),
      serve(LOG, { etag: '"1"', breakAfter: 0 }),
    ]);
    const message = await failure('network', shop(), { retries: 2 });
    expect(message).toMatch(/127\.0\.0\.1:\d+ cannot be reached, the connection broke off/);
    expect(message).toContain('it goes on where it stopped');
    // The first try brought something; two more did not.
    expect(server.asked).toHaveLength(3);
    expect((await readFile(`${target}.part`)).equals(LOG.subarray(0, 80_000))).toBe(true);
  });

  it('does not believe an announced length, too long or too short', async () => {
    server.answers.set('/log.csv.gz', serve(LOG, { announced: LOG.length + 100, breakAfter: LOG.length }));
    await failure('network', shop(), { retries: 1 });
    await rm(`${target}.part`);
    server.answers.set('/log.csv.gz', serve(LOG));
    expect(await failure('checksum', shop({ bytes: 7 }))).toContain(
      `has ${LOG.length} bytes, and the publisher's has 7`,
    );
    expect(existsSync(`${target}.part`)).toBe(false);
  });

  it('gives up a server that falls silent, and one that is busy, only after trying again', async () => {
    server.answers.set('/log.csv.gz', [serve(LOG, { etag: '"1"', stallAfter: 60_000 }), serve(LOG, { etag: '"1"' })]);
    await pulled(shop(), { silence: 300 });
    expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=60000-']);
    await rm(target);
    const busy = (_: unknown, response: ServerResponse): void =>
      void response.writeHead(503, { 'retry-after': '0' }).end();
    server.answers.set('/log.csv.gz', [busy, busy, serve(LOG)]);
    await pulled();
    await rm(target);
    server.answers.set('/log.csv.gz', busy);
    expect(await failure('http', shop(), { retries: 2 })).toContain('answers 503');
  });

  it('takes no web page for a file, whatever it is called, and no file of another form', async () => {
    server.answers.set(
      '/log.csv.gz',
      serve(Buffer.from('\n<!DOCTYPE html><title>Log in</title>'), { type: 'text/html' }),
    );
    expect(await failure('page')).toContain('is a web page, not the file');
    server.answers.set('/log.csv', serve(Buffer.from('<html><body>Accept the terms</body>')));
    await failure('page', shop({}, {}, `${server.origin}/log.csv`));
    server.answers.set('/log.csv.gz', serve(Buffer.from('user,item\n1,2\n')));
    expect(await failure('form')).toContain('is not gzip, as its name says');
    expect(await readdir(folder)).not.toContain('log.csv.gz');
  });

  it('looks whether there is room before it begins', async () => {
    server.answers.set('/log.csv.gz', serve(LOG, { announced: 1e18, stallAfter: 10 }));
    expect(await failure('disk')).toMatch(/needs [\d,]+ MB, and .* has [\d,]+ MB left/);
  });

  it('refuses folders that cannot be made', async () => {
    await writeFile(target, 'a file');
    await expect(pullDataset(shop(), { folder: path.join(target, 'below') })).rejects.toThrow(
      /below: cannot be made: .*\(ENOTDIR\)/,
    );
  });

  it.each([
    [{ file: '../log.csv' }, 'leads out of the folder'],
    [{ file: '/etc/log.csv' }, 'is an absolute path'],
    [{ file: 'a/log.csv' }, 'holds folders'],
    [{ file: 'pulled.json' }, 'the record of downloads'],
    [{ unpack: ['a'] }, 'is no archive that can be unpacked here'],
  ])('does not take %j from a description', async (spec, why) => {
    expect(await failure('description', shop(spec))).toContain(why);
    expect(server.asked).toEqual([]);
  });

  it('takes addresses of the web alone', async () => {
    expect(await failure('description', shop({}, {}, 'file:///etc/passwd'))).toContain('http or https');
  });

  it('unpacks what is wanted, again where it is gone, and refuses what leads out', async () => {
    server.answers.set('/set.zip', serve(zipOf([{ name: 'set/a.csv' }, { name: 'set/b.csv' }])));
    const set = (unpack: string[]): Description => shop({ unpack }, {}, `${server.origin}/set.zip`);
    await pulled(set(['set/a.csv']));
    expect(await readFile(path.join(folder, 'set/a.csv'), 'utf8')).toBe('text of set/a.csv\n');
    await rm(path.join(folder, 'set'), { recursive: true });
    const members: string[] = [];
    const note = (event: PullEvent): unknown => event.kind === 'unpack' && members.push(event.member);
    await pulled(set(['set/a.csv']), { progress: note });
    await pulled(set(['set/a.csv']), { progress: note });
    expect(members).toEqual(['set/a.csv']);
    expect(server.asked).toHaveLength(1);
    await failure('archive', set(['../a.csv']));
  });

  it('says what has to be done by hand, before where nothing can be downloaded, after where something can', async () => {
    const yelp = await readRecipe('yelp');
    expect(await failure('manual', yelp)).toContain('yelp_academic_dataset_review.json');
    for (const name of ['review', 'business'])
      await writeFile(path.join(folder, `yelp_academic_dataset_${name}.json`), '{}');
    expect(await pulled(yelp)).toMatchObject({ files: [], missing: [] });

    const packed = Buffer.concat([Buffer.from([0x37, 0x7a, 0xbc, 0xaf]), LOG]);
    server.answers.set('/yoochoose-data.7z', serve(packed));
    const yoochoose = await readRecipe('yoochoose');
    const report = await pulled({ ...yoochoose, pull: [{ url: `${server.origin}/yoochoose-data.7z` }] });
    expect(report.missing).toEqual(['yoochoose-clicks.dat']);
    expect(report.manual).toContain('7z x yoochoose-data.7z');
  });
});
