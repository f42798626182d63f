// The score of items that a history has already is learned from the data: below zero where nothing is taken twice, above where it is.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { train } from '../index.js';
import { readTensors } from '../run/tensors.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-seen-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Users with ten interactions each: ten items, or five of them twice. */
function shop(repeats: boolean): Dataset {
  const { items, sequences, ...rest } = generateDataset({ seed: 7, users: 60, items: 130 });
  const users = sequences.offsets.length - 1;
  const taken = Array.from({ length: users }, (_, user) =>
    Array.from({ length: 10 }, (__, i) => ((user * 7 + (repeats ? i % 5 : i) * 13) % 130) + 1),
  );
  return {
    ...rest,
    items,
    sequences: { items: Int32Array.from(taken.flat()), offsets: sequences.offsets.map((_, user) => user * 10) },
  };
}

it.each([
  [false, 'below'],
  [true, 'above'],
])('where users take items twice is %s it comes out %s zero', async (repeats, side) => {
  const backend = createReferenceBackend();
  await train({
    config: runConfigSchema.parse({
      model: { name: 'sasrec', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 10, seenBias: true },
      training: { epochs: 3, targetsPerStep: 64, learningRate: 0.05, seed: 3 },
      evaluation: { ks: [5, 10] },
      backend: 'reference',
    }),
    dataset: shop(repeats),
    backend,
    out: join(folder, 'run'),
  });
  await backend.dispose();
  const { tensors } = await readTensors(join(folder, 'run', 'optimizer.safetensors'));
  const learned = tensors['seen.bias']?.data[0] ?? Number.NaN;
  expect(side === 'below' ? -learned : learned).toBeGreaterThan(0.2);
});
