// Training on raw files as users call it: CSV, a Parquet file, a folder of Parquet parts and a recipe, and what comes after training.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEngine } from '@difsr/prepare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, freshFolder, TINY, TINY_MODEL, writeRecbole } from './command.test.support.js';

const RAW = fileURLToPath(new URL('../../../../shared/data/raw/amazon-2018-magazine-subscriptions', import.meta.url));
/** At a constant rate: a cosine could not be gone on with in silence. */
const PLAIN = [
  ...TINY_MODEL,
  '--set',
  'training.schedule.kind=constant',
  '--model',
  'sasrec',
  '--epochs',
  '1',
  '--seed',
  '4',
  '--device',
  'cpu',
  '--threads',
  '1',
];

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await freshFolder();
  env = { DIFSR_CACHE: join(cwd, 'cache') };
  await writeRecbole(cwd);
  // One log in three forms: a table, a file of it, and parts of users.
  const engine = await openEngine({ threads: 1 });
  try {
    await mkdir(join(cwd, 'parts'));
    await engine.run(
      `CREATE TABLE log AS SELECT "user_id:token" AS user_id, "item_id:token" AS item_id, CAST("timestamp:float" AS BIGINT) + 1600000000 AS timestamp FROM read_csv('${cwd}/shop/shop.inter', delim = '\t', all_varchar = true)`,
    );
    const write = (select: string, file: string): Promise<unknown> =>
      engine.run(`COPY (${select}) TO '${cwd}/${file}'`);
    await write('FROM log', 'log.csv');
    await write('FROM log', 'log.parquet');
    const half = (await engine.count('SELECT count(*) FROM log')) >> 1;
    await write(`FROM log LIMIT ${half}`, 'parts/1.parquet');
    await write(`FROM log OFFSET ${half}`, 'parts/2.parquet');
  } finally {
    await engine.close();
  }
});
afterAll(() => rm(cwd, { recursive: true }));

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await difsr(args, { cwd, env });
  expect(stderr).toBe('');
  expect(code, stdout).toBe(0);
  return stdout;
}

function weights(out: string): Promise<Buffer> {
  return readFile(join(cwd, out, 'model.safetensors'));
}

/** Metrics on the test part, as training wrote them. */
async function testOf(out: string): Promise<unknown> {
  const metrics: unknown = JSON.parse(await readFile(join(cwd, out, 'metrics.json'), 'utf8'));
  return (metrics as { test: unknown }).test; // the trainer's own form
}

it('CSV: trained, resumed, recommended', async () => {
  expect(await run('train', '--data', 'log.csv', '--out', 'csv', ...PLAIN)).toContain(
    'prepared, and kept in the cache',
  );
  await copyFile(join(cwd, 'csv/model.safetensors'), join(cwd, 'csv-1.safetensors'));
  expect(await run('resume', 'csv', '--epochs', '2')).toContain('goes on at epoch 2');
  const [, first = ''] = (await readFile(join(cwd, 'log.csv'), 'utf8')).split('\n');
  const [, item = ''] = first.split(',');
  expect(await run('recommend', 'csv', '--history', item, '-k', '3')).toContain('recommended by sasrec');
});

it('Parquet: a file and a folder of parts train the model that CSV trains', async () => {
  const csv = await readFile(join(cwd, 'csv-1.safetensors'));
  await run('train', '--data', 'log.parquet', '--out', 'file', ...PLAIN);
  expect(await weights('file')).toEqual(csv);
  await run('train', '--data', 'parts', '--out', 'folder', ...PLAIN);
  expect(await weights('folder')).toEqual(csv);
  await run('resume', 'folder', '--epochs', '2');
  expect(await weights('folder')).toEqual(await weights('csv'));
  expect(JSON.parse(await run('evaluate', 'folder', '--json'))).toMatchObject({ test: await testOf('csv') });
});

it('a recipe: prepared from its raw files to the stated counts, trained with its fields, evaluated, recommended', async ({
  skip,
}) => {
  skip(!existsSync(join(RAW, 'meta_Magazine_Subscriptions.json.gz')), 'needs ../shared/data/raw (Amazon 2018)');
  const prepared = await run('data', 'prepare', 'amazon-2018-magazine-subscriptions', '--raw', RAW, '--json');
  const out = 'data/amazon-2018-magazine-subscriptions';
  expect(JSON.parse(prepared.trim().split('\n').at(-1) ?? '')).toMatchObject({ kind: 'prepared', quarantined: 0 });
  const { counts } = JSON.parse(await readFile(join(cwd, out, 'dataset.json'), 'utf8')) as { counts: unknown };
  expect(counts).toMatchObject({ users: 294, items: 132, interactions: 2027 });
  const train = ['train', '--data', out, '--seed', '4', '--device', 'cpu', '--threads', '1', ...TINY];
  expect(await run(...train, '--epochs', '1', '--out', 'magazines')).toMatch(/294 users.*132 items/);
  expect(JSON.parse(await run('evaluate', 'magazines', '--json'))).toMatchObject({ test: await testOf('magazines') });
  // The recipe has the rating of each review.
  const history = '[{"item": "B00005N7P0", "rating": 4}]';
  expect(await run('recommend', 'magazines', '--history', history, '-k', '3')).toContain('recommended by dif-sr');
});
