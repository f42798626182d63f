// What a recommender may answer: the best of the items that a request allows, as a plain sort over all scores finds them.
import { createReferenceBackend } from '@difsr/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attributeNames,
  createRecommender,
  encodeValues,
  featureName,
  instantiate,
  difSr,
  RunError,
  traceScores,
  type ModelSchema,
  type Recommender,
  type RecommendOptions,
  type RecommendRequest,
  type TrainedModel,
} from './index.js';
import { ints, numbers, weightsOf, type Values } from './tiny.test.support.js';

const ITEMS = 40;
const PRICE = { name: 'price', kind: 'numeric', mean: 10, deviation: 4, bounds: [] } as const;
const SCHEMA: ModelSchema = {
  items: ITEMS,
  fields: [
    { name: 'brand', kind: 'categorical', values: 4, maxValues: 1 },
    { name: 'tags', kind: 'multi-categorical', values: 6, maxValues: 2 },
    PRICE,
    { name: 'picture', kind: 'vector', width: 1, length: 1 },
    { name: 'rating', owner: 'interaction', kind: 'numeric', mean: 3, deviation: 1, bounds: [] },
  ],
};
const BRANDS = ['', 'acme', 'bolt', 'core'];
const TAGS = ['', 'red', 'green', 'blue', 'old', 'new'];
const all = Array.from({ length: ITEMS + 1 }, (_, id) => id);
const brandOf = (id: number): number => (id === 0 ? 0 : (id * 7) % 4);
const tagsOf = (id: number): number[] => (id === 0 ? [] : [(id * 5) % 6, (id * 3) % 6].filter((tag) => tag > 0));
const priceOf = (id: number): number => (id % 6 === 0 ? Number.NaN : Math.fround(id / 10));
/** Nobody has taken these. */
const NEW = [4, 17, 33];

function trainedModel(options: object): TrainedModel {
  const model = instantiate(
    difSr,
    { hiddenSize: 4, innerSize: 8, layers: 1, heads: 2, maxLength: 4, sideWidth: 2, ...options },
    SCHEMA,
  );
  const weights = weightsOf(traceScores(model));
  const table = weights['items.weight'];
  // Items that are equal in all respects have equal scores.
  if (table !== undefined)
    for (let id = 5; id < ITEMS; id += 5) table.data.copyWithin((id + 1) * 4, id * 4, (id + 1) * 4);
  const ragged = (values: (id: number) => number[]): number[] => {
    let end = 0;
    return [0, ...all.map((id) => (end += values(id).length))];
  };
  const [price, brand, tags] = ['price', 'brand', 'tags'].map(attributeNames);
  const brands = (id: number): number[] => [brandOf(id)].filter((value) => value > 0);
  const prices = Float32Array.from(all, priceOf);
  return {
    folder: 'run',
    model,
    items: {
      tokens: ['[PAD]', ...all.slice(1).map((id) => `i${id}`)],
      counts: Int32Array.from(all, (id) => (NEW.includes(id) ? 0 : 100 - id)),
    },
    fields: { brand: BRANDS, tags: TAGS },
    tensors: {
      ...weights,
      [featureName('brand')]: ints([ITEMS + 1, 1], all.map(brandOf)),
      [featureName('tags')]: ints(
        [ITEMS + 1, 2],
        all.flatMap((id) => [...tagsOf(id), 0, 0].slice(0, 2)),
      ),
      [featureName('price')]: { dtype: 'float32', shape: [ITEMS + 1, 2], data: encodeValues(PRICE, prices) },
      [price?.values ?? '']: { dtype: 'float32', shape: [ITEMS + 1], data: prices },
      [brand?.values ?? '']: ints([all.flatMap(brands).length], all.flatMap(brands)),
      [brand?.offsets ?? '']: ints([ITEMS + 2], ragged(brands)),
      [tags?.values ?? '']: ints([all.flatMap(tagsOf).length], all.flatMap(tagsOf)),
      [tags?.offsets ?? '']: ints([ITEMS + 2], ragged(tagsOf)),
    },
  };
}

