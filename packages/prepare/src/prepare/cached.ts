// Raw files prepared on the fly: strictly, into a cache, once for each state of the files.
//
// An entry is a folder `NAME-KEY` with the prepared form in it; KEY is the SHA-256 of the description, the files and the version of
// this package. Of each file count its path, size, time of change, and a hash: of all its bytes up to 16 MiB, of its first and last
// 1 MiB above that (a log that is appended to changes size and end). A changed file gives another key, never a stale entry.
import { DataError } from '@difsr/data';
import { checkOptions } from '@difsr/data/internal';
import { type OptionRules, codeOf, option } from '@difsr/errors';
import { createHash, randomBytes } from 'node:crypto';
import { sha256 } from '@difsr/files';
import { open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readDescription } from '../description/read.js';
import type { CategoryText } from '../category-text.js';
import type { Description, FieldSpec, SourceSpec } from '../description/types.js';
import { type Engine, ENGINE_RULES, type EngineOptions, openEngine } from '../engine/engine.js';
import { makeFolder } from '../folders.js';
import { findFiles } from '../inspect/files.js';
import type { Findings } from '../inspect/findings.js';
import { inspectFiles, type InspectInput } from '../inspect/inspect.js';
import { COLUMN_RULES, type NamedColumns } from '../inspect/roles.js';
import { type Manifest, PREPARED_FILES } from '../prepared/manifest.js';
import { readManifest } from '../prepared/read.js';
import { filesOf } from '../sources/open.js';
import { cacheFolder } from '../environment.js';
import { ownManifest } from '../own-manifest.js';
import { prepareDataset, type PrepareEvent } from './prepare.js';

/** What is prepared: raw files, a description by the path of its file, or one with the folder of its files. */
export type CachedInput =
  | InspectInput
  | { readonly description: string }
  | { readonly description: Description; readonly base: string };

/** How it is prepared. */
export interface CachedOptions extends EngineOptions {
  /** Default: `DIFSR_CACHE/data`, else `XDG_CACHE_HOME/difsr/data`, else `~/.cache/difsr/data`. */
  readonly cache?: string;
  /** Of raw files: what is known about their columns. */
  readonly columns?: NamedColumns;
  /** Of raw files: cells of quoted names as `names` (default), or as `fragments` between blanks, as the published code reads them. */
  readonly categoryText?: CategoryText;
  /** Of raw files: filters in place of none. */
  readonly filters?: Partial<Description['filters']>;
  /** Called at every step of a preparation; not at all where the cache has the data set. */
  readonly progress?: (event: PrepareEvent) => void;
  /** Stops the work; nothing is left of it. */
  readonly signal?: AbortSignal;
}

const CACHED_RULES: OptionRules<CachedOptions> = {
  ...ENGINE_RULES,
  cache: option.text,
  columns: option.object(COLUMN_RULES),
  categoryText: option.oneOf('names', 'fragments'),
  filters: option.given,
  progress: option.callable,
  signal: option.given,
};

/** A data set in the cache. */
export interface Cached {
  /** Of the prepared form. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly reused: boolean;
  readonly description: Description;
  /** Of raw files: what was inferred. */
  readonly findings?: Findings;
  readonly manifest: Manifest;
}

const WHOLE_HASH = 16 * 1024 * 1024;
const END_HASH = 1024 * 1024;
/** Entries that are kept: those used in the last 30 days, and of older ones none; of the rest at most the 20 used last. */
const KEPT_DAYS = 30;
const KEPT_ENTRIES = 20;
const DAY = 24 * 3600 * 1000;
const FINDINGS = 'findings.json';

/**
 * Prepares raw files, or what a description says, into a cache, and gives what is there where nothing has changed. It is strict:
 * unusable rows are an error. Two processes may ask for the same at once: both work, the first one's folder stays. Entries that nobody
 * used for 30 days, and all but the 20 used last, are removed.
 *
 * @throws DataError for every kind of bad input, and where user or item cannot be told
 * @example
 * const { folder, reused } = await prepareCached({ interactions: 'clicks.csv', items: 'catalogue.jsonl' });
 * const dataset = await loadPrepared(folder);
 */
export async function prepareCached(input: CachedInput, options: CachedOptions = {}): Promise<Cached> {
  checkOptions('prepareCached', options, CACHED_RULES);
  const { cache = cacheFolder(), signal } = options;
  signal?.throwIfAborted();
  await makeFolder(cache, 'name a folder for the cache that can be written, with DIFSR_CACHE');
  // One engine finds the files, looks at them and prepares them.
  const engine = options.engine ?? (await openEngine(options));
  try {
    return await cachedWith(engine, cache, input, options);
  } finally {
    if (engine !== options.engine) await engine.close();
  }
}

