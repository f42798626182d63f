// A folder that cannot be made is an error, and never a wait without end.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError } from '@difsr/data';
import { makeFolder } from './folders.js';
import { prepareCached } from './prepare/cached.js';
import { testFolder, writeTexts } from './prepare/prepare.test.support.js';

describe('makeFolder', () => {
  it('makes what is missing, and is content with what is there', async () => {
    const folder = path.join(await testFolder(), 'a', 'b', 'c');
    await makeFolder(folder);
    await makeFolder(folder);
    expect(existsSync(folder)).toBe(true);
  });

  it('names the folder and the cure where a file is in the way', async () => {
    const base = await writeTexts({ file: '' });
    await expect(makeFolder(path.join(base, 'file', 'a'))).rejects.toThrow(
      /file\/a: cannot be made: .*\(ENOTDIR\)[^]*cure: name another folder/,
    );
  });
});

// Below /proc the system says that the folder above is missing, though it is there.
describe.skipIf(!existsSync('/proc/self'))('below /proc', () => {
  it('no folder can be made', async () => {
    await expect(makeFolder('/proc/nope/a')).rejects.toThrow(DataError);
  });

  it('no cache can be made: the error names it and DIFSR_CACHE', async () => {
    const base = await writeTexts({ 'log.csv': 'user,item\nu,a\nu,b\n' });
    await expect(
      prepareCached({ interactions: path.join(base, 'log.csv') }, { cache: '/proc/nope/data', threads: 1 }),
    ).rejects.toThrow(/\/proc\/nope\/data: cannot be made[^]*DIFSR_CACHE/);
  });
});
