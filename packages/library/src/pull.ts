// pull: the files of a public data set, for those who agree to its terms.
import { dirname } from 'node:path';
import type { Description, RecipeEntry } from '@difsr/prepare';
import type { PullEvent, PullReport } from '@difsr/prepare/pull';
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { UsageError } from './errors.js';
import { aborts } from './options.js';

/** What a data set is, who may use it, and what would be downloaded. */
export interface Terms {
  readonly name: string;
  /** Title, licence, what to cite and the home page, where they are known. */
  readonly about: NonNullable<Description['about']>;
  /** Where its raw files are put, and where `prepare` looks for them. */
  readonly folder: string;
  readonly files: NonNullable<Description['pull']>;
}

/** How files are downloaded. */
export interface PullOptions {
  /** Whether the terms of the data set (`termsOf`) have been read and are agreed to. */
  readonly agree: boolean;
  /** The folder of raw files. Default: `data/raw/NAME`; of a description of one's own, where that lies. */
  readonly out?: string | undefined;
  /** Stops the download; called again, it goes on where it stopped. */
  readonly signal?: AbortSignal | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: PullEvent) => void) | undefined;
}

const RULES: OptionRules<PullOptions> = {
  agree: needed(option.flag),
  out: option.text,
  signal: aborts,
  onEvent: option.callable,
};

/**
 * The public data sets that can be downloaded by name.
 *
 * @example
 * ```ts
 * (await recipes()).map(({ name }) => name); // ['amazon-2014-beauty', .., 'ml-1m', ..]
 * ```
 */
export async function recipes(): Promise<readonly RecipeEntry[]> {
  const { listRecipes } = await import('@difsr/prepare');
  return listRecipes();
}

/**
 * The terms of a data set, and what would be downloaded where.
 *
 * @param name a recipe, or the path of a description with `pull:`
 * @throws DataError where there is no such recipe or description
 * @example
 * ```ts
 * const { about, files } = await termsOf('ml-1m');
 * ```
 */
export async function termsOf(name: string, out?: string): Promise<Terms> {
  const description = await describedBy(name);
  return {
    name: description.name,
    about: description.about ?? {},
    folder: await folderOf(name, description, out),
    files: description.pull ?? [],
  };
}

/**
 * Downloads the files of a public data set. Files are checked by the publisher's checksum, or by the one of the last download.
 *
 * @param name a recipe, or the path of a description with `pull:`
 * @throws PullError where a download fails; DataError where there is no such recipe; UsageError where the terms are not agreed to
 * @example
 * ```ts
 * await pull('ml-1m', { agree: true });
 * await prepare('ml-1m', { out: 'data/ml-1m' });
 * ```
 */
export async function pull(name: string, options: PullOptions): Promise<PullReport> {
  checkOptions('pull', options, RULES, UsageError);
  const { out, signal, onEvent } = options;
  const description = await describedBy(name);
  if (!options.agree)
    throw new UsageError({
      where: 'pull',
      what: `the terms of ${description.name} must be agreed to (${description.about?.licence ?? 'none are stated: look at the home page'})`,
      cure: 'read them, and agree with agree: true',
    });
  const { pullDataset } = await import('@difsr/prepare/pull');
  return pullDataset(description, {
    folder: await folderOf(name, description, out),
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { progress: onEvent }),
  });
}

/** The files of a recipe lie where `prepare` looks for them, those of a description beside it. */
async function folderOf(name: string, description: Description, out: string | undefined): Promise<string> {
  const { rawFolder } = await import('@difsr/prepare');
  return out ?? (isDescription(name) ? dirname(name) : rawFolder(description.name));
}

/** A recipe by its name, or a description of one's own. */
async function describedBy(name: string): Promise<Description> {
  // The query engine behind this door is native: loaded by those who need it.
  const { readDescription, readRecipe } = await import('@difsr/prepare');
  return isDescription(name) ? readDescription(name) : readRecipe(name);
}

function isDescription(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}
