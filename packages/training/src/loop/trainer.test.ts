// The loop on the reference backend: small, exact, and the same code that every backend runs.
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDataset, generateDataset, InteractionCollector, type Dataset } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { TrainingEvent } from '../events.js';
import { createRecommender, evaluateRun, openRun, RunError, train, type TrainOptions } from '../index.js';

const dataset: Dataset = generateDataset({ seed: 7, users: 60, items: 150 });
const tiny = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 };

function config(training: object = {}, model: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'dif-sr', ...tiny, sideWidth: 4, attributeLoss: 1, ...model },
    training: { epochs: 3, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, ...training },
    evaluation: { ks: [5, 10] },
    backend: 'reference',
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-training-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function runTo(
  name: string,
  options: Partial<TrainOptions> = {},
): Promise<{ out: string; events: TrainingEvent[] }> {
  const out = join(folder, name);
  const events: TrainingEvent[] = [];
  const backend = createReferenceBackend();
  await train({
    config: config(),
    dataset,
    backend,
    out,
    ...options,
    onEvent: (event) => (events.push(event), options.onEvent?.(event)),
  });
  await backend.dispose();
  return { out, events };
}

const bytes = (out: string, file: string): Promise<Buffer> => readFile(join(out, file));

/** What a run is, less its times. */
async function results(out: string): Promise<unknown> {
  const metrics: unknown = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'));
  if (typeof metrics !== 'object' || metrics === null || !('test' in metrics) || !('best' in metrics))
    throw new Error('metrics.json is incomplete');
  return { test: metrics.test, best: metrics.best };
}

