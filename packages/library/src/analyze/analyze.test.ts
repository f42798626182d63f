// Runs that were really trained on the generated data, analysed: each number against what is known of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, splitDataset } from '@difsr/data';
import { openRun } from '@difsr/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze, evaluate, train, UsageError, type Analysis, type Available, type RunAnalysis } from '../index.js';
import { choose } from './score-ranks.js';
import { isAvailable } from './types.js';

const SIZE = { hiddenSize: 8, innerSize: 8, layers: 2, heads: 2, maxLength: 12 };
const MODELS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dif: { ...SIZE, name: 'dif-sr', sideWidth: 8, fusion: 'sum' },
  gate: { ...SIZE, name: 'dif-sr', sideWidth: 8, fusion: 'gate' },
  concat: { ...SIZE, name: 'dif-sr', sideWidth: 8, fusion: 'concat' },
  sasrecf: { ...SIZE, name: 'sasrecf', fusion: 'sum' },
  bert4rec: { ...SIZE, name: 'bert4rec' },
  gru4rec: { name: 'gru4rec', hiddenSize: 8, maxLength: 12 },
  popular: { name: 'popular' },
};
const fast = { device: 'cpu', threads: 1 } as const;
const few = { ...fast, length: 10, histories: 6, batches: 2 };
let folder = '';
const at = (run: string): string => join(folder, run);
let all: Analysis;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-analyze-'));
  for (const [run, model] of Object.entries(MODELS))
    await train({ data: 'generated', model, training: { epochs: 1, targetsPerStep: 2048 }, out: at(run), ...fast });
  all = await analyze(Object.keys(MODELS).map(at), { ...few, user: 'user-7' });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function of(run: string): RunAnalysis {
  const found = all.runs.find((each) => each.run === at(run));
  if (found === undefined) throw new Error(`no ${run}`);
  return found;
}

/** A part that must be there. */
function given<T extends object>(part: Available<T> | undefined): T {
  if (part === undefined || !isAvailable(part)) throw new Error(`not there: ${part?.unavailable}`);
  return part;
}

describe('ranks of scores', () => {
  it('of early fusion end at the head size to the last bit, those of DIF do not', () => {
    const [early, dif] = [given(of('sasrecf').rank), given(of('dif').rank)];
    expect(early.heads.map(({ attention, head }) => `${attention} ${head}`)).toEqual([
      'layers.0.attention 0',
      'layers.0.attention 1',
      'layers.1.attention 0',
      'layers.1.attention 1',
    ]);
    for (const { rank64, spectrum } of early.heads) {
      expect(rank64).toBe(4);
      expect(spectrum).toHaveLength(10);
    }
    for (const { rank64, effective } of dif.heads) {
      expect(rank64).toBeGreaterThan(4);
      expect(effective).toBeGreaterThan(1);
    }
    expect(early).toMatchObject({ length: 10, histories: 6, notes: [] });
    expect(early.eligible).toBeGreaterThan(6);
  });

  it('of a causal-safe concat are those of triangular matrices, and it is said', () => {
    const { heads, notes } = given(of('concat').rank);
    expect(heads.every(({ masked }) => masked)).toBe(true);
    expect(notes.join()).toContain('its matrices are triangular');
    expect(given(of('gate').rank).heads.some(({ masked }) => masked)).toBe(false);
  });

  it('are of as many rows as the model is shown, where that is less than was asked for', async () => {
    const [first] = (await analyze(at('bert4rec'), { ...few, length: 14 })).runs;
    const { length, notes } = given(first?.rank);
    expect(length).toBe(11); // one of twelve places asks
    expect(notes).toEqual(['the model is shown 11 items at most: matrices have 11 rows']);
  });

  it('take the longest histories where none is long enough, and say so; of many they choose evenly', () => {
    const histories = [3, 9, 9, 4, 2].map((size, user) => ({ begin: 100 * user, end: 100 * user + size }));
    const longest = choose(histories, { length: 50, histories: 200 }, 20);
    expect(longest).toMatchObject({ length: 9, eligible: 2 });
    expect(longest.notes).toEqual(['no history has 50 items: the longest, of 9, are taken']);
    const some = choose(histories, { length: 3, histories: 2 }, 20);
    expect(some).toMatchObject({ length: 3, eligible: 4, notes: [] });
    expect(some.histories.map(({ begin }) => begin)).toEqual([0, 200]);
  });

  it('side by side name what differs', async () => {
    await train({
      data: 'generated',
      model: { ...SIZE, name: 'sasrec', heads: 4 },
      training: { epochs: 1, targetsPerStep: 2048 },
      out: at('narrow'),
      ...fast,
    });
    const { notes } = await analyze([at('dif'), at('narrow')], few);
    expect(notes).toEqual([expect.stringMatching(/^the runs differ in heads \(2, 4\)/)]);
  });
});

