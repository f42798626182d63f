// Files that hold one JSON array: cut into its elements, each of which is then read like a line of JSON lines. Not by the engine's own
// reader, which guesses types from the first elements, reads large ids as floats, and gives up on all for the sake of one.
import { isUtf8 } from 'node:buffer';
import { DataError } from '@difsr/data';
import { unpackedBytes } from './bytes.js';
import type { ScannedRecord } from './records.js';
import { LONGEST_RECORD } from './text.js';

const KEPT_OF_LONG = 1000;
const code = (character: string): number => character.charCodeAt(0);
const LF = code('\n');
const QUOTE = code('"');
const BACKSLASH = code('\\');
const COMMA = code(',');
const SPACES: ReadonlySet<number> = new Set([...' \t\r\n'].map(code));
const OPENING: ReadonlySet<number> = new Set([...'{['].map(code));
const CLOSING: ReadonlySet<number> = new Set([...'}]'].map(code));
const CURE = 'check the file with a JSON validator, or write one object per line (jsonl)';

type Place = 'before' | 'between' | 'inside' | 'after';

/**
 * The elements of a file's array in blocks; `line` is where an element begins. Nothing between two commas is an element that is broken.
 *
 * @throws DataError if the file does not hold one array from beginning to end
 */
export async function* arrayElements(
  file: string,
  latin: boolean,
  signal?: AbortSignal,
): AsyncGenerator<ScannedRecord[]> {
  const fail = (message: string, line: number): DataError => new DataError([{ file, line, message, cure: CURE }]);
  // The cast keeps the type wide: closures and loops change it.
  let place = 'before' as Place;
  let line = 1;
  let depth = 0;
  let text = false;
  let escaped = false;
  let began = 1;
  let elements = 0;
  let pieces: Buffer[] = [];
  let length = 0;
  let first = true;
  for await (const chunk of unpackedBytes(file, signal)) {
    const out: ScannedRecord[] = [];
    let start = 0;
    const finish = (stop: number): void => {
      const last = chunk.subarray(start, stop);
      const size = length + last.length;
      // What is kept of an element that is too long is its beginning.
      out.push(element(Buffer.concat([...pieces, last]), size, began, latin));
      elements++;
      pieces = [];
      length = 0;
    };
    for (
      let at = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
      at < chunk.length;
      at++
    ) {
      const byte = chunk[at]!;
      if (byte === LF) line++;
      if (text) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) text = false;
        continue;
      }
      if (place === 'inside') {
        if (byte === QUOTE) text = true;
        else if (OPENING.has(byte)) depth++;
        else if (depth > 0) {
          if (CLOSING.has(byte)) depth--;
        } else if (byte === COMMA || CLOSING.has(byte)) {
          finish(at);
          place = byte === COMMA ? 'between' : 'after';
        }
        continue;
      }
      if (SPACES.has(byte)) continue;
      if (place === 'before') {
        if (byte !== code('[')) throw fail('does not begin with [: it is not an array of JSON objects', line);
        place = 'between';
      } else if (place === 'after') throw fail('goes on after the end of the array', line);
      else if (byte === code(']') && elements === 0) place = 'after';
      else {
        began = line;
        start = at;
        place = 'inside';
        if (byte === COMMA || CLOSING.has(byte)) {
          finish(at);
          place = byte === COMMA ? 'between' : 'after';
        } else if (byte === QUOTE) text = true;
        else if (OPENING.has(byte)) depth = 1;
      }
    }
    if (place === 'inside') {
      const left = chunk.subarray(start);
      if (length <= LONGEST_RECORD) pieces.push(Buffer.from(left));
      length += left.length;
    }
    first = false;
    if (out.length > 0) yield out;
  }
  if (place === 'before')
    throw new DataError([
      { file, message: 'holds no interactions: it is empty', cure: 'check that this is the right file' },
    ]);
  if (place !== 'after') throw fail(`is cut off: its array has no end (${elements} elements before)`, line);
}

function element(bytes: Buffer, size: number, line: number, latin: boolean): ScannedRecord {
  // White space after an element is not part of it.
  const decoded = (to?: number): string =>
    bytes
      .toString(latin ? 'latin1' : 'utf8', 0, to)
      .replaceAll('\0', '\uFFFD')
      .trimEnd();
  const broken = (problem: 'too-long' | 'utf-8' | 'nul' | 'json', to?: number): ScannedRecord => ({
    line,
    raw: decoded(to),
    problem,
    cells: null,
  });
  if (size > LONGEST_RECORD) return broken('too-long', KEPT_OF_LONG);
  if (!latin && !isUtf8(bytes)) return broken('utf-8');
  if (bytes.includes(0)) return broken('nul');
  const raw = decoded();
  return raw === '' ? broken('json') : { line, raw, problem: null, cells: null };
}
