// The data sets of the paper by names and counts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { missingPaperData, paperData, paperDataNamed, requirePaperCounts } from './paper.js';
import { PAPER_DATA } from './report/published.js';

it.each([
  ['data/Beauty', 'Beauty'],
  ['data/Amazon_Beauty', 'Beauty'],
  ['Toys_and_Games.txt', 'Toys'],
  ['x/sports_and_outdoors', 'Sports'],
  ['yelp-2018', 'Yelp'],
  ['data/shop', undefined],
])('%s is %s', (path, name) => expect(paperDataNamed(path)?.name).toBe(name));

it('a folder gives those that are in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'difsr-paper-'));
  await writeFile(join(folder, 'Beauty.txt'), '');
  await mkdir(join(folder, 'yelp'));
  const entry = (path: string): { label: string; config: { path: string } } => ({ label: '', config: { path } });
  const found = await paperData([entry(folder), entry('elsewhere/Toys_and_Games')]);
  expect(found.map(({ config }) => config.path)).toEqual([
    join(folder, 'Beauty'),
    join(folder, 'yelp'),
    'elsewhere/Toys_and_Games',
  ]);
  await expect(paperData([entry(join(folder, 'nothing'))])).rejects.toThrow(/none of the paper's data sets/);
  await rm(folder, { recursive: true });
});

it('counts are compared one by one, and what is not given is named', () => {
  const [beauty] = PAPER_DATA;
  if (beauty === undefined) throw new Error('no Beauty');
  const facts = { ...beauty, label: 'Beauty', path: 'data/Beauty', fingerprint: '', sides: [] };
  expect(() => requirePaperCounts([facts])).not.toThrow();
  expect(() => requirePaperCounts([{ ...facts, items: 12_100 }])).toThrow(
    /has 12100 items, the paper's Beauty has 12101\n.*otherCounts/s,
  );
  expect(missingPaperData([facts])).toEqual(['Sports', 'Toys', 'Yelp']);
});
