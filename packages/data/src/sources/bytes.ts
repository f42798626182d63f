// The bytes of a text file, unpacked on the way, and its lines. A file that unpacks out of all proportion is refused.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { DataError } from '../errors.js';

/** How a file is packed, by its name. */
export type Packing = 'none' | 'gzip' | 'zstd';

/** What the name says of packing. */
export function packingOf(file: string): Packing {
  if (/\.gz$/i.test(file)) return 'gzip';
  return /\.zst(d)?$/i.test(file) ? 'zstd' : 'none';
}

/** A name without its packing: `reviews.json.gz` is `reviews.json`. */
export function unpackedName(file: string): string {
  return file.replace(/\.(gz|zst|zstd)$/i, '');
}

/** Unpacked bytes beyond which a file must not be more than `MOST_RATIO` times as large as packed. */
const SUSPECT_FROM = 1e9;
const MOST_RATIO = 1000;

/** The unpacked bytes of a file in pieces. @throws DataError if the file is broken or expands out of all proportion */
export async function* unpackedBytes(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const packing = packingOf(file);
  const raw = createReadStream(file, { highWaterMark: 1 << 20 });
  try {
    if (packing === 'none') {
      for await (const chunk of raw) {
        signal?.throwIfAborted();
        yield asBytes(chunk);
      }
      return;
    }
    const packed = (await stat(file)).size;
    let total = 0;
    for await (const piece of packing === 'gzip' ? gunzipped(raw) : unzstd(raw)) {
      signal?.throwIfAborted();
      total += piece.length;
      if (total > SUSPECT_FROM && total > packed * MOST_RATIO) throw bomb(file, packed, total);
      yield piece;
    }
  } catch (error) {
    if (error instanceof DataError || signal?.aborted === true) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError([
      {
        file,
        message:
          packing === 'none' ? `cannot be read (${why})` : `cannot be unpacked (${why}): it is broken or cut off`,
        cure:
          packing === 'none'
            ? 'check that you may read it'
            : `fetch or make the file again; test it with ${packing === 'gzip' ? 'gzip -t' : 'zstd -t'}`,
      },
    ]);
  } finally {
    raw.destroy();
  }
}

async function* gunzipped(raw: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  raw.on('error', (error) => gunzip.destroy(error));
  for await (const chunk of raw.pipe(gunzip)) yield asBytes(chunk);
}

async function* unzstd(raw: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let ended = false;
  const decompress = new Decompress((piece, final) => {
    pieces.push(piece);
    ended ||= final === true;
  });
  for await (const chunk of raw) {
    decompress.push(asBytes(chunk), false);
    yield* pieces;
    pieces = [];
  }
  decompress.push(new Uint8Array(), true);
  yield* pieces;
  if (!ended) throw new Error('unexpected end of file');
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
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

/** One line of a file, without its end. */
export interface Line {
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
  /** The line end as it stands in the file; empty at the end of the file. */
  readonly end: '\n' | '\r\n' | '\r' | '';
}

const LF = 0x0a;
const CR = 0x0d;

/** The lines of a file, whichever line ends it has, also mixed. A last line without an end counts, an empty one does not. */
export async function* linesOf(file: string, signal?: AbortSignal): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const piece of unpackedBytes(file, signal)) {
    const bytes =
      rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([rest, piece]);
    let start = 0;
    let cr = bytes.indexOf(CR);
    let lf = bytes.indexOf(LF);
    while (lf !== -1 || cr !== -1) {
      const first = cr === -1 ? lf : lf === -1 ? cr : Math.min(cr, lf);
      // A CR at the very end may be the first half of a CRLF.
      if (first === cr && first === bytes.length - 1) break;
      const crlf = first === cr && lf === cr + 1;
      yield { bytes: bytes.subarray(start, first), number: ++number, end: crlf ? '\r\n' : first === cr ? '\r' : '\n' };
      start = first + (crlf ? 2 : 1);
      if (cr !== -1 && cr < start) cr = bytes.indexOf(CR, start);
      if (lf !== -1 && lf < start) lf = bytes.indexOf(LF, start);
    }
    // A copy: the piece belongs to the stream.
    rest = Buffer.from(bytes.subarray(start));
  }
  if (rest.length === 0) return;
  const cut = rest[rest.length - 1] === CR;
  yield { bytes: cut ? rest.subarray(0, -1) : rest, number: ++number, end: cut ? '\r' : '' };
}
