// Every function that takes options refuses keys that nobody reads, and values of another kind, before it does anything.
import { describe, expect, it } from 'vitest';
import { buildDataset } from './build.js';
import { filterInteractions } from './filter.js';
import { generateDataset } from './generate.js';
import { DataError } from './errors.js';
import { InteractionCollector } from './raw.js';

const interactions = new InteractionCollector().finish();

/** Calls with one wrong option beside what is needed; a plain object hides it from the compiler, as JavaScript does. */
const calls: Readonly<Record<string, (wrong: object) => Promise<unknown>>> = {
  buildDataset: async (wrong) =>
    buildDataset({ name: 'x', format: 'recbole', source: 'log.inter', interactions, report: [] }, { ...wrong }),
  filterInteractions: async (wrong) => filterInteractions(interactions, { ...wrong }),
  generateDataset: async (wrong) => generateDataset({ ...wrong }),
};

describe('options', () => {
  it.each(Object.entries(calls))('of %s that it does not know are named', async (name, call) => {
    const problem = await call({ thraeds: 2 }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(DataError);
    expect(String(problem)).toContain(name);
    expect(String(problem)).toContain('"thraeds"');
  });

  it.each([
    ['filterInteractions', 'usermin', 'userMin'],
    ['buildDataset', 'timeForm', 'timeFrom'],
  ] as const)('of %s are named where they are near: %s', async (name, wrong, nearest) => {
    await expect(calls[name]?.({ [wrong]: 2 })).rejects.toThrow(`did you mean ${nearest}?`);
  });

  it.each([['filterInteractions', { itemMin: '5' }, 'itemMin is a number, got "5"']] as const)(
    'of %s are of their kind: %o',
    async (name, wrong, words) => {
      await expect(calls[name]?.(wrong)).rejects.toThrow(words);
    },
  );
});
