// A run goes on with the columns that it was told of, whatever else its data has by now.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceStore, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { expect, it, onTestFinished } from 'vitest';
import { runConfigSchema } from '../config.js';
import { evaluateRun, openRun, train } from '../index.js';
import { fingerprint } from '../run/run-folder.js';

const plain = generateDataset({ seed: 5, users: 40, items: 130 });
const more: Dataset = {
  ...plain,
  fields: [
    ...plain.fields,
    { name: 'price', owner: 'item', kind: 'numeric', values: Float32Array.from(plain.items.tokens, (_, id) => id) },
    {
      name: 'amount',
      owner: 'interaction',
      kind: 'numeric',
      values: new Float32Array(plain.sequences.items.length).fill(2),
    },
  ],
};

it('a run of categories of items is evaluated, and gone on with, on data that has more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'difsr-since-'));
  const backend = createReferenceBackend();
  onTestFinished(async () => {
    await backend.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const out = join(folder, 'run');
  const configOf = (epochs: number): ReturnType<typeof runConfigSchema.parse> =>
    runConfigSchema.parse({
      model: { name: 'dif-sr', hiddenSize: 4, innerSize: 4, layers: 1, sideWidth: 4, maxLength: 4 },
      training: { epochs, targetsPerStep: 64, checkpointSeconds: 0 },
      evaluation: { ks: [10] },
      backend: 'reference',
    });
  const { metrics } = await train({ config: configOf(1), dataset: plain, backend, out });
  const { test } = await evaluateRun({ run: await openRun(out), dataset: more, backend });
  expect(test).toEqual(metrics?.test);
  await train({ config: configOf(2), dataset: more, backend, out, resume: true });
  expect((await openRun(out)).vocabulary.schema.fields.map(({ name }) => name)).toEqual(['categories', 'brand']);
  const other = { ...more, fields: [...more.fields].reverse() };
  await expect(evaluateRun({ run: await openRun(out), dataset: other, backend })).rejects.toThrow('is not the one');
});

it('times count as soon as a model is told more of them than their order', async () => {
  const timed = (from: number): Dataset => ({
    ...plain,
    times: Float64Array.from(plain.sequences.items, (_, at) => from + 60 * at),
  });
  const schemaOf = (name: string): Parameters<typeof fingerprint>[2] => ({
    items: 130,
    fields: [{ name, owner: 'interaction', kind: 'categorical', values: 25, maxValues: 1 }],
  });
  const of = async (dataset: Dataset, name: string): Promise<string> =>
    fingerprint(dataset, sequenceStore(dataset), schemaOf(name));
  expect(await of(timed(2e9), 'time.hour')).not.toBe(await of(timed(1e9), 'time.hour'));
  expect(await of(timed(2e9), 'hour')).toBe(await of(timed(1e9), 'hour'));
});
