// S3-Rec's pre-training: what it is fed, that it sees the training part alone, and what a run makes of it.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, type Dataset } from '@difsr/data';
import { createReferenceBackend, type Feeds } from '@difsr/graph';
import { findModel, instantiate, type Windows } from '@difsr/models';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { train, type TrainOptions } from '../index.js';

const ITEMS = 130;
const dataset = generateDataset({ users: 60, items: ITEMS, seed: 5 });
const sizes = { hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 10, hiddenDropout: 0.1 };
const s3Rec = findModel('s3-rec')!; // the registry has it: models.test.ts

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-pretraining-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function stage(
  name: 'pretrain' | 'finetune',
  options: Partial<TrainOptions> = {},
  training: object = {},
): Promise<Record<string, number>[]> {
  const backend = createReferenceBackend();
  const losses: Record<string, number>[] = [];
  await train({
    config: runConfigSchema.parse({
      model: { name: 's3-rec', ...sizes, stage: name },
      training: {
        epochs: 2,
        targetsPerStep: 64,
        seed: 3,
        learningRate: 0.01,
        checkpointSeconds: 0,
        ...(name === 'pretrain' ? { earlyStopping: { metric: 'loss', patience: 0 } } : {}),
        ...training,
      },
      evaluation: { ks: [10], test: name !== 'pretrain' },
      backend: 'reference',
    }),
    dataset,
    backend,
    out: join(folder, name),
    ...options,
    onEvent: (event) => {
      if (event.kind === 'epoch') losses.push({ ...event.record.losses, ...event.record.valid });
      options.onEvent?.(event);
    },
  });
  await backend.dispose();
  return losses;
}

/** The same users with other validation and test items: the last two of each. */
function otherEnds(from: Dataset): Dataset {
  const items = from.sequences.items.slice();
  const { offsets } = from.sequences;
  for (let user = 1; user < offsets.length; user++)
    for (const place of [offsets[user]! - 1, offsets[user]! - 2]) items[place] = (items[place]! % ITEMS) + 1;
  return { ...from, sequences: { ...from.sequences, items } };
}

const read = (out: string, file: string): Promise<Buffer> => readFile(join(folder, out, file));

describe('pre-training', () => {
  it('learns attributes and items, and ranks nothing while it does', async () => {
    const losses = await stage('pretrain', {}, { epochs: 6 });
    for (const task of ['aap', 'mip', 'map'])
      expect(losses[5]?.[`loss.${task}`]).toBeLessThan(losses[0]?.[`loss.${task}`] ?? NaN);
    expect(Object.keys(losses[0] ?? {}).filter((name) => name.includes('@'))).toEqual([]);
  });

  it('sees the training part alone: with other validation and test items it trains the same bytes', async () => {
    await stage('pretrain', { out: join(folder, 'a') });
    await stage('pretrain', { out: join(folder, 'b'), dataset: otherEnds(dataset) });
    expect((await read('a', 'optimizer.safetensors')).length).toBeGreaterThan(1000);
    const weights = async (out: string): Promise<Buffer> => read(out, 'model.safetensors');
    expect((await weights('a')).equals(await weights('b'))).toBe(true);
  });

  it('is resumed to the same bytes', async () => {
    await stage('pretrain', { out: join(folder, 'whole') });
    const stop = new AbortController();
    let steps = 0;
    await stage('pretrain', {
      out: join(folder, 'cut'),
      signal: stop.signal,
      onEvent: ({ kind }) => kind === 'step' && ++steps === 3 && stop.abort(),
    });
    await stage('pretrain', { out: join(folder, 'cut'), resume: true });
    expect((await read('cut', 'model.safetensors')).equals(await read('whole', 'model.safetensors'))).toBe(true);
  });

  it('gives fine-tuning, with whatever loss, a better first epoch', async () => {
    await stage('pretrain', {}, { epochs: 8 });
    const first = async (out: string, init?: string): Promise<number> => {
      const given = { out: join(folder, out), ...(init === undefined ? {} : { init: join(folder, init) }) };
      return (await stage('finetune', given, { epochs: 1, seed: 4 }))[0]?.['ndcg@10'] ?? NaN;
    };
    expect(await first('after', 'pretrain')).toBeGreaterThan(await first('alone'));
  });
});

