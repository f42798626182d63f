// The records of delimited text by our own scanner, which knows quotes (RFC 4180), repairs nothing and marks what is broken.
import type { RecordProblem } from './source.js';
import { LONGEST_RECORD, type TextLine } from './text.js';

/** A record that our own scanner made. */
export interface ScannedRecord {
  /** 1-based line on which it begins. */
  readonly line: number;
  readonly raw: string;
  readonly problem: RecordProblem | null;
  /** Cells of a record with quotes; `null` where there are none in it (split `raw`), or where it is broken. */
  readonly cells: readonly string[] | null;
}

/** How delimited text is written. */
export interface Form {
  readonly delimiter: string;
  /** `''`: quotes mean nothing. */
  readonly quote: string;
}

/** The cells of a record without a problem. */
export function cellsOf(record: ScannedRecord, { delimiter }: Form): readonly string[] {
  return record.cells ?? record.raw.split(delimiter);
}

/** Lines and characters that a quoted cell may run on before its quote counts as never closed. */
const LONGEST_QUOTE_LINES = 1000;
const LONGEST_QUOTE_LENGTH = 1 << 20;

/**
 * The records of delimited lines, in blocks. A quote begins a quoted cell where a cell begins, and means nothing elsewhere; a quoted cell
 * may hold the delimiter, line ends and doubled quotes. Empty lines are no records. A record that is broken is its first line alone: reading
 * goes on at the next one, so that a stray quote never swallows what follows it.
 *
 * @param width number of cells of a record, where it is known; otherwise the first record's
 */
export async function* records(
  blocks: AsyncIterable<readonly TextLine[]>,
  form: Form,
  width?: number,
): AsyncGenerator<ScannedRecord[]> {
  const { delimiter, quote } = form;
  const iterator = blocks[Symbol.asyncIterator]();
  let lines: readonly TextLine[] = [];
  let at = 0;
  let usual = width ?? 0;
  /** Reads on; lines that are not taken yet stay. */
  const more = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    if (done === true) return false;
    lines = [...lines.slice(at), ...value];
    at = 0;
    return true;
  };
  try {
    while (await more()) {
      let out: ScannedRecord[] = [];
      while (at < lines.length) {
        const line = lines[at++]!;
        const { raw, number, problem } = line;
        if (problem !== null) {
          out.push({ line: number, raw, problem, cells: null });
          continue;
        }
        if (raw === '') continue;
        if (quote === '' || !raw.includes(quote)) {
          if (usual === 0) usual = raw.split(delimiter).length;
          out.push({ line: number, raw, problem, cells: null });
          continue;
        }
        const scan = new QuoteScan(delimiter, quote);
        scan.add(raw);
        let whole = raw;
        let end: string = line.end;
        let taken = 0;
        while (scan.state === 'open' && taken < LONGEST_QUOTE_LINES && whole.length < LONGEST_QUOTE_LENGTH) {
          if (at + taken === lines.length) {
            if (out.length > 0) yield out;
            out = [];
            if (!(await more())) break;
          }
          const next = lines[at + taken]!;
          if (next.problem !== null) break;
          whole += end + next.raw;
          scan.add(end + next.raw);
          end = next.end;
          taken++;
        }
        // A record over several lines that does not fit is more likely a stray quote that met another.
        if (scan.state !== 'closed' || (taken > 0 && usual > 0 && scan.cells.length !== usual)) {
          out.push({ line: number, raw, problem: 'quote', cells: null });
          continue;
        }
        if (usual === 0) usual = scan.cells.length;
        at += taken;
        out.push(
          whole.length > LONGEST_RECORD
            ? { line: number, raw, problem: 'too-long', cells: null }
            : { line: number, raw: whole, problem: null, cells: scan.cells },
        );
      }
      if (out.length > 0) yield out;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Cells of a record that may come in several pieces. */
class QuoteScan {
  readonly cells: string[] = [];
  /** `open`: within quotes; `broken`: text after a closing quote; `closed`: all cells are there, if nothing follows. */
  state: 'open' | 'broken' | 'closed' = 'closed';
  readonly #delimiter: string;
  readonly #quote: string;
  #cell = '';

  constructor(delimiter: string, quote: string) {
    this.#delimiter = delimiter;
    this.#quote = quote;
  }

  /** The first piece, or what follows while the state is `open`. A piece never ends within a doubled quote: it ends where a line does. */
  add(piece: string): void {
    let at = 0;
    let inside = this.state === 'open';
    for (;;) {
      if (!inside && !piece.startsWith(this.#quote, at)) {
        const next = piece.indexOf(this.#delimiter, at);
        this.cells.push(next === -1 ? piece.slice(at) : piece.slice(at, next));
        if (next === -1) break;
        at = next + this.#delimiter.length;
        continue;
      }
      if (!inside) {
        this.#cell = '';
        at++;
        inside = true;
      }
      const close = piece.indexOf(this.#quote, at);
      if (close === -1) {
        this.#cell += piece.slice(at);
        this.state = 'open';
        return;
      }
      this.#cell += piece.slice(at, close);
      at = close + 1;
      if (piece.startsWith(this.#quote, at)) {
        this.#cell += this.#quote;
        at++;
        continue;
      }
      this.cells.push(this.#cell);
      inside = false;
      if (at === piece.length) break;
      if (!piece.startsWith(this.#delimiter, at)) {
        this.state = 'broken';
        return;
      }
      at += this.#delimiter.length;
    }
    this.state = 'closed';
  }
}
