// Items that come after the training: scored by their attributes as a trained one without a row of its own would be, and nothing else changes.
import { createReferenceBackend, type HostTensor } from '@difsr/graph';
import { afterAll, describe, expect, it } from 'vitest';
import {
  attributeNames,
  createRecommender,
  featureName,
  recommendTask,
  traceScores,
  withItems,
  type ModelSchema,
  type NewItem,
  type TrainedModel,
} from './index.js';
import { FEEDS, PICTURE, PRICE } from './every-kind.test.support.js';
import { FEATURES, ints, numbers, SCHEMA, tiny, weightsOf } from './tiny.test.support.js';

const backend = createReferenceBackend();
afterAll(() => backend.dispose());

const EVERY_ITEM: ModelSchema = { items: SCHEMA.items, fields: [...SCHEMA.fields, PRICE, PICTURE] };
const TOKENS = {
  brand: ['', 'Aka', 'Bo', 'Cy'],
  tags: ['', 'red', 'blue', 'warm', 'old', 'new'],
};
/** Item 5: brand 1, tags 1 and 5; its number and vector are given by whoever asks. */
const TWIN = 5;
const [PRICE_OF_TWIN, PICTURE_OF_TWIN] = [13, [1, -2, 0.5]];

/** A row of a table replaced. */
function withRow(table: HostTensor, row: number, values: readonly number[]): HostTensor {
  const data = Float64Array.from(table.data);
  data.set(values, row * values.length);
  return { ...table, data };
}

function trainedOn(name: string, options: object): TrainedModel {
  const model = tiny(name, { maxLength: 4, ...options }, EVERY_ITEM);
  const weights = weightsOf(recommendTask(model, 1));
  const width = weights['items.weight']?.shape[1] ?? 0;
  const [price, picture, own] = [FEEDS[featureName('price')], FEEDS[featureName('picture')], weights['items.weight']];
  if (price === undefined || picture === undefined || own === undefined) throw new Error('tables are missing');
  const bias = weights['items.bias'];
  const tables = {
    ...FEATURES,
    ...weights,
    ...(bias === undefined ? {} : { 'items.bias': withRow(bias, TWIN, [0]) }),
    // Nothing is known of the twin but its attributes.
    'items.weight': withRow(own, TWIN, Array<number>(width).fill(0)),
    [featureName('price')]: withRow(price, TWIN, [(PRICE_OF_TWIN - PRICE.mean) / PRICE.deviation, 1]),
    [featureName('picture')]: withRow(picture, TWIN, [...PICTURE_OF_TWIN.map((x) => x / PICTURE.length), 1]),
    [attributeNames('brand').values]: ints([9], [1, 2, 3, 1, 2, 3, 1, 2, 3]),
    [attributeNames('brand').offsets]: ints([13], [0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9]),
  };
  return {
    folder: 'run',
    model,
    items: {
      tokens: ['', ...Array.from({ length: SCHEMA.items }, (_, i) => `i${i + 1}`)],
      counts: Int32Array.from({ length: SCHEMA.items + 1 }, () => 3),
    },
    fields: TOKENS,
    tensors: tables,
  };
}

const LIKE_TWIN: NewItem = {
  id: 'later',
  name: 'Later',
  values: { brand: 'Aka', tags: ['red', 'new'], price: PRICE_OF_TWIN, picture: PICTURE_OF_TWIN },
};

const scores = ({ model, tensors }: TrainedModel, history: readonly number[]): number[] =>
  numbers(traceScores(model).scores, { ...tensors, items: ints([1, history.length], history) });

