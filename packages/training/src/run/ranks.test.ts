// The ranks that a run keeps, against lists that the recommender gives one user after the other; and the file, read by another reader.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  generateDataset,
  itemCategories,
  sequenceAt,
  splitDataset,
  type Dataset,
  type EvaluationCases,
} from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { BeyondAccumulator, rankingMetrics } from '@difsr/metrics';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { createRecommender, evaluateRun, openRun, readRanks, train, type ByProtocol, type Run } from '../index.js';

const ITEMS = 130;
const plain = generateDataset({ seed: 7, users: 40, items: ITEMS });
/** People who buy again, so that some targets are hidden when seen items are; and tokens that are no plain words. */
const dataset: Dataset = {
  ...plain,
  users: { ...plain.users, tokens: plain.users.tokens.map((token) => `${token}, "ü"\n`) },
  sequences: {
    offsets: plain.sequences.offsets,
    items: plain.sequences.items.map((item, at, items) => {
      const begin = plain.sequences.offsets.findLast((offset) => offset <= at) ?? 0;
      return at % 3 === 0 && at > begin ? (items[begin + ((at * 7) % (at - begin))] ?? item) : item;
    }),
  },
};
const KS = [10, 20];
const config = runConfigSchema.parse({
  model: { name: 'dif-sr', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8, sideWidth: 4 },
  training: { epochs: 1, targetsPerStep: 64, seed: 3, checkpointSeconds: 0 },
  evaluation: { ks: KS, batchSize: 7 },
  backend: 'reference',
});

