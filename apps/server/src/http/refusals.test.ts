// What is refused, and how it is said; keys, CORS, logs.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedServer, type Asked, type AskedServer } from '../ask.test.support.js';
import { keptLog, versionsFolder } from '../runs.test.support.js';
import { StoreError } from '../errors.js';
import { openMemoryStore } from '../store/memory.js';

let folder = '';
let server: AskedServer;
const SMALL = { k: 10, batch: 3, history: 5, ids: 4, events: 3, body: 3000 };
beforeAll(async () => {
  folder = await versionsFolder();
  server = await askedServer({ models: join(folder, 'a'), config: { models: { threads: 1 }, limits: SMALL } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `a-${i + 1}`);
const event = { user: 'u', item: 'a-1', time: 1_700_000_000 };

describe('an error says what is wrong, where, and the cure', () => {
  it.each<[string, string, string, Asked, number, string, string | undefined]>([
    ['no JSON', 'POST', '/v1/recommend', { raw: '{"history": [' }, 400, 'unreadable', undefined],
    ['no body', 'POST', '/v1/recommend', {}, 422, 'unusable', 'history'],
    [
      'another type',
      'POST',
      '/v1/recommend',
      { raw: 'history=a-1', headers: { 'content-type': 'text/plain' } },
      415,
      'wrong-type',
      undefined,
    ],
    ['a list', 'POST', '/v1/recommend', { body: [] }, 422, 'unusable', undefined],
    ['no history', 'POST', '/v1/recommend', { body: { k: 3 } }, 422, 'unusable', 'history'],
    ['an unknown field', 'POST', '/v1/recommend', { body: { history: [], top: 3 } }, 422, 'unusable', 'top'],
    ['k of 0', 'POST', '/v1/recommend', { body: { history: [], k: 0 } }, 422, 'unusable', 'k'],
    ['k above the limit', 'POST', '/v1/recommend', { body: { history: [], k: 11 } }, 422, 'unusable', 'k'],
    ['a long history', 'POST', '/v1/recommend', { body: { history: many(6) } }, 422, 'unusable', 'history'],
    ['many ids', 'POST', '/v1/recommend', { body: { history: [], exclude: many(5) } }, 422, 'unusable', 'exclude'],
    [
      'an id that is a number',
      'POST',
      '/v1/recommend',
      { body: { history: ['a-1', 7] } },
      422,
      'unusable',
      'history.1',
    ],
    [
      'an event without an item',
      'POST',
      '/v1/recommend',
      { body: { history: [{ rating: 3 }] } },
      422,
      'unusable',
      'history.0.item',
    ],
    [
      'a field that no event has',
      'POST',
      '/v1/recommend',
      { body: { history: [{ item: 'a-1', raating: 3 }] } },
      422,
      'unusable',
      'history.0.raating',
    ],
    [
      'times that run backwards',
      'POST',
      '/v1/recommend',
      {
        body: {
          history: [
            { item: 'a-1', time: 1.7e9 },
            { item: 'a-2', time: 1.6e9 },
          ],
        },
      },
      422,
      'unusable',
      'history.1.time',
    ],
    [
      'a filter by what is no field',
      'POST',
      '/v1/recommend',
      { body: { history: [], where: { colour: 'red' } } },
      422,
      'unusable',
      'where.colour',
    ],
    ['NUL', 'POST', '/v1/recommend', { raw: '{"history": ["a\\u0000"]}' }, 422, 'unusable', 'history.0'],
    [
      'half a letter',
      'POST',
      '/v1/events',
      { raw: '{"events": [{"user": "\\ud800", "item": "a-1", "time": 1700000000}]}' },
      422,
      'unusable',
      'events.0.user',
    ],
    ['a large body', 'POST', '/v1/recommend', { body: { history: ['x'.repeat(4000)] } }, 413, 'too-large', undefined],
    [
      'a large batch',
      'POST',
      '/v1/recommend/batch',
      { body: { requests: many(4).map((id) => ({ history: [id] })) } },
      422,
      'unusable',
      'requests',
    ],
    [
      'a wrong request of a batch',
      'POST',
      '/v1/recommend/batch',
      { body: { requests: [{ history: [] }, { history: [], where: { colour: 'red' } }] } },
      422,
      'unusable',
      'requests.1.where.colour',
    ],
    ['no events', 'POST', '/v1/events', { body: { events: [] } }, 422, 'unusable', 'events'],
    [
      'many events',
      'POST',
      '/v1/events',
      { body: { events: [event, event, event, event] } },
      422,
      'unusable',
      'events',
    ],
    [
      'an event without a time',
      'POST',
      '/v1/events',
      { body: { events: [{ user: 'u', item: 'a-1' }] } },
      422,
      'unusable',
      'events.0.time',
    ],
    [
      'milliseconds',
      'POST',
      '/v1/events',
      { body: { events: [{ ...event, time: 1.7e12 }] } },
      422,
      'unusable',
      'events.0.time',
    ],
    [
      'a time of no zone',
      'POST',
      '/v1/events',
      { body: { events: [{ ...event, time: '2024-01-01' }] } },
      422,
      'unusable',
      'events.0.time',
    ],
    [
      'a time of 1970',
      'POST',
      '/v1/events',
      { body: { events: [{ ...event, time: '1970-01-01T00:00:00Z' }] } },
      422,
      'unusable',
      'events.0.time',
    ],
    ['k in words', 'GET', '/v1/users/u/recommendations?k=none', {}, 422, 'unusable', 'k'],
    ['k twice', 'GET', '/v1/users/u/recommendations?k=1&k=2', {}, 422, 'unusable', 'k'],
    ['an unknown query', 'GET', '/v1/users/u/recommendations?n=1', {}, 422, 'unusable', 'n'],
    ['a long id', 'GET', `/v1/users/${'x'.repeat(300)}/recommendations`, {}, 422, 'unusable', 'id'],
    ['an item that is unknown', 'GET', '/v1/items/nothing/similar', {}, 404, 'not-found', 'id'],
    [
      'an unknown item to explain',
      'POST',
      '/v1/explain',
      { body: { history: ['a-1'], item: 'nothing' } },
      422,
      'unusable',
      undefined,
    ],
    [
      'an explanation of nothing',
      'POST',
      '/v1/explain',
      { body: { history: ['nothing'] } },
      422,
      'unusable',
      undefined,
    ],
    ['a state that is none', 'PUT', '/v1/items/a-1', { body: { hidden: 'yes' } }, 422, 'unusable', 'hidden'],
    ['no such route', 'GET', '/v2/recommend', {}, 404, 'not-found', undefined],
    ['no such method', 'GET', '/v1/recommend', {}, 404, 'not-found', undefined],
  ])('%s', async (_, method, path, asked, status, code, field) => {
    const answer = await server.ask(method, path, asked);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.stringMatching(/\w{3}/) } } });
    expect(answer.body).toEqual({
      error: { code, message: expect.any(String), cure: expect.any(String), ...(field === undefined ? {} : { field }) },
    });
  });

  it('a store that fails is not told in detail, but logged', async () => {
    const { logger, lines } = keptLog();
    const store = {
      ...openMemoryStore(),
      append: () => Promise.reject(new StoreError('password=secret')),
      ping: () => Promise.reject(new StoreError('gone')),
    };
    const failing = await askedServer({ models: join(folder, 'a'), store, logger, config: { models: { threads: 1 } } });
    const answer = await failing.post('/v1/events', { events: [event] });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(await failing.ask('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, store: { answers: false } },
    });
    await failing.close();
    expect(lines.find(({ msg }) => msg === 'failed')).toMatchObject({
      status: 503,
      err: { message: 'password=secret' },
    });
  });
});

