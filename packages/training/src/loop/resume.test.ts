// Going on with a run that is given something else than before: it does what it says and says what follows, or it is refused and
// the run is left as it was.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, isItemCategory, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import { evaluateRun, openRun, readRunConfig, train, type TrainOptions } from '../index.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 40, items: 130 });

function config(training: object = {}, rest: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'dif-sr', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8, sideWidth: 4 },
    training: { epochs: 2, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, ...training },
    evaluation: { ks: [5, 10] },
    backend: 'reference',
    ...rest,
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-resume-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(name: string, options: Partial<TrainOptions>): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  const given = { config: config(), dataset, backend, out: join(folder, name), ...options };
  await train({ ...given, onEvent: (event) => (events.push(event), options.onEvent?.(event)) });
  return events;
}

/** Trains and interrupts after some epochs, or in the middle of the one after them. */
async function interrupted(name: string, given: RunConfig, epochs: number, steps = 0): Promise<void> {
  const controller = new AbortController();
  let done = 0;
  await run(name, {
    config: given,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === 'epoch') done = event.record.epoch;
      const here = steps === 0 ? event.kind === 'epoch' : event.kind === 'step' && event.step >= steps;
      if (done >= epochs && here) controller.abort();
    },
  });
}

const file = (name: string, of: string): Promise<string> => readFile(join(folder, name, of), 'utf8');
const epochsOf = (events: readonly TrainingEvent[]): number[] =>
  events.flatMap((event) => (event.kind === 'epoch' ? [event.record.epoch] : []));
const warningsOf = (events: readonly TrainingEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
async function ratesOf(name: string): Promise<number[]> {
  const lines = (await file(name, 'history.jsonl')).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { learningRate: number }).learningRate); // written by train
}

/** The run is as it was, but for what reading leaves. */
async function refused(name: string, options: Partial<TrainOptions>, message: RegExp): Promise<void> {
  const files = ['config.json', 'state.json', 'history.jsonl'];
  const before = await Promise.all(files.map((each) => file(name, each)));
  await expect(run(name, { ...options, resume: true })).rejects.toThrow(message);
  expect(await Promise.all(files.map((each) => file(name, each)))).toEqual(before);
}

describe('another number of epochs', () => {
  const cosine = (epochs: number): RunConfig => config({ epochs, schedule: { kind: 'cosine' } });

  it('cannot be given to a run that stopped early: it would train nothing', async () => {
    const early = { learningRate: 0.5, earlyStopping: { metric: 'ndcg@10', patience: 1 } };
    const events = await run('early', { config: config({ ...early, epochs: 30 }) });
    expect(events.at(-1)).toMatchObject({ kind: 'end', reason: 'early-stopping' });
    const patience =
      /stopped early after epoch \d+.*60 epochs would not be trained\n {2}cure: .*earlyStopping\.patience: 2/;
    await refused('early', { config: config({ ...early, epochs: 60 }) }, patience);
    await refused('early', { config: config({ ...early, epochs: 2 }) }, /stopped early/);
    const again = await run('early', { config: config({ ...early, epochs: 30 }), resume: true });
    expect(again[0]).toMatchObject({ kind: 'start', over: 'early-stopping' });
    expect(epochsOf(again)).toEqual([]);
  });

  it('cannot be smaller than what is trained, or end in an epoch that is begun', async () => {
    await run('whole', { config: config({ epochs: 3 }) });
    await refused(
      'whole',
      { config: config({ epochs: 2 }) },
      /epoch 3 is trained already.*after 2\n {2}cure: .*epochs: 2/,
    );
    await interrupted('middle', config({ epochs: 4 }), 1, 2);
    await refused('middle', { config: config({ epochs: 1 }) }, /epoch 2 is begun already[^]*at least 2/);
  });

  it('may be as many as are done: the run ends there, with results', async () => {
    await interrupted('cut', cosine(4), 2);
    const events = await run('cut', { config: cosine(2), resume: true });
    expect(warningsOf(events)).toEqual([
      'training ends here, after 2 of 4 epochs, before its cosine schedule has ended',
    ]);
    expect(epochsOf(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: 'end', reason: 'finished', epoch: 2 });
    expect((await openRun(join(folder, 'cut'))).metrics?.best.epoch).toBeLessThanOrEqual(2);
    expect((await readRunConfig(join(folder, 'cut'))).training.epochs).toBe(2);
  });

  it('may be larger: a cosine says where its rate goes on, and ends at its end', async () => {
    await run('grown', { config: cosine(2) });
    const events = await run('grown', { config: cosine(4), resume: true });
    const [warning = ''] = warningsOf(events);
    expect(warning).toMatch(/laid out over 4 epochs instead of 2.*goes on at 0\.0004\d, it was 0\. .*epochs: 4/);
    expect(epochsOf(events)).toEqual([3, 4]);
    expect((await ratesOf('grown'))[1]).toBeCloseTo(0, 12);
    expect((await ratesOf('grown'))[3]).toBeCloseTo(0, 12);
  });

  it('may be smaller while enough is left: a cosine ends earlier, and no epoch is trained at a rate of 0', async () => {
    await interrupted('shorter', cosine(6), 2, 1);
    const events = await run('shorter', { config: cosine(4), resume: true });
    expect(warningsOf(events)).toHaveLength(1);
    expect(epochsOf(events)).toEqual([3, 4]);
    const rates = await ratesOf('shorter');
    expect(rates[2]).toBeGreaterThan(1e-4);
    expect(rates[3]).toBeCloseTo(0, 12);
  });

  it('of a constant rate is that of a run of so many from the start, without a word', async () => {
    await interrupted('cut', config({ epochs: 6 }), 1, 1);
    expect(warningsOf(await run('cut', { config: config({ epochs: 3 }), resume: true }))).toEqual([]);
    await run('whole', { config: config({ epochs: 3 }) });
    for (const each of ['model.safetensors', 'optimizer.safetensors'])
      expect(await readFile(join(folder, 'cut', each))).toEqual(await readFile(join(folder, 'whole', each)));
  });
});

