// Every route over HTTP: answers are those of the library.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecommender, type RunRecommender } from '@difsr/library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedServer, type AskedServer } from '../ask.test.support.js';
import { versionsFolder } from '../runs.test.support.js';

let folder = '';
let server: AskedServer;
let shop: RunRecommender;

beforeAll(async () => {
  folder = await versionsFolder();
  shop = await openRecommender(join(folder, 'a'), { threads: 1 });
  server = await askedServer({ models: join(folder, 'a'), config: { models: { threads: 1 }, limits: { k: 150 } } });
});
afterAll(async () => {
  await server.close();
  await shop.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Scores of several histories at once may differ in their last bits. */
function close(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, each: unknown) =>
    ['score', 'difference'].includes(key) && typeof each === 'number' ? expect.closeTo(each, 4) : each,
  );
}

const category = (): string => shop.run.fields['categories']?.[1] ?? '';

describe('POST /v1/recommend', () => {
  it.each([
    ['a history', { history: ['a-1', 'a-2'], k: 5 }],
    ['20 where no number is said', { history: ['a-1'] }],
    ['events with times', { history: ['a-1', { item: 'a-2', time: 1_700_000_000 }], k: 3 }],
    ['ids that the model does not know', { history: ['a-1', 'b-7'], k: 3 }],
    ['nothing: popular items', { history: [], k: 4 }],
    ['items that may come again', { history: ['a-1', 'a-2'], k: 150, includeSeen: true }],
    ['without some', { history: ['a-1'], k: 150, exclude: ['a-3', 'a-4', 'nothing'] }],
    ['of some alone', { history: ['a-1'], only: ['a-3', 'a-4', 'a-5', 'nothing'] }],
  ])('%s', async (_, asked) => {
    const { status, body } = await server.post('/v1/recommend', asked);
    const { history, ...options } = asked;
    expect(status).toBe(200);
    expect(body).toEqual({ ...(close(await shop.recommend(history, options)) as object), model: 'a' }); // JSON of an answer
  });

  it('of a category', async () => {
    const where = { categories: [category()] };
    const { body } = await server.post('/v1/recommend', { history: ['a-1'], k: 150, where });
    const expected = await shop.recommend(['a-1'], { k: 150, where });
    expect(expected.items.length).toBeGreaterThan(0);
    expect(body).toEqual({ ...(close(expected) as object), model: 'a' }); // JSON of an answer
  });

  it('a time of ISO 8601 is that moment', async () => {
    const time = (given: unknown) => ({ history: [{ item: 'a-2', time: given }], k: 3 });
    const [one, two] = await Promise.all([
      server.post('/v1/recommend', time(1_700_000_000)),
      server.post('/v1/recommend', time('2023-11-14T23:13:20+01:00')),
    ]);
    expect(one.status).toBe(200);
    expect(two.body).toEqual(close(one.body));
  });
});

it('POST /v1/recommend/batch answers each request as if alone', async () => {
  const requests = [
    { history: ['a-1'], k: 2 },
    { history: ['a-3', 'a-9'], k: 4, exclude: ['a-5'] },
    { history: [], k: 1 },
  ];
  const { status, body } = await server.post('/v1/recommend/batch', { requests });
  expect(status).toBe(200);
  const answers = await Promise.all(requests.map(({ history, ...options }) => shop.recommend(history, options)));
  expect(body).toEqual({ answers: close(answers), model: 'a' });
});

it('GET /v1/items/{id}/similar', async () => {
  const { status, body } = await server.ask('GET', '/v1/items/a-4/similar?k=5');
  expect(status).toBe(200);
  expect(body).toEqual({ ...(close(await shop.similar('a-4', { k: 5 })) as object), model: 'a' }); // JSON of an answer
});

it('POST /v1/explain, of the best item and of another', async () => {
  const history = ['a-1', 'a-2', 'a-6'];
  for (const more of [{}, { item: 'a-9' }]) {
    const { status, body } = await server.post('/v1/explain', { history, ...more });
    expect(status).toBe(200);
    expect(body).toEqual({ ...(close(await shop.explain(history, more)) as object), model: 'a' }); // JSON of an answer
  }
});

