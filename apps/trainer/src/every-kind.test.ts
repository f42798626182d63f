// A shop's tables with a price and an embedding of each item, quantity, channel and time of each order, age and country of each user:
// prepared, trained on, asked with events, and exported, each column alone and all together.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descriptionSchema, loadPrepared, prepareDataset } from '@difsr/prepare';
import { uniformAt } from '@difsr/graph';
import { inputName, ownerOf, type FieldSchema, type HistoryEvent } from '@difsr/models';
import { createOnnxRuntimeBackend, openModelFile } from '@difsr/onnxruntime';
import { createRecommender, openRun, runConfigSchema, train } from '@difsr/training';
import { beforeAll, expect, it, test } from 'vitest';
import { difsr, freshFolder } from './command.test.support.js';

const [USERS, ITEMS, ORDERS, WIDTH] = [50, 40, 9, 16];
const CHANNELS = ['web', 'app', 'shop'];
const START = Date.UTC(2024, 0, 1) / 1000;
const MODEL = { name: 'dif-sr', hiddenSize: 16, innerSize: 16, layers: 1, sideWidth: 8, maxLength: 6 };
const TIMES = ['time.gap', 'time.weekday', 'time.hour'];
const ALL = ['price', 'embedding', 'quantity', 'channel', ...TIMES, 'age', 'country'];

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await freshFolder();
  env = { DIFSR_CACHE: join(cwd, 'cache') };
  let drawn = 0;
  const below = (most: number): number => Math.floor(uniformAt({ seed: 1, step: 0, stream: 7 }, drawn++) * most);
  const list = (count: number, row: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, i) => row(i));
  const numbers = (): string => list(WIDTH, () => (below(2000) / 1000 - 1).toFixed(3)).join(' ');
  await writeFile(
    join(cwd, 'orders.csv'),
    [
      'user,item,time,quantity,channel',
      ...list(USERS * ORDERS, (i) => {
        const time = START + Math.floor(i / USERS) * 90_000 + below(80_000);
        return `u${i % USERS},p${below(ITEMS)},${time},${i % 11 === 3 ? '' : 1 + below(5)},${i % 13 === 5 ? '' : CHANNELS[below(3)]}`;
      }),
    ].join('\n'),
  );
  await writeFile(
    join(cwd, 'items.csv'),
    [
      'id,price,embedding',
      ...list(ITEMS, (i) => `p${i},${i === 7 ? '' : (below(9000) / 100).toFixed(2)},${i === 3 ? '' : numbers()}`),
    ].join('\n'),
  );
  await writeFile(
    join(cwd, 'users.csv'),
    [
      'id,age,country',
      ...list(USERS, (i) => `u${i},${i === 5 ? '' : 18 + below(60)},${['AT', 'CH', 'DE'][below(3)]}`),
    ].join('\n'),
  );
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: {
      files: 'orders.csv',
      user: 'user',
      item: 'item',
      time: 'time',
      fields: { quantity: { kind: 'numeric' }, channel: { kind: 'categorical' } },
    },
    items: {
      files: 'items.csv',
      id: 'id',
      fields: { price: { kind: 'numeric' }, embedding: { kind: 'vector', separator: ' ' } },
    },
    users: { files: 'users.csv', id: 'id', fields: { age: { kind: 'numeric' }, country: { kind: 'categorical' } } },
  });
  await prepareDataset(description, { out: join(cwd, 'shop'), base: cwd, threads: 1 });
});

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await difsr(args, { cwd, env });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

const HISTORY: readonly HistoryEvent[] = [
  { item: 'p3', quantity: 2, channel: 'web', time: START + 100 },
  { item: 'p7', quantity: 5, time: START + 4000 },
  { item: 'p12', channel: 'shop', time: START + 90_000 },
];
const USER = { age: 40, country: 'CH' };