let folder: string;
let run: Run;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-ranks-'));
  await train({ config, dataset, backend: createReferenceBackend(), out: join(folder, 'run') });
  run = await openRun(join(folder, 'run'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** For each case its user, target, and all items in the order in which they are recommended. */
async function listed(
  cases: EvaluationCases,
  includeSeen: boolean,
): Promise<{ user: string; target: string; order: string[] }[]> {
  const recommender = await createRecommender(run, createReferenceBackend());
  const token = (item: number): string => dataset.items.tokens[item] ?? '';
  return Promise.all(
    Array.from(cases.targets, async (target, i) => {
      const history = Array.from(sequenceAt(cases.histories, i), token);
      const { items } = await recommender.recommend(history, { k: ITEMS, includeSeen });
      return {
        user: dataset.users.tokens[cases.users[i] ?? 0] ?? '',
        target: token(target),
        order: items.map(({ id }) => id),
      };
    }),
  );
}

/** The protocols of a run, which this version writes. */
function protocolsOf({ metrics }: Run): ByProtocol<'valid' | 'test'> {
  if (metrics?.protocols === undefined) throw new Error('the run has no protocols');
  return metrics.protocols as ByProtocol<'valid' | 'test'>; // trained with test
}

describe.each(['unmasked', 'masked'] as const)('%s', (protocol) => {
  it.each(['valid', 'test'] as const)('ranks, metrics and lists of %s are those of the recommender', async (part) => {
    const cases = await listed(splitDataset(dataset)[part], protocol === 'unmasked');
    const { users, targets, ranks } = await readRanks(run.folder, protocol, part);
    expect(users).toEqual(cases.map(({ user }) => user));
    expect(targets).toEqual(cases.map(({ target }) => target));
    const places = cases.map(({ order, target }) => order.indexOf(target));
    expect(ranks).toEqual(places.map((place) => (place < 0 ? null : place + 1)));
    const hidden = places.filter((place) => place < 0).length;
    expect(hidden > 0).toBe(protocol === 'masked');

    const results = protocolsOf(run)[protocol];
    expect(results[part]).toEqual(
      rankingMetrics(
        places.map((place) => (place < 0 ? 10_000 : place)),
        KS,
      ),
    );
    expect(results.counts[part]).toEqual({ targets: cases.length, users: cases.length, hidden });

    const { counts } = run.vocabulary;
    const id = (token: string): number => dataset.items.tokens.indexOf(token);
    const lists = new BeyondAccumulator({ ks: KS, counts, fields: itemCategories(dataset) });
    for (const { order } of cases)
      lists.add(
        Int32Array.from({ length: 20 }, (_, i) => id(order[i] ?? '')),
        20,
      );
    const expected = lists.result();
    expect(Object.keys(expected)).toContain('diversity.brand@20');
    for (const [name, value] of Object.entries(expected))
      expect(results.lists[part][name], name).toBeCloseTo(value, 10);
    const popularity = cases.reduce((sum, { target }) => sum + (counts[id(target)] ?? 0), 0) / cases.length;
    expect(results.lists[part]['popularity.targets']).toBeCloseTo(popularity, 10);
  });
});

it('what stands at the top of metrics.json is of the protocol that was asked for', async () => {
  const { metrics } = run;
  const { unmasked, masked } = protocolsOf(run);
  expect([metrics?.valid, metrics?.test]).toEqual([unmasked.valid, unmasked.test]);
  const asked = await evaluateRun({ run, dataset, backend: createReferenceBackend(), maskSeen: true });
  expect(asked.test).toEqual(masked.test);
  expect(asked.protocols).toEqual({ unmasked, masked });
});

it('DuckDB reads the file, with nulls, tokens and what computed it', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const file = join(run.folder, 'ranks.parquet').replaceAll("'", "''");
  const read = async (sql: string): Promise<unknown[]> =>
    (await connection.runAndReadAll(sql.replace('RANKS', `'${file}'`))).getRowObjectsJson();
  expect(await read('DESCRIBE SELECT * FROM RANKS')).toMatchObject([
    { column_name: 'user', column_type: 'VARCHAR' },
    { column_name: 'target', column_type: 'VARCHAR' },
    { column_name: 'rank', column_type: 'INTEGER' },
    { column_name: 'protocol', column_type: 'VARCHAR' },
    { column_name: 'part', column_type: 'VARCHAR' },
  ]);
  const { users, targets, ranks } = await readRanks(run.folder, 'masked', 'test');
  expect(await read(`SELECT "user", target, rank FROM RANKS WHERE protocol = 'masked' AND part = 'test'`)).toEqual(
    users.map((user, i) => ({ user, target: targets[i], rank: ranks[i] })),
  );
  const meta = await read('SELECT decode(key) k, decode(value) v FROM parquet_kv_metadata(RANKS) ORDER BY k');
  expect(meta).toEqual([
    { k: 'backend', v: 'reference' },
    { k: 'device', v: 'cpu' },
    { k: 'precision', v: 'float32' },
  ]);
  connection.closeSync();
});

describe('a run without ranks', () => {
  it('says how to get them, and evaluating writes them', async () => {
    const file = join(run.folder, 'ranks.parquet');
    const before = await readRanks(run.folder, 'unmasked', 'test');
    await rm(file);
    await expect(readRanks(run.folder, 'unmasked', 'test')).rejects.toThrow(/has no ranks\.parquet.*evaluate/s);
    await writeFile(file, 'PAR1 and then nothing');
    await expect(readRanks(run.folder, 'unmasked', 'test')).rejects.toThrow(/cannot be read.*evaluate/s);
    await evaluateRun({ run, dataset, backend: createReferenceBackend() });
    expect(await readRanks(run.folder, 'unmasked', 'test')).toEqual(before);
  });

  it('that cannot be written is evaluated all the same, and that is said', async () => {
    const said: string[] = [];
    const file = join(run.folder, 'ranks.parquet');
    await rm(file);
    await mkdir(join(file, 'in the way'), { recursive: true });
    const { test } = await evaluateRun({
      run,
      dataset,
      backend: createReferenceBackend(),
      onEvent: (event) => event.kind === 'warning' && said.push(event.message),
    });
    await rm(file, { recursive: true });
    expect(test).toEqual(run.metrics?.test);
    expect(said.join()).toMatch(/ranks of this evaluation are not kept/);
  });
});
