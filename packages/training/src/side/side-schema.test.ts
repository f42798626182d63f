// What models are told of numbers and times, and what they are fed of them.
import { generateDataset, sequenceStore, type Dataset, type Field } from '@difsr/data';
import { gapsOfTimes, idsOfTimes } from '@difsr/models';
import { describe, expect, it, test } from 'vitest';
import { sideReader } from './side-reader.js';
import { outlineSchema, sideSchema } from './side-schema.js';

const plain: Dataset = { ...generateDataset({ seed: 2, users: 30, items: 130 }), fields: [] };
const { sequences } = plain;
const { offsets } = sequences;
const START = Date.UTC(2024, 1, 26) / 1000; // a Monday
/** An interaction every 5,000 seconds, user after user. */
const timed: Dataset = { ...plain, times: Float64Array.from(sequences.items, (_, at) => START + 5000 * at) };

async function numericOf(values: readonly number[]): Promise<unknown> {
  const column = Float32Array.from({ length: plain.items.size }, (_, id) => values[id % values.length] ?? Number.NaN);
  const field: Field = { name: 'price', owner: 'item', kind: 'numeric', values: column };
  const dataset = { ...plain, fields: [field] };
  return (await sideSchema(dataset, sequenceStore(dataset), undefined)).fields[0];
}

describe('the outline', () => {
  const items = plain.items.size;
  const fields: readonly Field[] = [
    ...generateDataset({ seed: 2, users: 30, items: 130 }).fields,
    { name: 'price', owner: 'item', kind: 'numeric', values: Float32Array.from({ length: items }, (_, id) => id) },
    { name: 'picture', owner: 'item', kind: 'vector', width: 2, values: new Float32Array(2 * items).fill(3) },
  ];
  const dataset: Dataset = { ...timed, fields };
  const named = ['time.gap', 'time.weekday'];

  it('is the schema but for what is counted', async () => {
    const store = sequenceStore(dataset);
    const { fields: counted, ...rest } = await sideSchema(dataset, store, named);
    const outline = outlineSchema(dataset, store, named);
    expect(counted.map(({ name }) => name)).toEqual([...fields.map(({ name }) => name), ...named]);
    expect(outline).toEqual({
      ...rest,
      fields: counted.map((field) =>
        field.kind === 'numeric'
          ? { ...field, mean: 0, deviation: 1, bounds: [] }
          : field.kind === 'vector'
            ? { ...field, length: 1 }
            : field,
      ),
    });
    expect(counted).toContainEqual({ name: 'picture', kind: 'vector', width: 2, length: Math.sqrt(18) });
    expect(counted.some((field) => field.kind === 'multi-categorical' && field.maxValues > 1)).toBe(true);
  });

  it("leaves names of the time to the time: a field of the data's own that bears one is refused", async () => {
    const [price] = dataset.fields.slice(-2);
    if (price === undefined) throw new Error('no field');
    const own: Dataset = { ...timed, fields: [{ ...price, name: 'time.gap' }] };
    await expect(sideSchema(own, sequenceStore(own), undefined)).rejects.toThrow('the data has a field "time.gap"');
  });
});

