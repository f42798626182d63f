// Statistics against counts done by hand on a small table.
import { expect, test } from 'vitest';
import { buildDataset } from './build.js';
import { InteractionCollector, type RawItems } from './raw.js';
import { datasetStatistics } from './statistics.js';
import type { Dataset } from './types.js';

/** Users' histories, and the values of items. */
function tiny(histories: Readonly<Record<string, string>>, values?: Readonly<Record<string, string>>): Dataset {
  const collector = new InteractionCollector();
  for (const [user, items] of Object.entries(histories)) for (const item of items.split(' ')) collector.add(user, item);
  const cells = Object.values(values ?? {}).map((text) => text.split(' '));
  const items: RawItems = {
    ids: Object.keys(values ?? {}),
    columns: [{ name: 'attributes', kind: 'multi-categorical', values: cells }],
  };
  const base = { name: 'tiny', format: 's3rec', source: 'tiny.txt', interactions: collector.finish(), report: [] };
  return buildDataset(values === undefined ? base : { ...base, items });
}

test('counts of a small data set', () => {
  const dataset = tiny({ 1: '1 2', 2: '1 2 3', 3: '1 2 3 4', 4: '1' }, { 1: '8 9', 2: '9', 3: '9 7 8' });
  expect(datasetStatistics(dataset)).toEqual({
    name: 'tiny',
    format: 's3rec',
    users: 4,
    items: 4,
    interactions: 10,
    density: 10 / 16,
    lengths: { min: 1, mean: 2.5, median: 2.5, max: 4 },
    itemInteractions: { min: 1, mean: 2.5, median: 2.5, max: 4 },
    attributes: { attributes: 3 },
    fields: [
      {
        name: 'attributes',
        kind: 'multi-categorical',
        values: 3,
        coverage: 0.75,
        perItem: { min: 0, mean: 1.5, max: 3 },
        mostFrequent: { value: '9', items: 3 },
      },
    ],
  });
});

test('a field without any value has no most frequent one', () => {
  const dataset = tiny({ 1: '1 2' }, {});
  expect(datasetStatistics(dataset).fields[0]).toMatchObject({ values: 0, coverage: 0, mostFrequent: null });
});

test('repeats do not make a data set denser: two users who take both items again and again know all pairs', () => {
  expect(datasetStatistics(tiny({ 1: '1 2 1 2 1 2 1 1', 2: '1 1 1 1 2' }))).toMatchObject({
    interactions: 13,
    density: 1,
  });
});

test('statistics survive JSON', () => {
  const statistics = datasetStatistics(tiny({ 1: '1 2 3' }));
  expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
});
