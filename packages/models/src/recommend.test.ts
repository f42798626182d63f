// Many callers of one recommender: answered as alone, in few runs of few programs.
import { createReferenceBackend, type Backend } from '@difsr/graph';
import { afterEach, expect, it } from 'vitest';
import { EVERY, FEEDS } from './every-kind.test.support.js';
import {
  createRecommender,
  featureName,
  recommendTask,
  type HistoryEvent,
  type ModelSchema,
  type Recommender,
  type RecommendOptions,
  type RecommendRequest,
  type TrainedModel,
} from './index.js';
import { FEATURES, tiny, weightsOf } from './tiny.test.support.js';

/** A backend that counts what it is asked to do; what it does is real. */
function counted(): Record<'runs' | 'sets', number[]> & { readonly backend: Backend; readonly compiled: string[] } {
  const own = createReferenceBackend();
  const [compiled, runs, sets]: [string[], number[], number[]] = [[], [], []];
  const backend: Backend = {
    ...own,
    createVariables: async (values) => own.createVariables(values),
    compile: async (graph, options) => {
      compiled.push(options?.label ?? '');
      const program = await own.compile(graph, options);
      return {
        run: async (feeds) => {
          const { items, item, allowed } = feeds;
          const asked = items ?? item;
          if (asked !== undefined && 'data' in asked) runs.push(asked.shape[0] ?? 0);
          if (allowed !== undefined && 'data' in allowed) sets.push(allowed.shape[0] ?? 0);
          return program.run(feeds);
        },
        dispose: async () => program.dispose(),
      };
    },
  };
  return { backend, compiled, runs, sets };
}

function trainedOn(name: string, schema: ModelSchema, options: object = {}): TrainedModel {
  const model = tiny(name, { maxLength: 4, ...options }, schema);
  const tables = { ...FEATURES, [featureName('price')]: FEEDS[featureName('price')] };
  const tensors = Object.entries({ ...tables, ...weightsOf(recommendTask(model, 1)) });
  return {
    folder: 'run',
    model,
    items: {
      tokens: ['[PAD]', ...Array.from({ length: schema.items }, (_, i) => `i${i + 1}`)],
      counts: Int32Array.from({ length: schema.items + 1 }, (_, id) => 1000 - id),
    },
    fields: { channel: ['[PAD]', 'web', 'shop'] },
    tensors: Object.fromEntries(tensors.flatMap(([key, tensor]) => (tensor === undefined ? [] : [[key, tensor]]))),
  };
}

let recommender: Recommender | undefined;
afterEach(async () => {
  await recommender?.dispose();
  recommender = undefined;
});
const SHOWN = { k: 5, includeSeen: true };
const idsOf = ({ items }: { readonly items: readonly { readonly id: string }[] }): string[] =>
  items.map(({ id }) => id);

it('histories with their events are answered together as alone, in one run', async () => {
  const { backend, compiled, runs } = counted();
  const fields = ['price', 'channel', 'quantity', 'age'];
  recommender = await createRecommender(
    trainedOn('dif-sr', EVERY, { fields, sideWidth: 4, userFields: 'stream' }),
    backend,
  );
  const requests: RecommendRequest[] = Array.from({ length: 20 }, (_, i) => ({
    history: Array.from({ length: 1 + (i % 6) }, (__, j): HistoryEvent => {
      const item = `i${1 + ((3 * i + j) % 11)}`;
      return j % 2 === 0 ? { item, channel: i % 2 === 0 ? 'web' : 'shop', quantity: i - j } : { item };
    }),
    ...(i % 3 === 0 ? { user: { age: 20 + i } } : {}),
    ...(i % 4 === 0 ? { exclude: ['i1', 'i2', 'gone'] } : {}),
  }));
  const together = await recommender.recommendMany(requests, SHOWN);
  expect(runs).toEqual([20]);
  for (const [i, { history, ...own }] of requests.entries()) {
    const alone = await recommender.recommend(history, { ...SHOWN, ...own });
    expect(idsOf(together[i] ?? alone)).toEqual(idsOf(alone));
    expect(together[i]?.values).toEqual(alone.values);
    if (i % 4 === 0) expect(idsOf(alone).filter((id) => id === 'i1' || id === 'i2')).toEqual([]);
  }
  expect(compiled.filter((label) => label !== 'prepare')).toEqual(['best 11']);
});

