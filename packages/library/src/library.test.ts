// The way of a shop: files to a data set, to a run, to recommendations, in the calls that a program makes.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sasrec } from '@difsr/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  evaluate,
  exportRun,
  inspect,
  models,
  openRecommender,
  openRun,
  prepare,
  presets,
  recipes,
  resume,
  statistics,
  termsOf,
  train,
  pull,
  UsageError,
  type PrepareEvent,
  type TrainEvent,
  withItems,
} from './index.js';

const TINY = { hiddenSize: 8, innerSize: 8, layers: 1, heads: 2, maxLength: 8 };
const ITEMS = Array.from({ length: 50 }, (_, item) => `B${item}`);
let folder = '';
const at = (...path: string[]): string => join(folder, ...path);
const fast = { device: 'cpu', threads: 1 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-library-'));
  const rows = Array.from({ length: 320 }, (_, row) => {
    const [user, place] = [row >> 3, row & 7];
    return `u${user},${ITEMS[(user + place * 7) % 50]},2026-01-0${1 + place}T00:00:00Z`;
  });
  await writeFile(at('orders.csv'), `${['customer,item,time', ...rows, 'u1,,soon'].join('\n')}\n`);
  const items = ITEMS.map((item, i) => JSON.stringify({ item, title: `thing ${i}`, brand: `brand ${i % 5}` }));
  await writeFile(at('catalogue.jsonl'), `${items.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('looks at files without writing anything', async () => {
  const found = await inspect(at('orders.csv'), { items: at('catalogue.jsonl'), out: at('data/shop') });
  expect(found.description.interactions.user).toBe('customer');
  expect(found.yaml).toContain('user: customer');
  expect(existsSync(at('data'))).toBe(false);
});

it('prepares files, tells each step, and sets aside what cannot be used', async () => {
  const events: PrepareEvent[] = [];
  const prepared = await prepare(at('orders.csv'), {
    items: at('catalogue.jsonl'),
    description: { filters: { userMin: 2 } },
    out: at('data/shop'),
    onEvent: (event) => events.push(event),
  });
  expect(prepared).toMatchObject({ out: at('data/shop'), yaml: at('data/shop.yaml') });
  expect(prepared.manifest.counts).toMatchObject({ users: 40, items: 50, interactions: 320 });
  expect(await readFile(prepared.quarantine ?? '', 'utf8')).toContain('soon');
  expect(await readFile(at('data/shop.yaml'), 'utf8')).toContain('userMin: 2');
  expect(events.slice(0, 2).map(({ kind }) => kind)).toEqual(['inferred', 'written']);
  expect(events.filter(({ kind }) => kind === 'step').length).toBeGreaterThan(3);
  await expect(prepare(at('data/shop.yaml'), { columns: { user: 'customer' } })).rejects.toThrow(
    /columns\.user: .*shop\.yaml says that already/,
  );
});

it('of a split that is described, one part is changed; another method replaces it', async () => {
  const yaml = (await readFile(at('data/shop.yaml'), 'utf8')).replace(
    /method: leave-one-out/,
    'method: ratio, valid: 0.1, test: 0.1',
  );
  await writeFile(at('data/parts.yaml'), yaml);
  const splitOf = async (split: Readonly<Record<string, unknown>>): Promise<unknown> =>
    (await inspect(at('data/parts.yaml'), { description: { split } })).description.split;
  expect(await splitOf({ valid: 0.2 })).toMatchObject({ method: 'ratio', valid: 0.2, test: 0.1 });
  expect(await splitOf({ method: 'leave-one-out' })).toEqual({ method: 'leave-one-out' });
});

it('a preparation that is stopped leaves nothing, not even the description', async () => {
  const controller = new AbortController();
  const stopped = prepare(at('orders.csv'), {
    out: at('stopped/shop'),
    signal: controller.signal,
    onEvent: ({ kind }) => {
      if (kind === 'written') controller.abort();
    },
  });
  await expect(stopped).rejects.toThrow(/abort/i);
  expect(existsSync(at('stopped/shop.yaml')) || existsSync(at('stopped/shop'))).toBe(false);
});

it('what would be ignored is refused', async () => {
  await expect(statistics({ path: at('data/shop'), userMin: 5 })).rejects.toThrow(
    /data\.userMin: 5 has no meaning for a prepared data set/,
  );
  await expect(statistics({ path: at('data/shop'), fields: ['brand'] })).rejects.toThrow(
    /data\.fields: \["brand"\] does not change what is counted/,
  );
  await expect(statistics({ path: at('orders.csv'), streaming: 'on' })).rejects.toThrow(
    /data\.streaming: "on" does not change how data is read/,
  );
  const signal: unknown = {};
  await expect(train({ signal: signal as AbortSignal })).rejects.toThrow(/signal .* an AbortSignal/);
});

it('raw files of a recipe that were not fetched are named with how to fetch them, whoever needs them', async () => {
  await expect(prepare('ml-1m')).rejects.toThrow(
    /data.raw.ml-1m: there is no folder .* ml-1m\n {2}cure: fetch them \(pull\('ml-1m'\)\), or name their folder \(raw\)$/,
  );
  await expect(train({ data: 'ml-1m' })).rejects.toThrow(
    /cure: fetch them \(pull\('ml-1m'\)\), or name their folder \(raw\), of prepare\('ml-1m'\), and train on what it writes$/,
  );
});

it('counts a data set', async () => {
  const { statistics: counted, analysis } = await statistics(at('data/shop'));
  expect(counted).toMatchObject({ users: 40, items: 50 });
  expect(analysis).toBeDefined();
});

it('trains, goes on, evaluates and exports; events say what happens', async () => {
  const events: TrainEvent[] = [];
  const { reason, run, metrics } = await train({
    data: at('data/shop'),
    model: { name: 'dif-sr', sideWidth: 4, ...TINY },
    out: at('runs/shop'),
    epochs: 2,
    seed: 3,
    ...fast,
    onEvent: (event) => events.push(event),
  });
  expect([reason, run]).toEqual(['finished', at('runs/shop')]);
  expect(metrics?.test?.['ndcg@10']).toBeGreaterThan(0);
  expect(events.flatMap((event) => (event.kind === 'data' ? [event.users, event.sides] : []))).toEqual([
    40,
    ['brand (5 values)'],
  ]);
  expect(events.filter(({ kind }) => kind === 'epoch')).toHaveLength(2);

  const evaluated = await evaluate(run, fast);
  expect(evaluated.test).toEqual(metrics?.test);
  expect(evaluated).toMatchObject({ model: 'dif-sr', protocol: { maskSeen: false } });

  expect((await resume(run, { epochs: 3, ...fast })).reason).toBe('finished');
  const exported = await exportRun(run, { k: 5, excluded: true });
  expect(exported).toMatchObject({ k: 5, opset: 17, maxLength: 8, excluded: true });
  expect(exported.largestRelativeDifference).toBeLessThan(1e-4);
  expect(existsSync(exported.file) && existsSync(exported.vocabulary)).toBe(true);
  await expect(exportRun(run, { k: 51 })).rejects.toThrow(
    /^k: 51: .* knows 50 items\n {2}cure: choose k from 1 to 50$/,
  );
});

it('recommends with defaults that need not be said', async () => {
  const shop = await openRecommender(at('runs/shop'), { threads: 1 });
  try {
    const one = await shop.recommend(['B4', 'B17']);
    expect(one.items).toHaveLength(20);
    expect(one.items.map(({ id }) => id)).not.toContain('B17');
    expect(one.items[0]).toMatchObject({ id: expect.stringMatching(/^B\d+$/), name: expect.stringMatching(/^thing /) });
    expect(one).toMatchObject({ unknown: [], popular: false });
    const [first, second] = await shop.recommendMany(
      [{ history: ['B4', 'B17'] }, { history: ['B17', 'none'], exclude: ['B1'] }],
      { k: 3 },
    );
    expect(first?.items).toEqual(
      one.items.slice(0, 3).map((item) => ({ ...item, score: expect.closeTo(item.score, 5) })),
    );
    expect(second?.unknown).toEqual(['none']);
    expect((await shop.similar('B4', { k: 4 })).items).toHaveLength(4);
    expect(shop.run.model.name).toBe('dif-sr');
    await expect(openRecommender(shop.run, { model: sasrec })).rejects.toThrow(/the run is open already/);
    const none: unknown = { history: ['B4'] };
    await expect(shop.recommendMany(none as [])).rejects.toThrow(/takes a list of requests/);
  } finally {
    await shop[Symbol.asyncDispose]();
  }
});

it('a run takes up items that came after its training', async () => {
  const { run } = await train({
    data: at('data/shop'),
    model: { name: 'sasrec', ...TINY, itemFields: 'sum' },
    epochs: 1,
    out: at('runs/attributes'),
    ...fast,
  });
  const news = { id: 'B900', name: 'thing of today', values: { brand: 'brand 3' } };
  const { trained, said } = withItems(await openRun(run), [news]);
  expect(said).toEqual({ unknown: [], tooMany: [] });
  const shop = await openRecommender(trained, { threads: 1 });
  try {
    const asked = { k: 60, where: { brand: ['brand 3'] } };
    const { items } = await shop.recommend(['B4', 'B900'], { ...asked, includeNew: true, includeSeen: true });
    expect(items).toHaveLength(11);
    expect(items).toContainEqual({ id: 'B900', name: 'thing of today', score: expect.any(Number) });
    expect((await shop.recommend(['B4', 'B900'], asked)).unknown).toEqual([]);
  } finally {
    await shop.dispose();
  }
});

it('an abort saves and ends a training, and goes on to the same bytes', async () => {
  const options = { data: at('data/shop'), model: { name: 'sasrec', ...TINY }, epochs: 3, seed: 5, ...fast } as const;
  await train({ ...options, out: at('runs/whole') });
  const controller = new AbortController();
  const cut = await train({
    ...options,
    out: at('runs/cut'),
    signal: controller.signal,
    onEvent: ({ kind }) => kind === 'epoch' && controller.abort(),
  });
  expect(cut.reason).toBe('interrupted');
  await resume(at('runs/cut'));
  const weights = (run: string): Promise<Buffer> => readFile(at('runs', run, 'model.safetensors'));
  expect((await weights('cut')).equals(await weights('whole'))).toBe(true);
  await expect(train({ ...options, out: at('runs/never'), signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  expect(existsSync(at('runs/never'))).toBe(false);
});

it('a definition is a model of its own', async () => {
  const mine = { ...sasrec, name: 'mine' };
  const { run } = await train({
    data: at('data/shop'),
    model: { name: mine, ...TINY },
    epochs: 1,
    out: at('runs/mine'),
    ...fast,
  });
  await expect(openRecommender(run)).rejects.toThrow('was trained with a model of your own');
  const recommender = await openRecommender(run, { model: mine, threads: 1 });
  expect((await recommender.recommend(['B4'], { k: 2 })).items).toHaveLength(2);
  await recommender.dispose();
});

it.each<[string, () => Promise<unknown>, RegExp]>([
  // As JavaScript calls it, which knows no types.
  [
    'a misspelt option',
    () => train({ modle: 'sasrec' } as object),
    /train has no option "modle".*\n {2}cure: did you mean model\?/,
  ],
  [
    'a misspelt option of the model',
    () => train({ model: { name: 'dif-sr', fusoin: 'sum' } }),
    /did you mean model\.fusion\?/,
  ],
  [
    'a misspelt model',
    () => train({ model: 'sasrek' }),
    /there is no model "sasrek".*\n {2}cure: did you mean sasrec\?/,
  ],
  ['a number that is none', () => train({ epochs: 0 }), /epochs is a whole number from 1 on, got 0/],
  ['a folder that is taken', () => train({ out: at('runs/shop') }), /already holds a run/],
  ['terms that nobody agreed to', () => pull('ml-1m', { agree: false }), /the terms of ml-1m must be agreed to/],
])('%s is refused with a cure', async (_, call, message) => {
  await expect(call()).rejects.toThrow(UsageError);
  await expect(call()).rejects.toThrow(message);
});

it('says what there is', async () => {
  expect(models().map(({ name }) => name)).toEqual(expect.arrayContaining(['dif-sr', 'sasrec', 'sasrecf', 'nova']));
  expect(presets().map(({ name }) => name)).toEqual(['small', 'paper']);
  expect((await recipes()).map(({ name }) => name)).toContain('ml-1m');
  const { about, files, folder: raw } = await termsOf('ml-1m');
  expect([about.title, files.length > 0, raw]).toEqual([expect.any(String), true, join('data', 'raw', 'ml-1m')]);
});
