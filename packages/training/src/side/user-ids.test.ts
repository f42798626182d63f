// Models that read who the user is: what their runs keep of users, and what becomes of users who are others by then.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceAt, type Dataset, type Vocabulary } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { USER_ID } from '@difsr/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import { createRecommender, evaluateRun, openRun, sideSchema, train, type InitialWeights } from '../index.js';
import { readTensors } from '../run/tensors.js';
import { sequenceStore } from '@difsr/data';

const USERS = 60;
const dataset = generateDataset({ seed: 7, users: USERS, items: 150 });
const vocabulary = (tokens: readonly string[]): Vocabulary => ({
  tokens,
  size: tokens.length,
  id: (token) => (tokens.indexOf(token) > 0 ? tokens.indexOf(token) : undefined),
});
/** The same interactions, of users of other names. */
const renamed: Dataset = {
  ...dataset,
  users: vocabulary(dataset.users.tokens.map((token, id) => (id === 3 ? 'somebody' : token))),
};
/** The same users the other way round, the first of them left out. */
const turned: Dataset = (() => {
  const order = Array.from({ length: USERS - 1 }, (_, i) => USERS - 1 - i);
  const rows = order.map((user) => [...sequenceAt(dataset.sequences, user)]);
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] ?? 0) + row.length));
  return {
    ...dataset,
    users: vocabulary(['[PAD]', ...order.map((user) => dataset.users.tokens[user + 1] ?? '')]),
    sequences: { offsets, items: Int32Array.from(rows.flat()) },
  };
})();

const SIZES = { hiddenSize: 8, horizontalFilters: 2, verticalFilters: 2, maxLength: 3, hiddenDropout: 0.1 };
function config(model: object = {}, training: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'caser', ...SIZES, ...model },
    training: { epochs: 2, targetsPerStep: 64, seed: 3, learningRate: 0.02, form: 'prefix', ...training },
    evaluation: { ks: [10] },
    backend: 'reference',
  });
}

let folder: string;
const backend = createReferenceBackend();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-users-'));
  await train({ config: config(), dataset, backend, out: join(folder, 'caser') });
  await train({ config: config({ userEmbedding: false }), dataset, backend, out: join(folder, 'alone') });
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true, force: true });
});
const fileOf = async (run: string, name: string): Promise<string> => readFile(join(folder, run, name), 'utf8');

describe('a run', () => {
  it('keeps the ids of users where its model reads them, and not a word of them elsewhere', async () => {
    const run = await openRun(join(folder, 'caser'));
    expect(run.vocabulary.schema.users).toBe(USERS);
    expect(run.fields[USER_ID]).toEqual(dataset.users.tokens);
    expect(await fileOf('caser', 'README.md')).toContain(`who the user is (${USERS} users, whose ids are in`);
    const alone = await openRun(join(folder, 'alone'));
    expect(alone.vocabulary.schema).not.toHaveProperty('users');
    expect(alone.fields).not.toHaveProperty([USER_ID]);
    expect(await fileOf('alone', 'vocabulary.json')).not.toContain(dataset.users.tokens[5]);
  });

  it('is evaluated as it was trained, each history as its own user, and resumed', async () => {
    const run = await openRun(join(folder, 'caser'));
    const { valid, test } = await evaluateRun({ run, dataset, backend });
    expect({ valid, test }).toEqual({ valid: run.metrics?.valid, test: run.metrics?.test });
    const before = await fileOf('caser', 'model.safetensors');
    await train({ config: config(), dataset, backend, out: join(folder, 'caser'), resume: true });
    expect(await fileOf('caser', 'model.safetensors')).toBe(before);
  });

  it('recommends to each user what it has learned of them', async () => {
    const recommender = await createRecommender(await openRun(join(folder, 'caser')), backend);
    const [history] = [[...sequenceAt(dataset.sequences, 0)].map((item) => dataset.items.tokens[item] ?? '')];
    const scoresFor = async (id: string): Promise<string> =>
      JSON.stringify((await recommender.recommend(history ?? [], { k: 150, user: { [USER_ID]: id } })).items);
    const all = await Promise.all([...dataset.users.tokens.slice(1, 9), 'nobody', 'no one'].map(scoresFor));
    expect(new Set(all).size).toBe(9); // nobody and no one are the same
    await recommender.dispose();
  });

  it('knows its own users: with others it is refused, unless it never knew any', async () => {
    const other = async (name: string): Promise<unknown> =>
      evaluateRun({ run: await openRun(join(folder, name)), dataset: renamed, backend });
    await expect(other('caser')).rejects.toThrow(/the run does not know user somebody; it lacks user user-3/);
    await expect(other('alone')).resolves.toBeDefined();
  });
});

it('initial weights of users are taken by their ids', async () => {
  const stop = new AbortController();
  let initial: InitialWeights | undefined;
  await train({
    config: config(),
    dataset: turned,
    backend,
    out: join(folder, 'begun'),
    init: join(folder, 'caser'),
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind !== 'initial-weights') return;
      initial = event;
      stop.abort();
    },
  });
  const tableOf = async (run: string, file: string): Promise<(id: number) => number[]> => {
    const { tensors } = await readTensors(join(folder, run, file));
    return (id) => [...(tensors['users.weight']?.data.subarray(id * 8, (id + 1) * 8) ?? [])];
  };
  const [old, begun] = [await tableOf('caser', 'model.safetensors'), await tableOf('begun', 'optimizer.safetensors')];
  for (let id = 1; id < USERS; id++) expect(begun(id)).toEqual(old(USERS + 1 - id));
  expect(begun(1)).not.toEqual(old(1));
  expect(initial?.whole).toContain('users.weight');
});

it('a field of the data that is called as users are is refused', async () => {
  const [field] = dataset.fields;
  if (field === undefined) throw new Error('no field');
  const own: Dataset = { ...dataset, fields: [{ ...field, name: USER_ID }] };
  await expect(sideSchema(own, sequenceStore(own), undefined)).rejects.toThrow(
    'the data has a field "user.id", which is what the id of a user is called',
  );
});
