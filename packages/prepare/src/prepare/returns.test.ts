// Returns in a log of purchases are counted, and the filter that is named leaves them out.
import { retold, text } from '@difsr/errors';
import { expect, it } from 'vitest';
import { findingsOf } from '@difsr/data';
import { analysePrepared } from './analyse.js';
import { onEngine, prepareIn, shareEngine, writeTexts } from './prepare.test.support.js';

shareEngine();

const LOG = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;

it('are found by quantities and amounts, in the preparation and in statistics', async () => {
  const rows = Array.from({ length: 40 }, (_, row) => {
    const back = row % 10 === 3;
    return `u${row % 5},i${row % 7},${row},${back ? -1 : 2},${back ? -9.5 : row % 4},${row === 0 ? '' : row % 3},-1`;
  });
  const base = await writeTexts({
    'log.csv': `user,item,time,quantity,Umsatz,order qty,rating\n${rows.join('\n')}`,
  });
  const numeric = { kind: 'numeric' } as const;
  const fields = { quantity: numeric, Umsatz: numeric, 'order qty': numeric, rating: numeric };
  const { manifest, out } = await prepareIn(base, { interactions: { ...LOG, fields } });
  const noted = manifest.report.filter(({ what }) => what.startsWith('interactions with a "'));
  expect(noted.map(({ what, count }) => [what, count])).toEqual([
    ['interactions with a "quantity" of 0 or less', 4],
    ['interactions with a "Umsatz" below 0', 4],
    ['interactions with a "order qty" of 0 or less', 13],
  ]);
  const { analysis, statistics, otherFields } = await analysePrepared(out, { ...onEngine() });
  const findings = findingsOf(analysis, statistics, otherFields).filter(({ code }) => code === 'returns');
  expect(findings.map(({ what, cure }) => [what, cure])).toEqual(
    noted.map(({ what, count, why, cure }) => [
      what.replace('interactions with', `${count} interactions have`),
      text`${why}; ${cure}`,
    ]),
  );
  // Each filter as it is named, and each on top of the one before.
  let filter: string | undefined;
  // The rows with returned amounts are those with returned quantities; the row without "order qty" stays.
  for (const left of [36, 25]) {
    const before = filter;
    const said = await prepareIn(base, { interactions: { ...LOG, fields }, filters: { interactions: filter } });
    const cure = said.manifest.report.find(({ what }) => what.startsWith('interactions with a "'))?.cure ?? '';
    retold(cure, (setting) => {
      if (setting.option === 'filters.interactions') filter = String(setting.value);
      return setting;
    });
    const after = await prepareIn(base, { interactions: { ...LOG, fields }, filters: { interactions: filter } });
    expect(after.manifest.counts.interactions).toBe(left);
    expect(filter).not.toBe(before);
  }
});
