// A file that is known by its name is found in a folder, and read in the form that the name tells, whoever looks for it.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFiles } from '../inspect/files.js';
import { testFolder } from '../prepare/prepare.test.support.js';
import { formOfName, stemOf } from './endings.js';
import { filesOf, recogniseFormat } from './open.js';
import { testBench } from './read.test.support.js';

const bench = testBench(1);
const LINES = 'user,item\nu,a\n';

describe('a folder', () => {
  it.each(['log.csv', 'log.TSV', 'log.tab', 'log.psv', 'log.csv.zstd', 'log.pq', 'log.ddb', 'log.txt', 'log.dat.gz'])(
    'of %s is that file',
    async (name) => {
      const folder = await testFolder();
      await writeFile(path.join(folder, name), LINES);
      const { interactions } = await findFiles({ interactions: folder });
      const found = await filesOf({ files: interactions[0] ?? '' }, { engine: bench.engine(), base: '.' });
      expect(found).toEqual([path.join(folder, name)]);
    },
  );

  it('of tables has texts such as a readme beside them; texts alone are the data', async () => {
    const folder = await testFolder();
    const files = async (): Promise<string[]> =>
      (await filesOf({ files: folder }, { engine: bench.engine(), base: '.' })).map((file) => path.basename(file));
    await writeFile(path.join(folder, 'readme.txt'), 'words');
    expect(await files()).toEqual(['readme.txt']);
    await writeFile(path.join(folder, 'part.csv'), LINES);
    expect(await files()).toEqual(['part.csv']);
  });
});

describe('a name', () => {
  it.each([
    ['a.psv', 'csv'],
    ['a.TAB', 'csv'],
    ['a.item', 'atomic'],
    ['a.ddb', 'duckdb'],
    ['a.pq', 'parquet'],
    ['a_item2attributes.json', 's3rec-attributes'],
  ])('%s tells %s', async (name, format) => {
    expect(await recogniseFormat(await bench.file(name, LINES))).toBe(format);
  });

  it('is cut where it ends in a form', () => {
    expect(['My.Clicks.csv.gz', 'u.data', 'v1.2', '.csv'].map(stemOf)).toEqual(['My.Clicks', 'u', 'v1.2', '.csv']);
    expect(formOfName('README')).toBeUndefined();
  });
});
