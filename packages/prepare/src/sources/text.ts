// Lines of text files, whichever line ends they have: LF, CRLF, a lone CR, also mixed. Decoded a block at a time, because a call per
// line would cost more than everything else. A line that is no text says so and hides nothing of the others.
import { isUtf8 } from 'node:buffer';
import type { SourceSpec } from '../description/types.js';
import { unpackedBytes } from './bytes.js';
import type { RecordProblem } from './source.js';

/** Longest record, in bytes. */
export const LONGEST_RECORD: number = 16 * 1024 * 1024;
/** What is kept of a line that is longer. */
const KEPT_OF_LONG = 1000;

/** One line of a file, without its end. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Broken bytes and NUL as U+FFFD. */
  readonly raw: string;
  readonly problem: Extract<RecordProblem, 'utf-8' | 'nul' | 'too-long'> | null;
  /** The line end as it stands in the file; empty at the end of the file. */
  readonly end: '\n' | '\r\n' | '\r' | '';
}

const LF = 0x0a;
const CR = 0x0d;

/** The lines of a file in blocks; a last line without an end counts, nothing after the last end does not. Empty lines count. */
export async function* textLines(
  file: string,
  encoding: SourceSpec['encoding'],
  signal?: AbortSignal,
): AsyncGenerator<TextLine[]> {
  // Bytes since the last line end, cut at the longest record.
  let rest: Buffer[] = [];
  let restLength = 0;
  let number = 1;
  const flush = (end: Buffer): TextLine[] => {
    const block = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    restLength = 0;
    const lines = linesOfBlock(block, number, encoding);
    number += lines.length;
    return lines;
  };
  let returned = false;
  for await (let piece of unpackedBytes(file, signal)) {
    if (returned) {
      // The CR at the end of the last piece was a line end, or the first half of one.
      returned = false;
      const pair = piece[0] === LF;
      yield flush(pair ? piece.subarray(0, 1) : piece.subarray(0, 0));
      if (pair) piece = piece.subarray(1);
      if (piece.length === 0) continue;
    }
    const last = piece.length - 1;
    returned = piece[last] === CR;
    const cut = Math.max(piece.lastIndexOf(LF), last > 0 ? piece.lastIndexOf(CR, last - 1) : -1) + 1;
    if (cut > 0) yield flush(piece.subarray(0, cut));
    const left = piece.subarray(cut);
    if (left.length > 0 && (restLength <= LONGEST_RECORD || returned)) {
      // A copy: the piece belongs to the stream. Of a line that is too long already its end alone is wanted.
      const kept = restLength <= LONGEST_RECORD ? left : left.subarray(left.length - 1);
      rest.push(Buffer.from(kept));
      restLength += kept.length;
    }
  }
  if (restLength > 0) yield flush(Buffer.alloc(0));
}

/** The lines of whole lines' bytes. */
function linesOfBlock(block: Buffer, first: number, encoding: SourceSpec['encoding']): TextLine[] {
  const lines: TextLine[] = [];
  const latin = encoding === 'latin1';
  if (block.length > LONGEST_RECORD || block.includes(0) || !(latin || isUtf8(block))) {
    for (const { start, stop, end } of ends(block))
      lines.push(judged(block.subarray(start, stop), first + lines.length, end, encoding));
    return lines;
  }
  const text = block.toString(latin ? 'latin1' : 'utf8', first === 1 ? markLength(block) : 0);
  if (block.includes(CR)) {
    let start = 0;
    for (const found of text.matchAll(/\r\n|\n|\r/g)) {
      // The pattern matches nothing else.
      const end = found[0] as TextLine['end'];
      lines.push({ number: first + lines.length, raw: text.slice(start, found.index), problem: null, end });
      start = found.index + end.length;
    }
    if (start < text.length)
      lines.push({ number: first + lines.length, raw: text.slice(start), problem: null, end: '' });
    return lines;
  }
  let start = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', start)) {
    lines.push({ number: first + lines.length, raw: text.slice(start, at), problem: null, end: '\n' });
    start = at + 1;
  }
  if (start < text.length) lines.push({ number: first + lines.length, raw: text.slice(start), problem: null, end: '' });
  return lines;
}

/** Where the lines of a block are, in bytes. */
function* ends(
  block: Buffer,
): Generator<{ readonly start: number; readonly stop: number; readonly end: TextLine['end'] }> {
  let start = 0;
  let cr = block.indexOf(CR);
  let lf = block.indexOf(LF);
  while (lf !== -1 || cr !== -1) {
    const first = cr === -1 ? lf : lf === -1 ? cr : Math.min(cr, lf);
    const end = first === lf ? '\n' : lf === cr + 1 ? '\r\n' : '\r';
    yield { start, stop: first, end };
    start = first + end.length;
    if (cr !== -1 && cr < start) cr = block.indexOf(CR, start);
    if (lf !== -1 && lf < start) lf = block.indexOf(LF, start);
  }
  if (start < block.length) yield { start, stop: block.length, end: '' };
}

function judged(bytes: Buffer, number: number, end: TextLine['end'], encoding: SourceSpec['encoding']): TextLine {
  const begin = number === 1 ? markLength(bytes) : 0;
  if (bytes.length > LONGEST_RECORD)
    return { number, raw: clean(bytes.toString('utf8', begin, KEPT_OF_LONG)), problem: 'too-long', end };
  const latin = encoding === 'latin1';
  const raw = bytes.toString(latin ? 'latin1' : 'utf8', begin);
  if (!latin && !isUtf8(bytes)) return { number, raw: clean(raw), problem: 'utf-8', end };
  return raw.includes('\0') ? { number, raw: clean(raw), problem: 'nul', end } : { number, raw, problem: null, end };
}

/** Length of a byte order mark. */
function markLength(bytes: Buffer): 0 | 3 {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** The engine's text holds no NUL. */
function clean(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
