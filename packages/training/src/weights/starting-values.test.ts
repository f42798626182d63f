// Where parameters start: a loop of one's own, on what the package exports, begins where train does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceStore, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { modelOf, trainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { featureTables, itemTables, sideSchema, startingValues, train, trainingCounts } from '../index.js';
import { readTensors } from '../run/tensors.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-starting-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const WIDTH = 3;
// More items than users take: some have no training interaction.
const generated = generateDataset({ seed: 3, users: 30, items: 130 });
const dataset: Dataset = {
  ...generated,
  fields: [
    ...generated.fields,
    {
      name: 'picture',
      owner: 'item',
      kind: 'vector',
      width: WIDTH,
      // Item 2 has none.
      values: Float32Array.from({ length: WIDTH * generated.items.size }, (_, at) =>
        at < WIDTH || Math.floor(at / WIDTH) === 2 ? NaN : Math.sin(at),
      ),
    },
  ],
};
const OPTIONS = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8, sideWidth: 4, itemFields: 'sum' } as const;

it('vectors that are tuned start as the data has them, items that training never sees at zero, all else as drawn', async () => {
  const store = sequenceStore(dataset);
  const counts = await trainingCounts(dataset, store);
  const plain = await sideSchema(dataset, store, undefined);
  const { schema, tables: lists } = await itemTables(dataset, plain, OPTIONS, async () => counts);
  const task = trainingTask(modelOf({ name: 'dif-sr', ...OPTIONS, vectors: 'tuned' }, schema));
  const tables = { ...featureTables(dataset, plain), ...lists };
  const values = startingValues(task, { seed: 5, tables, counts });

  const length = plain.fields.find((field) => field.kind === 'vector')?.length ?? NaN;
  const picture = dataset.fields.find((field) => field.kind === 'vector')?.values ?? [];
  const tuned = Object.keys(values).filter((name) => name.endsWith('picture.vectors'));
  expect(tuned.length).toBeGreaterThan(0);
  for (const name of tuned)
    Array.from(values[name]?.data ?? [NaN]).forEach((value, at) =>
      expect(value).toBeCloseTo(Number.isNaN(picture[at]) ? 0 : (picture[at] ?? NaN) / length, 6),
    );
  const drawn = initialValues(task.parameters, 5);
  const own = (of: typeof values, id: number): number[] =>
    Array.from(of['items.weight']?.data.subarray(id * OPTIONS.hiddenSize, (id + 1) * OPTIONS.hiddenSize) ?? []);
  const unseen = counts.flatMap((count, id) => (id > 0 && count === 0 ? [id] : []));
  expect(unseen.length).toBeGreaterThan(0);
  for (const id of dataset.items.tokens.keys())
    expect(own(values, id)).toEqual(unseen.includes(id) ? own(drawn, id).map(() => 0) : own(drawn, id));
  for (const [name, { data }] of Object.entries(values))
    if (name !== 'items.weight' && !tuned.includes(name)) expect(data, name).toEqual(drawn[name]?.data);

  // train is stopped before its first step.
  const backend = createReferenceBackend();
  const config = runConfigSchema.parse({
    model: { name: 'dif-sr', ...OPTIONS, vectors: 'tuned' },
    training: { epochs: 1, targetsPerStep: 64, seed: 5 },
    evaluation: { ks: [10] },
  });
  await train({ config, dataset, backend, out: join(folder, 'run'), signal: AbortSignal.abort() });
  await backend.dispose();
  const { tensors } = await readTensors(join(folder, 'run', 'optimizer.safetensors'));
  for (const [name, { data }] of Object.entries(values))
    expect([...(tensors[name]?.data ?? [])], name).toEqual([...data]);
});

it('a table that is not given is named', () => {
  const parameters = [
    { name: 'vectors', shape: [3, 2], initializer: { kind: 'zeros' }, decay: true, startsAs: 'feature.picture' },
  ] as const;
  expect(() => startingValues({ parameters }, { seed: 1, tables: {}, counts: [] })).toThrow(
    /"feature\.picture" is missing/,
  );
});
