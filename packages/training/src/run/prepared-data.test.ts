// A run knows its data by a fingerprint: the same log has the same one, whether it is loaded or prepared.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { generateDataset, sequenceStore, type Dataset, type Field } from '@difsr/data';
import { descriptionSchema, loadPrepared, openDataset, openPrepared, prepareDataset } from '@difsr/prepare';
import { expect, it, onTestFinished } from 'vitest';
import { fingerprint } from './run-folder.js';

it('the fingerprint of S3-Rec files is that of their prepared form', async () => {
  const base = await mkdtemp(path.join(os.tmpdir(), 'difsr-fingerprint-'));
  onTestFinished(async () => rm(base, { recursive: true, force: true }));
  await writeFile(path.join(base, 'shop.txt'), '1 1 2 3 4 1\n2 3 1 5 2\n3 5 1 2\n');
  await writeFile(
    path.join(base, 'shop_item2attributes.json'),
    '{"2": [1, 2], "1": [1, 1], "5": [3], "4": [2, 3], "3": [4]}',
  );
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { files: 'shop.txt', format: 's3rec', user: 'user', item: 'item' },
    items: {
      files: 'shop_item2attributes.json',
      id: 'item',
      fields: { attributes: { kind: 'multi-categorical' } },
    },
  });
  const out = path.join(base, 'out');
  await prepareDataset(description, { base, out, threads: 1 });
  const cache = path.join(base, 'cache');
  const { dataset: loaded } = await openDataset(path.join(base, 'shop'), { threads: 1, cache, streaming: 'off' });
  if ('store' in loaded) throw new TypeError('sequences are on disk');
  const prepared = await loadPrepared(out, { threads: 1 });
  const streamed = await openPrepared(out, { threads: 1, cache: path.join(base, 'cache') });
  const expected = await fingerprint(loaded, sequenceStore(loaded));
  expect(await fingerprint(prepared, sequenceStore(prepared))).toBe(expected);
  expect(await fingerprint(streamed, streamed.store)).toBe(expected);
  await streamed.close();
});

it('the fingerprint of data with categories of items alone is that of earlier versions; every other column changes it', async () => {
  const dataset = generateDataset({ seed: 7, users: 40, items: 130 });
  const of = async (own: Dataset): Promise<string> => fingerprint(own, sequenceStore(own));
  const known = '7cd00d571437f13a1e6ca274cedf33e02b46822fb26475acecf58cf626701b37';
  expect(await of(dataset)).toBe(known);
  const rows = { item: dataset.items.size, user: dataset.users.size, interaction: dataset.sequences.items.length };
  const found = new Set([known]);
  for (const owner of ['item', 'user', 'interaction'] as const)
    for (const value of [1, 2]) {
      const field: Field = { name: 'x', owner, kind: 'numeric', values: new Float32Array(rows[owner]).fill(value) };
      found.add(await of({ ...dataset, fields: [...dataset.fields, field] }));
      found.add(await of({ ...dataset, fields: [...dataset.fields, { ...field, kind: 'vector', width: 1 }] }));
    }
  expect(found.size).toBe(1 + 3 * 2 * 2);
});

it('the fingerprint of fields of every owner is the same in memory and on disk', async () => {
  const base = await mkdtemp(path.join(os.tmpdir(), 'difsr-fingerprint-'));
  onTestFinished(async () => rm(base, { recursive: true, force: true }));
  await writeFile(
    path.join(base, 'log.csv'),
    'user,item,channel,amount\na,x,web,1\na,y,,2.5\nb,x,app,\nb,y,web,1e40\n',
  );
  await writeFile(path.join(base, 'items.csv'), 'id,price,place\nx,2,1 2\ny,,\n');
  await writeFile(path.join(base, 'users.csv'), 'id,country,age\na,de,30\nb,,\n');
  const numeric = { kind: 'numeric' };
  const categorical = { kind: 'categorical' };
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { files: 'log.csv', user: 'user', item: 'item', fields: { channel: categorical, amount: numeric } },
    items: { files: 'items.csv', id: 'id', fields: { price: numeric, place: { kind: 'vector' } } },
    users: { files: 'users.csv', id: 'id', fields: { country: categorical, age: numeric } },
  });
  const out = path.join(base, 'out');
  await prepareDataset(description, { base, out, threads: 1 });
  const loaded = await loadPrepared(out, { threads: 1 });
  const stored = await openPrepared(out, { threads: 1, cache: path.join(base, 'cache') });
  expect(await fingerprint(stored, stored.store)).toBe(await fingerprint(loaded, sequenceStore(loaded)));
  await stored.close();
});
