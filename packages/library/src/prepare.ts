// prepare and inspect: files of any form to a clean, described data set; what they hold, without writing anything.
import {
  call,
  checkOptions,
  codeOf,
  didYouMean,
  given,
  option,
  type OptionName,
  type OptionRules,
  setting,
  text,
} from '@difsr/errors';
import { access, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { DataError } from '@difsr/data';
import type * as PrepareDoor from '@difsr/prepare';
import type { Description, Findings, Manifest, NamedColumns, PrepareEvent as StepEvent } from '@difsr/prepare';
import { makeFolder, writeFileAtomic } from '@difsr/files';
import { isTree, mergeTrees, type Tree } from './config/layers.js';
import { UsageError } from './errors.js';
import { aborts } from './options.js';

/** How files are looked at. */
export interface InspectOptions {
  /** The folder that `prepare` would write. Default: `data/NAME`; of a description `data/shop.yaml`: `data/shop`. */
  readonly out?: string | undefined;
  /** Name of the data set. Default: after `out` or the file. */
  readonly name?: string | undefined;
  /** Files with attributes of items. Default: those that lie beside the interactions, where their names say so. */
  readonly items?: string | readonly string[] | undefined;
  /** Files with attributes of users. */
  readonly users?: string | readonly string[] | undefined;
  /** What is known of the columns of interactions. Default: told by names and contents. */
  readonly columns?: NamedColumns | undefined;
  /** Of a recipe: the folder with the raw files. Default: `data/raw/NAME`. */
  readonly raw?: string | undefined;
  /** What the description says instead of what was found: `{ filters: { userMin: 5 }, split: { method: 'ratio', valid: 0.1, test: 0.1 } }`. */
  readonly description?: Tree | undefined;
  /** What the work may keep in memory, e.g. `4GB`. Default: half, at most 6 GB. */
  readonly memoryLimit?: string | undefined;
  /** CPU threads; the result does not depend on them. Default: all cores. */
  readonly threads?: number | undefined;
  /** Where to put what does not fit in memory. Default: the system's folder. */
  readonly tempDirectory?: string | undefined;
  /** Stops the work; nothing is left of it. */
  readonly signal?: AbortSignal | undefined;
}

/** How files are prepared. */
export interface PrepareOptions extends InspectOptions {
  /** Stop at rows that cannot be used instead of setting them aside. Default: false. */
  readonly strict?: boolean | undefined;
  /** Write a new description over one that is there. Default: false. */
  readonly overwrite?: boolean | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: PrepareEvent) => void) | undefined;
}

const INSPECT_RULES: OptionRules<InspectOptions> = {
  out: option.text,
  name: option.text,
  items: option.given,
  users: option.given,
  columns: option.given,
  raw: option.text,
  description: option.given,
  memoryLimit: option.text,
  threads: option.whole(1),
  tempDirectory: option.text,
  signal: aborts,
};

const PREPARE_RULES: OptionRules<PrepareOptions> = {
  ...INSPECT_RULES,
  strict: option.flag,
  overwrite: option.flag,
  onEvent: option.callable,
};

/** What files hold. */
export interface InspectedFiles {
  readonly description: Description;
  /** What every column was taken for, and why; absent where a description or recipe says it. */
  readonly findings?: Findings;
  /** The description in YAML, with comments. */
  readonly yaml: string;
  /** The folder that `prepare` would write. */
  readonly out: string;
}

/** Everything that `prepare` tells, in order: what was found, the description that was written, and the steps. */
export type PrepareEvent =
  | { readonly kind: 'inferred'; readonly description: Description; readonly findings?: Findings }
  | { readonly kind: 'written'; readonly file: string }
  | ({ readonly kind: 'step' } & StepEvent);

/** A prepared data set. */
export interface PreparedDataset {
  /** Its folder: what `train` takes as `data`. */
  readonly out: string;
  /** The description, where it was written. */
  readonly yaml?: string;
  /** The file with the rows that were set aside, each with its place, value and cure; absent where there are none. */
  readonly quarantine?: string;
  /** Counts, steps, fields and what was noticed. */
  readonly manifest: Manifest;
}

/**
 * Finds out what files hold, and writes nothing.
 *
 * @param input files of interactions (paths, globs, folders), a description (`.yaml`), or a recipe by its name
 * @throws DataError where user or item cannot be told, or a file cannot be read; UsageError for a wrong option
 * @example
 * ```ts
 * const { yaml, findings } = await inspect('orders.csv', { items: 'catalogue.jsonl' });
 * ```
 */