const numberOf = (id: string): number => Number(id.slice(1));
/** Items of which a request allows each, looked at one by one. */
function isAllowed(id: number, history: readonly string[], options: RecommendOptions, withNew: boolean): boolean {
  const { only, where = {}, exclude = [], includeSeen = false } = options;
  const { brand, tags, price } = where;
  const names = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  const range = typeof price === 'object' && 'min' in price ? price : { min: -Infinity };
  return (
    id > 0 &&
    (only === undefined || only.includes(`i${id}`)) &&
    (brand === undefined || names(brand).includes(BRANDS[brandOf(id)])) &&
    (tags === undefined || tagsOf(id).some((tag) => names(tags).includes(TAGS[tag]))) &&
    (price === undefined || priceOf(id) >= Math.fround(range.min ?? -Infinity)) &&
    !exclude.includes(`i${id}`) &&
    (includeSeen || !history.includes(`i${id}`)) &&
    (withNew || !NEW.includes(id))
  );
}

/** What a model reads of a run. */
function read({ tensors }: TrainedModel): Values {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('attribute.')));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const product = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

const ids = fc.array(
  fc.integer({ min: 1, max: ITEMS }).map((id) => `i${id}`),
  { maxLength: 45 },
);
const history = fc.array(
  fc.integer({ min: 1, max: ITEMS }).map((id) => `i${id}`),
  { minLength: 1, maxLength: 7 },
);
const where = fc.record(
  {
    brand: fc.constantFrom('acme', 'bolt', ['acme', 'core'], [] as string[]),
    tags: fc.constantFrom('red', ['red', 'old'], ['blue', 'green', 'new']),
    price: fc.constantFrom({ min: 1.1 }, { min: 3 }, { min: 0.1 }),
  },
  { requiredKeys: [] },
);
const options = fc.record(
  {
    k: fc.integer({ min: 1, max: 60 }),
    includeSeen: fc.boolean(),
    includeNew: fc.boolean(),
    only: ids,
    exclude: ids,
    where,
  },
  { requiredKeys: ['k'] },
);
const backend = createReferenceBackend();
afterAll(() => backend.dispose());

