// What results are means of, checked against lists and counts made by hand: recommendations one by one, popularity by sorting.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset, sequenceAt, splitDataset, type Dataset, type EvaluationCases } from '@difsr/data';
import { createReferenceBackend } from '@difsr/graph';
import { rankingMetrics, targetRank } from '@difsr/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigSchema, type RunConfig } from '../config.js';
import type { RunMetrics } from '../events.js';
import { createRecommender, evaluatePopular, evaluateRun, openRun, train, type Run } from '../index.js';

const plain = generateDataset({ seed: 7, users: 40, items: 130 });
/** People who buy again: every third item is one that they have had. */
const repeats: Dataset = {
  ...plain,
  sequences: {
    offsets: plain.sequences.offsets,
    items: plain.sequences.items.map((item, at, items) => {
      const begin = plain.sequences.offsets.findLast((offset) => offset <= at) ?? 0;
      return at % 3 === 0 && at > begin ? (items[begin + ((at * 7) % (at - begin))] ?? item) : item;
    }),
  },
};
/** Several targets per user: of each five interactions the fourth validates, the fifth tests. */
const ratio: Dataset = {
  ...repeats,
  splitMethod: 'ratio',
  parts: Uint8Array.from(repeats.sequences.items, (_, at) => [0, 0, 0, 2, 3][at % 5] ?? 0),
};

function config(training: object = {}): RunConfig {
  return runConfigSchema.parse({
    model: { name: 'sasrec', hiddenSize: 8, innerSize: 8, layers: 1, maxLength: 8 },
    training: { epochs: 1, targetsPerStep: 64, seed: 3, checkpointSeconds: 0, ...training },
    evaluation: { ks: [10, 130] },
    backend: 'reference',
  });
}