/** What the exported file recommends, fed by hand as its help says. */
async function exported(out: string): Promise<readonly string[]> {
  const { model, vocabulary } = await openRun(join(cwd, out));
  const file = await openModelFile(await readFile(join(cwd, out, 'model.onnx')));
  const tokensOf = (field: FieldSchema): readonly string[] => vocabulary.fields[field.name] ?? [];
  const valueOf = (field: FieldSchema, event: HistoryEvent, before: HistoryEvent | undefined): number[] => {
    const time = Number(event.time);
    if (field.name === 'time.gap') return before === undefined ? [0, 0] : [time - Number(before.time), 1];
    if (field.name === 'time.weekday') return [((new Date(time * 1000).getUTCDay() + 6) % 7) + 1];
    if (field.name === 'time.hour') return [new Date(time * 1000).getUTCHours() + 1];
    const value =
      ownerOf(field) === 'user' ? Object.entries(USER).find(([name]) => name === field.name)?.[1] : event[field.name];
    if (field.kind === 'numeric') return value === undefined ? [0, 0] : [Number(value), 1];
    return [Math.max(0, tokensOf(field).indexOf(String(value)))];
  };
  const feed = (field: FieldSchema, values: readonly number[], shape: readonly number[]) =>
    field.kind === 'numeric'
      ? ({ dtype: 'float32', shape: [...shape, 2], data: Float32Array.from(values) } as const)
      : ({ dtype: 'int32', shape, data: Int32Array.from(values) } as const);
  const [first] = HISTORY;
  if (first === undefined) throw new Error('no history');
  const { ids } = await file.run({
    items: {
      dtype: 'int32',
      shape: [1, 3],
      data: Int32Array.from(HISTORY, ({ item }) => vocabulary.items.indexOf(item)),
    },
    ...Object.fromEntries([
      ...model.reads.events.map((field) => [
        inputName(field),
        feed(
          field,
          HISTORY.flatMap((event, i) => valueOf(field, event, HISTORY[i - 1])),
          [1, 3],
        ),
      ]),
      ...model.reads.users.map((field) => [inputName(field), feed(field, valueOf(field, first, undefined), [1])]),
    ]),
  });
  await file.dispose();
  return Array.from(ids?.data ?? [], (id) => vocabulary.items[id] ?? '');
}

const idsIn = (json: string): readonly string[] => {
  const found: { items: { id: string }[] } = JSON.parse(json);
  return found.items.map(({ id }) => id);
};

it('all together: the same in memory and from disk, as events, and in the exported file', async () => {
  const options = Object.entries({
    ...MODEL,
    userFields: 'stream',
    itemFields: 'sum',
    numeric: 'buckets',
    vectors: 'tuned',
    fields: ALL,
  });
  const sets = options.flatMap(([key, value]) => [
    '--set',
    `model.${key}=${Array.isArray(value) ? JSON.stringify(value) : String(value)}`,
  ]);
  const shared = ['train', '--data', 'shop', '--epochs', '2', '--seed', '2', '--device', 'cpu', ...sets];
  await run(...shared, '--out', 'memory');
  await run(...shared, '--out', 'disk', '--set', 'data.streaming=on');
  for (const file of ['model.safetensors', 'optimizer.safetensors', 'vocabulary.json'])
    expect((await readFile(join(cwd, 'disk', file))).equals(await readFile(join(cwd, 'memory', file))), file).toBe(
      true,
    );
  const metrics: { test: unknown } = JSON.parse(await readFile(join(cwd, 'memory/metrics.json'), 'utf8'));
  expect(JSON.parse(await run('evaluate', 'disk', '--json'))).toMatchObject({ test: metrics.test });
  const asked = ['recommend', 'memory', '--include-seen', '-k', '10', '--json'];
  const recommended = idsIn(await run(...asked, '--history', JSON.stringify(HISTORY), '--user', JSON.stringify(USER)));
  expect(recommended).not.toEqual(idsIn(await run(...asked, '--history', 'p3 p7 p12')));
  await run('export', 'memory', '--onnx', '-k', '10');
  expect(await exported('memory')).toEqual(recommended);
});

test.each([['price'], ['embedding'], ['quantity'], ['channel'], TIMES, ['age']])('%s alone', async (...fields) => {
  const out = fields[0] ?? '';
  const backend = await createOnnxRuntimeBackend({ threads: 1 });
  const dataset = await loadPrepared(join(cwd, 'shop'));
  const model = { ...MODEL, fields, ...(out === 'age' ? { userFields: 'stream' } : {}) };
  const config = runConfigSchema.parse({ model, training: { epochs: 1, targetsPerStep: 64, checkpointSeconds: 0 } });
  await train({ config, dataset, backend, out: join(cwd, out) });
  const trained = await openRun(join(cwd, out));
  const recommender = await createRecommender(trained, backend);
  const { items } = await recommender.recommend(HISTORY, { k: 10, includeSeen: true, user: USER });
  await recommender.dispose();
  await backend.dispose();
  await run('export', out, '--onnx', '-k', '10');
  expect(await exported(out)).toEqual(items.map(({ id }) => id));
});
