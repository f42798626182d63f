// The sequences of a prepared folder as one flat file that is read by position, kept in a cache: it can be deleted at any time and is
// made again when it is missing, damaged or of other data.
//
//   1,024 bytes   JSON, filled up with spaces: what the file holds (Header below)
//   items         int32 per interaction
//   training      int32 per training item, without what lies between them; only with a split of the data set's own
//   offsets       int32 (float64 where 32 bits do not suffice) per user + 1
//   parts         uint8 per interaction; only with a split of its own
//   columns       of interactions, one after the other, each `width` numbers per interaction; then, with a split of its own, per training item
//
// Numbers are in the byte order of the machine (little-endian on all common ones): a cache is not carried to another one.
import { codeOf } from '@difsr/errors';
import { sha256, writeFileAtomic } from '@difsr/files';
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import {
  DataError,
  type InteractionColumn,
  type Positions,
  positions,
  type SequenceStore,
  type SplitRanges,
} from '@difsr/data';
import {
  columnIndex,
  type ColumnNumbers,
  PartsSplitter,
  requirePositions,
  splitRanges,
  userAt,
} from '@difsr/data/internal';
import { makeFolder } from '../folders.js';
import { type ColumnPlace, readRanges } from './read-ranges.js';

/** Raised where the form changes; files of another version are made again. */
const VERSION = 2;
const HEADER_BYTES = 1024;
const PIECE = 1 << 20;

interface Header {
  readonly format: 'difsr-sequences';
  readonly version: typeof VERSION;
  readonly byteOrder: 'LE' | 'BE';
  /** SHA-256 of interactions.parquet. */
  readonly source: string;
  readonly users: number;
  readonly interactions: number;
  /** Training items that are stored once more; absent without parts. */
  readonly train?: number | undefined;
  /** SHA-256 of what the columns are: names, kinds, widths. */
  readonly columns: string;
  /** SHA-256 of everything behind the header. */
  readonly sha256: string;
}

const count = z.int().min(0);
const headerSchema: z.ZodType<Header> = z.strictObject({
  format: z.literal('difsr-sequences'),
  version: z.literal(VERSION),
  byteOrder: z.enum(['LE', 'BE']),
  source: z.string(),
  users: count,
  interactions: count,
  train: count.optional(),
  columns: z.string().length(64),
  sha256: z.string().length(64),
});

/** What a file is made of, and by which it is known again. */
export interface SequenceFileKey extends Pick<Header, 'source' | 'users' | 'interactions'> {
  readonly ownSplit: boolean;
  /** Of interactions, in their order. */
  readonly columns: readonly InteractionColumn[];
}

/** The columns to write: pieces in order. */
export interface SequenceColumns {
  readonly items: AsyncIterable<Int32Array>;
  /** Read after `items`, when the offsets are known. */
  readonly offsets: () => Positions;
  /** With a split of its own. */
  readonly train?: AsyncIterable<Int32Array>;
  readonly parts?: AsyncIterable<Uint8Array>;
  /** The numbers of the key's columns, in their order; with a split of its own those of training items behind the others. */
  readonly numbers: readonly AsyncIterable<ColumnNumbers>[];
}

/** Bytes of a number. */
const BYTES: Readonly<Record<InteractionColumn['dtype'], number>> = { int32: 4, float32: 4, float64: 8 };

const NUMBERS: Readonly<Record<InteractionColumn['dtype'], (bytes: ArrayBuffer) => ColumnNumbers>> = {
  int32: (bytes) => new Int32Array(bytes),
  float32: (bytes) => new Float32Array(bytes),
  float64: (bytes) => new Float64Array(bytes),
};

/** What the columns are; what their ids stand for is not in the file. */
function columnsHash({ columns }: SequenceFileKey): string {
  const what = columns.map(({ name, kind, width, dtype }) => [name, kind, width, dtype]);
  return sha256(JSON.stringify(what));
}

/** The name of the file of a data set in the cache. */
export function sequenceFileName(name: string, key: SequenceFileKey): string {
  const hash = createHash('sha256').update(
    JSON.stringify([VERSION, os.endianness(), key.source, key.users, key.ownSplit, columnsHash(key)]),
  );
  return `${name.replaceAll(/[^\w.-]+/g, '-').slice(0, 60)}-${hash.digest('hex').slice(0, 16)}.sequences`;
}

