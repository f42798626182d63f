// Fields of every kind and owner, in every model that reads them: against finite differences, and by what must and must not matter.
import { createGraph, evaluate, type Feeds, type HostTensor } from '@difsr/graph';
import { describe, expect, it, test } from 'vitest';
import {
  declareInputs,
  encodeValues,
  featureName,
  inputName,
  maskedItem,
  rawInputs,
  ModelConfigError,
  traceScores,
  valueShape,
  valuesTensor,
  type Windows,
} from './index.js';
import {
  ints,
  lossAndGradients,
  numbers,
  run,
  SCHEMA,
  taskOf,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';
import {
  CHANNEL,
  EVENT,
  EVERY,
  FEEDS,
  inDouble,
  ITEM,
  PICTURE,
  PLACE,
  PRICE,
  QUANTITY,
  SIDED,
  USER,
} from './every-kind.test.support.js';

/** All fields as wide as the stream. */
const optionsOf = (name: string): Record<string, unknown> => (name === 'dif-sr' ? { sideWidth: 4 } : {});

describe.each(SIDED)('%s reads fields of every kind', (name) => {
  test.each([
    { numeric: 'projection', vectors: 'frozen', userFields: 'none', itemFields: 'none' },
    { numeric: 'buckets', vectors: 'tuned', userFields: 'stream', itemFields: 'sum' },
    { numeric: 'projection', vectors: 'tuned', userFields: 'stream', itemFields: 'gate' },
  ])('whose gradients are those of finite differences: %o', (options) => {
    const { task, weights } = taskOf(tiny(name, { ...optionsOf(name), ...options, itemDropout: 0 }, EVERY));
    const feeds = { ...FEEDS, ...weights };
    const found = lossAndGradients(task, feeds);
    const loss = (changed: Values): number => run({ loss: task.loss }, changed)['loss']?.data[0] ?? Number.NaN;
    const own = task.trained.filter(({ name: parameter }) => /^(fields|users|items\.fields)\./.test(parameter));
    expect(own.length).toBeGreaterThanOrEqual(options.userFields === 'none' ? 8 : 10);
    for (const { name: parameter } of own) {
      const value = weights[parameter];
      if (value === undefined) throw new Error(parameter);
      for (const at of [0, Math.floor(value.data.length / 2), value.data.length - 1]) {
        const moved = (by: number): Values => ({
          ...feeds,
          [parameter]: { ...value, data: Float64Array.from(value.data, (x, i) => (i === at ? x + by : x)) },
        });
        const expected = (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
        expect(found[parameter]?.data[at], `${parameter}[${at}]`).toBeCloseTo(expected, 7);
      }
    }
  });

  it.each([...ITEM, ...EVENT, ...USER])('each of which alone moves the scores: $name', (field) => {
    const model = tiny(name, { ...optionsOf(name), fields: [field.name], userFields: 'stream' }, EVERY);
    const traced = traceScores(model);
    const weights = weightsOf(traced);
    const scores = (feeds: Values): number[] => numbers(traced.scores, { ...feeds, ...weights });
    const owned = field.owner === undefined ? featureName(field.name) : inputName(field);
    const before = FEEDS[owned];
    if (before === undefined) throw new Error(owned);
    const others = { ...before, data: before.data.map((x) => (before.dtype === 'int32' ? (x + 1) % 3 : x * 0.5)) };
    expect(scores(FEEDS)).not.toEqual(scores({ ...FEEDS, [owned]: others }));
    expect(model.reads).toEqual({
      events: field.owner === 'interaction' ? [field] : [],
      users: field.owner === 'user' ? [field] : [],
    });
  });

  it('of which those at padding do not matter', () => {
    const traced = traceScores(tiny(name, { ...optionsOf(name), userFields: 'stream' }, EVERY));
    const weights = weightsOf(traced);
    const items = FEEDS['items'];
    const noise = Object.fromEntries(
      EVENT.map((field) => {
        const values = FEEDS[inputName(field)];
        if (values === undefined || items === undefined) throw new Error(field.name);
        const width = valueShape(field).reduce((a, b) => a * b, 1);
        const data = values.data.map((x, i) => (items.data[Math.floor(i / width)] === 0 ? 1 : x));
        return [inputName(field), { ...values, data }];
      }),
    );
    const scores = (feeds: Values): number[] => numbers(traced.scores, { ...feeds, ...weights });
    scores({ ...FEEDS, ...noise }).forEach((score, i) => expect(score).toBeCloseTo(scores(FEEDS)[i] ?? 0, 12));
  });
});

describe('numbers', () => {
  it('are standardized, and none is told from the mean', () => {
    expect([...encodeValues(PRICE, [14, Number.NaN, 10])]).toEqual([1, 1, 0, 0, 0, 1]);
    expect([...encodeValues(PICTURE, [2, 4, 6, 1, Number.NaN, 1])]).toEqual([1, 2, 3, 1, 0, 0, 0, 0]);
  });

  it('fall into the bucket behind the bounds that they reach; none has one of its own', () => {
    const model = tiny('dif-sr', { fields: ['quantity'], numeric: 'buckets', sideWidth: 4 }, EVERY);
    const traced = traceScores(model);
    const weights = weightsOf(traced);
    const scoreOf = (quantity: number): number[] => {
      const data = encodeValues(
        QUANTITY,
        Array.from({ length: 2 }, (_, i) => (i === 0 ? quantity : 10)),
      );
      return numbers(traced.scores, {
        ...weights,
        items: ints([1, 2], [3, 7]),
        [inputName(QUANTITY)]: inDouble(valuesTensor(QUANTITY, data, [1, 2])),
      });
    };
    for (const [a, b] of [
      [-100, 5.9],
      [6, 9.9],
      [10, 13.9],
      [14, 1e6],
    ] as const)
      expect(scoreOf(a)).toEqual(scoreOf(b));
    const different = [0, 7, 11, 20, Number.NaN].map((quantity) => String(scoreOf(quantity)));
    expect(new Set(different).size).toBe(5);
  });
});

describe('fields of users', () => {
  it('are not used unless the options say how, and then named ones only', () => {
    expect(tiny('sasrec', {}, EVERY).reads.users).toEqual([]);
    expect(tiny('sasrec', { userFields: 'stream' }, EVERY).reads).toEqual({ events: [], users: USER });
    expect(() => tiny('dif-sr', { fields: ['age'] }, EVERY).reads).toThrow(ModelConfigError);
  });
});

function tensorOf(feeds: Feeds, name: string): HostTensor {
  const found = feeds[name];
  if (found === undefined || !('data' in found)) throw new Error(`${name} is not fed`);
  return found;
}

describe('events', () => {
  const windows: Windows = {
    length: 3,
    items: Int32Array.of(3, 7, 4, 1, 5, 2),
    starts: Int32Array.of(0, 4),
    inputs: Int32Array.of(3, 1),
    targets: Int32Array.of(3, 1),
    slots: 4,
    events: [
      { field: QUANTITY, data: encodeValues(QUANTITY, [10, 14, Number.NaN, 6, 18, 2]) },
      { field: CHANNEL, data: Int32Array.of(1, 2, 1, 2, 1, 2) },
    ],
  };

  it('stand where their items stand, and those of targets are not shown', () => {
    const model = tiny('dif-sr', { fields: ['quantity', 'channel'], sideWidth: 4 }, EVERY);
    const { feeds } = model.objective.batch(model, windows, { seed: 1, step: 0 });
    expect(feeds['event.quantity']).toEqual({
      dtype: 'float32',
      shape: [2, 3, 2],
      data: Float32Array.of(0, 1, 1, 1, 0, 0, 2, 1, 0, 0, 0, 0),
    });
    expect(feeds['event.channel']).toEqual(ints([2, 3], [1, 2, 1, 1, 0, 0]));
    expect(() =>
      model.objective.batch(
        model,
        {
          ...windows,
          events:
            windows.events?.map(({ field, data }) => ({
              field,
              data: field === CHANNEL ? data.subarray(0, 1) : data,
            })) ?? [],
        },
        { seed: 1, step: 0 },
      ),
    ).toThrow(/1 numbers for 6 interactions/);
    expect(() => model.objective.batch(model, { ...windows, events: [] }, { seed: 1, step: 0 })).toThrow(
      /reads "channel"[^]*planStoredEpoch/,
    );
  });

  it('of masked items are hidden with them', () => {
    const model = {
      ...tiny('dif-sr', { fields: ['quantity', 'channel'], sideWidth: 4 }, EVERY),
      objective: maskedItem({ ratio: 0.4 }),
    };
    let hidden = 0;
    for (let step = 0; step < 20; step++) {
      const { feeds } = model.objective.batch(model, windows, { seed: 1, step });
      const [items, channel, quantity] = ['items', 'event.channel', 'event.quantity'].map((name) =>
        tensorOf(feeds, name),
      );
      if (items === undefined || channel === undefined || quantity === undefined) throw new Error('not fed');
      items.data.forEach((id, place) => {
        if (id !== SCHEMA.items + 1) return;
        hidden++;
        expect([channel.data[place], quantity.data[2 * place], quantity.data[2 * place + 1]]).toEqual([0, 0, 0]);
      });
      expect(channel.data.filter((id) => id > 0).length).toBe(6 - items.data.filter((id) => id > SCHEMA.items).length);
    }
    expect(hidden).toBeGreaterThan(20);
  });

  it('move with their items when a full row gives up its oldest for [MASK]', () => {
    const model = { ...tiny('dif-sr', {}, EVERY), objective: maskedItem({ ratio: 0.4 }) };
    const { event, items } = model.objective.query(model, declareInputs(model));
    const feeds = {
      items: ints([2, 4], [5, 6, 0, 0, 1, 2, 3, 4]),
      'event.channel': ints([2, 4], [1, 2, 0, 0, 1, 2, 1, 2]),
      'event.quantity': inDouble(
        valuesTensor(QUANTITY, encodeValues(QUANTITY, [10, 14, NaN, NaN, 2, 6, 10, 14]), [2, 4]),
      ),
    };
    const found = evaluate(createGraph({ items, channel: event(CHANNEL), quantity: event(QUANTITY) }), feeds);
    const mask = SCHEMA.items + 1;
    expect([...(found['items']?.data ?? [])]).toEqual([5, 6, mask, 0, 2, 3, 4, mask]);
    expect([...(found['channel']?.data ?? [])]).toEqual([1, 2, 0, 0, 2, 1, 2, 0]);
    expect([...(found['quantity']?.data ?? [])]).toEqual([0, 1, 1, 1, 0, 0, 0, 0, -1, 1, 0, 1, 1, 1, 0, 0]);
  });
});

describe('inputs of a file', () => {
  it('give what the host would, whatever stands where nothing is known, and take no ids that the field does not have', () => {
    const { event } = rawInputs(declareInputs(tiny('dif-sr', {}, EVERY)));
    const graph = createGraph({ quantity: event(QUANTITY), place: event(PLACE), channel: event(CHANNEL) });
    const found = evaluate(graph, {
      'event.quantity': { dtype: 'float32', shape: [1, 4, 2], data: Float64Array.of(14, 1, Number.NaN, 0, 6, 1, 5, 0) },
      'event.place': {
        dtype: 'float32',
        shape: [1, 4, 4],
        data: Float64Array.of(2, 4, 6, 1, ...Array.from({ length: 12 }, () => 0)),
      },
      'event.channel': ints([1, 4], [2, -1, 3, 0]),
    });
    expect([...(found['quantity']?.data ?? [])]).toEqual([...encodeValues(QUANTITY, [14, Number.NaN, 6, Number.NaN])]);
    expect([...(found['place']?.data ?? [])].slice(0, 8)).toEqual([
      ...encodeValues(PLACE, [2, 4, 6, Number.NaN, 0, 0]),
    ]);
    expect([...(found['channel']?.data ?? [])]).toEqual([2, 0, 0, 0]);
  });

  it('are told from those of others', () => {
    const { event, user } = declareInputs(tiny('dif-sr', {}, EVERY));
    expect(() => event(PRICE)).toThrow('is a field of items');
    expect(() => user(CHANNEL)).toThrow('is a field of interactions');
  });
});

it('what a model with whole rows reads is known, too', () => {
  const options = { fusion: 'concat', fusionForm: 'reference', sideWidth: 4 };
  expect(tiny('dif-sr', options, EVERY).reads.events).toEqual(EVENT);
});
