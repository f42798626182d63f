// A server that ends: what came is answered, nothing else is taken.
import { connect } from 'node:net';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UsageError } from '@difsr/library';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askedServer } from './ask.test.support.js';
import { keptLog, versionsFolder } from './runs.test.support.js';
import { createServer } from './server.js';
import { openMemoryStore } from './store/memory.js';
import type { EventStore } from './store/event-store.js';

let folder = '';
beforeAll(async () => {
  folder = await versionsFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const models = { threads: 1 };

/** A store whose histories come when they are let go. */
function slowStore(): {
  readonly store: EventStore;
  readonly asked: Promise<void>;
  readonly letGo: () => void;
  closed: boolean;
} {
  let [letGo, wasAsked] = [() => undefined as void, () => undefined as void];
  const wait = new Promise<void>((resolve) => (letGo = resolve));
  const asked = new Promise<void>((resolve) => (wasAsked = resolve));
  const memory = openMemoryStore();
  const slow = {
    asked,
    letGo: () => letGo(),
    closed: false,
    store: {
      ...memory,
      history: async (user: string, limit: number) => {
        wasAsked();
        await wait;
        return memory.history(user, limit);
      },
      close: async () => {
        slow.closed = true;
        await memory.close();
      },
    },
  };
  return slow;
}

it('answers what has come, takes no more, and then closes the store', async () => {
  const slow = slowStore();
  const { logger, lines } = keptLog();
  const server = await askedServer({ models: join(folder, 'a'), store: slow.store, logger, config: { models } });
  // A connection that waits for nothing, as clients keep them.
  const idle = connect(server.port, '127.0.0.1');
  await once(idle, 'connect');
  const answer = server.ask('GET', '/v1/users/u/recommendations?k=2');
  await slow.asked;
  const closed = server.close();
  expect(server.close()).toBe(closed);
  await setImmediate();
  await expect(fetch(`${server.address}/healthz`)).rejects.toThrow('fetch failed');
  expect(slow.closed).toBe(false);
  slow.letGo();
  const { status, headers } = await answer;
  expect([status, headers.get('connection')]).toEqual([200, 'close']);
  idle.destroy();
  await closed;
  expect(slow.closed).toBe(true);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'a version answers',
    'listening',
    'ending',
    'answered',
    'a version was freed',
    'ended',
  ]);
});

it('gives up on requests that do not end in time', async () => {
  const slow = slowStore();
  const server = await askedServer({ models: join(folder, 'a'), store: slow.store, config: { models, shutdown: 0 } });
  const answer = server.ask('GET', '/v1/users/u/recommendations?k=2');
  await slow.asked;
  const closed = server.close();
  await expect(answer).rejects.toThrow('fetch failed');
  slow.letGo();
  await closed;
});

it('says which port it could not have, and closes what it had opened', async () => {
  const first = await askedServer({ models: join(folder, 'a'), config: { models } });
  const slow = slowStore();
  const { serve } = await import('./serve.js');
  const second = serve({
    models: join(folder, 'a'),
    store: slow.store,
    logger: keptLog().logger,
    config: { port: first.port, models },
  });
  await expect(second).rejects.toThrow(UsageError);
  await expect(second).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)\n {2}cure: /);
  expect(slow.closed).toBe(true);
  await first.close();
});

it('without a port it answers as part of a service of its own, and says that it ends', async () => {
  const server = await createServer({ models: folder, logger: keptLog().logger, config: { models } });
  expect((await server.app.request('/v1/items/a-1/similar?k=2')).status).toBe(200);
  server.end();
  expect((await server.app.request('/readyz')).status).toBe(503);
  await server.close();
  expect((await server.app.request('/v1/items/a-1/similar?k=2')).status).toBe(503);
});
