// The store in a file: as all others, and what is kept there outlives the process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshFolder } from '../runs.test.support.js';
import { testStore } from './conformance.test.support.js';
import { openSqliteStore } from './sqlite.js';

let folder = '';
beforeAll(async () => {
  folder = await freshFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

testStore('sqlite', { open: async (place) => openSqliteStore(join(folder, `${place}.db`)), lasting: true });

/** What a process says of its own before it is killed: each number was acknowledged. */
const APPENDER = `
import { writeSync } from 'node:fs';
import { openSqliteStore } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const store = openSqliteStore(process.argv[1]);
for (let i = 0; ; i += 2) {
  const event = (n) => ({ id: 'id-' + n, user: 'u', item: 'B' + n, time: 1700000000 + n });
  await Promise.all([store.append([event(i)]), store.append([event(i + 1)])]);
  writeSync(1, (i + 1) + '\\n');
}`;

it.each([1, 2, 3])('loses nothing that was acknowledged when the process is killed, try %i', async (attempt) => {
  const file = join(folder, `killed-${attempt}.db`);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', APPENDER, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    // In the middle of whatever it does then.
    if (said.split('\n').length > 20 * attempt) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const acknowledged = Number(said.trimEnd().split('\n').at(-1));
  expect(acknowledged).toBeGreaterThan(20);
  const store = openSqliteStore(file);
  const items = (await store.history('u', 100_000)).map(({ item }) => item);
  expect(items.slice(0, acknowledged + 1)).toEqual(Array.from({ length: acknowledged + 1 }, (_, i) => `B${i}`));
  expect(await store.append([{ id: 'id-0', user: 'u', item: 'B0', time: 1_700_000_000 }])).toEqual({
    accepted: 0,
    duplicates: 1,
  });
  await store.close();
});

it('refuses what is no file of its own', async () => {
  const file = join(folder, 'notes.db');
  await writeFile(file, 'these are notes, and long enough that nobody takes them for a new file'.repeat(40));
  expect(() => openSqliteStore(file)).toThrow(/notes\.db: cannot be opened as a store/);
  expect(() => openSqliteStore(join(folder, 'no', 'such', 'folder.db'))).toThrow(/cannot be opened as a store/);
});
