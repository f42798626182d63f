// Numbers at the edges of every numeric option: a run, or an error of the option; never one of the language or of a graph.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { ModelConfigError } from '@difsr/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunError, runConfigSchema, SamplerError, ScheduleError, train } from '../index.js';

const dataset = generateDataset({ seed: 7, users: 6, items: 126 });
const HUGE = Number.MAX_SAFE_INTEGER;
const TINY = 1e-300;

let folder: string;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-numbers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What becomes of a run of one epoch with some options. */
async function outcome(options: { training?: object; evaluation?: object; model?: object }): Promise<string> {
  const { training, evaluation, model } = options;
  const parsed = runConfigSchema.safeParse({
    model: { name: 'dif-sr', hiddenSize: 4, innerSize: 4, layers: 1, heads: 1, maxLength: 4, sideWidth: 2, ...model },
    training: { epochs: 1, targetsPerStep: 16, checkpointSeconds: 0, ...training },
    evaluation: { ks: [5, 10], ...evaluation },
    backend: 'reference',
  });
  if (!parsed.success) return 'refused by the schema';
  const backend = createReferenceBackend();
  return train({ config: parsed.data, dataset, backend, out: join(folder, String(runs++)) }).then(
    ({ reason }) => reason,
    (error: unknown) => {
      if (error instanceof RunError && /the loss is NaN|not finite/.test(error.message)) return 'diverged';
      const known = [ModelConfigError, ScheduleError, SamplerError].find((type) => error instanceof type);
      return known === undefined ? `a defect: ${String(error)}` : `${known.name}`;
    },
  );
}

it.each([
  [{ training: { seed: HUGE } }, 'finished'],
  [{ training: { targetsPerStep: HUGE } }, 'finished'],
  [{ training: { targetsPerStep: 3 } }, 'SamplerError'],
  [{ training: { learningRate: TINY } }, 'finished'],
  [{ training: { warmupSteps: HUGE } }, 'ScheduleError'],
  [{ training: { warmupSteps: 5000 } }, 'ScheduleError'],
  [{ training: { epsilon: TINY } }, 'refused by the schema'],
  [{ training: { weightDecay: Number.MAX_VALUE } }, 'diverged'],
  [{ training: { clipNorm: TINY } }, 'finished'],
  [{ training: { optimizer: 'sgd', momentum: TINY } }, 'finished'],
  [{ training: { checkpointSeconds: Number.MAX_VALUE } }, 'finished'],
  [{ training: { schedule: { kind: 'step', every: HUGE, gamma: TINY } } }, 'finished'],
  [{ training: { earlyStopping: { patience: HUGE } } }, 'finished'],
  [{ evaluation: { ks: [HUGE, 10] } }, 'finished'],
  [{ evaluation: { batchSize: HUGE } }, 'finished'],
  [{ model: { hiddenSize: HUGE } }, 'ModelConfigError'],
  [{ model: { innerSize: 5e9 } }, 'ModelConfigError'],
  [{ model: { sideWidth: HUGE } }, 'ModelConfigError'],
  [{ model: { heads: HUGE } }, 'ModelConfigError'],
  [{ model: { maxLength: HUGE } }, 'ModelConfigError'],
  [{ model: { initializerRange: Number.MAX_VALUE } }, 'diverged'],
])('%o: %s', async (options, expected) => {
  expect(await outcome(options)).toBe(expected);
});

it.each([
  'learningRate',
  'warmupSteps',
  'targetsPerStep',
  'epochs',
  'seed',
  'clipNorm',
  'epsilon',
  'weightDecay',
  'beta1',
])('training.%s that is no number, or negative, does not pass the schema', async (option) => {
  for (const value of [Number.NaN, Infinity, -1, '1'])
    expect(await outcome({ training: { [option]: value } }), String(value)).toBe('refused by the schema');
});
