// What is at a path: every form by its path alone, and errors that say what there is.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataError } from '@difsr/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DatasetForm, type DatasetFormat, formAt } from './forms.js';

let folder: string;
const at = (location: string): string => path.join(folder, location);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'difsr-forms-'));
  const files = [
    'prepared/dataset.json',
    'prepared/items.parquet',
    'parts/day=1/a.parquet',
    'logs/clicks.csv.gz',
    'shop/shop.inter',
    'shop/other.inter',
    'two/one.inter',
    'two/two2.inter',
    'sequences/Beauty.txt',
    'sequences/Beauty_item2attributes.json',
    'empty/notes.md',
    'Toys.txt',
    'clicks.csv',
    'clicks.bin',
    'shop.yaml',
  ];
  for (const file of files) {
    await mkdir(path.dirname(at(file)), { recursive: true });
    await writeFile(at(file), '');
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe('the form of a path', () => {
  it.each<[location: string, form: DatasetForm, at: string]>([
    ['prepared', 'prepared', 'prepared'],
    ['shop.yaml', 'description', 'shop.yaml'],
    ['missing.yml', 'description', 'missing.yml'],
    ['clicks.csv', 'files', 'clicks.csv'],
    ['clicks.bin', 'files', 'clicks.bin'],
    ['*.csv', 'files', '*.csv'],
    ['parts', 'files', 'parts'],
    ['logs', 'files', 'logs'],
    ['shop', 'atomic', 'shop/shop'],
    ['shop/other', 'atomic', 'shop/other'],
    ['shop/other.inter', 'atomic', 'shop/other'],
    ['shop/shop.item', 'atomic', 'shop/shop'],
    ['sequences', 's3rec', 'sequences/Beauty'],
    ['sequences/Beauty_item2attributes.json', 's3rec', 'sequences/Beauty'],
    ['Toys', 's3rec', 'Toys'],
    ['Toys.txt', 's3rec', 'Toys'],
  ])('%s: %s', async (location, form, place) => {
    expect(await formAt(at(location))).toEqual({ form, at: at(place) });
  });

  it('generated data and recipes are known by name, where no file bears it', async () => {
    expect(await formAt('generated')).toEqual({ form: 'generated', at: 'generated' });
    expect(await formAt('ml-1m')).toEqual({ form: 'recipe', at: 'ml-1m' });
  });

  it('is what its format says, where one is named', async () => {
    expect(await formAt(at('clicks.bin'), 'jsonl')).toEqual({ form: 'files', source: 'jsonl', at: at('clicks.bin') });
    expect(await formAt(at('sequences'), 's3rec')).toEqual({ form: 's3rec', at: at('sequences/Beauty') });
    expect(await formAt('anything', 'generated')).toMatchObject({ form: 'generated' });
  });
});

describe('errors', () => {
  async function messageOf(location: string, format?: DatasetFormat): Promise<string> {
    const error: unknown = await formAt(location, format).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    return String(error);
  }

  it('a path that is missing names the nearest', async () => {
    expect(await messageOf(at('click.csv'))).toContain(`did you mean ${at('clicks.csv')}?`);
    expect(await messageOf(at('shpo/x.csv'))).toContain(`did you mean ${at('shop')}?`);
  });

  it('a folder without a data set says every form that there is', async () => {
    expect(await messageOf(at('empty'))).toMatch(/holds no data set\n.*prepared folder.*\.csv.*recbole.*recipe/s);
    expect(await messageOf(at('shop'), 's3rec')).toContain('no data set of the form s3rec');
  });

  it('a folder with two lists both', async () => {
    expect(await messageOf(at('two'))).toMatch(/holds 2 data sets\n.*name one of .*one, .*two2/);
  });

  it('a format that there is not gets the nearest', async () => {
    // What callers without types may pass.
    expect(await messageOf(at('Toys'), 's3-rec' as DatasetFormat)).toContain('did you mean s3rec?');
  });
});
