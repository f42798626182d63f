// The loop trains what it has never heard of: masked items, on a bidirectional model that exists in this test alone.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '@difsr/data';
import {
  add,
  cast,
  createGraph,
  createReferenceBackend,
  equal,
  evaluate,
  expandDims,
  matmul,
  mul,
  slice,
  softmax,
  type HostTensor,
} from '@difsr/graph';
import {
  declareInputs,
  instantiate,
  maskedItem,
  type ModelConfig,
  type ModelDefinition,
  type Windows,
} from '@difsr/models';
import { embed } from '@difsr/nn';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runConfigSchema } from '../config.js';
import { createRecommender, evaluateRun, openRun, train } from '../index.js';

interface ClozeConfig extends ModelConfig {
  readonly ratio: number;
}

/** One layer of attention in which every place sees every other. */
const cloze: ModelDefinition<ClozeConfig> = {
  name: 'cloze',
  description: 'attention from both sides',
  config: z.strictObject({
    hiddenSize: z.number().default(8),
    maxLength: z.number().default(6),
    ratio: z.number().default(0.3),
  }),
  objective: ({ ratio }) => maskedItem({ ratio }),
  build: ({ scope, config, schema, items, itemRows }) => {
    const d = config.hiddenSize;
    const rows = scope.child('items').parameter('weight', [itemRows, d], { kind: 'normal', deviation: 0.1 });
    const stream = embed(rows, items);
    const hidden = mul(cast(expandDims(equal(items, 0), 1), 'float32'), -1e9); // [batch, 1, length]
    const query = scope.parameter('query', [d, d], { kind: 'glorot-uniform' });
    const scores = matmul(matmul(stream, query), stream, { transB: true });
    const seen = scope.dropout(softmax(add(scores, hidden)), 0.1, 'probabilities');
    const bias = scope.child('items').parameter('bias', [schema.items + 1], { kind: 'zeros' }, { decay: false });
    return {
      hidden: add(stream, matmul(seen, stream)),
      itemTable: slice(rows, 0, 0, schema.items + 1),
      itemBias: bias,
    };
  },
};

const ITEMS = 130;
const model = instantiate(cloze, {}, { items: ITEMS, fields: [] });
const dataset = generateDataset({ users: 80, items: ITEMS, seed: 5 });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-objectives-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = async (name: string, signal?: AbortSignal, resume = false): Promise<string> => {
  const backend = createReferenceBackend();
  const out = join(folder, name);
  await train({
    config: runConfigSchema.parse({
      model: { name: 'cloze' },
      training: { epochs: 3, targetsPerStep: 64, seed: 3, learningRate: 0.01, checkpointSeconds: 0 },
      evaluation: { ks: [5, 10] },
      backend: 'reference',
    }),
    model: cloze,
    dataset,
    backend,
    out,
    resume,
    ...(signal === undefined ? {} : { signal }),
  });
  await backend.dispose();
  return out;
};

describe('masked items', () => {
  it('are trained, resumed to the same bytes, evaluated and recommended from by the loop that knows no objective', async () => {
    const out = await run('whole');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    await run('cut', stop.signal);
    await run('cut', undefined, true);
    for (const file of ['model.safetensors', 'optimizer.safetensors'])
      expect((await readFile(join(folder, 'cut', file))).equals(await readFile(join(out, file)))).toBe(true);

    const losses = String(await readFile(join(out, 'history.jsonl')))
      .trim()
      .split('\n')
      .map((line): number => JSON.parse(line).losses.loss);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);

    const opened = await openRun(out, { definition: cloze });
    const backend = createReferenceBackend();
    const { test } = await evaluateRun({ run: opened, dataset, backend });
    expect(test['recall@10']).toBeGreaterThan(0);
    const recommender = await createRecommender(opened, backend);
    const { items } = await recommender.recommend([dataset.items.tokens[3] ?? ''], { k: 5, includeSeen: true });
    expect(items.every(({ id }) => dataset.items.tokens.includes(id))).toBe(true); // never [MASK], which has a row, too
    await expect(openRun(out)).rejects.toThrow('trained with a model of your own, "cloze"');
    await backend.dispose();
  });

  it('ask with a [MASK] behind the history; a full row gives up its oldest item for it', () => {
    const rows: HostTensor = { dtype: 'int32', shape: [3, 4], data: Int32Array.of(5, 0, 0, 0, 1, 2, 3, 0, 1, 2, 3, 4) };
    const { items } = model.objective.query(model, declareInputs(model));
    const { asked } = evaluate(createGraph({ asked: items }), { items: rows });
    const mask = ITEMS + 1;
    expect([...(asked?.data ?? [])]).toEqual([5, mask, 0, 0, 1, 2, 3, mask, 2, 3, 4, mask]);
  });

  it('hide at least one item of every row, tell what each was, and depend on (seed, step) alone', () => {
    const windows = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }).map((inputs): Windows => {
      const starts = inputs.map((_, row) => inputs.slice(0, row).reduce((sum, count) => sum + count + 1, 0));
      const total = inputs.reduce((sum, count) => sum + count + 1, 0);
      return {
        length: Math.max(...inputs),
        items: Int32Array.from({ length: total }, (_, i) => 1 + ((i * 7) % ITEMS)),
        starts: Int32Array.from(starts),
        inputs: Int32Array.from(inputs),
        targets: Int32Array.from(inputs),
        slots: 64,
      };
    });
    fc.assert(
      fc.property(windows, fc.nat(1000), (given, step) => {
        const { feeds, targets, slots } = model.objective.batch(model, given, { seed: 1, step });
        expect(model.objective.batch(model, given, { seed: 1, step })).toEqual({
          feeds,
          targets,
          slots,
          sizes: expect.anything(),
        });
        const data = (name: string): HostTensor['data'] => {
          const feed = feeds[name];
          if (feed === undefined || !('data' in feed)) throw new Error(`no ${name}`);
          return feed.data;
        };
        const columns = given.length + 1;
        const masked = new Set<number>();
        for (let slot = 0; slot < targets; slot++) {
          const place = data('targetPositions')[slot] ?? 0;
          const [row, column] = [Math.floor(place / columns), place % columns];
          expect(data('items')[place]).toBe(ITEMS + 1);
          expect(data('targetItems')[slot]).toBe(given.items[(given.starts[row] ?? 0) + column]);
          masked.add(row);
        }
        expect(masked.size).toBe(given.starts.length);
        const weight = Array.from(data('weights')).reduce((sum, own) => sum + own, 0);
        expect(weight).toBeCloseTo(targets / slots, 5);
      }),
    );
  });
});
