// The records of delimited text by our own scanner, which knows quotes (RFC 4180), repairs nothing and marks what is broken.
import { fitsWidth, splitCells } from './cells.js';
import { type Form, QuoteScan, StrayQuotes } from './quotes.js';
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

/** The cells of a record without a problem. */
export function cellsOf(record: ScannedRecord, { delimiter }: Form): readonly string[] {
  return record.cells ?? splitCells(record.raw, delimiter);
}

/** Lines and characters that a quoted cell may run on before its quote counts as never closed. */
const LONGEST_QUOTE_LINES = 1000;
const LONGEST_QUOTE_LENGTH = 1 << 20;

/**
 * The records of delimited lines, in blocks. A quote begins a quoted cell where a cell begins, and means nothing elsewhere; a quoted cell
 * may hold the delimiter, line ends and doubled quotes. Empty lines are no records. A record that is broken is its first line alone: reading
 * goes on at the next one. A quoted cell over several lines is one only where its lines are not records by themselves ({@link StrayQuotes}),
 * so that a stray quote never swallows what follows it.
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
  const stray = new StrayQuotes(form);
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
          if (usual === 0 || stray.learns) {
            const cells = splitCells(raw, delimiter);
            if (usual === 0) usual = cells.length;
            else stray.learn(cells);
          }
          out.push({ line: number, raw, problem, cells: null });
          continue;
        }
        const scan = new QuoteScan(form);
        scan.add(raw);
        let whole = raw;
        let end: string = line.end;
        const spanned = [raw];
        while (scan.state === 'open' && spanned.length <= LONGEST_QUOTE_LINES && whole.length < LONGEST_QUOTE_LENGTH) {
          const ahead = at + spanned.length - 1;
          if (ahead === lines.length) {
            if (out.length > 0) yield out;
            out = [];
            if (!(await more())) break;
          }
          const next = lines[at + spanned.length - 1]!;
          if (next.problem !== null) break;
          whole += end + next.raw;
          scan.add(end + next.raw);
          end = next.end;
          spanned.push(next.raw);
        }
        // A record over several lines that does not fit is more likely a stray quote that met another.
        const isOne = usual === 0 || fitsWidth(scan.cells, usual);
        const expected = usual === 0 ? splitCells(spanned[1] ?? '', delimiter).length : usual;
        const isStray = (): boolean => !scan.isQuoted && stray.isStray(spanned, expected);
        if (scan.state !== 'closed' || (spanned.length > 1 && (!isOne || isStray()))) {
          out.push({ line: number, raw, problem: 'quote', cells: null });
          continue;
        }
        if (usual === 0) usual = scan.cells.length;
        else if (spanned.length === 1) stray.learn(scan.cells);
        at += spanned.length - 1;
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
