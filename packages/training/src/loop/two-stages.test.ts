// A run that is pre-trained first: two stages in one folder, each resumed where it was.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import { openRun, trainInStages, type TrainingEvent, type TrainOptions, type TrainOutcome } from '../index.js';

const dataset = generateDataset({ users: 60, items: 130, seed: 5 });

function config(model: object, pretraining: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 10, ...model },
    training: { epochs: 2, targetsPerStep: 64, seed: 3, learningRate: 0.01, checkpointSeconds: 0 },
    pretraining: { model: 's3-rec', epochs: 2, ...pretraining },
    evaluation: { ks: [10] },
    backend: 'reference',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-two-stages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(
  out: string,
  given: RunConfig,
  options: Partial<TrainOptions> = {},
): Promise<{ readonly outcome: TrainOutcome; readonly events: readonly TrainingEvent[] }> {
  const backend = createReferenceBackend();
  const events: TrainingEvent[] = [];
  const outcome = await trainInStages({
    config: given,
    dataset,
    backend,
    out: join(folder, out),
    ...options,
    onEvent: (event) => (events.push(event), options.onEvent?.(event)),
  });
  await backend.dispose();
  return { outcome, events };
}

/** Stops after so many optimizer steps of both stages together. */
async function stoppedAfter(out: string, given: RunConfig, steps: number, resume = false): Promise<TrainOutcome> {
  const stop = new AbortController();
  let done = 0;
  const { outcome } = await run(out, given, {
    resume,
    signal: stop.signal,
    onEvent: ({ kind }) => kind === 'step' && ++done === steps && stop.abort(),
  });
  return outcome;
}

const bytes = (...path: string[]): Promise<Buffer> => readFile(join(folder, ...path));

describe('a run with a pre-training', () => {
  it('trains both stages, the second with what the first learned, and opens as any other', async () => {
    const { outcome, events } = await run('a', config({ name: 's3-rec' }, { epochs: 3 }));
    expect(outcome).toMatchObject({ reason: 'finished', run: join(folder, 'a') });
    const stages = events.flatMap((event) => (event.kind === 'stage' ? [[event.name, event.epochs]] : []));
    expect(stages).toEqual([
      ['s3-rec', 3],
      ['s3-rec', 2],
    ]);
    const taken = events.find((event) => event.kind === 'initial-weights');
    expect(taken).toMatchObject({ absent: [], run: join(folder, 'a', 'pretraining') });
    expect((await openRun(join(folder, 'a'))).metrics?.test).toBeDefined();
    expect(await readdir(join(folder, 'a', 'pretraining'))).toContain('metrics.json');
  });

  it.each([2, 13])('stopped after %i steps and resumed ends as if nothing had happened', async (steps) => {
    const given = config({ name: 'sasrec' });
    await run('whole', given);
    expect((await stoppedAfter('cut', given, steps)).reason).toBe('interrupted');
    const { outcome } = await run('cut', given, { resume: true });
    expect(outcome.reason).toBe('finished');
    for (const file of ['model.safetensors', 'optimizer.safetensors'])
      expect((await bytes('cut', file)).equals(await bytes('whole', file))).toBe(true);
  });

  it('gives a causal transformer what both have by name; its side sources begin as they would alone', async () => {
    const { events } = await run('dif', config({ name: 'dif-sr', sideWidth: 4, attributeLoss: 1 }));
    const taken = events.find((event) => event.kind === 'initial-weights');
    if (taken?.kind !== 'initial-weights') throw new Error('nothing was said of initial weights');
    expect(taken.whole).toContain('layers.0.attention.query.weight');
    expect([...taken.whole, ...taken.partly.map(({ name }) => name)]).toContain('items.weight');
    expect(taken.absent.every((name) => /fields\.|side|position|predictors/.test(name))).toBe(true);
    expect(taken.unused.every((name) => /tasks\.|attributes\./.test(name))).toBe(true);
  });

  it('is refused for a model that others do not begin from, and beside other initial weights', async () => {
    await expect(run('x', config({ name: 'sasrec' }, { model: 'gru4rec' }))).rejects.toThrow(
      /no pre-training[^]*s3-rec/,
    );
    await expect(run('y', config({ name: 'sasrec' }), { init: 'elsewhere' })).rejects.toThrow(/leave init out/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is none where the configuration says so', async () => {
    const { events } = await run('alone', config({ name: 's3-rec' }, { model: 'none' }));
    expect(events.some(({ kind }) => kind === 'stage' || kind === 'initial-weights')).toBe(false);
  });
});
