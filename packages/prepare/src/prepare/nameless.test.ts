// Users and items that are called by a word for nothing: they stay, counted, with the filter that leaves them out.
import { setting, text } from '@difsr/errors';
import { expect, it } from 'vitest';
import { histories, prepareTexts, shareEngine } from './prepare.test.support.js';

shareEngine();

const ROWS = Array.from({ length: 24 }, (_, row) => {
  const user = row % 4 === 3 ? 'NaN' : `u${row % 4}`;
  return `${user},${row === 6 ? 'null' : `i${row % 5}`},${row}`;
});
const TEXTS = { 'log.csv': ['user,item,time', ...ROWS].join('\n') };
const LOG = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;

it('says how many interactions a user and an item have that may be none, and which filter leaves them out', async () => {
  const { manifest, dataset } = await prepareTexts(TEXTS, { interactions: LOG });
  expect(histories(dataset)['NaN']).toHaveLength(6);
  const said = manifest.report.filter(({ what }) => /called/.test(what));
  expect(said.map(({ what, count }) => [what, count])).toEqual([
    ['interactions of a user called "NaN"', 6],
    ['interactions of an item called "null"', 1],
  ]);
  expect(said[0]?.cure).toEqual(
    text`where the word means that there is none, ${setting('filters.interactions', "user <> 'NaN'")} leaves them out`,
  );
});

it('is silent once the filter is set, and adds to one that there is', async () => {
  const filters = { interactions: "user <> 'NaN'" };
  const { manifest, dataset } = await prepareTexts(TEXTS, { interactions: LOG, filters });
  expect(Object.keys(histories(dataset))).toEqual(['u0', 'u1', 'u2']);
  const said = manifest.report.filter(({ what }) => /called/.test(what));
  expect(said.map(({ what }) => what)).toEqual(['interactions of an item called "null"']);
  expect(said[0]?.cure).toEqual(
    text`where the word means that there is none, ${setting('filters.interactions', "(user <> 'NaN') AND item <> 'null'")} leaves them out`,
  );
});
