// What callers say of the events of a history, and what is made of it.
import { createReferenceBackend } from '@difsr/graph';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { AGE, CHANNEL, EVERY, FEEDS, QUANTITY } from './every-kind.test.support.js';
import {
  createRecommender,
  encodeValues,
  featureName,
  inferenceTensors,
  inputName,
  paddedItems,
  recommendTask,
  valuesTensor,
  type FieldSchema,
  type HistoryEvent,
  type ModelSchema,
  type Recommender,
  type TrainedModel,
} from './index.js';
import { FEATURES, tiny, weightsOf } from './tiny.test.support.js';

const backend = createReferenceBackend();
const SHOWN = { k: 3, includeSeen: true };
const TIMED: ModelSchema = {
  ...EVERY,
  fields: [
    ...EVERY.fields,
    { name: 'time.gap', owner: 'interaction', kind: 'numeric', mean: 5, deviation: 3, bounds: [] },
    { name: 'time.hour', owner: 'interaction', kind: 'categorical', values: 25, maxValues: 1 },
  ],
};

function trainedOn(fields: readonly string[], schema = EVERY): TrainedModel {
  const model = tiny('dif-sr', { fields, sideWidth: 4, userFields: 'stream', maxLength: 4 }, schema);
  const task = recommendTask(model, 1);
  const tables = { ...FEATURES, [featureName('price')]: FEEDS[featureName('price')] };
  return {
    folder: 'run',
    model,
    items: {
      tokens: ['[PAD]', ...Array.from({ length: schema.items }, (_, i) => `i${i + 1}`)],
      counts: new Int32Array(12).fill(1),
    },
    fields: { channel: ['[PAD]', 'web', 'shop'], words: ['[PAD]', 'a', 'b', 'c', 'd'], country: ['[PAD]', 'AT', 'CH'] },
    tensors: Object.fromEntries(
      Object.entries({ ...tables, ...weightsOf(task) }).flatMap(([name, tensor]) =>
        tensor === undefined ? [] : [[name, tensor]],
      ),
    ),
  };
}

const ALL = ['price', 'channel', 'words', 'quantity', 'age'];
const trained = trainedOn(ALL);
let recommender: Recommender;
beforeAll(async () => {
  recommender = await createRecommender(trained, backend);
});
afterAll(async () => recommender.dispose());