async function cachedWith(engine: Engine, cache: string, input: CachedInput, options: CachedOptions): Promise<Cached> {
  const { progress, signal } = options;
  const plan = await planOf(engine, input, options);
  const folder = path.join(cache, `${plan.name}-${plan.key.slice(0, 24)}`);
  const known = await knownEntry(folder);
  if (known !== undefined) {
    const { description } = known;
    const findings = await readFindings(folder);
    return { folder, reused: true, description, ...(findings === undefined ? {} : { findings }), manifest: known };
  }
  const { description, findings } = await plan.describe();
  const work = `${folder}.work-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const manifest = await prepareDataset(description, {
      engine,
      out: work,
      base: plan.base,
      strict: true,
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (findings !== undefined) await writeFile(path.join(work, FINDINGS), JSON.stringify(findings));
    await rename(work, folder).catch(async (error: unknown) => {
      // Another process was first: equal input gave equal bytes.
      if ((await knownEntry(folder)) === undefined) throw error;
    });
    await prune(cache, folder);
    return { folder, reused: false, description, ...(findings === undefined ? {} : { findings }), manifest };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Plan {
  readonly name: string;
  readonly key: string;
  readonly base: string;
  readonly describe: () => Promise<{ readonly description: Description; readonly findings?: Findings }>;
}

async function planOf(engine: Engine, input: CachedInput, options: CachedOptions): Promise<Plan> {
  const { version } = await ownManifest();
  if ('description' in input) {
    const { description, base } = await describedIn(input);
    const files = await statesOf([description.interactions, description.items, description.users], base, engine);
    return {
      name: description.name,
      key: hashOf({ version, description, base, files }),
      base,
      describe: async () => ({ description }),
    };
  }
  const found = await findFiles(input);
  const specs = [found.interactions, found.items, found.users].map((files) => files && { files: [...files] });
  const files = await statesOf(specs, '.', engine);
  const { columns, categoryText, filters = {} } = options;
  const name = input.name ?? found.name;
  return {
    name,
    key: hashOf({ version, files, columns, categoryText, filters, name, format: input.format }),
    base: '.',
    describe: async () => {
      const { description, findings } = await inspectFiles(
        { ...input, name },
        {
          engine,
          ...(columns === undefined ? {} : { columns }),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        },
      );
      const filtered = { ...description, filters: { ...description.filters, ...filters } };
      return { description: categoryText === 'fragments' ? inFragments(filtered) : filtered, findings };
    },
  };
}

/** The same description, with every list of values split at its blanks and nothing else done, as the published code has it. */
function inFragments(description: Description): Description {
  const { items } = description;
  if (items?.fields === undefined) return description;
  const fields = Object.entries(items.fields).map(([name, field]): [string, FieldSpec] => [
    name,
    field.kind === 'multi-categorical' ? { kind: field.kind, separator: ' ', names: false, missing: [] } : field,
  ]);
  return { ...description, items: { ...items, fields: Object.fromEntries(fields) } };
}

/** A description and the folder that its paths start from. */
async function describedIn(
  input: Exclude<CachedInput, InspectInput>,
): Promise<{ readonly description: Description; readonly base: string }> {
  if (typeof input.description !== 'string')
    return { description: input.description, base: path.resolve('base' in input ? input.base : '.') };
  return { description: await readDescription(input.description), base: path.dirname(path.resolve(input.description)) };
}

function hashOf(value: unknown): string {
  return sha256(JSON.stringify(value));
}

/** The state of every file of some sources. Tables of a server have none that could be seen: they are read anew each time. */
async function statesOf(
  specs: readonly (SourceSpec | undefined)[],
  base: string,
  engine: Engine,
): Promise<readonly (readonly unknown[])[]> {
  const states: unknown[][] = [];
  for (const spec of specs) {
    if (spec?.format === 'postgres') states.push(['postgres', randomBytes(8).toString('hex')]);
    else if (spec === undefined) states.push([]);
    else for (const file of await filesOf(spec, { engine, base })) states.push(await stateOf(file));
  }
  return states;
}

async function stateOf(file: string): Promise<unknown[]> {
  const handle = await open(file).catch((error: unknown) => {
    const why = codeOf(error) ?? String(error);
    throw new DataError([{ file, message: `cannot be read (${why})`, cure: 'check that you may read it' }]);
  });
  try {
    const { size, mtimeMs } = await handle.stat();
    const hash = createHash('sha256');
    const part = async (from: number, length: number): Promise<void> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      hash.update(buffer.subarray(0, bytesRead));
    };
    if (size <= WHOLE_HASH) await part(0, size);
    else {
      await part(0, END_HASH);
      await part(size - END_HASH, END_HASH);
    }
    return [path.resolve(file), size, mtimeMs, hash.digest('hex')];
  } finally {
    await handle.close();
  }
}

/** The manifest of an entry that is whole; its time of use is renewed. */
async function knownEntry(folder: string): Promise<Manifest | undefined> {
  const manifest = await readManifest(folder).catch(() => undefined);
  if (manifest === undefined) return undefined;
  for (const [name, { bytes }] of Object.entries(manifest.files)) {
    const size = await stat(path.join(folder, name)).then(
      (found) => found.size,
      () => -1,
    );
    if (size !== bytes) {
      // Somebody damaged it: it is made again.
      await rm(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  const now = new Date();
  // A cache that cannot be written can still be read.
  await utimes(path.join(folder, PREPARED_FILES.manifest), now, now).catch(() => undefined);
  return manifest;
}

async function readFindings(folder: string): Promise<Findings | undefined> {
  try {
    // Written by this module alone.
    return JSON.parse(await readFile(path.join(folder, FINDINGS), 'utf8')) as Findings;
  } catch {
    return undefined;
  }
}

/** Removes entries by age and number, and work of processes that ended long ago. Entries of others are not touched. */
async function prune(cache: string, keep: string): Promise<void> {
  const entries: { readonly folder: string; readonly used: number }[] = [];
  const now = Date.now();
  for (const name of await readdir(cache).catch(() => [])) {
    const folder = path.join(cache, name);
    if (/-[0-9a-f]{24}\.work-\d+-[0-9a-f]{8}/.test(name)) {
      const changed = await stat(folder).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      );
      if (now - changed > DAY) await rm(folder, { recursive: true, force: true });
    } else if (/-[0-9a-f]{24}$/.test(name) && folder !== keep) {
      const used = await stat(path.join(folder, PREPARED_FILES.manifest)).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (used !== undefined) entries.push({ folder, used });
    }
  }
  const newest = entries.toSorted((a, b) => b.used - a.used);
  for (const [index, { folder, used }] of newest.entries()) {
    if (index >= KEPT_ENTRIES - 1 || now - used > KEPT_DAYS * DAY) await rm(folder, { recursive: true, force: true });
  }
}
