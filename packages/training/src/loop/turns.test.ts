// Models that are trained in turns: what is fixed stays as it is, and a run that is resumed anywhere gives the same bytes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { decodeSafetensors, type SafetensorsTensor } from '@difsr/nn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import { train, type TrainingEvent, type TrainOptions } from '../index.js';
import { turnsOfEpoch } from './turns.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 40, items: 130 });
const FIELD = 'brand';

function config(strategy: string, training: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'p-rnn', hiddenSize: 4, maxLength: 6, fields: [FIELD], strategy, turnEpochs: 1 },
    training: { epochs: 2, targetsPerStep: 32, seed: 3, checkpointSeconds: 0, weightDecay: 0.01, ...training },
    evaluation: { ks: [10] },
    backend: 'reference',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-turns-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, given: RunConfig, options: Partial<TrainOptions> = {}): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  const base = { config: given, dataset, backend, out: join(folder, name), ...options };
  await train({ ...base, onEvent: (event) => (events.push(event), options.onEvent?.(event)) });
  return events;
}

/** What the checkpoint of a run holds. */
async function checkpoint(name: string): Promise<Record<string, SafetensorsTensor>> {
  return decodeSafetensors(await readFile(join(folder, name, 'optimizer.safetensors'))).tensors;
}

/** Trains until so many steps of an epoch are done. */
async function until(name: string, given: RunConfig, epoch: number, step: number): Promise<void> {
  const controller = new AbortController();
  const onEvent = (event: TrainingEvent): void => {
    if (event.kind === 'step' && event.epoch === epoch && event.step >= step) controller.abort();
  };
  await run(name, given, { signal: controller.signal, onEvent });
}

const ofField = (name: string): boolean => name.includes(`fields.${FIELD}`) || name.includes(`.${FIELD}.`) || name.endsWith(`@field.${FIELD}`); // prettier-ignore

describe('in turns', () => {
  it.each(['alternating', 'residual'])(
    '%s: a group is untouched in the epoch of another, moments included',
    async (strategy) => {
      await until('begun', config(strategy), 1, 1);
      await run('one', config(strategy, { epochs: 1 }));
      await run('two', config(strategy, { epochs: 2 }));
      const [begun, one, two] = [await checkpoint('begun'), await checkpoint('one'), await checkpoint('two')];
      const names = Object.keys(two);
      expect(names.filter(ofField).length).toBeGreaterThanOrEqual(4);
      for (const name of names) {
        // The first epoch is that of the items, the second that of the field.
        if (ofField(name)) {
          expect(one[name], name).toEqual(begun[name]);
          expect(two[name], name).not.toEqual(one[name]);
        } else {
          expect(one[name], name).not.toEqual(begun[name]);
          expect(two[name], name).toEqual(one[name]);
        }
      }
      // Before its turn a subnet adds nothing.
      const output = [...(one[`fieldSubnets.${FIELD}.output.weight`]?.data ?? [])].map(Number);
      expect(output.length > 0 && output.every((x) => x === 0)).toBe(strategy === 'residual');
    },
  );

  it.each(['alternating', 'residual', 'interleaved', 'simultaneous'])(
    '%s: resumed in the middle of its second epoch, and once more, a run gives the same bytes',
    async (strategy) => {
      const given = config(strategy, { epochs: 3 });
      await run('whole', given);
      await until('parts', given, 2, 3);
      const controller = new AbortController();
      const onEvent = (event: TrainingEvent): void => {
        if (event.kind === 'epoch') controller.abort();
      };
      await run('parts', given, { resume: true, signal: controller.signal, onEvent });
      await run('parts', given, { resume: true });
      for (const file of ['model.safetensors', 'optimizer.safetensors'])
        expect((await readFile(join(folder, 'parts', file))).equals(await readFile(join(folder, 'whole', file)))).toBe(
          true,
        );
    },
  );
});

it('a group that the epochs of a run are too few for is said', async () => {
  const warned = async (name: string, given: RunConfig): Promise<string[]> =>
    (await run(name, given)).flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
  expect(await warned('few', config('residual', { epochs: 1 }))).toEqual([
    `"field.${FIELD}" of p-rnn has no turn in epochs: 1: it stays as it starts. Train for more epochs`,
  ]);
  expect(await warned('enough', config('residual', { epochs: 2 }))).toEqual([]);
  expect(await warned('all', config('interleaved', { epochs: 1 }))).toEqual([]);
});

it('an epoch counts the updates of each group from what the epochs before it left', () => {
  const turns = {
    groups: ['a', 'b'],
    groupOf: () => 'a',
    on: (group: string, { epoch, step }: { readonly epoch: number; readonly step: number }) =>
      group === 'a' ? epoch === 1 : step % 2 === 0,
  };
  const state = { epoch: 1, step: 2, globalStep: 9, updates: { a: 0, b: 4 } };
  const found = turnsOfEpoch(turns, state, 3);
  // The epoch began at step 7.
  expect([0, 1, 2].map((step) => found?.at(step))).toEqual([
    [{ group: 'a', on: true, updates: 1 }, { group: 'b', on: false, updates: 4 }],
    [{ group: 'a', on: true, updates: 2 }, { group: 'b', on: true, updates: 5 }],
    [{ group: 'a', on: true, updates: 3 }, { group: 'b', on: false, updates: 5 }],
  ]); // prettier-ignore
  expect(found?.updates).toEqual({ a: 3, b: 5 });
  expect(turnsOfEpoch(undefined, state, 3)).toBeUndefined();
});
