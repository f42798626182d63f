// What is used of the files is said by name, and what is not.
import { expect, it } from 'vitest';
import { type Described, prepareTexts, shareEngine } from './prepare.test.support.js';

shareEngine();

const TEXTS = {
  'log.csv': 'user,item,time,Price,note,shop\nu,a,1,2,x,s\nu,b,2,3,y,t',
  'items.csv': 'sku,brand,image\na,Acme,1.png\nb,Bolt,2.png',
};
const LOG = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;

async function columns(description: Described): Promise<readonly (readonly [string, number, string])[]> {
  const { manifest } = await prepareTexts(TEXTS, description);
  return manifest.report
    .filter(({ what }) => what.startsWith('columns of'))
    .map(({ what, count, why }) => [what, count, why]);
}

it('of every file, SQL included', async () => {
  const fields = { cost: { column: { sql: 'CAST(price AS DOUBLE) * 2' }, kind: 'numeric' } } as const;
  const items = { files: 'items.csv', id: 'sku', fields: { brand: { kind: 'categorical' } } } as const;
  expect(await columns({ interactions: { ...LOG, fields }, items })).toEqual([
    ['columns of interactions', 4, 'user "user", item "item", time "time", field cost by SQL; not used: note, shop'],
    ['columns of items', 2, 'id "sku", field brand; not used: image'],
  ]);
});

it('a catalogue that stands in the log is one file with it', async () => {
  const items = { files: 'log.csv', id: 'item', fields: { shop: { kind: 'categorical' } } } as const;
  const fields = { price: { column: 'Price', kind: 'numeric' }, note: { kind: 'categorical' } } as const;
  expect(await columns({ interactions: { ...LOG, fields }, items })).toEqual([
    [
      'columns of interactions and items',
      6,
      'user "user", item "item", time "time", field price "Price", field note, field shop; every column is used',
    ],
  ]);
});
