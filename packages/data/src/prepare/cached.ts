// Files that are prepared on the way to something else, e.g. to training: the prepared folder is kept in the cache, under a name that
// says what it was made of, and taken from there as long as description, files and versions are the same.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Description } from '../description/types.js';
import { type EngineOptions, openEngine } from '../engine/engine.js';
import { cacheFolder } from '../environment.js';
import { type Manifest, PREPARED_FILES, PREPARED_VERSION } from '../prepared/manifest.js';
import { isPrepared, readManifest } from '../prepared/read.js';
import { findSourceFiles } from '../sources/open.js';
import { ownVersion, type PrepareEvent, prepareDataset } from './prepare.js';

/** How a data set is prepared into the cache. */
export interface CachedOptions extends EngineOptions {
  /** Folder that the files of the description are relative to. Default: the working folder. */
  readonly base?: string;
  /** Where prepared folders are kept. Default: `$DIFSR_CACHE/data`, else `$XDG_CACHE_HOME/difsr/data`, else `~/.cache/difsr/data`. */
  readonly cache?: string;
  /** Told what a preparation is doing; silent where the cache has the data set. */
  readonly progress?: (event: PrepareEvent) => void;
  /** Stops the work; nothing is left of it. */
  readonly signal?: AbortSignal;
}

/** A prepared data set in the cache. */
export interface Cached {
  /** The prepared folder, for `loadPrepared` and the like. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly reused: boolean;
  /** What its dataset.json says. */
  readonly manifest: Manifest;
}

/** Folders that nobody asked for in so many days are removed when a new one is made. */
const KEPT_DAYS = 30;
/** Bytes at both ends of a file that are looked at besides its size and time: a file that was replaced shows there. */
const ENDS = 1 << 16;

/**
 * Prepares a data set strictly into the cache, or takes it from there. A folder is known by the description, the files (path, size, time of
 * change, first and last 64 KiB) and the versions of what prepares; tables of a server cannot be told unchanged and are always read
 * again. Processes that prepare the same at the same time do not disturb each other. Folders not used for 30 days are removed.
 *
 * @throws DataError for every kind of bad input: what is prepared on the way to something else is strict
 * @example
 * const { folder } = await prepareCached(await readDescription('shop.yaml'));
 * const dataset = await loadPrepared(folder);
 */
export async function prepareCached(description: Description, options: CachedOptions = {}): Promise<Cached> {
  const { cache = cacheFolder(), base = '.', ...engine } = options;
  const parent = path.join(cache, 'prepared');
  const folder = path.join(parent, `${description.name}-${await keyOf(description, base, engine)}`);
  if (await isPrepared(folder)) return { folder, reused: true, manifest: await used(folder) };
  await mkdir(parent, { recursive: true });
  const own = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await prepareDataset(description, { ...engine, base, out: own, strict: true });
    // Refused where another process was faster: its folder is as good as ours.
    await rename(own, folder).catch(async (error: unknown) => {
      if (!(await isPrepared(folder))) throw error;
    });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
  const manifest = await used(folder);
  await removeUnused(parent);
  return { folder, reused: false, manifest };
}

/** 24 hexadecimal digits of everything that the result depends on. */
async function keyOf(description: Description, base: string, options: EngineOptions): Promise<string> {
  const hash = createHash('sha256');
  const { interactions, items, users } = description;
  const engine = await openEngine(options);
  try {
    hash.update(JSON.stringify([PREPARED_VERSION, await ownVersion(), engine.version, description]));
    for (const source of [interactions, items, users]) {
      if (source === undefined) continue;
      // A table of a server has no size and no time.
      if (source.format === 'postgres') hash.update(randomBytes(16));
      else
        for (const file of await findSourceFiles(source, { engine, base }))
          await addFile(hash, path.resolve(base, file));
    }
  } finally {
    await engine.close();
  }
  return hash.digest('hex').slice(0, 24);
}

async function addFile(hash: ReturnType<typeof createHash>, file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size, mtimeMs } = await handle.stat();
    hash.update(JSON.stringify([file, size, mtimeMs]));
    for (const at of [0, Math.max(0, size - ENDS)]) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(ENDS), 0, ENDS, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** Reads the manifest, and notes the day: dataset.json's time of change is when the folder was last asked for. */
async function used(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const now = new Date();
  // A cache that somebody else owns can still be read.
  await utimes(path.join(folder, PREPARED_FILES.manifest), now, now).catch(() => undefined);
  return manifest;
}

async function removeUnused(parent: string): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 86_400_000;
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name);
    // What has no manifest was left by a process that was killed.
    const time = async (file: string): Promise<number> => (await stat(file)).mtimeMs;
    const last = await time(path.join(folder, PREPARED_FILES.manifest)).catch(async () =>
      time(folder).catch(() => Number.POSITIVE_INFINITY),
    );
    if (last < oldest) await rm(folder, { recursive: true, force: true });
  }
}
