import { generateDataset, itemCategories } from '@difsr/data';
import { neighboursName } from '@difsr/models';
import { expect, it } from 'vitest';
import { neighbourTables } from './neighbour-tables.js';

const dataset = generateDataset({ seed: 3, users: 40, items: 130 });
const [field] = itemCategories(dataset);
if (field === undefined) throw new Error('generated data has a field of categories');
const { name, offsets, values, vocabulary } = field;

/** The items that have a value, counted item by item. */
const itemsOf = (value: number): number[] =>
  Array.from({ length: offsets.length - 1 }, (_, item) => item).filter((item) =>
    values.subarray(offsets[item], offsets[item + 1]).includes(value),
  );

it('a value has as many of its items as there is room for, at equal distances, each once', () => {
  for (const most of [1, 4, 500]) {
    const shape = [vocabulary.size, most] as const;
    const tables = neighbourTables(dataset, [{ name: neighboursName(name), shape, dtype: 'int32' }]);
    expect(Object.keys(tables)).toEqual([neighboursName(name)]);
    const table = tables[neighboursName(name)];
    expect(table?.shape).toEqual(shape);
    for (let value = 1; value < vocabulary.size; value++) {
      const own = itemsOf(value);
      const found = [...(table?.data.subarray(value * most, (value + 1) * most) ?? [])];
      const taken = found.filter((item) => item !== 0);
      expect(taken).toHaveLength(Math.min(most, own.length));
      expect(found.slice(taken.length).every((item) => item === 0)).toBe(true);
      const places = taken.map((item) => own.indexOf(item));
      const steps = places.slice(1).map((place, i) => place - (places[i] ?? 0));
      expect(Math.min(1, ...steps)).toBe(1);
      expect(Math.max(0, ...steps) - Math.min(...steps, Infinity)).toBeLessThanOrEqual(1);
      if (most >= own.length) expect(taken).toEqual(own);
    }
    expect([...(table?.data.subarray(0, most) ?? [])].every((item) => item === 0)).toBe(true); // of no value
  }
});

it('nothing is made that no model asks for', () => {
  expect(neighbourTables(dataset, [{ name: `feature.${name}`, shape: [131, 1], dtype: 'int32' }])).toEqual({});
});
