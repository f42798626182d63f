// Ids with white space around them are those without it, whatever form of file they come from.
import { expect, it } from 'vitest';
import { histories, prepareTexts, shareEngine, valuesOf } from './prepare.test.support.js';

shareEngine();

const jsonLines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

it('reads an id with white space around it as the one without, in the log and the catalogue, and counts them', async () => {
  const { dataset, manifest } = await prepareTexts(
    {
      'log.jsonl': jsonLines([
        { user: 'u1', item: ' i1', time: 1 },
        { user: 'u1\u00a0', item: 'i2', time: 2 },
        { user: '\tu1', item: 'i1', time: 3 },
        { user: 'u1', item: 'i3\n', time: 4 },
        { user: 'u 1', item: 'i1', time: 5 },
        { user: ' ', item: 'i1', time: 6 },
      ]),
      'items.jsonl': jsonLines([
        { id: 'i1 ', brand: 'Lumo' },
        { id: 'i2', brand: 'Koro' },
        { id: 'i 3', brand: 'Vesk' },
      ]),
    },
    {
      interactions: { files: 'log.jsonl', user: 'user', item: 'item', time: { column: 'time', unit: 's' } },
      items: { files: 'items.jsonl', id: 'id', fields: { brand: { kind: 'categorical' } } },
    },
  );
  expect(histories(dataset)).toEqual({ u1: ['i1', 'i2', 'i1', 'i3'] });
  expect(valuesOf(dataset, 'brand')).toEqual({ i1: ['Lumo'], i2: ['Koro'] });
  expect(manifest.quarantined).toBe(3);
  const counts = manifest.report.filter(({ what }) => what.includes('white space'));
  expect(counts.map(({ what, count }) => [what, count])).toEqual([
    ['rows whose user id has white space around it', 2],
    ['rows whose item id has white space around it', 2],
    ['rows whose item id has white space around it', 1],
  ]);
});

it('says in which order files without times were read', async () => {
  const texts = Object.fromEntries([1, 2, 10].map((day) => [`day${day}.csv`, `user,item\nu1,i${day}\n`]));
  const { dataset, manifest } = await prepareTexts(texts, {
    interactions: { files: 'day*.csv', user: 'user', item: 'item' },
  });
  expect(histories(dataset)).toEqual({ u1: ['i1', 'i2', 'i10'] });
  expect(manifest.report.map(({ why }) => why)).toContain(
    'the order of the 3 files is taken for the order of time: day1.csv, day2.csv, day10.csv',
  );
});
