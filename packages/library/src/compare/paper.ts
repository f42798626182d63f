// The data sets of the paper: found by name, and checked by their counts before anything is trained on another one.
import { setting, text } from '@difsr/errors';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UsageError } from '../errors.js';
import { PAPER_DATA, type PaperData } from './report/published.js';
import type { DataFacts, JobData } from '../jobs/types.js';

/** The paper's data set that a name means: that of a file, a folder or a data set. */
export function paperDataNamed(name: string): PaperData | undefined {
  const own = basename(name).replace(/\.(txt|inter|yaml)$/, '');
  return (
    PAPER_DATA.find(({ files }) => files.some((file) => file.toLowerCase() === own.toLowerCase())) ??
    PAPER_DATA.find(({ name: word }) => own.toLowerCase().includes(word.toLowerCase()))
  );
}

/**
 * Data sets as they were named, and of a folder that holds several those of the paper that are in it.
 *
 * @throws UsageError where one is none of the paper's, and nothing in it is
 */
export async function paperData(given: readonly JobData[]): Promise<JobData[]> {
  const found = await Promise.all(
    given.map(async (data): Promise<JobData[]> => {
      const { path } = data.config;
      if (paperDataNamed(path) !== undefined) return [data];
      const inside = await Promise.all(PAPER_DATA.map(async ({ files }) => firstExisting(path, files)));
      const own = inside.flatMap((each) =>
        each === undefined ? [] : [{ ...data, config: { ...data.config, path: each } }],
      );
      if (own.length > 0) return own;
      throw new UsageError({
        where: setting('data', path),
        option: 'data',
        what: `is none of the paper's data sets (${PAPER_DATA.map(({ name }) => name).join(', ')}), and none of them is in it`,
        cure: text`name their files or folders, or a folder that holds them; without ${setting('paper')} any data is compared`,
      });
    }),
  );
  return found.flat();
}

async function firstExisting(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names)
    for (const file of [`${name}.txt`, name]) {
      const there = await stat(join(folder, file)).catch(() => undefined);
      if (there !== undefined) return join(folder, name);
    }
  return undefined;
}

/**
 * Checks the counts of data sets against those of the paper.
 *
 * @throws UsageError with both numbers where they differ
 */
export function requirePaperCounts(data: readonly (DataFacts & { readonly path: string })[]): void {
  const faults = data.flatMap(({ path, name, ...counts }) => {
    const paper = paperDataNamed(path) ?? paperDataNamed(name);
    if (paper === undefined) return [];
    const other = (['users', 'items', 'interactions'] as const).filter((what) => counts[what] !== paper[what]);
    if (other.length === 0) return [];
    const words = other.map((what) => `${counts[what]} ${what}, the paper's ${paper.name} has ${paper[what]}`);
    return [
      {
        where: setting('data', path),
        option: 'data',
        what: `is not the paper's data: it has ${words.join('; ')}`,
        cure: text`use the paper's files (5-core), or allow other counts (${setting('otherCounts')}): no published figures then stand beside these`,
      },
    ];
  });
  if (faults.length > 0) throw new UsageError(faults);
}

/** The paper's data sets that were not given. */
export function missingPaperData(data: readonly { readonly path: string; readonly name: string }[]): string[] {
  const given = new Set(data.map(({ path, name }) => (paperDataNamed(path) ?? paperDataNamed(name))?.name));
  return PAPER_DATA.filter(({ name }) => !given.has(name)).map(({ name }) => name);
}
