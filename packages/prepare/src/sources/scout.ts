// Reads a text file's bytes once and says whether it is plain: then the engine may read its lines by itself, fast and with exact
// numbers. Anything that two readers could take differently makes a file not plain.
import { isUtf8 } from 'node:buffer';
import { unpackedBytes } from './bytes.js';
import { LONGEST_RECORD } from './text.js';

/** What the scout saw. */
export interface Scouted {
  readonly plain: boolean;
  /** Of a plain file: bytes of its longest line. */
  readonly longest: number;
  /** Of a plain file: number of lines, an unfinished last one included. */
  readonly lines: number;
  /** Unpacked bytes that were looked at: all of a plain file. */
  readonly bytes: number;
  /** Of a plain file: whether blanks or tabs stand beside a delimiter or at the end of a line. */
  readonly blanks: boolean;
}

const LF = 0x0a;
/** NUL; what the engine takes as the end of a cell; CR, because the engine's reader loses lines that end with CRLF. */
const CONTROL = [0x00, 0x01, 0x0d] as const;

/**
 * Scouts a file. Plain means: valid UTF-8 without a byte order mark, no NUL and no U+0001, lines that end with LF alone, none over
 * 16 MiB, and none of `forbidden` (e.g. the quote of a CSV).
 *
 * @param delimiter of cells, beside which blanks are looked for; `''`: they are not
 */
export async function scout(
  file: string,
  forbidden: string,
  delimiter: string,
  signal?: AbortSignal,
): Promise<Scouted> {
  const bad: readonly (number | Buffer)[] = [...CONTROL, ...(forbidden === '' ? [] : [Buffer.from(forbidden)])];
  let bytes = 0;
  let lines = 0;
  let longest = 0;
  let sinceLine = 0;
  let tail: Buffer = Buffer.alloc(0);
  const beside = delimiter === '' ? undefined : new BlankFinder(delimiter);
  const no = (): Scouted => ({ plain: false, longest, lines, bytes, blanks: false });
  for await (const chunk of unpackedBytes(file, signal)) {
    bytes += chunk.length;
    const text = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    if (bytes === text.length && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf) return no();
    if (bad.some((byte) => text.includes(byte))) return no();
    beside?.look(chunk);
    const whole = text.length - unfinished(text);
    if (!isUtf8(text.subarray(0, whole))) return no();
    tail = Buffer.from(text.subarray(whole));
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      longest = Math.max(longest, sinceLine + at - from);
      lines++;
      sinceLine = 0;
      from = at + 1;
    }
    sinceLine += chunk.length - from;
    longest = Math.max(longest, sinceLine);
    if (longest > LONGEST_RECORD) return no();
  }
  if (tail.length > 0) return no();
  const blanks = beside?.end() ?? false;
  return { plain: true, longest, lines: lines + (sinceLine > 0 ? 1 : 0), bytes, blanks };
}

/** Looks for blanks and tabs at the ends of cells. */
class BlankFinder {
  readonly #delimiter: string;
  /** A blank before or behind a delimiter or a line end. */
  readonly #pairs: readonly Buffer[];
  readonly #blanks: readonly string[];
  #end = Buffer.from('\n');
  #found = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#blanks = [' ', '\t'].filter((blank) => !delimiter.includes(blank));
    this.#pairs = this.#blanks.flatMap((blank) =>
      [delimiter, '\n'].flatMap((edge) => [Buffer.from(blank + edge), Buffer.from(edge + blank)]),
    );
  }

  look(chunk: Buffer): void {
    if (this.#found) return;
    const length = Buffer.byteLength(this.#delimiter);
    const seam = Buffer.concat([this.#end, chunk.subarray(0, length)]);
    this.#end = Buffer.from(Buffer.concat([this.#end, chunk.subarray(-length)]).subarray(-length));
    const has = (bytes: Buffer): boolean => this.#pairs.some((pair) => bytes.includes(pair));
    // Most logs have no blank at all, and that is told at once.
    this.#found = has(seam) || (this.#blanks.some((blank) => chunk.includes(blank)) && has(chunk));
  }

  /** Whether there are some: the end of the file is that of a line. */
  end(): boolean {
    this.look(Buffer.from('\n'));
    return this.#found;
  }
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
