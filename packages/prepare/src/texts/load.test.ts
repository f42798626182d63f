// Finding and reading files: formats inferred from paths, and errors that name the nearest existing file.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError } from '@difsr/data';
import { type DataFormat, loadDataset, type LoadOptions } from './load.js';

let folder = '';
const at = (...parts: string[]): string => path.join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'difsr-data-'));
  await mkdir(at('shop'));
  await mkdir(at('two'));
  await mkdir(at('empty'));
  const inter = 'user_id:token\titem_id:token\nu\ta\nu\tb\n';
  const files: Record<string, string | Buffer> = {
    'Beauty.txt': '1 1 2 3\n',
    'Beauty_item2attributes.json': '{"1": [1], "2": [1], "3": [2]}',
    'bare.txt': '1 1 2 3\n',
    'notes.md': 'hello',
    'shop/shop.inter': inter,
    'shop/other.inter': inter,
    'shop/shop.item': 'item_id:token\tbrand:token\na\tx\nb\tx\n',
    'two/one.inter': inter,
    'two/two2.inter': inter,
    'latin.inter': Buffer.from('user_id:token\titem_id:token\nu\tcaf\u00e9\n', 'latin1'),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function messageOf(location: string, options: LoadOptions = {}): Promise<string> {
  const error: unknown = await loadDataset(location, options).then(
    () => new Error('no error was thrown'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw error;
  return error.message;
}

describe('formats and names', () => {
  test.each([
    [['Beauty'], 's3rec', 'Beauty'],
    [['Beauty.txt'], 's3rec', 'Beauty'],
    [['Beauty_item2attributes.json'], 's3rec', 'Beauty'],
    [['shop'], 'recbole', 'shop'],
    [['shop', 'other'], 'recbole', 'other'],
    [['shop', 'shop.inter'], 'recbole', 'shop'],
    [['shop', 'shop.item'], 'recbole', 'shop'],
    [['two', 'one'], 'recbole', 'one'],
  ])('%j is %s', async (parts, format, name) => {
    expect(await loadDataset(at(...parts))).toMatchObject({ format, name });
  });

  test('a folder with one S3-Rec data set', async () => {
    expect(await loadDataset(folder, { format: 's3rec' })).toMatchObject({ name: 'Beauty' });
  });

  test('generated', async () => {
    const options = { generated: { users: 20, seed: 5 } };
    expect((await loadDataset('generated', options)).users.size).toBe(21);
    expect((await loadDataset('anything', { ...options, format: 'generated' })).format).toBe('generated');
  });

  test('without fields the attribute file is not needed', async () => {
    expect((await loadDataset(at('bare'), { fields: [] })).fields).toEqual([]);
  });
});

describe('errors', () => {
  test('a missing file names the nearest', async () => {
    expect(await messageOf(at('Beuty.txt'))).toBe(
      `${at('Beuty.txt')}: no such file\n  cure: did you mean ${at('Beauty.txt')}?`,
    );
    expect(await messageOf(at('Beauti'))).toContain(`did you mean ${at('Beauty.txt')}?`);
    await writeFile(at('.hidden'), '');
    expect(await messageOf(at('zzzzzzzzzzzzzzzz'))).toContain('the folder has Beauty.txt');
  });

  test('a missing folder names the nearest', async () => {
    expect(await messageOf(at('shpo', 'x.inter'))).toContain(`did you mean ${at('shop')}?`);
  });

  test('a missing attribute file offers to do without', async () => {
    const message = await messageOf(at('bare'));
    expect(message).toContain(`${at('bare_item2attributes.json')}: no such file`);
    expect(message).toContain('(fields: [])');
  });

  test.each<[string[], LoadOptions, RegExp]>([
    [['empty'], {}, /the folder holds no data set\n/],
    [['shop'], { format: 's3rec' }, /the folder holds no data set of the form s3rec/],
    [['two'], {}, /the folder holds 2 data sets\n.*cure: name one of .*one, .*two2/],
    [['notes.md'], {}, /is not of a known form/],
    [['Beauty'], { fields: ['brand'] }, /"brand" is not a field of this form\n.*"attributes"/],
    [
      ['Beauty'],
      { userMin: 9 },
      /Beauty\.txt: nothing is left of 3 interactions: 3 went because only users with 9 or more/,
    ],
    [
      ['latin'],
      {},
      /latin\.inter, line 2, column 6: "u\\tcaf\u00e9" is not valid UTF-8 here\n {2}cure: convert the file, e\.g\. iconv/,
    ],
  ])('%j %j', async (parts, options, message) => {
    expect(await messageOf(at(...parts), options)).toMatch(message);
  });

  test('a misspelt format gets the nearest', async () => {
    // What a command line may pass at run time, whatever the types say.
    const format = 's3-rec' as DataFormat;
    expect(await messageOf(at('Beauty'), { format })).toContain('did you mean s3rec?');
  });
});

test('options that there are not, or of another kind, are named at every level', async () => {
  const load = (options: object) => loadDataset('generated', options); // as callers without types write
  await expect(load({ usermin: 5 })).rejects.toThrow(/usermin.*is no option.*userMin/s);
  await expect(load({ userMin: '5' })).rejects.toThrow(/userMin.*is not a number/s);
  await expect(load({ columns: { users: 'u' } })).rejects.toThrow(
    /columns\.users.*is no option.*user, item, time, name/s,
  );
  await expect(load({ generated: { user: 5 } })).rejects.toThrow(/generated\.user.*is no option/s);
  await expect(load({ fields: 'brand' })).rejects.toThrow(/fields.*is not a list of texts/s);
  await expect(load({ generated: { seed: NaN } })).rejects.toThrow(DataError);
});
