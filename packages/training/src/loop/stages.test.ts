// Several stages of training: each is a run of its own that begins from the one before, with an objective of its own. The loop knows nothing of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVocabulary, generateDataset } from '@difsr/data';
import {
  add,
  cast,
  createReferenceBackend,
  equal,
  expandDims,
  matmul,
  mul,
  slice,
  softmax,
  transpose,
  type HostTensor,
} from '@difsr/graph';
import { maskedItem, nextItem, type ModelConfig, type ModelDefinition } from '@difsr/models';
import { embed } from '@difsr/nn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runConfigSchema } from '../config.js';
import { train, type InitialWeights, type TrainOptions } from '../index.js';
import { readTensors } from '../run/tensors.js';

interface StagedConfig extends ModelConfig {
  readonly stage: 'masked' | 'next';
}

/** Attention from both sides, trained for what its option says; the weights of its classes are columns, [d, items + 1]. */
const staged: ModelDefinition<StagedConfig> = {
  name: 'staged',
  description: 'pre-trained on masked items, then trained for the next one',
  config: z.strictObject({
    stage: z.enum(['masked', 'next']),
    hiddenSize: z.number().default(8),
    maxLength: z.number().default(6),
  }),
  objective: ({ stage }) => (stage === 'masked' ? maskedItem({ ratio: 0.3 }) : nextItem),
  leaks: ({ stage }) => (stage === 'next' ? 'sees later items: training.form=prefix' : undefined),
  build: ({ scope, config, schema, items, itemRows }) => {
    const d = config.hiddenSize;
    const rows = scope.child('items').parameter('weight', [itemRows, d], { kind: 'normal', deviation: 0.1 });
    const stream = embed(rows, items);
    const hidden = mul(cast(expandDims(equal(items, 0), 1), 'float32'), -1e9); // [batch, 1, length]
    const query = scope.parameter('query', [d, d], { kind: 'glorot-uniform' });
    const seen = softmax(add(matmul(matmul(stream, query), stream, { transB: true }), hidden));
    const classes = scope.parameter('classes', [d, schema.items + 1], { kind: 'normal', deviation: 0.1 });
    return {
      hidden: add(stream, matmul(seen, stream)),
      itemTable: add(slice(rows, 0, 0, schema.items + 1), transpose(classes, [1, 0])),
    };
  },
};

const ITEMS = 130;
const dataset = generateDataset({ users: 80, items: ITEMS, seed: 5 });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-stages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Stage = StagedConfig['stage'];

/** Trains a stage; the validation NDCG of its first epoch. */
async function stage(name: Stage, options: Partial<TrainOptions> = {}, epochs = 1, seed = 3): Promise<number> {
  const backend = createReferenceBackend();
  let first = NaN;
  await train({
    config: runConfigSchema.parse({
      model: { name: 'staged', stage: name },
      training: {
        epochs,
        targetsPerStep: 64,
        seed,
        learningRate: 0.01,
        form: name === 'next' ? 'prefix' : 'all-positions',
      },
      evaluation: { ks: [10] },
      backend: 'reference',
    }),
    model: staged,
    dataset,
    backend,
    out: join(folder, name),
    ...options,
    onEvent: (event) => {
      if (event.kind === 'epoch' && event.record.epoch === 1) first = event.record.valid['ndcg@10'] ?? NaN;
      options.onEvent?.(event);
    },
  });
  await backend.dispose();
  return first;
}

/** Begins a stage and ends it before its first step. */
async function begin(
  name: Stage,
  options: Partial<TrainOptions>,
): Promise<[InitialWeights, Record<string, HostTensor>]> {
  const stop = new AbortController();
  const said: InitialWeights[] = [];
  await stage(name, {
    ...options,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind !== 'initial-weights') return;
      said.push(event);
      stop.abort();
    },
  });
  const file = join(options.out ?? join(folder, name), 'optimizer.safetensors');
  return [said[0]!, (await readTensors(file)).tensors]; // said before the first step
}

describe('masked items, then the next item', () => {
  it('the second stage begins with what the first learned, and ranks better after an epoch than without it', async () => {
    await stage('masked', {}, 8);
    const init = join(folder, 'masked');
    const after = await stage('next', { init }, 1, 4);
    const alone = await stage('next', { out: join(folder, 'alone') }, 1, 4);
    expect(after).toBeGreaterThan(alone);
  });

  it('the row of [MASK] is left behind, and drawn where only the second stage has one; columns follow items, too', async () => {
    await stage('masked');
    const { tensors: old } = await readTensors(join(folder, 'masked', 'model.safetensors'));
    const [next, taken] = await begin('next', { init: join(folder, 'masked') });
    expect(next).toMatchObject({ absent: [], unfit: [], partly: [], unused: [] });
    expect(next.whole.toSorted()).toEqual(['classes', 'items.weight', 'query']);
    expect(taken['items.weight']?.data).toEqual(old['items.weight']?.data.subarray(0, (ITEMS + 1) * 8));

    await rm(join(folder, 'next'), { recursive: true });
    await stage('next');
    const [masked] = await begin('masked', { init: join(folder, 'next'), out: join(folder, 'again') });
    expect(masked.partly).toEqual([{ name: 'items.weight', of: 'items', taken: ITEMS + 1, rows: ITEMS + 2 }]);

    const tokens = dataset.items.tokens.slice(1);
    const items = createVocabulary([...tokens.slice(40), 'new-1', ...tokens.slice(0, 39)]);
    const out = join(folder, 'moved');
    const [moved, columns] = await begin('masked', {
      init: join(folder, 'masked'),
      dataset: { ...dataset, items },
      out,
    });
    expect(moved.partly).toEqual([
      { name: 'items.weight', of: 'items', taken: ITEMS + 1, rows: ITEMS + 2 },
      { name: 'classes', of: 'items', taken: ITEMS, rows: ITEMS + 1 },
    ]);
    items.tokens.forEach((token, id) => {
      const before = token === '[PAD]' ? 0 : dataset.items.id(token);
      if (before === undefined) return;
      for (let row = 0; row < 8; row++)
        expect(columns['classes']?.data[row * (ITEMS + 1) + id]).toBe(old['classes']?.data[row * (ITEMS + 1) + before]);
    });
    const mask = (ITEMS + 1) * 8;
    expect(columns['items.weight']?.data.subarray(mask)).toEqual(old['items.weight']?.data.subarray(mask));
  });
});

describe('a model that is built for one catalogue alone', () => {
  const rigid: ModelDefinition<StagedConfig> = {
    ...staged,
    build: (context) => {
      if (context.schema.items !== ITEMS) throw new Error(`has texts of ${ITEMS} items`);
      return staged.build(context);
    },
  };

  it('begins from runs on the same items, and is refused on others, as nobody knows which rows are whose', async () => {
    await stage('next');
    const init = join(folder, 'next');
    const [same] = await begin('next', { model: rigid, init, out: join(folder, 'same') });
    expect(same.whole).toContain('items.weight');
    const items = createVocabulary(dataset.items.tokens.slice(1).toReversed());
    await expect(
      stage('next', { model: rigid, init, dataset: { ...dataset, items }, out: join(folder, 'other') }),
    ).rejects.toThrow(/its items are not those of this data set.*has texts of 130 items[^]*cure/);
  });
});