describe('an item that comes later', () => {
  it.each([
    ['sasrec', { itemFields: 'sum' }],
    ['sasrec', { itemFields: 'mean' }],
    ['sasrec', { itemFields: 'gate', logits: 'cosine' }],
    ['dif-sr', { itemFields: 'sum' }],
    ['nova', { itemFields: 'gate' }],
    ['gru4rec', { itemFields: 'sum' }],
    ['bert4rec', { itemFields: 'sum' }],
    ['fdsa', { itemFields: 'sum' }],
  ])(
    '%s %j: scores as an item with the same attributes and no row of its own; others score as before',
    (name, options) => {
      const before = trainedOn(name, options);
      const { trained, said } = withItems(before, [{ id: 'bare' }, LIKE_TWIN]);
      expect(said).toEqual({ unknown: [], tooMany: [] });
      const [old, now] = [scores(before, [3, 7, 1]), scores(trained, [3, 7, 1])];
      expect(now).toHaveLength(old.length + 2);
      old.forEach((score, item) => expect(now[item]).toBeCloseTo(score, 10));
      expect(now[SCHEMA.items + 2]).toBeCloseTo(old[TWIN] ?? Number.NaN, 10);
      expect(now[SCHEMA.items + 1]).not.toBeCloseTo(old[TWIN] ?? Number.NaN, 3);
      // In a history it says what its twin says.
      const [twin, later] = [scores(before, [3, TWIN]), scores(trained, [3, SCHEMA.items + 2])];
      twin.forEach((score, item) => expect(later[item]).toBeCloseTo(score, 10));
    },
  );

  it('is recommended where new items may be, found by its attributes, and known in histories', async () => {
    const { trained } = withItems(trainedOn('sasrec', { itemFields: 'sum' }), [LIKE_TWIN, { id: 'bare' }]);
    const recommender = await createRecommender(trained, backend);
    const all = { k: 13, includeSeen: true };
    const [without, withNew] = [
      await recommender.recommend(['i3'], all),
      await recommender.recommend(['i3'], { ...all, includeNew: true }),
    ];
    expect(without.items.map(({ id }) => id)).not.toContain('later');
    expect(withNew.items.find(({ id }) => id === 'later')).toMatchObject({ name: 'Later' });
    expect(withNew.items).toHaveLength(13);
    const filtered = await recommender.recommend(['i3'], { ...all, includeNew: true, where: { brand: ['Aka'] } });
    expect(filtered.items.map(({ id }) => id).toSorted()).toEqual(['i1', 'i5', 'i8', 'later'].toSorted());
    expect((await recommender.recommend(['later'], all)).unknown).toEqual([]);
    await recommender.dispose();
  });

  it('leaves the model that it was given as it is, and shares what is not of items', () => {
    const before = trainedOn('dif-sr', { itemFields: 'sum' });
    const copy = structuredClone({ items: before.items, tensors: before.tensors });
    const { trained } = withItems(before, [LIKE_TWIN]);
    expect({ items: before.items, tensors: before.tensors }).toEqual(copy);
    expect(trained.tensors['positions.weight']).toBe(before.tensors['positions.weight']);
    expect(withItems(before, []).trained).toBe(before);
    // Once more, on what has grown already.
    const twice = withItems(trained, [{ ...LIKE_TWIN, id: 'later-still' }]).trained;
    const found = scores(twice, [3, 7, 1]);
    expect(found[SCHEMA.items + 2]).toBeCloseTo(found[SCHEMA.items + 1] ?? Number.NaN, 10);
  });

  it('says which values it could not take', () => {
    const values = { brand: 'Dee', tags: ['red', 'blue', 'warm', 'wet'] };
    const { said } = withItems(trainedOn('sasrec', { itemFields: 'sum' }), [{ id: 'later', values }]);
    expect(said).toEqual({
      unknown: [
        { field: 'brand', value: 'Dee' },
        { field: 'tags', value: 'wet' },
      ],
      tooMany: [{ field: 'tags', value: 'warm' }],
    });
  });

  it.each<[string, object, NewItem[], RegExp]>([
    ['of a model without item fields', {}, [LIKE_TWIN], /of a new one it knows nothing[^]*itemFields: 'sum'/],
    ['that is there', { itemFields: 'sum' }, [{ id: 'i3' }], /the item "i3" is there already/],
    ['twice', { itemFields: 'sum' }, [{ id: 'a' }, { id: 'a' }], /the item "a" is there already/],
    [
      'with a field that there is not',
      { itemFields: 'sum' },
      [{ id: 'a', values: { brnd: 'Bo' } }],
      /did you mean brand/,
    ],
    [
      'with a text for a number',
      { itemFields: 'sum' },
      [{ id: 'a', values: { price: 'much' } }],
      /a\.price is "much".*a number/,
    ],
  ])('%s is refused', (_, options, items, message) => {
    expect(() => withItems(trainedOn('sasrec', options), items)).toThrow(message);
  });
});
