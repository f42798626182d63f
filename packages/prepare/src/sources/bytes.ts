// The bytes of a text file, unpacked on the way. A file that is cut off, goes on after its end, or unpacks out of all proportion is
// refused.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { DataError } from '@difsr/data';

/** How a file is packed. */
export type Packing = 'none' | 'gzip' | 'zstd';

const MAGIC: Readonly<Record<Exclude<Packing, 'none'>, readonly number[]>> = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};

/**
 * How a file is packed, by its first bytes: names are wrong now and then.
 *
 * @throws DataError if the name says that it is packed and the bytes do not, or if it cannot be read
 */
export async function packingOf(file: string): Promise<Packing> {
  const head = Buffer.alloc(4);
  let length = 0;
  try {
    const handle = await open(file);
    try {
      length = (await handle.read(head, 0, 4, 0)).bytesRead;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, 'none', error);
  }
  const found = (['gzip', 'zstd'] as const).find((packing) => MAGIC[packing].every((byte, at) => head[at] === byte));
  const named = packingByName(file);
  if (found !== undefined) return found;
  if (named === 'none' || length === 0) return 'none';
  const cure = `fetch or make the file again; if it is not packed, take .${named === 'gzip' ? 'gz' : 'zst'} off its name`;
  throw new DataError([{ file, message: `does not begin as a ${named} file does, as its name says`, cure }]);
}

function packingByName(file: string): Packing {
  if (/\.gz$/i.test(file)) return 'gzip';
  return /\.zst(d)?$/i.test(file) ? 'zstd' : 'none';
}

/** A name without its packing: `reviews.json.gz` is `reviews.json`. */
export function unpackedName(file: string): string {
  return file.replace(/\.(gz|zst|zstd)$/i, '');
}

/** Unpacked bytes beyond which a file must not be more than `MOST_RATIO` times as large as packed: real logs reach 20 times, a bomb 1000. */
const SUSPECT_FROM = 2.5e8;
const MOST_RATIO = 500;

/** Bytes that are read at once. */
const PIECE = 1 << 20;

/** Memory for a piece of a file: small files need not have a large one each time that they are looked at. Pipes have no size. */
function pieceOf(size: number): number {
  return size === 0 ? PIECE : Math.min(PIECE, size + 1);
}

/** The unpacked bytes of a file in pieces, none of them empty. @throws DataError if the file is broken or expands out of all proportion */
export async function* unpackedBytes(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const packing = await packingOf(file);
  const { size } = await stat(file);
  const raw = createReadStream(file, { highWaterMark: pieceOf(size) });
  try {
    if (packing === 'none') {
      for await (const chunk of raw) {
        signal?.throwIfAborted();
        yield asBytes(chunk);
      }
      return;
    }
    let total = 0;
    for await (const piece of packing === 'gzip' ? gunzipped(raw, size) : unzstd(raw)) {
      signal?.throwIfAborted();
      total += piece.length;
      if (total > SUSPECT_FROM && total > size * MOST_RATIO) throw bomb(file, size, total);
      if (piece.length > 0) yield piece;
    }
  } catch (error) {
    if (error instanceof DataError || signal?.aborted === true) throw error;
    throw unreadable(file, packing, error);
  } finally {
    raw.destroy();
  }
}

function unreadable(file: string, packing: Packing, error: unknown): DataError {
  const why = error instanceof Error ? error.message : String(error);
  const test = packing === 'gzip' ? 'gzip -t' : 'zstd -t';
  return new DataError([
    packing === 'none'
      ? { file, message: `cannot be read (${why})`, cure: 'check that you may read it' }
      : {
          file,
          message: `cannot be unpacked (${why}): it is broken or cut off`,
          cure: `fetch or make the file again; test it with ${test}`,
        },
  ]);
}

async function* gunzipped(raw: NodeJS.ReadableStream, packed: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: packed < 1 << 16 ? 1 << 16 : PIECE });
  raw.on('error', (error) => gunzip.destroy(error));
  for await (const chunk of raw.pipe(gunzip)) yield asBytes(chunk);
  // zlib stops in silence where a member is followed by something else: what comes after would be lost.
  if (gunzip.bytesWritten < packed) throw new Error(`${packed - gunzip.bytesWritten} bytes after the end are no gzip`);
}

async function* unzstd(raw: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let ended = false;
  const decompress = new Decompress((piece, final) => {
    pieces.push(piece);
    ended ||= final === true;
  });
  for await (const chunk of raw) {
    decompress.push(asBytes(chunk), false);
    for (const piece of pieces) yield asBytes(piece);
    pieces = [];
  }
  decompress.push(new Uint8Array(), true);
  for (const piece of pieces) yield asBytes(piece);
  if (!ended) throw new Error('unexpected end of file');
}

function asBytes(chunk: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  throw new TypeError('a stream of bytes gave something else');
}

function bomb(file: string, packed: number, total: number): DataError {
  return new DataError([
    {
      file,
      message: `unpacks to over ${Math.floor(total / packed)} times its ${packed} bytes, which no log does`,
      cure: 'check where the file comes from; unpack it by hand if it is right',
    },
  ]);
}