describe('events and users', () => {
  it('are kept once, and are the history of their user in the order of time', async () => {
    const events = [
      { id: 'e2', user: 'u1', item: 'a-2', time: 1_700_000_200, type: 'view', rating: 3 },
      { id: 'e1', user: 'u1', item: 'a-1', time: '2023-11-14T22:13:20Z' },
      { user: 'u2', item: 'a-9', time: 1_700_000_000 },
    ];
    expect(await server.post('/v1/events', { events })).toMatchObject({
      status: 202,
      body: { accepted: 3, duplicates: 0 },
    });
    expect(await server.post('/v1/events', { events: events.slice(0, 2) })).toMatchObject({
      status: 202,
      body: { accepted: 0, duplicates: 2 },
    });
    const { status, body } = await server.ask('GET', '/v1/users/u1/recommendations?k=4');
    expect(status).toBe(200);
    const expected = await shop.recommend(['a-1', 'a-2'], { k: 4 });
    expect(body).toMatchObject({ items: close(expected.items), unknown: [], popular: false, model: 'a' });
    const seen = await server.ask('GET', '/v1/users/u1/recommendations?k=150&includeSeen=true');
    expect(idsOf(seen.body)).toEqual(expect.arrayContaining(['a-1', 'a-2']));
  });

  it('a user of whom nothing is known gets popular items, so does one who was forgotten', async () => {
    const popular = await shop.recommend([], { k: 20 });
    expect((await server.ask('GET', '/v1/users/nobody/recommendations')).body).toEqual({ ...popular, model: 'a' });
    await server.post('/v1/events', { events: [{ id: 'f', user: 'gone', item: 'a-2', time: 1_700_000_000 }] });
    expect((await server.ask('GET', '/v1/users/gone/recommendations')).body).toMatchObject({ popular: false });
    expect(await server.ask('DELETE', '/v1/users/gone')).toMatchObject({ status: 204, body: '' });
    expect((await server.ask('GET', '/v1/users/gone/recommendations')).body).toMatchObject({ popular: true });
  });

  it('ids of users may hold anything that an address can', async () => {
    const user = 'a/b ?ü%&';
    await server.post('/v1/events', { events: [{ user, item: 'a-2', time: 1_700_000_000 }] });
    const { body } = await server.ask('GET', `/v1/users/${encodeURIComponent(user)}/recommendations?k=1`);
    expect(body).toMatchObject({ popular: false });
  });
});

describe('PUT /v1/items/{id}', () => {
  const shown = async (): Promise<readonly string[]> =>
    idsOf((await server.post('/v1/recommend', { history: ['a-1'], k: 150 })).body);

  it('hides an item from every answer, and shows it again', async () => {
    expect(await shown()).toContain('a-7');
    expect(await server.ask('PUT', '/v1/items/a-7', { body: { hidden: true } })).toMatchObject({
      status: 200,
      body: { id: 'a-7', hidden: true, model: 'a' },
    });
    expect(await shown()).not.toContain('a-7');
    expect(idsOf((await server.ask('GET', '/v1/items/a-4/similar?k=150')).body)).not.toContain('a-7');
    expect(idsOf((await server.post('/v1/recommend', { history: [], k: 150 })).body)).not.toContain('a-7');
    await server.ask('PUT', '/v1/items/a-7', { body: {} });
    expect(await shown()).toContain('a-7');
  });

  it('shows an item from a moment on, and until one', async () => {
    const now = Date.now() / 1000;
    for (const [state, isShown] of [
      [{ availableFrom: now + 3600 }, false],
      [{ availableFrom: now - 3600 }, true],
      [{ availableUntil: new Date((now - 60) * 1000).toISOString() }, false],
      [{ availableFrom: now - 3600, availableUntil: now + 3600 }, true],
    ] as const) {
      await server.ask('PUT', '/v1/items/a-8', { body: state });
      expect((await shown()).includes('a-8'), JSON.stringify(state)).toBe(isShown);
    }
  });

  it('of an item that the model does not know: 409 with the reason', async () => {
    expect(await server.ask('PUT', '/v1/items/new-1', { body: { hidden: true } })).toMatchObject({
      status: 409,
      body: {
        error: { code: 'conflict', field: 'id', message: 'the model a does not know the item "new-1"', cure: /train/ },
      },
    });
  });
});

describe('what the server says of itself', () => {
  it('lives and is ready', async () => {
    expect(await server.ask('GET', '/healthz')).toMatchObject({ status: 200, body: { alive: true } });
    expect(await server.ask('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, model: 'a', store: { kind: 'memory', answers: true } },
    });
  });

  it('counts requests by route, without ids', async () => {
    await server.ask('GET', '/v1/users/secret-user/recommendations?k=1');
    await server.ask('GET', '/nowhere');
    const { body, headers } = await server.ask('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(body).toMatch(
      /^difsr_http_requests_total\{route="\/v1\/users\/:id\/recommendations",method="GET",status="200"\} \d+$/m,
    );
    expect(body).toMatch(/^difsr_http_requests_total\{route="none",method="GET",status="404"\} \d+$/m);
    expect(body).toMatch(/^difsr_model_current\{version="a"\} 1$/m);
    expect(body).toMatch(/^difsr_recommendations_total\{kind="popular"\} \d+$/m);
    expect(body).not.toContain('secret-user');
  });

  it('describes every route, and shows that as a page that asks nobody', async () => {
    const { body } = await server.ask('GET', '/openapi.json');
    const { openapi, paths }: { openapi: string; paths: Record<string, object> } = JSON.parse(JSON.stringify(body));
    expect(openapi).toBe('3.1.0');
    expect(
      Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)),
    ).toEqual([
      'post /v1/recommend',
      'post /v1/recommend/batch',
      'get /v1/users/{id}/recommendations',
      'get /v1/items/{id}/similar',
      'post /v1/explain',
      'post /v1/events',
      'delete /v1/users/{id}',
      'put /v1/items/{id}',
      'get /healthz',
      'get /readyz',
      'get /metrics',
    ]);
    const page = await server.ask('GET', '/docs');
    expect(page.body).toContain('<code>/v1/recommend/batch</code>');
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});

function idsOf(answer: unknown): string[] {
  const { items }: { items: { id: string }[] } = JSON.parse(JSON.stringify(answer));
  return items.map(({ id }) => id);
}