export async function inspect(
  input: string | readonly string[],
  options: InspectOptions = {},
): Promise<InspectedFiles> {
  checkOptions('inspect', options, INSPECT_RULES, UsageError);
  const door = await openDoor();
  const { description, findings, out } = await jobOf(door, listOf(input) ?? [], options);
  return {
    description,
    ...(findings === undefined ? {} : { findings }),
    yaml: door.describe(description, findings),
    out,
  };
}

/**
 * Prepares a data set: finds out what the files hold, writes that as a description (`OUT.yaml`, to edit and prepare again), and writes
 * the folder `out`. Rows that cannot be used are set aside in `OUT.quarantine.jsonl`, unless `strict` is set.
 *
 * @param input files of interactions (paths, globs, folders), a description (`.yaml`), or a recipe by its name
 * @throws DataError for data that cannot be used, and where nothing is left; UsageError for a wrong option, and where a description
 * that somebody edited would be written over
 * @example
 * ```ts
 * const { out, manifest } = await prepare('orders.csv', {
 *   items: 'catalogue.jsonl',
 *   columns: { user: 'customer' },
 *   description: { filters: { userMin: 5 } },
 *   out: 'data/shop',
 * });
 * ```
 */
export async function prepare(
  input: string | readonly string[],
  options: PrepareOptions = {},
): Promise<PreparedDataset> {
  checkOptions('prepare', options, PREPARE_RULES, UsageError);
  const { onEvent = () => undefined, overwrite = false } = options;
  const door = await openDoor();
  const job = await jobOf(door, listOf(input) ?? [], options);
  const { description, findings, out, yaml } = job;
  onEvent({ kind: 'inferred', description, ...(findings === undefined ? {} : { findings }) });
  if (yaml === undefined) return resultOf(door, out, await run(door, job, options));
  const before = await writeYaml(door, job, yaml, overwrite);
  onEvent({ kind: 'written', file: yaml });
  const manifest = await run(door, job, options).catch(async (error: unknown) => {
    if (isNothingLeft(error) || options.signal?.aborted === true) await putBack(yaml, before);
    throw error;
  });
  return { ...resultOf(door, out, manifest), yaml };
}

type Door = typeof PrepareDoor;

/** The query engine is native: loaded by those who need it. */
function openDoor(): Promise<Door> {
  return import('@difsr/prepare');
}

/** What is prepared, and where to. */
interface Job {
  readonly description: Description;
  readonly findings?: Findings;
  /** Folder that the files of the description are relative to. */
  readonly base: string;
  readonly out: string;
  /** Where the description is written; absent where it was read. */
  readonly yaml?: string;
}

function resultOf({ quarantineFile }: Door, out: string, manifest: Manifest): PreparedDataset {
  return { out, manifest, ...(manifest.quarantined > 0 ? { quarantine: quarantineFile(out) } : {}) };
}

async function run(
  { prepareDataset }: Door,
  { description, base, out }: Job,
  { strict = false, signal, onEvent = () => undefined, memoryLimit, threads, tempDirectory }: PrepareOptions,
): Promise<Manifest> {
  return prepareDataset(description, {
    ...given({ memoryLimit, threads, tempDirectory, signal }),
    out,
    base,
    strict,
    progress: (event) => onEvent({ kind: 'step', ...event }),
  });
}

/** A description that leaves nothing was never of use. */
function isNothingLeft(error: unknown): boolean {
  return error instanceof DataError && error.problems.some(({ kind }) => kind === 'nothing-left');
}

/** A description as it was before; undefined: there was none. */
async function putBack(file: string, before: string | undefined): Promise<void> {
  await (before === undefined ? rm(file, { force: true }) : writeFileAtomic(file, before));
}

/** Writes the description and gives what was there. An edited one is somebody's work. */
async function writeYaml(
  { describe, writeDescription }: Door,
  { description, findings }: Job,
  file: string,
  overwrite: boolean,
): Promise<string | undefined> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there !== undefined && there !== describe(description, findings) && !overwrite)
    throw new UsageError({
      where: file,
      what: 'exists, and is not what would be written',
      cure: text`prepare it as it is with ${call('prepare', [file])}, write over it with ${setting('overwrite')}, or choose another ${setting('out')}`,
    });
  await makeFolder(dirname(file)).catch((error: unknown) => {
    throw new UsageError({
      where: dirname(file),
      what: `cannot be made (${codeOf(error) ?? String(error)})`,
      cure: text`choose another folder with ${setting('out')}`,
    });
  });
  await writeDescription(file, description, findings);
  return there;
}

