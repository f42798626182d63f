// Reads a text file's bytes once and says whether it is plain: then the engine may read its lines by itself, fast and with exact
// numbers. Anything that two readers could take differently makes a file not plain.
import { isUtf8 } from 'node:buffer';
import { unpackedBytes } from './bytes.js';

/** Longest record. */
export const LONGEST_RECORD: number = 16 * 1024 * 1024;

/** What the scout saw. */
export interface Scouted {
  readonly plain: boolean;
  /** Line end of a plain file. */
  readonly newline: '\n' | '\r\n';
  /** Line ends of a plain file. */
  readonly lineEnds: number;
  /** Unpacked bytes. */
  readonly bytes: number;
}

const CONTROL = [0x00, 0x01] as const;

/**
 * Scouts a file. Plain means: valid UTF-8 without a byte order mark, no NUL and no U+0001, one kind of line end (LF or CRLF), no line
 * over 16 MiB, and none of `forbidden` (e.g. the quote of a CSV).
 */
export async function scout(file: string, forbidden: string, signal?: AbortSignal): Promise<Scouted> {
  const bad = [...CONTROL, ...[...forbidden].map((character) => character.charCodeAt(0))];
  let bytes = 0;
  let lineFeeds = 0;
  let returns = 0;
  let pairs = 0;
  let sinceLine = 0;
  let last = 0;
  let tail: Buffer = Buffer.alloc(0);
  const no = (): Scouted => ({ plain: false, newline: '\n', lineEnds: 0, bytes });
  for await (const piece of unpackedBytes(file, signal)) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    if (chunk.length === 0) continue;
    if (bytes === 0 && chunk[0] === 0xef && chunk[1] === 0xbb) return no();
    bytes += chunk.length;
    if (bad.some((byte) => chunk.includes(byte))) return no();
    const text = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    const whole = text.length - unfinished(text);
    if (!isUtf8(text.subarray(0, whole))) return no();
    tail = Buffer.from(text.subarray(whole));
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      if (sinceLine + at - from > LONGEST_RECORD) return no();
      if ((at === 0 ? last : chunk[at - 1]) === 0x0d) pairs++;
      lineFeeds++;
      sinceLine = 0;
      from = at + 1;
    }
    sinceLine += chunk.length - from;
    for (let at = chunk.indexOf(0x0d); at !== -1; at = chunk.indexOf(0x0d, at + 1)) returns++;
    last = chunk[chunk.length - 1] ?? 0;
  }
  if (tail.length > 0 || sinceLine > LONGEST_RECORD) return no();
  if (returns === 0) return { plain: true, newline: '\n', lineEnds: lineFeeds, bytes };
  if (returns === lineFeeds && pairs === lineFeeds) return { plain: true, newline: '\r\n', lineEnds: lineFeeds, bytes };
  return no();
}

/** Bytes at the end that begin a character which the next piece completes: at most 3. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
