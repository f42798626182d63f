// difsr serve as it is started: a process that answers, and ends when it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, difsr, trainedShop, WINDOWS } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

it('answers, keeps events in a file, and ends with 0 on SIGTERM after it has answered what came', async ({
  onTestFinished,
  skip,
}) => {
  skip(WINDOWS, 'Windows has no such signal: the process is ended at once');
  await writeFile(join(cwd, 'server.yaml'), 'store: sqlite:unused.db\nlimits:\n  k: 7\n');
  const args = [
    'serve',
    RUN,
    '--port',
    '0',
    '--store',
    'sqlite:events.db',
    '--config',
    'server.yaml',
    '--threads',
    '1',
  ];
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let logged = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      logged += chunk.toString();
      const [, found] = /"address":"(http:[^"]+)"/.exec(logged) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('close', (code) => reject(new Error(`ended with ${String(code)}: ${logged}`)));
  });
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const found = await post('/v1/recommend', { history: ['item-3', 'item-7'], k: 5 });
  const { items }: { items: { id: string }[] } = JSON.parse(await found.text());
  const shown = await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '5', '--json'], { cwd });
  const expected: { items: { id: string }[] } = JSON.parse(shown.stdout);
  expect(items.map(({ id }) => id)).toEqual(expected.items.map(({ id }) => id));
  expect((await post('/v1/recommend', { history: [], k: 8 })).status).toBe(422);
  const event = { id: 'e', user: 'u', item: 'item-3', time: 1_700_000_000 };
  expect((await post('/v1/events', { events: [event] })).status).toBe(202);

  const ended = once(child, 'close');
  const late = Promise.all(Array.from({ length: 20 }, (_, i) => post('/v1/recommend', { history: [`item-${i + 1}`] })));
  const [first] = await Promise.all([
    post('/v1/recommend', { history: ['item-1'] }),
    new Promise((sent) => setImmediate(sent)),
  ]);
  expect(first.status).toBe(200);
  await late.then((answers) =>
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200)),
  );
  const last = post('/v1/recommend/batch', {
    requests: Array.from({ length: 50 }, (_, i) => ({ history: [`item-${i + 1}`] })),
  });
  // It has come when its answer begins at the latest; what is sent to a port that is closed by then is nobody's.
  child.kill('SIGTERM');
  const status = await last.then(
    (answer) => answer.status,
    () => 0,
  );
  expect([200, 0]).toContain(status);
  expect(await ended).toEqual([0, null]);
  expect(logged).toMatch(/"msg":"ended"/);
  expect(logged).not.toContain('item-3');
  expect([existsSync(join(cwd, 'events.db')), existsSync(join(cwd, 'unused.db'))]).toEqual([true, false]);
});

describe('refuses', () => {
  it.each<[string, readonly string[], number, RegExp]>([
    ['a folder that is none', ['serve', 'nothing'], 1, /nothing: does not exist\n {2}cure: /],
    ['a folder that is no run', ['serve', '.'], 1, /neither a run nor a folder of versions/],
    ['a store that it does not know', ['serve', RUN, '--store', 'mysql://x'], 2, /there is no store "mysql:\/\/x"/],
    [
      'a store that cannot be opened',
      ['serve', RUN, '--store', 'sqlite:no/such/folder.db'],
      1,
      /cannot be opened as a store/,
    ],
    [
      'a configuration with a mistake',
      ['serve', RUN, '--config', 'wrong.yaml'],
      2,
      /wrong\.yaml|limit: there is no such key/,
    ],
    ['a configuration that is not there', ['serve', RUN, '--config', 'no.yaml'], 2, /no\.yaml: cannot be read/],
    ['a port that is none', ['serve', RUN, '--port', 'http'], 2, /whole number from 0 to 65535/],
  ])('%s', async (_, args, code, message) => {
    await writeFile(join(cwd, 'wrong.yaml'), 'limit:\n  k: 7\n');
    expect(await difsr(args, { cwd })).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});