describe.each(['none', 'sum'])('a recommender, item fields %s', (itemFields) => {
  const trained = trainedModel({ fields: ['brand', 'tags', 'price'], itemFields });
  const traced = traceScores(trained.model);
  let recommender: Recommender;
  beforeAll(async () => {
    recommender = await createRecommender(trained, backend);
  });
  afterAll(() => recommender.dispose());
  const withNew = ({ includeNew = false }: { readonly includeNew?: boolean | undefined }): boolean =>
    itemFields === 'none' || includeNew;

  it('answers with the best of the items that are allowed, equal scores by their order', async () => {
    await fc.assert(
      fc.asyncProperty(history, options, async (items, asked) => {
        const shown = items.slice(-4).map(numberOf);
        const scores = numbers(traced.scores, { ...read(trained), items: ints([1, shown.length], shown) });
        const expected = all
          .filter((id) => isAllowed(id, items, asked, withNew(asked)))
          .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
          .slice(0, asked.k);
        const found = await recommender.recommend(items, asked);
        expect(found.items.map(({ id }) => numberOf(id))).toEqual(expected);
        found.items.forEach(({ score }, i) => expect(score).toBeCloseTo(scores[expected[i] ?? 0] ?? Number.NaN, 5));
        expect(found.popular).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('finds the items whose rows are nearest, itself never among them', async () => {
    const table = numbers(traced.itemTable, read(trained));
    const rows = (id: number): number[] => table.slice(id * 4, (id + 1) * 4);
    const known = all.filter((id) => id > 0 && (itemFields !== 'none' || !NEW.includes(id)));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...known), options, async (item, { includeSeen: _, ...asked }) => {
        const cosines = all.map((id) => cosine(rows(item), rows(id)));
        const isNewAllowed = itemFields !== 'none' && (asked.includeNew ?? false);
        const expected = all
          .filter((id) => id !== item && isAllowed(id, [], asked, isNewAllowed))
          .sort((a, b) => (cosines[b] ?? 0) - (cosines[a] ?? 0) || a - b)
          .slice(0, asked.k);
        const { items } = await recommender.similar(`i${item}`, asked);
        expect(items.map(({ score }) => score)).toHaveLength(expected.length);
        // Rows that are equal have cosines that differ by rounding alone.
        items.forEach(({ id, score }, i) => {
          expect(score).toBeCloseTo(cosines[expected[i] ?? 0] ?? Number.NaN, 5);
          expect(score).toBeCloseTo(cosines[numberOf(id)] ?? Number.NaN, 5);
        });
        expect(new Set(items.map(({ id }) => id)).size).toBe(expected.length);
        for (const { id } of items)
          expect(expected.length === 0 || isAllowed(numberOf(id), [], asked, isNewAllowed)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('gives popular items of those that are allowed where nothing of the history is known', async () => {
    const { items, popular, unknown } = await recommender.recommend(['x'], {
      k: 3,
      where: { brand: 'acme' },
      exclude: ['i3'],
    });
    const expected = all.filter((id) => BRANDS[brandOf(id)] === 'acme' && id !== 3).slice(0, 3);
    expect([popular, unknown, items.map(({ id }) => numberOf(id))]).toEqual([true, ['x'], expected]);
  });

  it('of popular items, too, those without training interactions are asked for where the model knows them', async () => {
    const of = async (asked: Partial<RecommendOptions>): Promise<number[]> =>
      (await recommender.recommend([], { k: ITEMS, ...asked })).items.map(({ id }) => numberOf(id));
    for (const includeNew of [false, true])
      expect((await of({ includeNew })).toSorted((a, b) => a - b)).toEqual(
        all.filter((id) => id > 0 && (withNew({ includeNew }) || !NEW.includes(id))),
      );
  });

  it('a number is the range of that number', async () => {
    const [asked, range] = [2, { min: 2, max: 2 }].map((price) => ({ k: ITEMS, where: { price }, includeSeen: true }));
    const found = await recommender.recommend(['i2'], asked!);
    expect(found.items.map(({ id }) => priceOf(numberOf(id)))).toEqual([2]);
    expect(found).toEqual(await recommender.recommend(['i2'], range!));
  });

  it('what a request leaves undefined is what all are asked', async () => {
    const requests: unknown = [
      { history: ['i2'], k: undefined, exclude: undefined },
      { history: ['i2'], k: 2 },
    ];
    const asked = requests as readonly RecommendRequest[]; // as callers without exact types write
    const [first, second] = await recommender.recommendMany(asked, { k: 3 });
    expect([first?.items.length, second?.items.length]).toEqual([3, 2]);
  });

  it('says what of a filter it does not know, and recommends nothing where nothing is allowed', async () => {
    const asked = {
      k: 5,
      only: ['i1', 'gone', 'gone', '[PAD]'],
      where: { brand: ['acme', 'none such'], tags: 'lost' },
    };
    const filters = {
      unknownItems: ['gone', '[PAD]'],
      unknownValues: [
        { field: 'brand', value: 'none such' },
        { field: 'tags', value: 'lost' },
      ],
    };
    expect(await recommender.recommend(['i2'], asked)).toEqual({ items: [], unknown: [], popular: false, filters });
    expect(await recommender.similar('i2', asked)).toEqual({ items: [], filters });
    for (const empty of [{ only: [] }, { where: { brand: [] } }])
      expect((await recommender.recommend(['i2'], { k: 5, ...empty })).items).toEqual([]);
    expect((await recommender.recommend(['i2'], { k: 5 })).filters).toBeUndefined();
  });

  it.each([
    [
      { brnad: 'acme' },
      /^recommend: where names "brnad", and no item has such a field: items have brand, tags, price\n {2}cure: did you mean brand\?/,
    ],
    [{ picture: 'a' }, /where names "picture", and vectors cannot be filtered by/],
    [{ rating: { min: 1 } }, /where names "rating", and that is a field of interactions/],
    [{ brand: { min: 1 } }, /where\.brand is \{"min":1\}, and the field has texts\n {2}cure: /],
    [{ brand: [null] }, /where\.brand is \[null\], and the field has texts/],
    [{ price: [3] }, /where\.price is \[3\], and the field has numbers\n {2}cure: write \{ min: 10, max: 50 \}/],
    [{ price: '3' }, /where\.price is "3"/],
    [{ price: {} }, /where\.price has no bound/],
    [{ price: { least: 3 } }, /where\.price has "least"/],
    [{ price: { min: '3' } }, /where\.price has min: "3"/],
    [{ price: { max: Number.NaN } }, /where\.price has max: null/],
    [{ price: { min: 5, max: 3 } }, /where\.price has min 5 above max 3/],
    [['acme'], /where is an object, got a list/],
    [{ brand: null }, /where\.brand/],
  ])('refuses %j', async (mistake, message) => {
    const given: unknown = { k: 3, where: mistake };
    const asked = given as RecommendOptions; // what JavaScript may hand over
    await expect(recommender.recommend(['i2'], asked)).rejects.toThrow(RunError);
    await expect(recommender.recommend(['i2'], asked)).rejects.toThrow(message);
    await expect(recommender.similar('i2', asked)).rejects.toThrow(/^similar: /);
  });

  it('refuses an item that it does not know, and one of which it knows nothing', async () => {
    await expect(recommender.similar('nowhere', { k: 3 })).rejects.toThrow(
      /^similar: the run does not know the item "nowhere"\n {2}cure: /,
    );
    await expect(recommender.similar('[PAD]', { k: 3 })).rejects.toThrow(RunError);
    await expect(recommender.similar('i2', { k: 0 })).rejects.toThrow(/k is a whole number from 1 on, got 0/);
    const ofNew = recommender.similar('i17', { k: 3 });
    if (itemFields === 'none') await expect(ofNew).rejects.toThrow(/nothing is known of the item "i17"/);
    else expect((await ofNew).items).toHaveLength(3);
  });
});

it('more excluded ids than go into a row, and filters one after the other, change no answer', async () => {
  const items = 3000;
  const model = instantiate(difSr, { hiddenSize: 2, heads: 1, layers: 1, maxLength: 4 }, { items, fields: [] });
  const trained: TrainedModel = {
    folder: 'run',
    model,
    items: {
      tokens: ['[PAD]', ...Array.from({ length: items }, (_, i) => `i${i + 1}`)],
      counts: new Int32Array(items + 1).fill(1),
    },
    fields: {},
    tensors: weightsOf(traceScores(model)),
  };
  const recommender = await createRecommender(trained, backend);
  const everything = (await recommender.recommend(['i1', 'i2'], { k: items })).items.map(({ id }) => id);
  expect(everything).toHaveLength(items - 2);
  const even = trained.items.tokens.filter((_, id) => id > 0 && id % 2 === 0);
  const [excluding, allowing] = await recommender.recommendMany(
    [
      { history: ['i1', 'i2'], exclude: even },
      { history: ['i1', 'i2'], only: even },
    ],
    { k: 20 },
  );
  const isEven = (id: string): boolean => numberOf(id) % 2 === 0;
  expect(excluding?.items.map(({ id }) => id)).toEqual(everything.filter((id) => !isEven(id)).slice(0, 20));
  expect(allowing?.items.map(({ id }) => id)).toEqual(everything.filter(isEven).slice(0, 20));
  const { items: few } = await recommender.recommend(['i1', 'i2'], { k: 20, only: everything.slice(50, 300) });
  expect(few.map(({ id }) => id)).toEqual(everything.slice(50, 70));
  await recommender.dispose();
});

it('values that a run does not keep are asked for by name', async () => {
  const trained = trainedModel({ fields: ['brand'] });
  const tensors = Object.fromEntries(
    Object.entries(trained.tensors).filter(([name]) => !name.startsWith('attribute.')),
  );
  const recommender = await createRecommender({ ...trained, tensors }, backend);
  await expect(recommender.recommend(['i1'], { k: 1, where: { brand: 'acme' } })).rejects.toThrow(
    /recommend: run keeps no values of "brand" to filter by: .*\n {2}cure: train it again/,
  );
  expect((await recommender.recommend(['i1'], { k: 1, only: ['i7'] })).items.map(({ id }) => id)).toEqual(['i7']);
  await recommender.dispose();
});
