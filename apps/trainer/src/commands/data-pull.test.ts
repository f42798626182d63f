// difsr data pull as users call it: the list, the terms, a download from a server on this machine, interrupted and gone on with.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { difsr, difsrProcess, type Ended, freshFolder, type ProcessOptions, WINDOWS } from '../command.test.support.js';

const LOG = Buffer.from(Array.from({ length: 3000 }, (_, at) => `user-${at % 50},item-${at % 37},${at}\n`).join(''));
const SENT_FIRST = 20_000;

let cwd: string;
let server: Server;
let asked: (string | undefined)[] = [];
/** Whether the server stops half-way. */
let stalls = false;

beforeAll(async () => {
  server = createServer(({ headers }, response) => {
    asked.push(headers.range);
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const part = { 'content-range': `bytes ${start}-${LOG.length - 1}/${LOG.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      etag: '"log"',
      'content-length': LOG.length - start,
      ...(start > 0 ? part : {}),
    });
    if (stalls) response.write(LOG.subarray(start, SENT_FIRST));
    else response.end(LOG.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  cwd = await freshFolder();
  asked = [];
  stalls = false;
  // It listens, so it has one.
  const { port } = server.address() as AddressInfo;
  const yaml = [
    'name: shop',
    'about: { title: Clicks of a shop, licence: For research alone., cite: A. Nobody (2020), homepage: http://shop.invalid }',
    `pull: [{ url: 'http://127.0.0.1:${port}/clicks.csv', sha256: ${createHash('sha256').update(LOG).digest('hex')} }]`,
    'interactions: { files: clicks.csv, header: [user, item, at], user: user, item: item, time: at }',
  ];
  await writeFile(join(cwd, 'shop.yaml'), `${yaml.join('\n')}\n`);
});

const NO_PROXY = { HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' };
const pull = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  difsr(['data', 'pull', ...args], { cwd, env: { ...NO_PROXY, ...env } });
const pullProcess = (args: readonly string[], options: Pick<ProcessOptions, 'unread' | 'watch'>): Promise<Ended> =>
  difsrProcess(['data', 'pull', ...args], { cwd, env: NO_PROXY, ...options });

describe('difsr data pull', () => {
  it('lists the recipes, families of many in a line', async () => {
    const { code, stdout } = await pull([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^amazon-2014-CATEGORY +Amazon reviews 2014, 24 categories: beauty, /m);
    expect(stdout).toMatch(/^ml-1m +MovieLens 1M$/m);
    const all = JSON.parse((await pull(['--json'])).stdout) as { name: string }[]; // the command's own form
    expect(all.map(({ name }) => name)).toContain('amazon-2023-video-games');
  });

  it.skipIf(WINDOWS)('downloads to the end when nobody reads what it says', async () => {
    const { code } = await pullProcess(['shop.yaml', '--yes', '--out', 'raw'], { unread: 'both' });
    expect(code).toBe(0);
    expect(await readFile(join(cwd, 'raw/clicks.csv'))).toEqual(LOG);
  });

  it('shows the terms, and downloads nothing before somebody agrees', async () => {
    const { code, stdout, stderr } = await pull(['shop.yaml']);
    expect(code).toBe(2);
    expect(stdout).toContain('Clicks of a shop\n');
    expect(stdout).toMatch(/^terms +For research alone\.$/m);
    expect(stdout).toMatch(/^cite +A\. Nobody \(2020\)$/m);
    expect(stderr).toContain('cure: ');
    expect(stderr).toContain('difsr data pull shop.yaml --yes');
    expect(asked).toEqual([]);
    expect(await readdir(cwd)).toEqual(['shop.yaml']);
  });

  it('downloads, says what vouches for the file and what comes next, and does so once', async () => {
    const { code, stdout, stderr } = await pull(['shop.yaml', '--yes', '--out', 'raw/shop']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect((await readFile(join(cwd, 'raw/shop/clicks.csv'))).equals(LOG)).toBe(true);
    expect(stdout).toMatch(/^clicks\.csv .* downloaded, the publisher's checksum {2}sha256 [0-9a-f]{16}\.\.$/m);
    expect(stdout).toContain('next: npx difsr data prepare shop.yaml --raw raw/shop\n');
    const lines = (await pull(['shop.yaml', '--yes', '--out', 'raw/shop', '--json'])).stdout.trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { kind: string; files?: unknown }); // the command's own form
    expect(events.map(({ kind }) => kind)).toEqual(['terms', 'file', 'verify', 'done', 'result']);
    expect(events.at(-1)?.files).toMatchObject([{ file: 'clicks.csv', wasThere: true, bytes: LOG.length }]);
    expect(asked).toEqual([undefined]);
  });

  it.skipIf(WINDOWS)('stops at Ctrl-C, keeps what it has, says how to go on, and goes on', async () => {
    stalls = true;
    let killed = false;
    const { code, stdout } = await pullProcess(['shop.yaml', '--yes', '--json'], {
      watch: (printed, kill) => {
        if (killed || !printed.includes('"kind":"bytes"')) return;
        killed = true;
        kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      kind: 'interrupted',
      folder: '.',
      next: 'npx difsr data pull shop.yaml',
    });
    expect(existsSync(join(cwd, 'clicks.csv'))).toBe(false);
    const part = await readFile(join(cwd, 'clicks.csv.part'));
    expect(part.equals(LOG.subarray(0, part.length))).toBe(true);
    stalls = false;
    expect((await pull(['shop.yaml', '--yes'])).code).toBe(0);
    expect(asked).toEqual([undefined, `bytes=${part.length}-`]);
    expect((await readFile(join(cwd, 'clicks.csv'))).equals(LOG)).toBe(true);
    expect((await readdir(cwd)).sort()).toEqual(['clicks.csv', 'pulled.json', 'shop.yaml']);
  });

  it('says on one screen what a person can do where nothing can be downloaded', async () => {
    const offline = await pull(['ml-1m', '--yes'], { https_proxy: 'http://127.0.0.1:9' });
    expect(offline.code).toBe(1);
    expect(offline.stderr).toMatch(/^error: ml-1m\.zip: cannot be fetched: files\.grouplens\.org cannot be reached/);
    expect(offline.stderr).toContain('put it to data/raw/ml-1m/ml-1m.zip');
    const form = await pull(['yelp', '--yes']);
    expect(form.code).toBe(1);
    expect(form.stderr).toContain('yelp_academic_dataset_review.json');
    const unknown = await pull(['ml-2m', '--yes']);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('did you mean "ml-1m"?');
    for (const { stderr } of [offline, form, unknown]) expect(stderr.split('\n').length).toBeLessThan(25);
  });
});