describe('a history of events', () => {
  it('is fed as the data would be', async () => {
    const events: HistoryEvent[] = [
      { item: 'i3', channel: 'web', words: ['a', 'c'], quantity: 4 },
      { item: 'i7', channel: 'shop', words: 'd' },
    ];
    const { items } = await recommender.recommend(events, { ...SHOWN, user: { age: 14 } });
    const of = (
      field: FieldSchema,
      raw: readonly number[],
      shape: readonly number[],
    ): [string, ReturnType<typeof valuesTensor>] => [
      inputName(field),
      valuesTensor(field, encodeValues(field, raw), shape),
    ];
    const words = EVERY.fields.find(({ name }) => name === 'words') ?? CHANNEL;
    const variables = await backend.createVariables(inferenceTensors(trained));
    const program = await backend.compile(recommendTask(trained.model, 3).graph, { variables, label: 'by hand' });
    const found = await program.run({
      items: paddedItems([[3, 7]], trained.model),
      excluded: { dtype: 'int32', shape: [1, 1], data: Int32Array.of(0) },
      allowed: { dtype: 'bool', shape: [1, EVERY.items + 1], data: new Uint8Array(EVERY.items + 1).fill(1) },
      allowedOf: { dtype: 'int32', shape: [1], data: Int32Array.of(0) },
      ...Object.fromEntries([
        of(CHANNEL, [1, 2], [1, 2]),
        of(words, [1, 3, 4, 0], [1, 2]),
        of(QUANTITY, [4, Number.NaN], [1, 2]),
        of(AGE, [14], [1]),
      ]),
    });
    // To rounding: what a recommender prepares once is added up in another order.
    const values = [...(found['values']?.data ?? [])];
    expect(items).toHaveLength(values.length);
    items.forEach(({ score }, i) => expect(score).toBeCloseTo(values[i] ?? Number.NaN, 10));
    await program.dispose();
    await variables.dispose();
  });

  it('counts by its last events, as the model is shown them', async () => {
    const long = Array.from({ length: 9 }, (_, i) => ({ item: `i${i + 1}`, quantity: i, channel: 'web' }));
    expect(await recommender.recommend(long, SHOWN)).toEqual(await recommender.recommend(long.slice(-4), SHOWN));
  });

  it('says which values are unknown, which fields are not read, and which have no value', async () => {
    const { values, unknown } = await recommender.recommend(
      [
        { item: 'i1', channel: 'fax', place: [1, 2, 3] },
        { item: 'nowhere', quantity: 3 },
        { item: 'i2', words: ['a', 'a', 'b', 'c'] },
      ],
      { ...SHOWN, user: { country: 'AT' } },
    );
    expect(unknown).toEqual(['nowhere']);
    expect(values).toEqual({
      unknown: [{ field: 'channel', value: 'fax' }],
      tooMany: [{ field: 'words', value: 'c' }],
      unused: ['place', 'country'],
      missing: ['quantity', 'age'],
    });
    const ids = await recommender.recommend(['i1'], SHOWN);
    expect(ids.values?.missing).toEqual(['channel', 'words', 'quantity', 'age']);
  });

  test.each([
    [[{ item: 'i1', chanel: 'web' }], {}, /history\[0\] has "chanel"[^]*did you mean channel/],
    [[{ item: 'i1', quantity: '4' }], {}, /history\[0\]\.quantity is "4", and the field wants a number/],
    [[{ item: 'i1', channel: ['web', 'shop'] }], {}, /wants one text/],
    [['i1'], { ages: 4 }, /user has "ages"[^]*did you mean age/],
    [[{ item: 'nowhere' }, { item: 'i1', quantity: [1] }], {}, /history\[1\]\.quantity/],
    [[{ item: 'nowhere', chanel: 'web' }, 'i1'], {}, /history\[0\] has "chanel"/],
    [[{ item: 'i1', 'time.hour': 14 }], {}, /made of times\n {2}cure: give the events their time/],
    [['i1'], null, /user is to be given/],
    [[{ item: 'i1', time: '1/2/2024' }], {}, /no time of 1973/],
    [[{ item: 7 }], {}, /history\[0\] is/],
    [[{ item: 'i1', time: 1_600_000_000_000 }], {}, /milliseconds: divide it by 1000/],
    [
      [
        { item: 'i1', time: '2024-05-02' },
        { item: 'i2', time: '2024-05-01' },
      ],
      {},
      /oldest first/,
    ],
  ])('%j is refused, with the cure', async (history, user, message) => {
    // The cast lets mistakes through that types would stop.
    const asked = recommender.recommend(history as HistoryEvent[], { ...SHOWN, user: user as { ages: number } });
    await expect(asked).rejects.toThrow(message);
  });
});

describe('fields of the time', () => {
  it('are made of the times of events, whatever form those have', async () => {
    const timed = await createRecommender(trainedOn(['time.gap', 'time.hour'], TIMED), backend);
    const scores = async (times: readonly (number | string | Date | undefined)[]): Promise<number[]> => {
      const events = times.map((time, i) => ({ item: `i${i + 1}`, time }));
      return (await timed.recommend(events, SHOWN)).items.map(({ score }) => score);
    };
    const seconds = Date.UTC(2024, 4, 1, 12) / 1000;
    const same = await scores([seconds, seconds + 3600]);
    expect(await scores(['2024-05-01T12:00:00Z', new Date((seconds + 3600) * 1000)])).toEqual(same);
    // Where no zone is named it is UTC, as in the data, wherever the program runs.
    expect(await scores(['2024-05-01T12:00:00', '2024-05-01 15:00 +02:00'])).toEqual(same);
    expect(await scores([seconds, seconds + 7200])).not.toEqual(same);
    expect(await scores([seconds, undefined])).not.toEqual(same);
    await timed.dispose();
  });
});
