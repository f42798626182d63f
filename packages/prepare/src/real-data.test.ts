// Published counts of the real data sets, exactly; skipped with a reason where the files are not at hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Dataset, datasetStatistics, itemCategories, sequenceAt } from '@difsr/data';
import { digestOf } from './digest.test.support.js';
import { openDataset, type OpenDatasetOptions } from './open/open-dataset.js';
import { testOnRealData } from './real-data.test.support.js';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'difsr-real-'));
});
afterAll(() => rm(cache, { recursive: true }));

/** The data set at a path, in memory; digests are those of the readers of text that versions before 0.1 had. */
async function load(file: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const { dataset } = await openDataset(file, { ...options, cache, streaming: 'off' });
  if ('store' in dataset) throw new TypeError('sequences are on disk');
  return dataset;
}

describe('S3-Rec files', () => {
  testOnRealData('Beauty has the published counts', 's3rec/Beauty.txt', async (file) => {
    const dataset = await load(file.replace(/\.txt$/, ''));
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
    expect(dataset.report).toContainEqual(
      expect.objectContaining({
        kind: 'dropped',
        what: 'repeated attributes',
        count: 5,
        why: expect.stringContaining('5 items'),
      }),
    );
    expect(digestOf(dataset)).toBe('4dd7258b1c874eb7738aedd0e86db4805846ee31333c5d63f42657b022bd3a7b');
    expect(identicalSequences(dataset)).toBe(24);
    // Ids by first appearance are the file's own numbers, in all three vocabularies.
    for (const vocabulary of [dataset.users, dataset.items, itemCategories(dataset)[0]?.vocabulary]) {
      expect(vocabulary?.tokens.slice(1)).toEqual(
        Array.from({ length: (vocabulary?.size ?? 0) - 1 }, (_, i) => String(i + 1)),
      );
    }
  });

  testOnRealData('a 5-core filter changes nothing in Beauty', 's3rec/Beauty.txt', async (file) => {
    const all = await load(file, { fields: [] });
    const filtered = await load(file, { fields: [], userMin: 5, itemMin: 5 });
    expect(filtered.sequences).toEqual(all.sequences);
    expect(filtered.report.filter(({ kind, what }) => kind === 'dropped' && what !== 'repeated attributes')).toEqual(
      [],
    );
  });

  testOnRealData('Toys and Games has the published counts', 's3rec/Toys_and_Games.txt', async (file) => {
    const dataset = await load(file);
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
    expect(dataset.report.find(({ what }) => what === 'repeated attributes')?.why).toContain('51 items');
    expect(digestOf(dataset)).toBe('80760e947639732dd0bfc05189a72c116b87075178b05e0a00a2a9c57bc2c210');
    expect(identicalSequences(dataset)).toBe(26);
  });
});

describe('RecBole files', () => {
  testOnRealData('ml-100k as it is', 'recbole/ml-100k/ml-100k.inter', async (file) => {
    const dataset = await load(file.replace(/\/ml-100k\.inter$/, ''));
    const statistics = datasetStatistics(dataset);
    expect(statistics).toMatchObject({ users: 943, items: 1682, interactions: 100000, attributes: { class: 19 } });
    expect(statistics.fields.find(({ name }) => name === 'class')?.perItem).toMatchObject({ min: 1, max: 6 });
    expect(dataset.fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['release_year', 'categorical'],
      ['class', 'multi-categorical'],
    ]);
    expect(dataset.itemNames?.[dataset.items.id('1') ?? 0]).toBe('Toy Story');
    expect(timesNeverFall(dataset)).toBe(true);
    expect(digestOf(dataset)).toBe('38f10e1eb90380c7dc1710d9c376eb9794a5400cfc8bff0c94aba15d8c78f818');
    expect(dataset.report).toContainEqual(
      expect.objectContaining({ what: 'fields left out: rating, age, gender, occupation', count: 4 }),
    );
  });

  testOnRealData('ml-100k after 5-core filtering', 'recbole/ml-100k/ml-100k.inter', async (file) => {
    const whole = await load(file, { userMin: 5, itemMin: 5 });
    expect(digestOf(whole)).toBe('12b3cbc906d45633fb37d50e6eb1233490498dddcb141b8dfd4f3a30a9ed11a1');
    const dataset = await load(file, { userMin: 5, itemMin: 5, fields: ['class'] });
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
