// Sequences on disk against sequences in memory: the same batches, the same cases, the same trained bytes, under every split.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  generateDataset,
  itemCategories,
  sequenceAt,
  sequenceStore,
  splitDataset,
  type Dataset,
  type StoredDataset,
} from '@difsr/data';
import { descriptionSchema, loadPrepared, openPrepared, prepareDataset, type SplitSpec } from '@difsr/prepare';
import { createReferenceBackend } from '@difsr/graph';
import { instantiate, nextItem, sasrec } from '@difsr/models';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import { evaluateRun, openRun, planEpoch, planStoredEpoch, train } from '../index.js';

const model = instantiate(sasrec, {}, { items: 5000, fields: [] });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-stored-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const config = runConfigSchema.parse({
  model: { name: 'dif-sr', hiddenSize: 4, innerSize: 4, layers: 1, maxLength: 6, sideWidth: 2 },
  training: { epochs: 2, targetsPerStep: 48, seed: 3, checkpointSeconds: 0 },
  evaluation: { ks: [5, 10], batchSize: 16 },
  backend: 'reference',
});

/** Prepares a small log with brands, split as asked, and opens it in both ways. */
async function bothWays(split: SplitSpec): Promise<{ loaded: Dataset; stored: StoredDataset }> {
  const generated = generateDataset({ users: 40, items: 130, seed: 9 });
  const { sequences, items, users } = generated;
  const rows = users.tokens.slice(1).flatMap((user, index) =>
    // Times that interleave the users, so that a cut in time goes through their sequences.
    Array.from(
      sequenceAt(sequences, index),
      (item, at) => `${user},${items.tokens[item]},${1_000_000 + at * 100 + index}`,
    ),
  );
  await writeFile(join(folder, 'log.csv'), `user,item,time\n${rows.join('\n')}\n`);
  const [brand] = itemCategories(generated).filter(({ name }) => name === 'brand');
  const brands = items.tokens
    .slice(1)
    .map((item, index) => `${item},${brand?.vocabulary.tokens[brand.values[brand.offsets[index + 1] ?? 0] ?? 0]}`);
  await writeFile(join(folder, 'items.csv'), `item,brand\n${brands.join('\n')}\n`);
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { files: 'log.csv', user: 'user', item: 'item', time: 'time' },
    items: { files: 'items.csv', id: 'item', fields: { brand: { kind: 'categorical' } } },
    split,
  });
  const out = join(folder, 'prepared');
  await prepareDataset(description, { out, base: folder, threads: 1 });
  return {
    loaded: await loadPrepared(out, { threads: 1 }),
    stored: await openPrepared(out, { threads: 1, cache: join(folder, 'cache') }),
  };
}

/** Trains into `name`, as an interrupted and a resumed run where `steps` says after how many. */
async function trained(
  name: string,
  dataset: Dataset | StoredDataset,
  steps?: number,
  own: RunConfig = config,
): Promise<Buffer[]> {
  const out = join(folder, name);
  const backend = createReferenceBackend();
  if (steps !== undefined) {
    const controller = new AbortController();
    let seen = 0;
    const { reason } = await train({
      config: own,
      dataset,
      backend,
      out,
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && ++seen === steps && controller.abort()),
    });
    expect(reason).toBe('interrupted');
  }
  await train({ config: own, dataset, backend, out, resume: steps !== undefined });
  await backend.dispose();
  const metrics: unknown = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'));
  const { valid, test, best, protocol } = metrics as Record<string, unknown>; // the trainer's own form
  return [
    ...(await Promise.all(
      ['model.safetensors', 'optimizer.safetensors', 'vocabulary.json'].map((file) => readFile(join(out, file))),
    )),
    Buffer.from(JSON.stringify({ valid, test, best, protocol })),
  ];
}

