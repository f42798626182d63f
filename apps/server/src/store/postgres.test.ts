// The store in PostgreSQL, a real one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { testStore } from './conformance.test.support.js';
import { openStore } from './open.js';
import { postgresProgram, startPostgres, whyMissing, type TestServer } from './servers.test.support.js';

const missing = (): string | undefined => whyMissing('postgresql', postgresProgram);
let server: TestServer | undefined;
beforeAll(async () => {
  if (missing() === undefined) server = await startPostgres();
});
afterAll(() => server?.stop());

testStore('postgres', {
  open: (place) => openStore({ kind: 'postgres', url: server?.url, schema: place }),
  lasting: true,
  missing,
});

it('says that nobody answers', async () => {
  const opened = openStore({ kind: 'postgres', url: 'postgres://u@127.0.0.1:1/x', schema: 'difsr' });
  await expect(opened).rejects.toThrow(StoreError);
  await expect(opened).rejects.toThrow(/store postgres: cannot be opened[\s\S]*cure: /);
});

it('refuses what is asked of a server that has gone', async ({ skip }) => {
  const reason = missing();
  skip(reason !== undefined, reason);
  const own = await startPostgres();
  const store = await openStore({ kind: 'postgres', url: own.url, schema: 'difsr' });
  await own.stop();
  await expect(store.append([{ user: 'u', item: 'B1', time: 1_700_000_000 }])).rejects.toThrow(
    /did not keep the events/,
  );
  await expect(store.ping()).rejects.toThrow(/does not answer/);
  await store.close();
});