describe('attention maps', () => {
  it('are of the history before the last held-out target, with names', async () => {
    const dataset = generateDataset();
    const user = dataset.users.tokens.indexOf('user-7') - 1;
    const { offsets, items } = dataset.sequences;
    const history = [...items.subarray(offsets[user], (offsets[user + 1] ?? 0) - 1)].slice(-12);
    const maps = given(of('dif').maps);
    expect(maps.user).toBe('user-7');
    expect(maps.history).toEqual(
      history.map((id) => ({ id: dataset.items.tokens[id], name: dataset.itemNames?.[id] })),
    );
    const told = await analyze(at('dif'), { ...few, history: history.map((id) => dataset.items.tokens[id] ?? '') });
    expect(given(told.runs[0]?.maps).attentions).toEqual(maps.attentions);
  });

  it('add up: the sources to what is fused, each row of probabilities to 1 over what is visible', () => {
    for (const run of ['dif', 'gate']) {
      for (const { heads } of given(of(run).maps).attentions)
        for (const { sources, fused, probabilities } of heads) {
          expect(sources.map(({ name }) => name)).toEqual(['categories', 'brand', 'item', 'position']);
          fused.forEach((row, i) =>
            row.forEach((value, j) => {
              const sum = sources.reduce((total, { scores }) => total + (scores[i]?.[j] ?? Number.NaN), 0);
              if (run === 'dif') expect(Math.abs(sum - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
              if (j > i) expect(probabilities[i]?.[j]).toBeLessThan(1e-12);
            }),
          );
          for (const row of probabilities) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3);
        }
    }
    const bert = given(of('bert4rec').maps);
    expect(bert.history.at(-1)).toEqual({ id: '[MASK]' });
    expect(bert.attentions[0]?.heads[0]?.probabilities).toHaveLength(bert.history.length);
  });

  it('of a user that the data does not have, or beside a history, are refused', async () => {
    await expect(analyze(at('dif'), { user: 'usr-7' })).rejects.toThrow(/usr-7: is none of the data set.*user-7/s);
    await expect(analyze(at('dif'), { user: 'user-7', history: ['item-1'] })).rejects.toBeInstanceOf(UsageError);
    const [first] = (await analyze(at('dif'), { ...few, history: ['nothing', 'item-3'] })).runs;
    expect(given(first?.maps)).toMatchObject({ unknown: ['nothing'], history: [{ id: 'item-3' }] });
  });
});

describe('gradients by source', () => {
  it('are the same for items and fields under additive early fusion, and apart under DIF', () => {
    const [early, dif] = [given(of('sasrecf').gradients), given(of('dif').gradients)];
    expect(early.sources.map(({ source }) => source)).toEqual(['item', 'brand', 'categories', 'position']);
    const [item, ...others] = early.sources;
    expect(item?.magnitude).toBeGreaterThan(0);
    for (const { magnitude, toItem } of others) {
      expect(magnitude).toBe(item?.magnitude);
      expect(toItem?.difference).toBe(0);
      expect(toItem?.cosine).toBeCloseTo(1, 6);
    }
    for (const { source, toItem } of dif.sources)
      if (source !== 'item') expect(toItem?.difference).toBeGreaterThan(0.1);
  });

  it('are of the losses of the run: targets of its batches, parts by name', () => {
    const { steps, targets, places, losses } = given(of('dif').gradients);
    expect([steps, targets <= 2 * 2048, targets > 2048, places >= targets]).toEqual([2, true, true, true]);
    const { loss = 0, 'loss.item': own = 0, 'loss.attribute.brand': brand = 0 } = losses;
    expect(own).toBeGreaterThan(0);
    expect(brand).toBeGreaterThan(0);
    expect(loss).toBeGreaterThan(own);
  });
});

describe('results by group', () => {
  it('are those of the evaluation, apart: groups add up to the whole', async () => {
    for (const run of ['dif', 'popular']) {
      const groups = given(of(run).groups);
      const { metrics } = await openRun(at(run));
      expect(groups).toMatchObject({ part: 'test', protocol: 'unmasked' });
      expect(groups.all.metrics['ndcg@10']).toBe(metrics?.test?.['ndcg@10']);
      expect(groups.all.targets).toBe(splitDataset(generateDataset()).test.targets.length);
      for (const parts of [groups.length, groups.popularity]) {
        const mean = parts.reduce((sum, { share, metrics: own }) => sum + share * (own['ndcg@10'] ?? Number.NaN), 0);
        expect(mean).toBeCloseTo(groups.all.metrics['ndcg@10'] ?? Number.NaN, 12);
        expect(parts.reduce((sum, { targets }) => sum + targets, 0)).toBe(groups.all.targets);
      }
    }
  });

  it('of another protocol are asked for; a run without ranks is told how to get them, and the rest is analysed', async () => {
    const [masked] = (await analyze(at('gru4rec'), { ...few, protocol: 'masked' })).runs;
    expect(given(masked?.groups).protocol).toBe('masked');
    await rm(join(at('gru4rec'), 'ranks.parquet'));
    const [without] = (await analyze(at('gru4rec'), few)).runs;
    expect(without?.groups).toMatchObject({
      unavailable: expect.stringMatching(/has no ranks\.parquet.*difsr evaluate/s),
    });
    await evaluate(at('gru4rec'), fast);
    const [again] = (await analyze(at('gru4rec'), few)).runs;
    expect(given(again?.groups)).toEqual(given(of('gru4rec').groups));
  });
});

it('what a model does not have is a reason', () => {
  expect(of('gru4rec').rank).toEqual({ unavailable: 'gru4rec has no attention of the family: there are no scores' });
  expect(of('gru4rec').gradients).toMatchObject({ unavailable: expect.stringContaining('no sources') });
  expect(of('popular').gradients).toEqual({ unavailable: 'popular is counted: it has no gradients' });
  expect(of('popular').maps).toMatchObject({ unavailable: expect.stringContaining('no maps') });
});