describe('keys', () => {
  let guarded: AskedServer;
  beforeAll(async () => {
    process.env['DIFSR_TEST_KEYS'] = 'second-key third-key';
    const config = {
      keys: ['first-key'],
      keysFrom: 'DIFSR_TEST_KEYS',
      cors: { origins: ['https://shop.example'] },
      models: { threads: 1 },
    };
    guarded = await askedServer({ models: join(folder, 'a'), config });
  });
  afterAll(async () => {
    delete process.env['DIFSR_TEST_KEYS'];
    await guarded.close();
  });

  it.each([
    [{}, 401],
    [{ authorization: 'Bearer wrong-key' }, 401],
    [{ authorization: 'Bearer first-key2' }, 401],
    [{ authorization: 'first-key' }, 401],
    [{ 'x-api-key': '' }, 401],
    [{ authorization: 'Bearer first-key' }, 200],
    [{ authorization: 'bearer third-key' }, 200],
    [{ 'x-api-key': 'second-key' }, 200],
  ])('%o: %i', async (headers, status) => {
    const answer = await guarded.ask('POST', '/v1/recommend', { body: { history: [], k: 1 }, headers });
    expect(answer.status).toBe(status);
    if (status === 401)
      expect(answer.body).toMatchObject({ error: { code: 'unauthorized', cure: expect.any(String) } });
  });

  it('are not needed to look after the server, and are in its description', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/docs'])
      expect((await guarded.ask('GET', path)).status, path).toBe(200);
    expect((await guarded.ask('GET', '/openapi.json')).body).toMatchObject({
      security: [{ key: [] }],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    });
  });

  it('pages of the origins that are allowed may ask, also before they have sent a key', async () => {
    const preflight = (origin: string) =>
      guarded.ask('OPTIONS', '/v1/recommend', { headers: { origin, 'access-control-request-method': 'POST' } });
    const allowed = await preflight('https://shop.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect((await preflight('https://other.example')).headers.get('access-control-allow-origin')).toBe(null);
  });
});

it.each([false, true])('a line for each request; histories and users in it: %s', async (histories) => {
  const { logger, lines } = keptLog();
  const config = { logs: { histories }, models: { threads: 1 } };
  const logging = await askedServer({ models: join(folder, 'a'), logger, config });
  await logging.post('/v1/recommend', { history: ['a-11', 'secret-item'], k: 3 });
  await logging.ask('GET', '/v1/users/secret-user/recommendations?k=2');
  await logging.post('/v1/recommend', { history: [{ item: 'a-1', secretField: 1 }] });
  await logging.close();
  const answered = lines.filter(({ msg }) => msg === 'answered');
  expect(answered).toMatchObject([
    { route: '/v1/recommend', method: 'POST', status: 200, model: 'a', lists: 1, items: 3, ms: expect.any(Number) },
    { route: '/v1/users/:id/recommendations', status: 200, items: 2 },
    { route: '/v1/recommend', status: 422 },
  ]);
  const all = JSON.stringify(lines);
  expect(all.includes('secret-item') && all.includes('secret-user')).toBe(histories);
  expect(all).not.toContain('secretField');
});
