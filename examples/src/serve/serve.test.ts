// The service as a client meets it: a process that answers over HTTP, and ends when it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { train } from 'difsr';
import { expect, it } from 'vitest';

const SHOP = fileURLToPath(new URL('../../dist/serve/shop.js', import.meta.url));

it('answers requests, refuses what cannot be used, and ends', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'difsr-serve-'));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const out = join(folder, 'run');
  const model = { name: 'sasrec', hiddenSize: 8, innerSize: 8, layers: 1, heads: 1, maxLength: 8 };
  await train({ model, epochs: 1, device: 'cpu', threads: 1, out });
  const vocabulary: { readonly items: readonly string[] } = JSON.parse(
    await readFile(join(out, 'vocabulary.json'), 'utf8'),
  );
  const [, first = '', second = ''] = vocabulary.items;

  const server = spawn(process.execPath, [SHOP, out], { env: { ...process.env, PORT: '0' } });
  context.onTestFinished(() => void server.kill('SIGKILL'));
  const ended = once(server, 'exit');
  const [said]: [Buffer] = (await once(server.stdout, 'data')) as [Buffer];
  const address = String(said).trim();

  const found = await fetch(`${address}/recommend?history=${first},${second}&k=3`);
  expect(found.status).toBe(200);
  const answer: { readonly items: readonly { readonly id: string }[] } = JSON.parse(await found.text());
  expect(answer).toMatchObject({ unknown: [], popular: false });
  expect(answer.items).toHaveLength(3);
  expect(answer.items.map(({ id }) => id)).not.toContain(first);

  const nothing = await fetch(`${address}/recommend?k=2`);
  expect(JSON.parse(await nothing.text())).toMatchObject({ unknown: [], popular: true });

  const refused = await fetch(`${address}/recommend?history=${first}&k=none`);
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('k is a whole number from 1 on'),
  ]);

  if (process.platform === 'win32') return; // Windows has no such signal: the process is ended at once
  server.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