describe('a run', () => {
  it('ends with an error where the working folder was removed', async () => {
    const here = process.cwd();
    const gone = join(folder, 'gone');
    await mkdir(gone);
    try {
      process.chdir(gone);
      await rm(gone, { recursive: true });
      await expect(runTo('a', { out: 'runs/a' })).rejects.toThrow();
    } finally {
      process.chdir(here);
    }
  });

  it('lowers the loss and writes every file of the run folder', async () => {
    const { out, events } = await runTo('a');
    const losses = events.flatMap((event) => (event.kind === 'epoch' ? [event.record.losses['loss']] : []));
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(losses[0] ?? 0);
    const history = (await readFile(join(out, 'history.jsonl'), 'utf8')).trim().split('\n');
    expect(history).toHaveLength(3);
    for (const file of [
      'config.json',
      'vocabulary.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
      'metrics.json',
      'README.md',
    ]) {
      expect((await bytes(out, file)).length, file).toBeGreaterThan(0);
    }
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [a, b] = [await runTo('a'), await runTo('b')];
    const c = await runTo('c', { config: config({ seed: 4 }) });
    expect(await bytes(a.out, 'model.safetensors')).toEqual(await bytes(b.out, 'model.safetensors'));
    expect(await bytes(a.out, 'model.safetensors')).not.toEqual(await bytes(c.out, 'model.safetensors'));
    expect(await bytes(a.out, 'optimizer.safetensors')).toEqual(await bytes(b.out, 'optimizer.safetensors'));
    expect(await results(a.out)).toEqual(await results(b.out));
  });

  it.each([1, 4, 9, 14])('interrupted after %i steps and resumed ends as if nothing had happened', async (steps) => {
    const whole = await runTo('whole');
    const controller = new AbortController();
    let seen = 0;
    const first = await runTo('cut', {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === 'step' && ++seen === steps && controller.abort()),
    });
    expect(first.events.at(-1)).toMatchObject({ kind: 'end', reason: 'interrupted' });
    const second = await runTo('cut', { resume: true });
    expect(second.events[0]).toMatchObject({ kind: 'start', resumedAt: {} });
    expect(await bytes(second.out, 'model.safetensors')).toEqual(await bytes(whole.out, 'model.safetensors'));
    expect(await bytes(second.out, 'optimizer.safetensors')).toEqual(await bytes(whole.out, 'optimizer.safetensors'));
    const finished =
      second.events.filter(({ kind }) => kind === 'epoch').length +
      first.events.filter(({ kind }) => kind === 'epoch').length;
    expect(finished).toBe(3);
    expect(await results(second.out)).toEqual(await results(whole.out));
  });

  it('is resumed from the beginning when it was killed before its first checkpoint', async () => {
    const whole = await runTo('whole');
    const { out } = await runTo('cut', { config: config({ epochs: 1 }) });
    for (const file of ['optimizer.safetensors', 'model.safetensors', 'history.jsonl', 'state.json', 'metrics.json'])
      await rm(join(out, file));
    const { events } = await runTo('cut', { resume: true });
    expect(events[0]).toMatchObject({ kind: 'warning' });
    expect(await bytes(out, 'optimizer.safetensors')).toEqual(await bytes(whole.out, 'optimizer.safetensors'));
  });

  it('goes on with a finished run when more epochs are asked for', async () => {
    const whole = await runTo('whole', { config: config({ epochs: 4 }) });
    await runTo('grown', { config: config({ epochs: 2 }) });
    const { out } = await runTo('grown', { config: config({ epochs: 4 }), resume: true });
    expect(await bytes(out, 'model.safetensors')).toEqual(await bytes(whole.out, 'model.safetensors'));
  });

  it('stops early by patience and keeps the best epoch', async () => {
    const { out, events } = await runTo('early', {
      config: config({ epochs: 40, learningRate: 0.05, earlyStopping: { metric: 'ndcg@10', patience: 2 } }),
    });
    const best = events.flatMap((event) => (event.kind === 'epoch' && event.best ? [event.record.epoch] : [])).at(-1);
    expect(await results(out)).toMatchObject({ best: { epoch: best } });
    expect(events.at(-1)).toMatchObject({ kind: 'end', reason: 'early-stopping', epoch: (best ?? 0) + 2 });
  });

  it.each(['adamw', 'sgd'])('trains with %s, decay, clipping, warm-up and a cosine schedule', async (optimizer) => {
    const { events } = await runTo('other', {
      config: config({
        optimizer,
        momentum: 0.9,
        learningRate: 0.01,
        weightDecay: 0.01,
        clipNorm: 1,
        warmupSteps: 3,
        schedule: { kind: 'cosine' },
      }),
    });
    const rates = events.flatMap((event) => (event.kind === 'epoch' ? [event.record.learningRate] : []));
    expect(rates.at(-1)).toBeLessThan(0.001);
  });

  it.each(['prefix', 'all-positions'])('trains with BPR in the form %s', async (form) => {
    const { events } = await runTo('bpr', { config: config({ form, epochs: 1 }, { loss: 'bpr' }) });
    const [record] = events.flatMap((event) => (event.kind === 'epoch' ? [event.record] : []));
    expect(record?.losses['loss.item']).toBeCloseTo(Math.log(2), 1);
  });

  it.each([
    { loss: 'bpr', negatives: 3, negativeSampling: 'in-batch' },
    { loss: 'bce', negatives: 2, negativeSampling: 'uniform' },
    { loss: 'gbce', negatives: 8 },
    { loss: 'bpr', negatives: 17 },
    { loss: 'sampled-softmax', negatives: 20 },
    { loss: 'sampled-softmax', negatives: 20, negativeSampling: 'popularity', logits: 'cosine' },
    { loss: 'sampled-softmax', negativeSampling: 'in-batch' },
  ])('lowers $loss with what it is given, and is repeated to the bit', async (model) => {
    const given = { config: config({ epochs: 2, learningRate: 0.01 }, model) };
    const [first, second] = [await runTo('first', given), await runTo('second', given)];
    const losses = first.events.flatMap((event) =>
      event.kind === 'epoch' ? [event.record.losses['loss.item'] ?? NaN] : [],
    );
    expect(losses[1]).toBeLessThan(losses[0] ?? NaN);
    expect(await bytes(first.out, 'model.safetensors')).toEqual(await bytes(second.out, 'model.safetensors'));
  });

  it('trains on users who have nearly every item there is', async () => {
    const log = new InteractionCollector();
    // Each from another item on, and around: nine or ten of ten.
    for (let user = 0; user < 12; user++)
      for (let i = 0; i < 9 + (user % 2); i++) log.add(`user ${user}`, `item ${(user + i) % 10}`);
    const few = buildDataset({ name: 'few', format: 'test', source: '', report: [], interactions: log.finish() });
    const { events } = await runTo('few', {
      dataset: few,
      config: config({ epochs: 1 }, { loss: 'bce', negatives: 4, maxLength: 10, fields: [] }),
    });
    expect(events.some((event) => event.kind === 'epoch')).toBe(true);
  });

  it('leaves frozen side tables as they were', async () => {
    const { out } = await runTo('frozen', { config: config({}, { freezeSide: true }) });
    const { initialValues } = await import('@difsr/nn');
    const run = await openRun(out);
    const table = run.tensors['fields.brand.weight'];
    const start = initialValues(
      [
        {
          name: 'fields.brand.weight',
          shape: table?.shape ?? [],
          initializer: { kind: 'normal', deviation: 0.02 },
        },
      ],
      3,
    );
    expect([...(table?.data ?? [])]).toEqual([...(start['fields.brand.weight']?.data ?? [])]);
  });
});