let folder: string;
const runs = new Map<Dataset, Run>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-results-'));
  for (const [name, dataset] of Object.entries({ repeats, ratio })) {
    const backend = createReferenceBackend();
    await train({ config: config(), dataset, backend, out: join(folder, name) });
    runs.set(dataset, await openRun(join(folder, name)));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const runOf = (dataset: Dataset): Run => {
  const run = runs.get(dataset);
  if (run === undefined) throw new Error('not trained');
  return run;
};

/** Histories and targets of cases. */
function listed({ users, histories, targets }: EvaluationCases): { user: number; history: number[]; target: number }[] {
  return Array.from(targets, (target, i) => ({
    user: users[i] ?? 0,
    history: [...sequenceAt(histories, i)],
    target,
  }));
}

/** Training interactions by item. */
function countsOf(dataset: Dataset): number[] {
  const counts = Array.from({ length: dataset.items.size }, () => 0);
  for (const item of splitDataset(dataset).train.items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

describe('with seen items left out', () => {
  it('a target is found exactly where recommend would show it: one that was seen is a miss', async () => {
    const run = runOf(repeats);
    const backend = createReferenceBackend();
    const { test, counts } = await evaluateRun({ run, dataset: repeats, backend, maskSeen: true });
    const recommender = await createRecommender(run, backend);
    const cases = listed(splitDataset(repeats).test);
    let found = 0;
    for (const { history, target } of cases) {
      const shown = await recommender.recommend(
        history.map((item) => run.items.tokens[item] ?? ''),
        { k: 10, includeSeen: false },
      );
      if (shown.items.some(({ id }) => id === run.items.tokens[target])) found++;
    }
    const hidden = cases.filter(({ history, target }) => history.includes(target)).length;
    expect(hidden).toBeGreaterThan(0);
    expect(counts.test).toEqual({ targets: cases.length, users: cases.length, hidden });
    expect(test['recall@10']).toBeCloseTo(found / cases.length, 12);
    expect(test['recall@130']).toBeCloseTo(1 - hidden / cases.length, 12); // every item that may be shown is
    const open = await evaluateRun({ run, dataset: repeats, backend });
    expect(open.test['recall@130']).toBe(1);
    expect(open.counts.test.hidden).toBe(0);
  });
});

describe('the popular items', () => {
  it.each([false, true])('are ranked as any scores would be (seen items left out: %s)', async (maskSeen) => {
    for (const dataset of [repeats, ratio]) {
      const counts = countsOf(dataset);
      for (const cases of [splitDataset(dataset).valid, splitDataset(dataset).test]) {
        const ranks = listed(cases).map(({ history, target }) =>
          maskSeen && history.includes(target)
            ? 10_000
            : targetRank(counts, target, { excluded: maskSeen ? history : [] }),
        );
        const found = await evaluatePopular(cases, { counts, ks: [3, 10], maskSeen });
        expect(found.byTarget).toEqual(rankingMetrics(ranks, [3, 10]));
      }
    }
  });

  it('stand beside the results of training and of evaluating, which agree', async () => {
    for (const dataset of [repeats, ratio]) {
      const run = runOf(dataset);
      const { metrics } = run;
      const { seconds: _, ...again } = await evaluateRun({ run, dataset, backend: createReferenceBackend() });
      expect(metrics).toMatchObject(again);
      const counts = countsOf(dataset);
      const { byTarget, byUser } = await evaluatePopular(splitDataset(dataset).test, {
        counts,
        ks: [10, 130],
        maskSeen: false,
      });
      expect([again.popular.test, again.popular.byUser.test]).toEqual([byTarget, byUser]);
      expect(again.beatsPopular).toEqual({
        by: 'ndcg@10',
        valid: (again.valid['ndcg@10'] ?? 0) > (again.popular.valid['ndcg@10'] ?? 0),
        test: (again.test['ndcg@10'] ?? 0) > (again.popular.test['ndcg@10'] ?? 0),
      });
    }
  });
});

describe('several targets per user', () => {
  it('give two means, by target and by user', async () => {
    const run = runOf(ratio);
    const { metrics } = run;
    const cases = listed(splitDataset(ratio).test);
    const users = new Map<number, number[]>();
    for (const { user, target } of cases) users.set(user, [...(users.get(user) ?? []), target]);
    expect(metrics?.counts.test).toMatchObject({ targets: cases.length, users: users.size });
    expect(cases.length).toBeGreaterThan(users.size);
    const counts = countsOf(ratio);
    const means = [...users.values()].map(
      (own) =>
        rankingMetrics(
          own.map((target) => targetRank(counts, target)),
          [10],
        )['ndcg@10'] ?? NaN,
    );
    expect(metrics?.popular.byUser.test?.['ndcg@10']).toBeCloseTo(
      means.reduce((sum, mean) => sum + mean, 0) / means.length,
      12,
    );
    expect(metrics?.byUser.test?.['ndcg@10']).toBeGreaterThan(0);
    expect(metrics?.byUser.test?.['ndcg@10']).not.toBe(metrics?.test?.['ndcg@10']);
  });

  it('are one number where every user has one', () => {
    const { valid, test, byUser } = runOf(repeats).metrics ?? {};
    expect(byUser).toEqual({ valid, test });
  });
});

describe('the model card', () => {
  const card = (name: string): Promise<string> => readFile(join(folder, name, 'README.md'), 'utf8');

  it('names the unit, the popular items, and items that training never saw', async () => {
    expect(await card('repeats')).toMatch(
      /^\| mean over users \| validation \| popular items \| test \| popular items \|$/m,
    );
    expect(await card('ratio')).toMatch(/^\| mean over targets \|/m);
    expect(await card('ratio')).toMatch(/^\| mean over users of the mean over each one's targets \|/m);
    const cold = countsOf(repeats).filter((count, id) => id > 0 && count === 0).length;
    expect(cold).toBeGreaterThan(0);
    expect(await card('repeats')).toContain(
      `${cold} of them never occur in the training part: they can be recommended`,
    );
  });

  it('names the side information that is used, that of the time as well, and what is not', async () => {
    expect(await card('repeats')).toMatch(/^\| side information \| none; not used: (\w+, )*brand\b/m);
    const { model, ...rest } = config();
    const timed = { ...model, name: 'dif-sr', sideWidth: 4, fields: ['time.hour', 'brand', 'time.gap'] };
    const times = Float64Array.from(plain.sequences.items, (_, at) => 1.7e9 + 5000 * at);
    const backend = createReferenceBackend();
    const out = join(folder, 'timed');
    await train({ config: { ...rest, model: timed }, dataset: { ...plain, times }, backend, out });
    await backend.dispose();
    expect(await card('timed')).toMatch(
      /^\| side information \| brand \(\d+ values\), time\.hour \(24 values, of interactions\), time\.gap \(numbers, of interactions\); not used: (?!.*brand)/m,
    );
  });

  it('says so where the model does not beat them', async () => {
    const metrics = JSON.parse(await readFile(join(folder, 'repeats', 'metrics.json'), 'utf8')) as RunMetrics; // written by train
    expect((await card('repeats')).includes('the model does not beat it')).toBe(!metrics.beatsPopular.valid);
  });
});

describe('without the test targets', () => {
  it('nothing of them is in metrics, history or model card, and the model is the same; evaluating shows them', async () => {
    const backend = createReferenceBackend();
    const out = join(folder, 'untested');
    const without = config();
    const splits = new Set<string>();
    await train({
      config: { ...without, evaluation: { ...without.evaluation, test: false } },
      dataset: repeats,
      backend,
      out,
      onEvent: (event) => event.kind === 'evaluation' && splits.add(event.split),
    });
    expect([...splits]).toEqual(['valid']);
    const { metrics } = await openRun(out);
    expect(metrics?.valid).toEqual(runOf(repeats).metrics?.valid);
    for (const part of [metrics, metrics?.byUser, metrics?.counts, metrics?.popular, metrics?.beatsPopular])
      expect(part).not.toHaveProperty('test');
    const card = await readFile(join(out, 'README.md'), 'utf8');
    expect(card).toContain('The test targets were not looked at');
    expect(card).not.toMatch(/\| test \|/);
    const model = (name: string): Promise<Buffer> => readFile(join(folder, name, 'model.safetensors'));
    expect((await model('untested')).equals(await model('repeats'))).toBe(true);
    const { test } = await evaluateRun({ run: await openRun(out), dataset: repeats, backend });
    expect(test).toEqual(runOf(repeats).metrics?.test);
    await backend.dispose();
  });
});