async function jobOf(door: Door, input: readonly string[], options: InspectOptions): Promise<Job> {
  const [first = ''] = input;
  if (input.length === 1 && /\.ya?ml$/i.test(first)) return describedJob(door, first, options);
  if (input.length === 1 && !(await isThere(first)) && /^[\w:-]+$/.test(first)) {
    const names = door.recipeNames();
    if (names.includes(first)) return recipeJob(door, first, options);
    if (!(await isThere(`${first}.inter`)) && !(await isThere(`${first}.txt`))) throw unknownInput(first, names);
  }
  return inferredJob(door, input, options);
}

function unknownInput(name: string, recipes: readonly string[]): DataError {
  const cure = didYouMean(name, recipes) ?? text`check the path; ${call('pull')} lists the recipes`;
  return new DataError([{ file: name, message: 'no such file, and no recipe of that name', cure }]);
}

/** What only helps to find out what files hold, by its name in errors. */
const FOUND_OUT: { readonly [K in keyof NamedColumns | 'items' | 'users']-?: OptionName } = {
  items: 'items',
  users: 'users',
  user: 'columns.user',
  item: 'columns.item',
  time: 'columns.time',
  timeFormat: 'columns.timeFormat',
  zone: 'columns.zone',
  decimal: 'columns.decimal',
};

/** Refuses options that only make sense where columns are inferred. */
function refuseInference({ items, users, columns }: InspectOptions, what: string): void {
  const said: { readonly [K in keyof typeof FOUND_OUT]?: unknown } = { items, users, ...columns };
  for (const [name, named] of Object.entries(FOUND_OUT))
    if (Object.entries(said).some(([key, value]) => key === name && value !== undefined))
      throw new UsageError({
        where: setting(named),
        what: `${what} says that already`,
        cure: text`edit the description, or change it with ${setting('description', { interactions: { user: 'customer' } })}`,
      });
}

async function describedJob(door: Door, file: string, options: InspectOptions): Promise<Job> {
  refuseInference(options, file);
  const description = adjusted(door, await door.readDescription(file), options);
  const { dir, name } = parse(file);
  return { description, base: dirname(file), out: options.out ?? join(dir, name) };
}

async function recipeJob(door: Door, recipe: string, options: InspectOptions): Promise<Job> {
  refuseInference(options, `recipe ${recipe}`);
  const description = adjusted(door, await door.readRecipe(recipe), options);
  const base = await door.existingRawFolder(recipe, options.raw);
  return { description, base, out: options.out ?? join('data', description.name) };
}

async function inferredJob(door: Door, input: readonly string[], options: InspectOptions): Promise<Job> {
  const { items, users, columns = {}, memoryLimit, threads, tempDirectory, signal } = options;
  const name = options.name ?? (options.out === undefined ? undefined : nameOf(options.out));
  const base = options.out === undefined ? 'data' : dirname(options.out);
  const inspection = await door.inspectFiles(
    { interactions: input, items: listOf(items), users: listOf(users), name },
    { ...given({ memoryLimit, threads, tempDirectory, signal }), base, columns },
  );
  const description = adjusted(door, inspection.description, options);
  const out = options.out ?? join('data', description.name);
  return { description, findings: inspection.findings, base, out, yaml: `${out}.yaml` };
}

function listOf(files: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof files === 'string' ? [files] : files;
}

/** The name of a folder, where it is one for data sets too. */
function nameOf(folder: string): string | undefined {
  const name = basename(resolve(folder));
  return /^[\w.-]+$/.test(name) ? name : undefined;
}

/** The description with what the options say instead. */
function adjusted(
  { checkDescription }: Door,
  description: Description,
  { name, description: changes = {} }: InspectOptions,
): Description {
  if (name === undefined && Object.keys(changes).length === 0) return description;
  const named = { ...description, ...given({ name }) };
  const merged = mergeTrees(named, changes);
  const { split } = changes;
  // Methods of a split share names of sizes that mean something else: of another method, nothing is kept.
  const isOther = isTree(split) && split['method'] !== undefined && split['method'] !== description.split.method;
  return checkDescription(isOther ? { ...merged, split } : merged, 'options');
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
