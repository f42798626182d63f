// Published counts of the real data sets, exactly; skipped with a reason where the files are not at hand.
import { describe, expect } from 'vitest';
import { loadDataset } from './texts/load.js';
import { testOnRealData } from './real-data.test.support.js';
import { type Dataset, datasetStatistics, itemCategories, sequenceAt } from '@difsr/data';

describe('S3-Rec files', () => {
  testOnRealData('Beauty has the published counts', 's3rec/Beauty.txt', async (file) => {
    const dataset = await loadDataset(file.replace(/\.txt$/, ''));
    const { users, items, interactions, lengths, itemInteractions, attributes, fields } = datasetStatistics(dataset);
    expect({ users, items, interactions, attributes }).toEqual({
      users: 22363,
      items: 12101,
      interactions: 198502,
      attributes: { attributes: 637 },
    });
    expect(lengths).toMatchObject({ min: 5, median: 6, max: 204 });
    expect(lengths.mean).toBeCloseTo(8.8764, 4);
    expect(itemInteractions).toMatchObject({ min: 5, max: 431 });
    expect(fields[0]).toMatchObject({ coverage: 1, mostFrequent: { value: '17', items: 3814 } });
    expect(fields[0]?.perItem).toMatchObject({ min: 1, max: 6 });
    expect(fields[0]?.perItem.mean).toBeCloseTo(3.7213, 4);
    expect(dataset.report).toEqual([
      expect.objectContaining({
        kind: 'dropped',
        what: 'repeated attributes',
        count: 5,
        why: expect.stringContaining('5 items'),
      }),
    ]);
    expect(identicalSequences(dataset)).toBe(24);
    // Ids by first appearance are the file's own numbers, in all three vocabularies.
    for (const vocabulary of [dataset.users, dataset.items, itemCategories(dataset)[0]?.vocabulary]) {
      expect(vocabulary?.tokens.slice(1)).toEqual(
        Array.from({ length: (vocabulary?.size ?? 0) - 1 }, (_, i) => String(i + 1)),
      );
    }
  });

  testOnRealData('a 5-core filter changes nothing in Beauty', 's3rec/Beauty.txt', async (file) => {
    const all = await loadDataset(file, { fields: [] });
    const filtered = await loadDataset(file, { fields: [], userMin: 5, itemMin: 5 });
    expect(filtered.sequences).toEqual(all.sequences);
    expect(filtered.report).toEqual([]);
  });

  testOnRealData('Toys and Games has the published counts', 's3rec/Toys_and_Games.txt', async (file) => {
    const dataset = await loadDataset(file);
    const { users, items, interactions, lengths, attributes, fields } = datasetStatistics(dataset);
    expect({ users, items, interactions, attributes }).toEqual({
      users: 19412,
      items: 11924,
      interactions: 167597,
      attributes: { attributes: 1027 },
    });
    expect(lengths).toMatchObject({ min: 5, median: 6, max: 550 });
    expect(fields[0]).toMatchObject({ coverage: 1, mostFrequent: { value: '2', items: 11924 } });
    expect(fields[0]?.perItem).toMatchObject({ max: 16 });
    expect(dataset.report[0]?.why).toContain('51 items');
    expect(identicalSequences(dataset)).toBe(26);
  });
});

describe('RecBole files', () => {
  testOnRealData('ml-100k as it is', 'recbole/ml-100k/ml-100k.inter', async (file) => {
    const dataset = await loadDataset(file.replace(/\/ml-100k\.inter$/, ''));
    const statistics = datasetStatistics(dataset);
    expect(statistics).toMatchObject({ users: 943, items: 1682, interactions: 100000, attributes: { class: 19 } });
    expect(statistics.fields.find(({ name }) => name === 'class')?.perItem).toMatchObject({ min: 1, max: 6 });
    expect(dataset.fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['release_year', 'categorical'],
      ['class', 'multi-categorical'],
    ]);
    expect(dataset.itemNames?.[dataset.items.id('1') ?? 0]).toBe('Toy Story');
    expect(timesNeverFall(dataset)).toBe(true);
  });

  testOnRealData('ml-100k after 5-core filtering', 'recbole/ml-100k/ml-100k.inter', async (file) => {
    const dataset = await loadDataset(file, { userMin: 5, itemMin: 5, fields: ['class'] });
    expect(datasetStatistics(dataset)).toMatchObject({
      users: 943,
      items: 1349,
      interactions: 99287,
      attributes: { class: 19 },
    });
    const dropped = dataset.report.filter(({ kind }) => kind === 'dropped').map(({ what, count }) => [what, count]);
    expect(dropped).toEqual([
      ['items', 333],
      ['interactions', 713],
    ]);
  });
});

/** Users whose sequence an earlier user has already. */
function identicalSequences(dataset: Dataset): number {
  const users = dataset.users.size - 1;
  return (
    users - new Set(Array.from({ length: users }, (_, index) => sequenceAt(dataset.sequences, index).join(' '))).size
  );
}

function timesNeverFall({ times, sequences: { offsets } }: Dataset): boolean {
  if (times === undefined) return false;
  for (let user = 0; user + 1 < offsets.length; user++) {
    const row = times.subarray(offsets[user], offsets[user + 1]);
    if (row.some((time, at) => at > 0 && time < (row[at - 1] ?? 0))) return false;
  }
  return true;
}