describe('a run on sequences that stay on disk', () => {
  it.each([
    ['leave-one-out', { method: 'leave-one-out' }],
    ['last-n', { method: 'last-n', valid: 2, test: 3 }],
    ['ratio', { method: 'ratio', valid: 0.2, test: 0.2 }],
    ['global-time', { method: 'global-time', valid: 0.15, test: 0.15 }],
    ['user-hold-out', { method: 'user-hold-out', valid: 0.2, test: 0.2, seed: 1 }],
    ['cold-items', { method: 'cold-items', valid: 0.1, test: 0.1, seed: 1 }],
  ] satisfies [string, SplitSpec][])(
    '%s: has the bytes of a run in memory, interrupted within an epoch and resumed or not',
    async (name, split) => {
      const { loaded, stored } = await bothWays(split);
      const expected = await trained('loaded', loaded);
      expect(await trained('stored', stored)).toEqual(expected);
      expect(await trained('resumed', stored, 2)).toEqual(expected);
      const run = await openRun(join(folder, 'stored'));
      const backend = createReferenceBackend();
      for (const maskSeen of [false, true]) {
        const { seconds: _, ...inMemory } = await evaluateRun({ run, dataset: loaded, backend, maskSeen });
        expect(await evaluateRun({ run, dataset: stored, backend, maskSeen })).toMatchObject(inMemory);
      }
      const copies = splitDataset(loaded);
      expect(stored.store.split.test.targets.length).toBe(copies.test.targets.length);
      const { protocol } = JSON.parse(String(expected[3])) as { protocol: unknown }; // as trained() makes it
      expect(protocol).toEqual({
        ranking: 'full',
        maskSeen: false,
        ...(name === 'leave-one-out' ? {} : { split: name }),
      });
      await stored.close();
    },
  );

  it('keeps the same of users, where the model reads who they are', async () => {
    const { loaded, stored } = await bothWays({ method: 'user-hold-out', valid: 0.2, test: 0.2, seed: 1 });
    const own = runConfigSchema.parse({
      ...config,
      model: { name: 'caser', hiddenSize: 4, horizontalFilters: 2, verticalFilters: 2, maxLength: 3 },
      training: { ...config.training, form: 'prefix' },
    });
    const expected = await trained('loaded', loaded, undefined, own);
    expect(await trained('stored', stored, 2, own)).toEqual(expected);
    // Users whose interactions are held out begin, and end, as one who is unknown.
    const { tensors } = await openRun(join(folder, 'stored'));
    const { begins, ends } = stored.store.split.train;
    const isZero = (id: number): boolean | undefined =>
      tensors['users.weight']?.data.subarray(id * 4, (id + 1) * 4).every((x) => x === 0);
    expect(isZero(0)).toBe(true);
    const held = Array.from(begins, (begin, user) => (ends[user] ?? 0) - begin < 2);
    expect(held.filter(Boolean).length).toBeGreaterThan(5);
    expect(held.map((_, user) => isZero(user + 1))).toEqual(held);
    await stored.close();
  });

  it('fails as the disk fails, and does not hang', async () => {
    const { stored } = await bothWays({ method: 'leave-one-out' });
    let reads = 0;
    const store = {
      ...stored.store,
      read: async (...ranges: Parameters<typeof stored.store.read>) => {
        if (++reads > 3) throw new Error('the disk is gone');
        return stored.store.read(...ranges);
      },
    };
    await expect(trained('failing', { ...stored, store })).rejects.toThrow('the disk is gone');
    await stored.close();
  });
});

describe('planStoredEpoch', () => {
  it('refuses options that it does not know, with the nearest', () => {
    const store = sequenceStore(generateDataset({ users: 5, items: 130 }));
    const options = { store, maxLength: 10, targetsPerStep: 20, seed: 1, epoch: 0, form: 'prefix', eopch: 1 } as const;
    expect(() => planStoredEpoch(options)).toThrow(/planStoredEpoch has no option "eopch"; [^]*did you mean epoch\?/);
  });

  it('gives the batches of planEpoch over copies of the training sequences', async () => {
    const { users, items, fields, report } = generateDataset({ users: 5, items: 130, seed: 1 });
    const cases = fc.record({
      rows: fc.array(fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(3)), { maxLength: 40 }), {
        minLength: 1,
        maxLength: 15,
      }),
      own: fc.boolean(),
      maxLength: fc.integer({ min: 1, max: 12 }),
      extraTargets: fc.nat(40),
      seed: fc.nat(100),
      epoch: fc.nat(5),
      form: fc.constantFrom('all-positions' as const, 'prefix' as const),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, own, extraTargets, ...options }) => {
        const offsets = new Int32Array(rows.length + 1);
        rows.forEach((row, user) => (offsets[user + 1] = (offsets[user] ?? 0) + row.length));
        const sequences = { offsets, items: Int32Array.from(rows.flat(), ([item]) => item) };
        const parts = own ? { parts: Uint8Array.from(rows.flat(), ([, part]) => part) } : {};
        const dataset = { name: '', format: '', users, items, fields, report, sequences, ...parts };
        const copies = splitDataset(dataset).train;
        if (!rows.some((_, user) => (copies.offsets[user + 1] ?? 0) - (copies.offsets[user] ?? 0) > 1)) return;
        const targetsPerStep = options.maxLength + extraTargets;
        const expected = planEpoch({ sequences: copies, targetsPerStep, ...options });
        const plan = planStoredEpoch({ store: sequenceStore(dataset), targetsPerStep, ...options });
        expect(plan).toMatchObject({ steps: expected.steps, targets: expected.targets });
        for (let step = 0; step < plan.steps; step++) {
          const draw = { seed: 1, step };
          expect(nextItem.batch(model, await plan.windows(step), draw)).toEqual(
            nextItem.batch(model, expected.windows(step), draw),
          );
        }
      }),
    );
  });
});