describe('a pause after an epoch', () => {
  const cosine = config({ epochs: 4, schedule: { kind: 'cosine' } });

  it('changes nothing: the schedule is that of all epochs, and the run ends with the bytes of one that never paused', async () => {
    await run('whole', { config: cosine });
    const first = await run('paused', { config: cosine, pauseAfter: 1 });
    expect(first.at(-1)).toMatchObject({ kind: 'end', reason: 'paused', epoch: 1 });
    const second = await run('paused', { config: cosine, pauseAfter: 3, resume: true });
    expect([epochsOf(first), epochsOf(second)]).toEqual([[1], [2, 3]]);
    const rest = await run('paused', { config: cosine, pauseAfter: 4, resume: true });
    expect(rest.at(-1)).toMatchObject({ kind: 'end', reason: 'finished', epoch: 4 }); // the end is no pause
    expect(await ratesOf('paused')).toEqual(await ratesOf('whole'));
    for (const name of ['model.safetensors', 'state.json'])
      expect(await file('paused', name), name).toBe(await file('whole', name));
  });

  it('that is behind already trains nothing', async () => {
    await run('behind', { config: cosine, pauseAfter: 2 });
    const again = await run('behind', { config: cosine, pauseAfter: 1, resume: true });
    expect(epochsOf(again)).toEqual([]);
    expect(again.at(-1)).toMatchObject({ kind: 'end', reason: 'paused', epoch: 2 });
  });

  it('is no reason to go on with a run that stopped early', async () => {
    const early = config({ learningRate: 0.5, epochs: 30, earlyStopping: { metric: 'ndcg@10', patience: 1 } });
    const events = await run('early', { config: early, pauseAfter: 29 });
    expect(events.at(-1)).toMatchObject({ kind: 'end', reason: 'early-stopping' });
  });
});

describe('a schedule', () => {
  it('is one for the run, though the steps of its epochs differ, and a resumed run follows it bit for bit', async () => {
    const given = config({ epochs: 5, targetsPerStep: 16, schedule: { kind: 'cosine' } });
    const rates: number[] = [];
    const steps = new Set<number>();
    await run('whole', {
      config: given,
      onEvent: (event) => {
        if (event.kind === 'step') steps.add(event.steps);
      },
    });
    expect(steps.size).toBeGreaterThan(1);
    rates.push(...(await ratesOf('whole')));
    rates.slice(1).forEach((rate, i) => expect(rate).toBeLessThan(rates[i] ?? 0));
    expect(rates.at(-1)).toBeCloseTo(0, 12);
    await interrupted('cut', given, 1, 3);
    await run('cut', { config: given, resume: true });
    expect(await readFile(join(folder, 'cut/optimizer.safetensors'))).toEqual(
      await readFile(join(folder, 'whole/optimizer.safetensors')),
    );
  });

  it('that cannot be is refused before a folder is made', async () => {
    await expect(run('warm', { config: config({ warmupSteps: 5000 }) })).rejects.toThrow(/warmupSteps.*got 5000/);
    await expect(readFile(join(folder, 'warm/config.json'))).rejects.toThrow(/ENOENT/);
  });
});

