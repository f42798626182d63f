// What a shop wants of every answer, beside what a full ranking sorted by hand gives.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openRecommender, UsageError, type RunRecommender } from '@difsr/library';
import { attributeOf, isFilterField } from '@difsr/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedServer } from '../ask.test.support.js';
import { serverConfig } from '../config/read.js';
import type { Boost, Cap, ServerSettings } from '../config/types.js';
import { keptLog, versionsFolder } from '../runs.test.support.js';
import { createServer } from '../server.js';
import { compileRules } from './rules.js';

let folder = '';
let shop: RunRecommender;
beforeAll(async () => {
  folder = await versionsFolder();
  shop = await openRecommender(join(folder, 'a'), { threads: 1 });
});
afterAll(async () => {
  await shop.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** The values of a field by the ids of items. */
function valuesOf(name: string): (id: string) => string[] {
  const { items, model, tensors, fields } = shop.run;
  const field = model.schema.fields.filter(isFilterField).find((each) => each.name === name);
  const found = field === undefined ? undefined : attributeOf(tensors, field, model.schema.items);
  if (found?.kind !== 'ids') throw new Error(`no values of ${name}`);
  return (id) => {
    const item = items.tokens.indexOf(id);
    return Array.from({ length: (found.offsets[item + 1] ?? 0) - (found.offsets[item] ?? 0) }, (_, i) => {
      const value = found.values[(found.offsets[item] ?? 0) + i] ?? 0;
      return fields[name]?.[value] ?? '';
    });
  };
}

/** All items, with what boosts add, sorted, and then taken one by one. */
async function byHand(
  history: readonly string[],
  k: number,
  caps: readonly Cap[],
  boosts: readonly Boost[],
): Promise<string[]> {
  const { items } = await shop.recommend(history, { k: 150 });
  const scored = items.map(({ id, score }) => {
    const adds = boosts
      .filter(({ where }) =>
        Object.entries(where).every(([name, wanted]) =>
          valuesOf(name)(id).some((value) => [wanted].flat().includes(value)),
        ),
      )
      .map(({ add }) => add);
    return { id, score: adds.length === 0 ? score : score + Math.max(...adds) };
  });
  const taken: string[] = [];
  for (const { id } of scored.toSorted((a, b) => b.score - a.score)) {
    const fits = caps.every(({ field, most }) =>
      valuesOf(field)(id).every(
        (value) => taken.filter((other) => valuesOf(field)(other).includes(value)).length < most,
      ),
    );
    if (fits && taken.length < k) taken.push(id);
  }
  return taken;
}

const token = (field: string, value: number): string => shop.run.fields[field]?.[value] ?? '';

describe('rules', () => {
  it.each<[string, () => { caps?: readonly Cap[]; boosts?: readonly Boost[] }]>([
    ['none', () => ({})],
    ['one of each brand', () => ({ caps: [{ field: 'brand', most: 1 }] })],
    [
      'two of each brand, three of each category',
      () => ({
        caps: [
          { field: 'brand', most: 2 },
          { field: 'categories', most: 3 },
        ],
      }),
    ],
    ['a brand first', () => ({ boosts: [{ where: { brand: [token('brand', 2)] }, add: 100 }] })],
    ['a brand a little before others', () => ({ boosts: [{ where: { brand: [token('brand', 3)] }, add: 0.02 }] })],
    ['a brand last', () => ({ boosts: [{ where: { brand: [token('brand', 1)] }, add: -100 }] })],
    [
      'two that overlap, under caps',
      () => ({
        caps: [{ field: 'categories', most: 2 }],
        boosts: [
          { where: { brand: [token('brand', 2), token('brand', 3)] }, add: 0.5 },
          { where: { categories: [token('categories', 4)] }, add: 0.3 },
        ],
      }),
    ],
  ])('%s: as sorted by hand', async (_, make) => {
    const { caps = [], boosts = [] } = make();
    const rules = await compileRules(shop, serverConfig({ rules: { caps, boosts } }).rules);
    for (const history of [['a-1'], ['a-5', 'a-9', 'a-2']])
      for (const k of [1, 5, 20]) {
        const { items } = await rules.best(k, (most) => shop.recommend(history, { k: most }));
        expect(items.map(({ id }) => id)).toEqual(await byHand(history, k, caps, boosts));
      }
  });

  it('of popular items nothing is added to counts, and caps hold', async () => {
    const config = {
      rules: { caps: [{ field: 'brand', most: 1 }], boosts: [{ where: { brand: [token('brand', 2)] }, add: 100 }] },
    };
    const rules = await compileRules(shop, serverConfig(config).rules);
    const { items } = await rules.best(10, (most) => shop.recommend([], { k: most }));
    const brands = items.flatMap(({ id }) => valuesOf('brand')(id));
    expect(new Set(brands).size).toBe(brands.length);
    expect(items.map(({ score }) => score)).toEqual(items.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it('choose among so many candidates at most', async () => {
    const config = { rules: { boosts: [{ where: { brand: [token('brand', 2)] }, add: 100 }], candidates: 10 } };
    const rules = await compileRules(shop, serverConfig(config).rules);
    const asked: number[] = [];
    await rules.best(2, (most) => {
      asked.push(most);
      return shop.recommend(['a-1'], { k: most });
    });
    expect(asked).toEqual([4, 8, 10]);
  });
});

it('a server keeps them: never shown, and capped', async () => {
  const best = (await shop.recommend(['a-1'], { k: 3 })).items.map(({ id }) => id);
  const config: ServerSettings = {
    rules: { never: best, caps: [{ field: 'brand', most: 1 }] },
    models: { threads: 1 },
  };
  const server = await askedServer({ models: join(folder, 'a'), config });
  const { body } = await server.post('/v1/recommend', { history: ['a-1'], k: 8 });
  const { items }: { items: { id: string }[] } = JSON.parse(JSON.stringify(body));
  expect(items.filter(({ id }) => best.includes(id))).toEqual([]);
  const brands = items.flatMap(({ id }) => valuesOf('brand')(id));
  expect(new Set(brands).size).toBe(brands.length);
  const similar = JSON.parse(JSON.stringify((await server.ask('GET', '/v1/items/a-9/similar?k=5')).body)) as {
    items: { id: string }[];
  }; // an answer
  const like = similar.items.flatMap(({ id }) => valuesOf('brand')(id));
  expect(new Set(like).size).toBe(like.length);
  await server.close();
});

it.each<[ServerSettings['rules'], RegExp]>([
  [{ caps: [{ field: 'colour', most: 1 }] }, /items have no field "colour" of texts or numbers; they have .*brand/],
  [{ boosts: [{ where: { colour: 'red' }, add: 1 }] }, /colour/],
  [{ boosts: [{ where: { brand: { min: 3 } }, add: 1 }] }, /brand/],
])('%o do not fit the model: it is refused', async (rules = {}, reason) => {
  const { logger } = keptLog();
  await expect(
    createServer({ models: join(folder, 'a'), logger, config: { rules, models: { threads: 1 } } }),
  ).rejects.toThrow(reason);
});

it.each([
  [{ limits: { k: 0 } }, /limits\.k/],
  [{ limit: {} }, /limit: there is no such key[\s\S]*limits/],
  [{ store: 'mysql://u:secret@h/d' }, /there is no store "mysql:\/\/\.\.@h\/d"/],
  [{ store: { kind: 'redis' } }, /redis needs its address/],
  [{ keys: ['short'] }, /keys\.0/],
])('the configuration %j is refused', (config, reason) => {
  // Written by hand, as in a file: mistakes are what is tested.
  const read = (): unknown => serverConfig(config as ServerSettings);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(reason);
});