it('whatever k is asked, there are at most eight programs, and who comes first waits for one compilation', async () => {
  const { backend, compiled } = counted();
  recommender = await createRecommender(
    trainedOn('sasrec', { items: 1200, fields: [] }, { hiddenSize: 2, heads: 1, layers: 1 }),
    backend,
  );
  const all = await recommender.recommend(['i3'], { k: 1200, includeSeen: true });
  const asked = [1, 2, 3, 16, 17, 100, 128, 129, 500, 1199];
  const found = await Promise.all(asked.map(async (k) => recommender?.recommend(['i3'], { k, includeSeen: true })));
  for (const [i, each] of found.entries()) expect(each && idsOf(each)).toEqual(idsOf(all).slice(0, asked[i]));
  await recommender.recommend(['i3'], { k: 3, only: ['i5', 'i9'] });
  for (const k of [1, 16, 17, 900, 1200, 5000]) await recommender.similar('i3', { k });
  expect(compiled).toEqual([
    'prepare',
    'best 1200',
    'best 16',
    'best 128',
    'best 1024',
    'candidates',
    'nearest 16',
    'nearest 128',
    'nearest 1200',
  ]);
});

it('more requests than a run takes are answered in several', async () => {
  const { backend, runs } = counted();
  recommender = await createRecommender(trainedOn('sasrec', { items: 11, fields: [] }), backend);
  const many = Array.from({ length: 150 }, (_, i) => ({ history: [`i${1 + (i % 11)}`] }));
  expect(await recommender.recommendMany(many, SHOWN)).toHaveLength(150);
  expect(runs).toEqual([64, 64, 22]);
});

it('what all requests allow is one set, however long its lists are', async () => {
  const { backend, runs, sets } = counted();
  const catalogue = 2400;
  recommender = await createRecommender(
    trainedOn('sasrec', { items: catalogue, fields: [] }, { hiddenSize: 2, heads: 1, layers: 1 }),
    backend,
  );
  const ids = Array.from({ length: catalogue }, (_, i) => `i${i + 1}`);
  const [even, third] = [2, 3].map((of) => ids.filter((_, i) => i % of === 0));
  const requests = [3, 10, 700].map((item): RecommendRequest => ({ history: [`i${item}`], includeSeen: true }));
  const filters: Pick<RecommendOptions, 'only' | 'exclude'>[] = [
    { only: even },
    { exclude: even },
    { only: even, exclude: third },
    { only: third, exclude: ['i1', 'gone'] },
  ];
  for (const asked of filters) {
    const together = await recommender.recommendMany(requests, { ...SHOWN, ...asked });
    expect([runs.at(-1), sets.at(-1)]).toEqual([3, 1]);
    for (const [i, { history }] of requests.entries()) {
      const alone = await recommender.recommend(history, { ...SHOWN, ...asked });
      expect(together[i] && idsOf(together[i])).toEqual(idsOf(alone));
      expect(together[i]?.filters).toEqual(alone.filters);
      expect(alone.items).toHaveLength(5);
    }
  }
  const own = requests.map((request, i): RecommendRequest => (i === 1 ? { ...request, only: third } : request));
  const [first, second] = await recommender.recommendMany(own, { ...SHOWN, only: even });
  expect(sets.at(-1)).toBe(2);
  const isIn = (list: readonly string[] | undefined, found: typeof first): boolean =>
    (found?.items ?? []).every(({ id }) => list?.includes(id) === true);
  expect([isIn(even, first), isIn(third, second), isIn(even, second)]).toEqual([true, true, false]);
});

it('each request may have its k; what is wrong for all is said once', async () => {
  recommender = await createRecommender(trainedOn('sasrec', { items: 11, fields: [] }), counted().backend);
  const given: unknown = { includeSeen: true };
  const common = given as typeof SHOWN; // what JavaScript may hand over
  const [found] = await recommender.recommendMany([{ history: ['i1'], k: 2 }], common);
  expect(found?.items).toHaveLength(2);
  const [a, b] = [{ history: ['i1'] }, { history: ['i2'] }];
  await expect(recommender.recommendMany([a, b], common)).rejects.toThrow('request 0: recommend needs the option "k"');
  await expect(recommender.recommendMany([a, b], { ...SHOWN, k: 0 })).rejects.toThrow(/^recommendMany: k is a whole/);
  await expect(recommender.recommendMany([a, { ...b, k: 0 }], SHOWN)).rejects.toThrow(
    /^request 1: recommend: k is a whole/,
  );
});

it('a mistake is named with the request that has it; popular items leave out what is excluded, too', async () => {
  recommender = await createRecommender(
    trainedOn('dif-sr', EVERY, { fields: ['channel'], sideWidth: 4 }),
    counted().backend,
  );
  const asked = recommender.recommendMany([{ history: ['i1'] }, { history: [{ item: 'i2', chanel: 'web' }] }], SHOWN);
  await expect(asked).rejects.toThrow(/^request 1: recommend: history\[0\] has "chanel"/);
  const { items, popular } = await recommender.recommend(['nowhere'], { k: 2, includeSeen: true, exclude: ['i1'] });
  expect([popular, ...items.map(({ id }) => id)]).toEqual([true, 'i2', 'i3']);
});