describe('numbers', () => {
  test.each([
    ['of a small scale', [1e-7, 5e-7, 9e-7], 5e-7, 3.27e-7],
    ['far from zero', [1e6, 1e6 + 1, 1e6 + 2], 1e6 + 1, 0.816],
    ['some of them none', [2, Number.NaN, 6], 4, 2],
  ])('%s have their mean and deviation', async (_, values, mean, deviation) => {
    const found = (await numericOf(values)) as { mean: number; deviation: number }; // of a numeric field
    // 131 rows hold three numbers not quite as often each.
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.02 * deviation);
    expect(found.deviation / deviation).toBeCloseTo(1, 1);
  });

  it('that are all the same are told from none, and from nothing else', async () => {
    expect(await numericOf([5])).toEqual({ name: 'price', kind: 'numeric', mean: 5, deviation: 1, bounds: [] });
    expect(await numericOf([Number.NaN])).toMatchObject({ mean: 0, deviation: 1, bounds: [] });
  });

  it('lie between bounds, never on one', async () => {
    expect(await numericOf([1, 2, 4])).toMatchObject({ bounds: [1.5, 3] });
    const prices = Array.from({ length: 131 }, (_, i) => i / 10);
    const { bounds } = (await numericOf(prices)) as { bounds: readonly number[] }; // of a numeric field
    expect(bounds).toHaveLength(31);
    for (const bound of bounds) expect(prices.every((price) => Math.abs(Math.fround(price) - bound) > 0.04)).toBe(true);
  });
});

describe('times', () => {
  const read = async (dataset: Dataset, name: string, begin: number, length: number): Promise<number[]> => {
    const store = sequenceStore(dataset);
    const { fields } = await sideSchema(dataset, store, [name]);
    const reader = sideReader(dataset, store, { events: fields, users: [] });
    const [values] = (await reader?.events([begin], [length])) ?? [];
    return [...(values?.data ?? [])];
  };

  it('are weekdays and hours in UTC', async () => {
    const at = (text: string): number => Date.parse(text) / 1000;
    const moments = [at('2024-02-26T00:00:00Z'), at('2024-03-03T23:59:59Z'), at('1969-12-31T23:00:00Z'), Number.NaN];
    expect([...idsOfTimes('time.weekday', moments)]).toEqual([1, 7, 3, 0]);
    expect([...idsOfTimes('time.hour', moments)]).toEqual([1, 24, 24, 0]);
    expect(await read(timed, 'time.hour', 0, 3)).toEqual([1, 2, 3]);
  });

  it('of a window that begins within a sequence know the interaction in front of it; a first one has none', async () => {
    const second = offsets[1] ?? 0;
    expect([...gapsOfTimes([10, 10, 40])]).toEqual([Number.NaN, 0, expect.closeTo(Math.log(31), 6)]);
    const known = (values: readonly number[]): number[] => values.filter((_, i) => i % 2 === 1);
    expect(known(await read(timed, 'time.gap', second, 2))).toEqual([0, 1]);
    expect(known(await read(timed, 'time.gap', second + 1, 2))).toEqual([1, 1]);
    expect(known(await read(timed, 'time.gap', 0, 2))).toEqual([0, 1]);
  });

  it('of a split of the data count among training interactions as they stand there', async () => {
    // Every third interaction tests.
    const parts = Uint8Array.from(sequences.items, (_, at) => (at % 3 === 2 ? 3 : 0));
    const own = { ...timed, parts, splitMethod: 'ratio' };
    const store = sequenceStore(own);
    const begin = store.split.train.begins[1] ?? 0;
    const { fields } = await sideSchema(own, store, ['time.gap']);
    const [gap] = fields;
    const [values] = (await sideReader(own, store, { events: fields, users: [] })?.events([begin], [3])) ?? [];
    if (gap?.kind !== 'numeric' || values === undefined) throw new Error('no gaps');
    const times = await store.readColumn('time', [begin], [3]);
    const expected = Array.from(gapsOfTimes(times), (value) =>
      Number.isNaN(value) ? [0, 0] : [Math.fround((value - gap.mean) / gap.deviation), 1],
    );
    expect([...values.data].map((value) => value.toFixed(5))).toEqual(expected.flat().map((value) => value.toFixed(5)));
  });

  test.each([
    [{ ...timed, times: timed.times?.map((time) => time * 1000) ?? new Float64Array() }, 'no second since 1970'],
    [plain, 'has no times'],
  ])('that are none are refused', async (dataset, message) => {
    await expect(sideSchema(dataset, sequenceStore(dataset), ['time.hour'])).rejects.toThrow(message);
  });
});