describe('a step of pre-training', () => {
  const model = instantiate(s3Rec, { ...sizes, stage: 'pretrain' }, { items: ITEMS, fields: [] });
  const MASK = ITEMS + 1;
  const sequences = fc.array(fc.array(fc.integer({ min: 1, max: ITEMS }), { minLength: 2, maxLength: 9 }), {
    minLength: 2,
    maxLength: 6,
  });
  const windowsOf = (rows: readonly number[][]): Windows => ({
    length: 9,
    items: Int32Array.from(rows.flat()),
    starts: Int32Array.from(rows, (_, row) => rows.slice(0, row).flat().length),
    inputs: Int32Array.from(rows, ({ length }) => length - 1),
    targets: Int32Array.from(rows, ({ length }) => length - 1),
    slots: 64,
  });
  const numbers = (feeds: Feeds, name: string): number[] => {
    const tensor = feeds[name];
    if (tensor === undefined || !('data' in tensor)) throw new Error(`no ${name}`);
    return [...tensor.data];
  };

  it('masks the last item of every row and some others, and asks for what was there', () => {
    fc.assert(
      fc.property(sequences, fc.nat(1000), (rows, step) => {
        const { feeds, targets } = model.objective.batch(model, windowsOf(rows), { seed: 1, step });
        const items = numbers(feeds, 'items');
        const positions = numbers(feeds, 'targetPositions').slice(0, targets);
        const was = (place: number): number | undefined => rows[Math.floor(place / 10)]?.[place % 10];
        expect(positions.map((place) => items[place])).toEqual(positions.map(() => MASK));
        expect(numbers(feeds, 'targetItems').slice(0, targets)).toEqual(positions.map(was));
        rows.forEach((row, r) => expect(positions).toContain(r * 10 + row.length - 1));
        const known = numbers(feeds, 'knownWeights').filter((weight) => weight > 0).length;
        const places = numbers(feeds, 'knownPositions').slice(0, known);
        expect(places.map((place) => items[place])).toEqual(places.map(was));
        expect(known + targets).toBe(rows.flat().length);
        const wrong = numbers(feeds, 'negativeItems').slice(0, targets);
        wrong.forEach((item, i) => expect(rows[Math.floor((positions[i] ?? 0) / 10)]).not.toContain(item));
      }),
    );
  });

  it('takes a segment out of its context, and another of the step in its place', () => {
    fc.assert(
      fc.property(sequences, fc.nat(1000), (rows, step) => {
        const { feeds } = model.objective.batch(model, windowsOf(rows), { seed: 1, step });
        const items = numbers(feeds, 'items');
        const row = (kind: number, r: number): number[] => {
          const start = (kind * rows.length + r) * 10;
          return items.slice(start, start + (rows[r]?.length ?? 0));
        };
        rows.forEach((own, r) => {
          const [context, right, wrong] = [row(1, r), row(2, r), row(3, r)];
          if (numbers(feeds, 'segments.weights')[r] === 0) return;
          const inside = context.map((item) => item === MASK);
          const size = inside.filter(Boolean).length;
          expect(size).toBeGreaterThan(0);
          expect(size).toBeLessThanOrEqual(own.length / 2);
          expect(inside.lastIndexOf(true) - inside.indexOf(true)).toBe(size - 1);
          own.forEach((item, i) => {
            expect(context[i]).toBe(inside[i] ? MASK : item);
            expect(right[i]).toBe(inside[i] ? item : MASK);
            expect(wrong[i] === MASK).toBe(!inside[i]);
          });
          const others = [...rows.slice(r + 1), ...rows.slice(0, r)].flat();
          const taken = wrong.filter((item) => item !== MASK);
          expect(others.some((_, i) => taken.every((item, k) => others[i + k] === item))).toBe(true);
        });
      }),
    );
  });
});