/** Whether a file of the cache has such a name, one that is being written included. */
export function isSequenceFile(name: string): boolean {
  return /\.sequences(\.[\da-f-]+\.tmp)?$/.test(name);
}

/**
 * Writes a file, whole or not at all.
 *
 * @throws DataError where the cache cannot be written
 */
export async function writeSequenceFile(file: string, key: SequenceFileKey, columns: SequenceColumns): Promise<void> {
  try {
    await makeFolder(path.dirname(file), OTHER_CACHE);
    await writeFileAtomic(file, async (handle) => {
      const writer = new HashedWriter(handle);
      await writer.column(columns.items);
      const train = columns.train === undefined ? undefined : await writer.column(columns.train);
      await writer.write(columns.offsets());
      if (columns.parts !== undefined) await writer.column(columns.parts);
      for (const numbers of columns.numbers) await writer.column(numbers);
      const { source, users, interactions } = key;
      const header: Header = {
        format: 'difsr-sequences',
        version: VERSION,
        byteOrder: os.endianness(),
        source,
        users,
        interactions,
        ...(train === undefined ? {} : { train }),
        columns: columnsHash(key),
        sha256: writer.digest(),
      };
      await handle.write(Buffer.from(`${JSON.stringify(header).padEnd(HEADER_BYTES - 1)}\n`), 0, HEADER_BYTES, 0);
    });
  } catch (error) {
    throw cacheError(file, error);
  }
}

/** An opened file. */
export interface SequenceFile {
  readonly store: SequenceStore;
  close(): Promise<void>;
}

/**
 * Opens a file and checks every byte of it.
 *
 * @returns undefined where there is none, or it is damaged or not of this data set
 * @throws DataError where it cannot be read
 */
export async function openSequenceFile(file: string, key: SequenceFileKey): Promise<SequenceFile | undefined> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw cacheError(file, error);
  });
  if (handle === undefined) return undefined;
  try {
    const layout = await readLayout(handle, key);
    if (layout !== undefined) {
      const closed = { yes: false };
      const store = await openStore(handle, file, layout, key.columns);
      return {
        store,
        close: async () => {
          if (closed.yes) return;
          closed.yes = true;
          await handle.close();
        },
      };
    }
  } catch (error) {
    await handle.close();
    throw cacheError(file, error);
  }
  await handle.close();
  return undefined;
}

/** Where the columns begin, in bytes. */
interface Layout {
  readonly users: number;
  readonly interactions: number;
  readonly wideOffsets: boolean;
  readonly offsets: number;
  readonly parts?: number;
  readonly columns: readonly ColumnPlace[];
}

/** The layout of a file that is whole and of this data set. */
async function readLayout(handle: FileHandle, key: SequenceFileKey): Promise<Layout | undefined> {
  const { size } = await handle.stat();
  const text = await readAt(handle, 0, HEADER_BYTES);
  const header = headerSchema.safeParse(parsed(text?.toString()));
  if (!header.success) return undefined;
  const { source, users, interactions, train, byteOrder, sha256 } = header.data;
  const same =
    source === key.source &&
    users === key.users &&
    interactions === key.interactions &&
    byteOrder === os.endianness() &&
    header.data.columns === columnsHash(key) &&
    (train !== undefined) === key.ownSplit;
  const wideOffsets = interactions >= 2 ** 31;
  const offsets = HEADER_BYTES + 4 * (interactions + (train ?? 0));
  const parts = offsets + (wideOffsets ? 8 : 4) * (users + 1);
  let end = train === undefined ? parts : parts + interactions;
  const columns: ColumnPlace[] = [];
  for (const { width, dtype } of key.columns) {
    const place = { origin: end, size: width * BYTES[dtype] };
    columns.push(place);
    end += place.size * (interactions + (train ?? 0));
  }
  if (!same || size !== end) return undefined;
  const hash = createHash('sha256');
  for await (const piece of piecesOf(handle, HEADER_BYTES, end)) hash.update(piece);
  if (hash.digest('hex') !== sha256) return undefined;
  return { users, interactions, wideOffsets, offsets, ...(train === undefined ? {} : { parts }), columns };
}

