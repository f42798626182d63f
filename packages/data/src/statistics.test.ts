// Statistics against counts done by hand on a small table.
import { expect, test } from 'vitest';
import { buildDataset } from './build.js';
import { parseS3Rec } from './s3rec.js';
import { datasetStatistics } from './statistics.js';

test('counts of a small data set', () => {
  const text = '1 1 2\n2 1 2 3\n3 1 2 3 4\n4 1\n';
  const attributes = '{"1": [8, 9], "2": [9], "3": [9, 7, 8]}';
  const dataset = buildDataset(parseS3Rec('tiny', { file: 'tiny.txt', text }, { file: 'tiny.json', text: attributes }));
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
  const dataset = buildDataset(
    parseS3Rec('tiny', { file: 'tiny.txt', text: '1 1 2\n' }, { file: 'tiny.json', text: '{}' }),
  );
  expect(datasetStatistics(dataset).fields[0]).toMatchObject({ values: 0, coverage: 0, mostFrequent: null });
});

test('repeats do not make a data set denser: two users who take both items again and again know all pairs', () => {
  const text = '1 1 2 1 2 1 2 1 1\n2 1 1 1 1 2\n';
  expect(datasetStatistics(buildDataset(parseS3Rec('tiny', { file: 'tiny.txt', text })))).toMatchObject({
    interactions: 13,
    density: 1,
  });
});

test('statistics survive JSON', () => {
  const statistics = datasetStatistics(buildDataset(parseS3Rec('tiny', { file: 'tiny.txt', text: '1 1 2 3\n' })));
  expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
});
