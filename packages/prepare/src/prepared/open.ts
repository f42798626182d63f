// A prepared data set whose sequences stay on disk: copied once into a flat file in the cache, and read from there by position.
import { given, option } from '@difsr/errors';
import { DataError, positions, type StoredDataset } from '@difsr/data';
import { checkOptions, type ColumnNumbers } from '@difsr/data/internal';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { type Engine, openEngine } from '../engine/engine.js';
import { cacheFolder } from '../environment.js';
import { columnPieces, interactionColumns, type SourceColumn } from './fields.js';
import { type Manifest, PARTS, PREPARED_FILES } from './manifest.js';
import {
  checkFiles,
  hasOwnSplit,
  READ_RULES,
  readDescribed,
  readManifest,
  readTokens,
  type ReadOptions,
} from './read.js';
import {
  openSequenceFile,
  type SequenceColumns,
  type SequenceFile,
  isSequenceFile,
  type SequenceFileKey,
  sequenceFileName,
  writeSequenceFile,
} from './sequence-file.js';
import { AGAIN, bytes, disordered, integers, miscounted, miscountedUsers, table } from './tables.js';

/** How a prepared folder is opened. */
export interface OpenPreparedOptions extends ReadOptions {
  /**
   * Where the flat file of the sequences is kept. Default: `$DIFSR_CACHE/data`, else `$XDG_CACHE_HOME/difsr/data`, else
   * `~/.cache/difsr/data`. Files in it can be deleted at any time; they are made again. Those not used for 30 days are removed.
   */
  readonly cache?: string;
}

/**
 * Opens a prepared data set with its sequences left on disk. The first time, the columns of interactions (items, times, fields; parts, where
 * the folder has a split of its own) are copied into a flat file in the cache; the file is known by the hash of `interactions.parquet`, checked whole whenever it is
 * opened, and made again where it is missing or damaged. Memory is then a matter of users and items, not of interactions.
 *
 * @throws DataError where the folder is no prepared data set, its files are not those of its manifest, or the cache cannot be written
 * @example
 * const dataset = await openPrepared('data/shop');
 * try {
 *   dataset.store.interactions; // as many as in the folder
 * } finally {
 *   await dataset.close();
 * }
 */
export async function openPrepared(folder: string, options: OpenPreparedOptions = {}): Promise<StoredDataset> {
  checkOptions('openPrepared', options, { ...READ_RULES, cache: option.text });
  const manifest = await readManifest(folder);
  await checkFiles(folder, manifest, options.verify ?? false);
  const engine = await openEngine(options);
  try {
    const described = await readDescribed(engine, folder, manifest, ['item', 'user']);
    const sequences = await openSequences(engine, folder, manifest, options.cache ?? cacheFolder());
    const userTokens = async (): Promise<readonly string[]> => readUserTokens(folder, manifest, options);
    return { ...described, users: { size: manifest.counts.users + 1 }, userTokens, ...sequences };
  } finally {
    await engine.close();
  }
}

/** Read when somebody asks, with an engine of its own: the one that opened the folder is closed by then. */
async function readUserTokens(
  folder: string,
  manifest: Manifest,
  { memoryLimit, threads, tempDirectory }: ReadOptions,
): Promise<readonly string[]> {
  const engine = await openEngine(given({ memoryLimit, threads, tempDirectory }));
  try {
    return (await readTokens(engine, folder, 'users', manifest.counts.users)).tokens;
  } finally {
    await engine.close();
  }
}

