// Bad data sets in the forms that are read as they are.
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { difsr, TINY, TINY_MODEL } from '../command.test.support.js';
import { exitCodes } from '../errors.js';
import { edit, refuses, shops, train, write, type BadInput } from './refuses.test.support.js';

const shop = shops();

const dataInputs: readonly BadInput[] = [
  {
    name: 'a data set that does not exist',
    args: train('--data', 'shpo'),
    code: exitCodes.data,
    names: ['shpo', 'no such file', 'did you mean shop?'],
  },
  {
    name: 'a folder that does not exist',
    args: train('--data', 'nowhere/shop'),
    code: exitCodes.data,
    names: ['nowhere/shop', 'there is no folder nowhere'],
  },
  {
    name: 'a header without types',
    arrange: edit('shop/shop.inter', (text) => text.replace('user_id:token', 'user_id')),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 1', '"user_id"', 'name:type', /tab/i, 'cure:'],
  },
  {
    name: 'an id that is not a number',
    arrange: edit('Clicks.txt', (text) => text.replace('\n2 ', '\n2 B00X ')),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks.txt', 'line 2', '"2 B00X 33', 'whole numbers from 1 on', 'cure:'],
  },
  {
    name: 'a time that is not a number',
    arrange: edit('shop/shop.inter', (text) => text.replace('\t1001\n', '\t12/31/1999\n')),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 3', '"timestamp"', '"12/31/1999"', 'cure:'],
  },
  {
    name: 'truncated JSON',
    arrange: (folder) => truncate(join(folder, 'Clicks_item2attributes.json'), 300),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks_item2attributes.json', /line 1/, 'cure:'],
  },
  {
    name: 'an attribute file that is missing',
    arrange: (folder) => rm(join(folder, 'Clicks_item2attributes.json')),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks_item2attributes.json', 'cure:'],
  },
  {
    name: 'an empty file',
    arrange: write('shop/shop.inter', ''),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', /empty/, 'cure:'],
  },
  {
    name: 'a header and nothing else',
    arrange: write('shop/shop.inter', 'user_id:token\titem_id:token\ttimestamp:float\n'),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'cure:'],
  },
  {
    name: 'nothing left after filtering',
    args: train('--set', 'data.userMin=500'),
    code: exitCodes.data,
    names: [/500|userMin|at least/, 'cure:'],
  },
  {
    name: 'a column that does not exist',
    args: train('--set', 'data.timeColumn=timestmp'),
    code: exitCodes.data,
    names: ['shop/shop.inter', '"timestmp"', 'did you mean "timestamp"?', 'data.timeColumn'],
  },
  {
    name: 'a file that is no text',
    arrange: (folder) => writeFile(join(folder, 'shop/shop.inter'), Uint8Array.of(0xff, 0xfe, 0x00, 0x80)),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 1', 'UTF-8', 'cure:'],
  },
  {
    name: 'a misspelt format',
    args: train('--format', 'recbloe'),
    code: exitCodes.usage,
    names: ['--format recbloe', 'did you mean recbole?'],
  },
  {
    name: 'users too short to hold anything out',
    arrange: write('shop/shop.inter', 'user_id:token\titem_id:token\nu1\ta\nu1\tb\nu2\tb\nu2\ta\n'),
    args: train(),
    code: exitCodes.data,
    names: ['shop', 'cure:'],
  },
];

refuses(dataInputs, shop);

it('an item without an entry in the attribute file is counted, not refused', async () => {
  const folder = await shop(
    edit('Clicks_item2attributes.json', (text) => {
      const { ['5']: _, ...rest } = JSON.parse(text) as Record<string, number[]>; // written by writeS3Rec
      return JSON.stringify(rest);
    }),
  );
  const { code, stdout } = await difsr(['train', '--data', 'Clicks', '--epochs', '1', '--out', 'new', ...TINY], {
    cwd: folder,
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/items? without .*\(1\)/);
});

it('DIFSR_TRACE shows where an error comes from', async () => {
  const { code, stderr } = await difsr(['train', '--data', 'nowhere', ...TINY_MODEL], {
    cwd: await shop(),
    env: { DIFSR_TRACE: '1' },
  });
  expect(code).toBe(exitCodes.data);
  expect(stderr).toMatch(/^\s+at .*:\d+:\d+/m);
});