describe('a configuration that was edited', () => {
  it.each([
    ['training.seed', (text: string) => text.replace('"seed": 3', '"seed": 4'), /training\.seed is 4, was 3/],
    [
      'evaluation.ks',
      (text: string) => text.replace(/"ks": \[[^\]]*\]/, '"ks": [10]'),
      /evaluation\.ks is \[10\], was \[5,10\]/,
    ],
    ['model.layers', (text: string) => text.replace('"layers": 1', '"layers": 2'), /model\.layers is 2, was 1/],
    [
      'training.schedule',
      (text: string) => text.replace('"kind": "constant"', '"kind": "cosine"'),
      /training\.schedule\.kind is "cosine", was "constant"; training\.schedule\.finalFraction is 0, was not set/,
    ],
  ])('is refused with both values: %s', async (_, edit, message) => {
    await interrupted('edited', config({ epochs: 3 }), 1);
    const path = join(folder, 'edited/config.json');
    await writeFile(path, edit(await readFile(path, 'utf8')));
    await refused('edited', { config: await readRunConfig(join(folder, 'edited')) }, message);
    await refused('edited', { config: await readRunConfig(join(folder, 'edited')) }, /cure: put the old values? back/);
  });

  it('goes on where results do not depend on it', async () => {
    await interrupted('edited', config({ epochs: 2 }), 1);
    const given = config({ epochs: 2, checkpointSeconds: 5 }, { evaluation: { ks: [5, 10], batchSize: 7 } });
    expect(warningsOf(await run('edited', { config: given, resume: true }))).toEqual([]);
    await run('whole', {});
    expect(await readFile(join(folder, 'edited/optimizer.safetensors'))).toEqual(
      await readFile(join(folder, 'whole/optimizer.safetensors')),
    );
  });
});

describe('other data', () => {
  const brand = (change: (name: string) => string): Dataset => ({
    ...dataset,
    fields: dataset.fields.map((field) =>
      field.name !== 'brand' || !isItemCategory(field)
        ? field
        : {
            ...field,
            vocabulary: { ...field.vocabulary, tokens: field.vocabulary.tokens.map((token) => change(token)) },
          },
    ),
  });

  it.each([
    [
      'more items',
      generateDataset({ seed: 7, users: 40, items: 131 }),
      /it has 131 items, the run 130; the run does not know item item-131/,
    ],
    ['a field less', { ...dataset, fields: dataset.fields.slice(1) }, /it lacks field categories/],
    ['fields in another order', { ...dataset, fields: dataset.fields.toReversed() }, /another order/],
    [
      'another value',
      brand((name) => name.replace(/^.*$/, (all) => (all.endsWith('a') ? `${all}x` : all))),
      /the run does not know values? of brand \w+x|it lacks values? of brand/,
    ],
    [
      'fewer interactions',
      generateDataset({ seed: 8, users: 40, items: 130 }),
      /training part has \d+ interactions, the run's \d+|the run does not know|it lacks|numbered in another order/,
    ],
    [
      'interactions in another order',
      { ...dataset, sequences: { ...dataset.sequences, items: dataset.sequences.items.toReversed() } },
      /items and fields are the same/,
    ],
  ] satisfies [string, Dataset, RegExp][])('is told by what differs: %s', async (_, other, message) => {
    await interrupted('run', config({ epochs: 3 }), 1);
    await refused('run', { config: config({ epochs: 3 }), dataset: other }, message);
    await refused('run', { config: config({ epochs: 3 }), dataset: other }, /is not the one[^]*cure: .*data: PATH/);
    const opened = await openRun(join(folder, 'run'));
    await expect(evaluateRun({ run: opened, dataset: other, backend: createReferenceBackend() })).rejects.toThrow(
      message,
    );
  });
});