async function openStore(
  handle: FileHandle,
  file: string,
  layout: Layout,
  columns: readonly InteractionColumn[],
): Promise<SequenceStore> {
  const { users, interactions, offsets: offsetsAt, parts: partsAt } = layout;
  const offsets = positions(users + 1, interactions);
  await fill(handle, new Uint8Array(offsets.buffer), offsetsAt);
  const split = await splitOf(handle, offsets, partsAt);
  const read = async (
    place: ColumnPlace,
    begins: ArrayLike<number>,
    lengths: ArrayLike<number>,
  ): Promise<ArrayBuffer> => {
    try {
      return await readRanges(handle, place, begins, lengths);
    } catch (error) {
      throw cacheError(file, error);
    }
  };
  const end = Math.max(interactions, split.train.ends.at(-1) ?? 0);
  return {
    users,
    interactions,
    split,
    read: async (begins, lengths) => {
      requirePositions(begins, lengths, end);
      return new Int32Array(await read({ origin: HEADER_BYTES, size: 4 }, begins, lengths));
    },
    columns,
    readColumn: async (name, begins, lengths) => {
      const index = columnIndex(columns, name);
      requirePositions(begins, lengths, end);
      return NUMBERS[columns[index]!.dtype](await read(layout.columns[index]!, begins, lengths));
    },
    userOf: (position) => userAt(offsets, split, position),
    bytes: async function* pieces() {
      yield new Uint8Array(offsets.buffer);
      yield* piecesOf(handle, HEADER_BYTES, HEADER_BYTES + 4 * interactions);
      if (partsAt !== undefined) yield* piecesOf(handle, partsAt, partsAt + interactions);
    },
  };
}

async function splitOf(handle: FileHandle, offsets: Positions, partsAt: number | undefined): Promise<SplitRanges> {
  if (partsAt === undefined) return splitRanges(offsets);
  const splitter = new PartsSplitter(offsets);
  for await (const piece of piecesOf(handle, partsAt, partsAt + (offsets.at(-1) ?? 0))) splitter.push(piece);
  return splitter.finish();
}

/** The bytes `[begin, end)` piece by piece; a piece is only valid until the next one. */
async function* piecesOf(handle: FileHandle, begin: number, end: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(Math.min(PIECE, Math.max(1, end - begin)));
  for (let at = begin; at < end; at += piece.length) {
    const wanted = piece.subarray(0, Math.min(piece.length, end - at));
    await fill(handle, wanted, at);
    yield wanted;
  }
}

async function fill(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await handle.read(target, done, Math.min(target.length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw new Error('the file ends too early');
    done += bytesRead;
  }
}

async function readAt(handle: FileHandle, position: number, bytes: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, position);
  return bytesRead === bytes ? buffer : undefined;
}

function parsed(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return value;
  } catch {
    return undefined; // no header: the file is not one of ours
  }
}

/** Appends columns behind the header and hashes them. */
class HashedWriter {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #at = HEADER_BYTES;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Writes pieces one after the other; returns how many elements there were. */
  async column(pieces: AsyncIterable<ColumnNumbers | Uint8Array>): Promise<number> {
    let elements = 0;
    const buffer = new Uint8Array(PIECE);
    let used = 0;
    for await (const { buffer: memory, byteOffset, byteLength, length } of pieces) {
      elements += length;
      const piece = new Uint8Array(memory, byteOffset, byteLength);
      // Chunks of the engine are small: they are gathered, so that the disk sees large writes.
      for (let done = 0; done < byteLength;) {
        const part = piece.subarray(done, done + buffer.length - used);
        buffer.set(part, used);
        used += part.length;
        done += part.length;
        if (used === buffer.length) {
          await this.write(buffer);
          used = 0;
        }
      }
    }
    await this.write(buffer.subarray(0, used));
    return elements;
  }

  async write({ buffer, byteOffset, byteLength }: Positions | Uint8Array): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#hash.update(bytes);
    for (let done = 0; done < byteLength;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, Math.min(byteLength - done, 1 << 30), this.#at);
      done += bytesWritten;
      this.#at += bytesWritten;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** What the system says of the cache, with what helps. */
const OTHER_CACHE = 'check the permissions of the folder, or name another one for the cache with DIFSR_CACHE';

function cacheError(file: string, error: unknown): Error {
  if (error instanceof DataError) return error;
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code === undefined && reason !== 'the file ends too early')
    return error instanceof Error ? error : new Error(reason);
  const cure =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'free some space, or name a folder on another disk for the cache with DIFSR_CACHE'
      : code === undefined
        ? 'run the command again: the file is made anew'
        : OTHER_CACHE;
  return new DataError([{ file, message: `the cached sequences cannot be used: ${reason}`, cure }]);
}
