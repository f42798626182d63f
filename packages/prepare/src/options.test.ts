// Every function that takes options refuses keys that nobody reads, and values of another kind, before it does anything.
import { describe, expect, it } from 'vitest';
import { descriptionSchema } from './description/schema.js';
import { DataError } from '@difsr/data';
import { generateFiles } from './generated/write.js';
import { inspectFiles } from './inspect/inspect.js';
import { openDataset } from './open/open-dataset.js';
import { prepareCached } from './prepare/cached.js';
import { prepareDataset } from './prepare/prepare.js';
import { openPrepared } from './prepared/open.js';
import { loadPrepared } from './prepared/read.js';
import { pullDataset } from './pull/pull.js';

const description = descriptionSchema.parse({
  name: 'none',
  interactions: { files: 'no-file.csv', user: 'user', item: 'item' },
});

/** Calls with one wrong option beside what is needed; a plain object hides it from the compiler, as JavaScript does. */
const calls: Readonly<Record<string, (wrong: object) => Promise<unknown>>> = {
  openDataset: (wrong) => openDataset('no-file.csv', { cache: 'no-folder', ...wrong }),
  generateFiles: (wrong) => generateFiles({ out: 'no-folder', ...wrong }),
  inspectFiles: (wrong) => inspectFiles({ interactions: 'no-file.csv' }, { ...wrong }),
  prepareCached: (wrong) => prepareCached({ interactions: 'no-file.csv' }, { cache: 'no-folder', ...wrong }),
  prepareDataset: (wrong) => prepareDataset(description, { out: 'no-folder', ...wrong }),
  openPrepared: (wrong) => openPrepared('no-folder', { ...wrong }),
  loadPrepared: (wrong) => loadPrepared('no-folder', { ...wrong }),
  pullDataset: (wrong) => pullDataset(description, { folder: 'no-folder', ...wrong }),
};

describe('options', () => {
  it.each(Object.entries(calls))('of %s that it does not know are named', async (name, call) => {
    const problem = await call({ thraeds: 2 }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(DataError);
    expect(String(problem)).toContain(name);
    expect(String(problem)).toContain('"thraeds"');
  });

  it.each([
    ['prepareDataset', 'thraeds', 'threads'],
    ['openDataset', 'usermin', 'userMin'],
  ] as const)('of %s are named where they are near: %s', async (name, wrong, nearest) => {
    await expect(calls[name]?.({ [wrong]: 2 })).rejects.toThrow(`did you mean ${nearest}?`);
  });

  it.each([
    ['prepareDataset', { strict: 'no' }, 'prepareDataset: strict is true or false, got "no"'],
    ['prepareDataset', { threads: NaN }, 'threads is a number, got NaN'],
    ['loadPrepared', { verify: 1 }, 'verify is true or false'],
    ['inspectFiles', { columns: { usr: 'a' } }, 'columns has no option "usr"'],
    ['pullDataset', { limits: { ratio: 'many' } }, 'limits.ratio is a number'],
    ['generateFiles', { progress: true }, 'progress is a function'],
    ['openDataset', { streaming: 'yes' }, 'streaming is one of auto, on, off'],
    ['openDataset', { categoryText: 'words' }, 'categoryText is'],
    ['openDataset', { columns: { tim: 't' } }, 'did you mean time?'],
    ['openDataset', { columns: { decimal: 5 } }, 'columns.decimal is'],
    ['openDataset', { generated: { user: 5 } }, 'generated has no option "user"'],
  ] as const)('of %s are of their kind: %o', async (name, wrong, words) => {
    await expect(calls[name]?.(wrong)).rejects.toThrow(words);
  });
});