async function openSequences(engine: Engine, folder: string, manifest: Manifest, cache: string): Promise<SequenceFile> {
  const { users, interactions } = manifest.counts;
  const source = manifest.files[PREPARED_FILES.interactions]?.sha256 ?? '';
  const columns = await interactionColumns(engine, folder, manifest);
  const key: SequenceFileKey = {
    source,
    users,
    interactions,
    ownSplit: hasOwnSplit(manifest),
    columns: columns.map(({ column }) => column),
  };
  const file = path.join(cache, sequenceFileName(manifest.name, key));
  const existing = await openSequenceFile(file, key);
  if (existing !== undefined) {
    // The time of change says when a file was last asked for; a cache of somebody else's can still be read.
    const now = new Date();
    await utimes(file, now, now).catch(() => undefined);
    return existing;
  }
  // What is copied is what the manifest describes: the name of the copy says so.
  await checkFiles(folder, manifest, true);
  await writeSequenceFile(file, key, columnsOf(engine, folder, manifest, columns));
  const written = await openSequenceFile(file, key);
  if (written !== undefined) {
    await removeUnused(cache);
    return written;
  }
  const message = 'the cached sequences are not what was just written: the disk may be failing';
  throw new DataError([{ file, message, cure: 'check the disk, or name another one for the cache with DIFSR_CACHE' }]);
}

/** Files that nobody asked for in so many days are removed when another is made. */
const KEPT_DAYS = 30;

async function removeUnused(cache: string): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 86_400_000;
  for (const name of await readdir(cache)) {
    if (!isSequenceFile(name)) continue;
    const file = path.join(cache, name);
    // What is gone already, or is somebody else's, is left to others.
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < oldest) await rm(file, { force: true }).catch(() => undefined);
  }
}

function columnsOf(
  engine: Engine,
  folder: string,
  manifest: Manifest,
  columns: readonly SourceColumn[],
): SequenceColumns {
  const { counts } = manifest;
  const offsets = positions(counts.users + 1, counts.interactions);
  const from = table(folder, 'interactions');
  async function* items(): AsyncGenerator<Int32Array> {
    let at = 0;
    let previous = 0;
    for await (const chunk of engine.chunks(`SELECT "user", item FROM ${from}`)) {
      const user = integers(chunk, 0);
      const item = integers(chunk, 1);
      const piece = new Int32Array(chunk.rowCount);
      for (let row = 0; row < chunk.rowCount; row++, at++) {
        const id = user(row);
        if (id < previous || id > previous + 1) throw disordered(folder, at, id);
        previous = id;
        offsets[id] = at + 1;
        piece[row] = item(row);
        if (piece[row]! < 1 || piece[row]! > counts.items) throw unknownItem(folder, at, piece[row]!);
      }
      yield piece;
    }
    if (at !== counts.interactions) throw miscounted(folder, 'interactions', at, counts.interactions);
    if (previous !== counts.users) throw miscountedUsers(folder, previous, counts.users);
  }
  async function* train(): AsyncGenerator<Int32Array> {
    for await (const chunk of engine.chunks(`SELECT item FROM ${from} WHERE part = ${PARTS.train}`)) {
      const item = integers(chunk, 0);
      yield Int32Array.from({ length: chunk.rowCount }, (_, row) => item(row));
    }
  }
  async function* parts(): AsyncGenerator<Uint8Array> {
    for await (const chunk of engine.chunks(`SELECT part FROM ${from}`)) {
      const part = bytes(chunk, 0);
      yield Uint8Array.from({ length: chunk.rowCount }, (_, row) => part(row));
    }
  }
  async function* numbers(column: SourceColumn): AsyncGenerator<ColumnNumbers> {
    yield* columnPieces(engine, folder, column);
    if (hasOwnSplit(manifest)) yield* columnPieces(engine, folder, column, `part = ${PARTS.train}`);
  }
  return {
    items: items(),
    numbers: columns.map(numbers),
    offsets: () => offsets,
    ...(hasOwnSplit(manifest) ? { train: train(), parts: parts() } : {}),
  };
}

function unknownItem(folder: string, row: number, item: number): DataError {
  const file = path.join(folder, PREPARED_FILES.interactions);
  const message = 'is no item: ids go from 1 to the count of dataset.json';
  return new DataError([{ file, line: row + 1, column: 'item', value: String(item), message, cure: AGAIN }]);
}
