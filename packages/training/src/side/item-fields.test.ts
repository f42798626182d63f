// Item fields through a whole training: new items are ranked by their attributes, and start with no row of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, itemCategories, sequenceAt, splitDataset, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { createRecommender, evaluateRun, openRun, train, type Run } from '../index.js';

const plain = generateDataset({ seed: 3, users: 150, items: 130 });
/** Every tenth item is one that training never sees: its interactions test, or validate. */
const isNew = (item: number): boolean => item % 10 === 0;
const cold: Dataset = {
  ...plain,
  splitMethod: 'cold-items',
  parts: Uint8Array.from(plain.sequences.items, (item) => (isNew(item) ? (item % 20 === 0 ? 2 : 3) : 0)),
};

let folder: string;
const runs: Record<string, Run> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-item-fields-'));
  for (const itemFields of ['none', 'sum']) {
    const backend = createReferenceBackend();
    const out = join(folder, itemFields);
    await train({
      config: runConfigSchema.parse({
        model: {
          name: 'sasrec',
          hiddenSize: 16,
          innerSize: 16,
          layers: 1,
          maxLength: 8,
          itemFields,
          hiddenDropout: 0.1,
        },
        training: { epochs: 8, targetsPerStep: 64, seed: 3, learningRate: 0.02, checkpointSeconds: 0 },
        evaluation: { ks: [10] },
        backend: 'reference',
      }),
      dataset: cold,
      backend,
      out,
    });
    await backend.dispose();
    runs[itemFields] = await openRun(out);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const runOf = (name: string): Run => {
  const run = runs[name];
  if (run === undefined) throw new Error(`no run ${name}`);
  return run;
};

it('a run filters by fields that its model does not read, as the data has them', async () => {
  const backend = createReferenceBackend();
  const recommender = await createRecommender(runOf('none'), backend);
  const [field] = itemCategories(plain);
  if (field === undefined) throw new Error('the data has no categories');
  const [, wanted = ''] = field.vocabulary.tokens;
  const having = plain.items.tokens.filter((_, item) =>
    field.values.subarray(field.offsets[item], field.offsets[item + 1]).includes(1),
  );
  const { items, filters } = await recommender.recommend([plain.items.tokens[1] ?? ''], {
    k: 200,
    includeSeen: true,
    where: { [field.name]: wanted },
  });
  expect(items.map(({ id }) => id).toSorted()).toEqual(having.toSorted());
  expect([having.length > 0, filters]).toEqual([true, { unknownItems: [], unknownValues: [] }]);
  await backend.dispose();
});

describe('items without training interactions', () => {
  it('are there, and nothing of them is in the training part', () => {
    const { train: sequences } = splitDataset(cold);
    expect([...sequences.items].filter(isNew)).toEqual([]);
    expect(sequenceAt(sequences, 0).length).toBeGreaterThan(0);
  });

  it('are found far more often than by chance, and than by a model of ids', () => {
    const [fields, ids] = ['sum', 'none'].map((name) => runOf(name).metrics?.test?.['recall@10'] ?? NaN);
    expect(fields).toBeGreaterThan((3 * 10) / 130);
    expect(fields).toBeGreaterThan(3 * (ids ?? NaN));
  });

  it('have no row of their own, and are recommended where new items are asked for', async () => {
    const { tensors, items } = runOf('sum');
    const rows = tensors['items.weight']?.data ?? [];
    for (let id = 1; id < items.tokens.length; id++)
      expect(Array.from({ length: 16 }, (_, i) => rows[id * 16 + i]).every((value) => value === 0)).toBe(
        items.counts[id] === 0,
      );
    const backend = createReferenceBackend();
    const recommender = await createRecommender(runOf('sum'), backend);
    const history = Array.from(sequenceAt(plain.sequences, 0), (item) => plain.items.tokens[item] ?? '');
    const shown = async (includeNew: boolean): Promise<number[]> =>
      (await recommender.recommend(history, { k: 100, includeSeen: true, includeNew })).items.map(({ id }) =>
        plain.items.tokens.indexOf(id),
      );
    expect((await shown(false)).filter((id) => items.counts[id] === 0)).toEqual([]);
    expect((await shown(true)).filter(isNew)).not.toEqual([]);
    const { test } = await evaluateRun({ run: runOf('sum'), dataset: cold, backend });
    expect(test).toEqual(runOf('sum').metrics?.test);
    await backend.dispose();
  });
});
