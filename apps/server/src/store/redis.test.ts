// The store in Redis, a real one.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { testStore } from './conformance.test.support.js';
import { openStore } from './open.js';
import { redisProgram, startRedis, whyMissing, type TestServer } from './servers.test.support.js';

const missing = (): string | undefined => whyMissing('redis-server', redisProgram);
let server: TestServer | undefined;
beforeAll(async () => {
  if (missing() === undefined) server = await startRedis();
});
afterAll(() => server?.stop());

testStore('redis', {
  open: (place) => openStore({ kind: 'redis', url: server?.url, prefix: `{${place}}` }),
  lasting: true,
  missing,
});

it('says that nobody answers', async () => {
  const opened = openStore({ kind: 'redis', url: 'redis://127.0.0.1:1', prefix: 'x' });
  await expect(opened).rejects.toThrow(StoreError);
  await expect(opened).rejects.toThrow(/store redis: cannot be reached[\s\S]*cure: /);
});

it('refuses what is asked of a server that has gone', async ({ skip }) => {
  const reason = missing();
  skip(reason !== undefined, reason);
  const own = await startRedis();
  const store = await openStore({ kind: 'redis', url: own.url, prefix: 'x' });
  await own.stop();
  await expect(store.append([{ user: 'u', item: 'B1', time: 1_700_000_000 }])).rejects.toThrow(
    /did not keep the events/,
  );
  await expect(store.ping()).rejects.toThrow(/does not answer/);
  await store.close();
});