describe('a run that cannot go on says why', () => {
  it('where the loss is not finite', async () => {
    const diverging = runTo('diverged', { config: config({ optimizer: 'sgd', learningRate: 1e200 }) });
    await expect(diverging).rejects.toThrow(
      /the loss is (NaN|Infinity) at epoch 1, step \d+[^]*cure: a lower learning rate/,
    );
  });

  it('where the folder holds a run already, or something else', async () => {
    const { out } = await runTo('a', { config: config({ epochs: 1 }) });
    await expect(runTo('a')).rejects.toThrow(/already holds a run[^]*resume/);
    await rm(join(out, 'config.json'));
    await expect(runTo('a')).rejects.toThrow(/not empty/);
  });

  it('where the checkpoint is truncated, foreign or of other data', async () => {
    const { out } = await runTo('a', { config: config({ epochs: 1 }) });
    const other = generateDataset({ seed: 8, users: 60, items: 150 });
    await expect(runTo('a', { resume: true, dataset: other })).rejects.toThrow(
      /is not the one that this run was trained on/,
    );
    await expect(runTo('a', { resume: true, config: config({}, { hiddenSize: 16 }) })).rejects.toThrow(
      /model.hiddenSize is 16, was 8[^]*cure: /,
    );
    await truncate(join(out, 'optimizer.safetensors'), 1000);
    await expect(runTo('a', { resume: true })).rejects.toThrow(RunError);
    await writeFile(join(out, 'optimizer.safetensors'), 'not a checkpoint');
    await expect(runTo('a', { resume: true })).rejects.toThrow(/optimizer.safetensors/);
  });

  it('where the published form of gate would leak in all-position training', async () => {
    await expect(runTo('leak', { config: config({}, { fusion: 'gate', fusionForm: 'reference' }) })).rejects.toThrow(
      /training\.form: 'prefix'/,
    );
  });

  it('where there is no such model or run', async () => {
    await expect(runTo('x', { config: config({}, { name: 'difsr' }) })).rejects.toThrow(/no model "difsr"/);
    await expect(openRun(join(folder, 'nowhere'))).rejects.toThrow(/not a run folder/);
  });
});

describe('a finished run', () => {
  it('is opened, evaluated to the same metrics, and recommends', async () => {
    const { out } = await runTo('a');
    const run = await openRun(out);
    const backend = createReferenceBackend();
    const { test } = await evaluateRun({ run, dataset, backend });
    expect(test).toEqual(run.metrics?.test);
    const recommender = await createRecommender(run, backend);
    const [first = '', second = ''] = run.items.tokens.slice(1);
    const answer = await recommender.recommend([first, 'no such item', second], { k: 10, includeSeen: false });
    expect(answer.unknown).toEqual(['no such item']);
    expect(answer.items).toHaveLength(10);
    expect(answer.items.map(({ id }) => id)).not.toContain(first);
    expect(answer.items.map(({ score }) => score)).toEqual(
      answer.items.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    const everything = await recommender.recommend([first], { k: 1000, includeSeen: true });
    expect(everything.items).toHaveLength(run.model.schema.items);
    const fallback = await recommender.recommend(['unheard of'], { k: 3, includeSeen: false });
    expect(fallback).toMatchObject({ popular: true, unknown: ['unheard of'] });
    expect(fallback.items).toHaveLength(3);
    await recommender.dispose();
    await backend.dispose();
  });

  it('refuses other data', async () => {
    const { out } = await runTo('a', { config: config({ epochs: 1 }) });
    const run = await openRun(out);
    const other = generateDataset({ seed: 9, users: 60, items: 150 });
    await expect(evaluateRun({ run, dataset: other, backend: createReferenceBackend() })).rejects.toThrow(
      /is not the one/,
    );
  });
});

it('refuses options that there are not, and those of another type', async () => {
  const good = { config: config(), dataset, backend: createReferenceBackend(), out: join(folder, 'run') };
  const attempt = (options: object) => train({ ...good, ...options }); // as callers without types write
  await expect(attempt({ resum: true })).rejects.toThrow(/train has no option "resum"; .*resume/);
  await expect(attempt({ resume: 'no' })).rejects.toThrow(/resume is true or false, got "no"/);
  await expect(attempt({ signal: {} })).rejects.toThrow(/signal is an AbortSignal, got a Object/);
  await expect(attempt({ out: undefined })).rejects.toThrow(/needs the option "out"/);
});
