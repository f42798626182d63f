// Where the records of a delimited file begin: behind a line that states the delimiter, comments, and the header.
import type { SourceSpec } from '../description/types.js';
import { DataError } from '@difsr/data';
import { splitCells, withoutBlanks } from './cells.js';
import { type ColumnNames, looksLikeHeader, nameColumns } from './header.js';
import type { Comment, Preamble } from './preamble.js';
import type { Form } from './quotes.js';
import { cellsOf, records } from './records.js';
import type { TextLine } from './text.js';
import { textLines } from './text.js';

/** Records that are looked at. */
const SAMPLE_RECORDS = 100;

/** A header as it stands in a file. */
export interface Header extends ColumnNames {
  readonly cells: readonly string[];
  /** On which it begins. */
  readonly line: number;
  readonly raw: string;
  /** The first records below. */
  readonly rows: readonly (readonly string[])[];
}

/** The beginning of a file. */
export interface Beginning {
  /** The last line before the first record. */
  readonly last: number;
  /** Cells of the header or the first record. */
  readonly width: number;
  readonly header?: Header;
  /** Line of the comment that is the header. */
  readonly commented?: number;
  /** Lines of comments that are left out. */
  readonly comments: readonly number[];
}

/**
 * Finds where the records begin. A comment with as many cells as the rows is no comment: it is the header, if it looks like one and the
 * first row does not, or else a row whose first cell begins with the mark.
 *
 * @param asked whether there is a header; `undefined`: it is told by looks
 * @returns `undefined` where the file holds no record
 * @throws DataError if the header is broken
 */
export async function beginningOf(
  file: string,
  encoding: SourceSpec['encoding'],
  form: Form,
  asked: boolean | undefined,
  { stated, comments }: Preamble,
  signal?: AbortSignal,
): Promise<Beginning | undefined> {
  const before = Math.max(stated?.line ?? 0, comments.at(-1)?.line ?? 0);
  const { rows, spoilt } = await firstRecords(file, encoding, form, before, signal);
  const [first, ...below] = rows;
  const isSpoiltHeader = spoilt !== undefined && looksLikeHeader(splitCells(spoilt, form.delimiter), rows);
  if (first === undefined || (asked === undefined && isSpoiltHeader)) {
    // Says what is wrong with the first record, if there is one.
    await firstCells(file, encoding, form, before, signal);
    return undefined;
  }
  const cellsIn = ({ text }: Comment): string[] => splitCells(text, form.delimiter).map(withoutBlanks);
  const lineOf = ({ line }: Comment): number => line;
  const isName = looksLikeHeader(first, below);
  const last = comments.at(-1);
  if (asked !== false && last !== undefined && !isName) {
    const cells = cellsIn(last);
    if (cells.length > 1 && cells.length === first.length && looksLikeHeader(cells, rows)) {
      const header = { cells, line: last.line, raw: last.raw, rows, ...nameColumns(cells, rows) };
      const others = comments.slice(0, -1).map(lineOf);
      return { last: last.line, width: cells.length, header, commented: last.line, comments: others };
    }
  }
  if (asked ?? isName) {
    // Whoever named the columns meant the first record, not the first one that can be read.
    const found = await firstCells(file, encoding, form, before, signal);
    if (found === undefined) return undefined;
    const { cells, line, raw } = found;
    const end = line + (raw.match(/\r\n|\n|\r/g)?.length ?? 0);
    const header = { cells, line, raw, rows: below, ...nameColumns(cells, below) };
    return { last: end, width: header.names.length, header, comments: comments.map(lineOf) };
  }
  // Comments right before the first row that are rows by their cells.
  let real = comments.length;
  while (real > 0 && first.length > 1 && splitCells(comments[real - 1]!.raw, form.delimiter).length === first.length)
    real--;
  return {
    last: comments[real - 1]?.line ?? stated?.line ?? 0,
    width: first.length,
    comments: comments.slice(0, real).map(lineOf),
  };
}

/** The lines of a file behind one. */
export async function* linesAfter(
  file: string,
  encoding: SourceSpec['encoding'],
  line: number,
  signal?: AbortSignal,
): AsyncGenerator<readonly TextLine[]> {
  for await (const lines of textLines(file, encoding, signal)) {
    const [first] = lines;
    if (first === undefined) continue;
    const left = first.number > line ? lines : lines.slice(line - first.number + 1);
    if (left.length > 0) yield left;
  }
}

/**
 * The first record behind a line. `undefined` where there is none.
 *
 * @throws DataError if the record is broken
 */
export async function firstCells(
  file: string,
  encoding: SourceSpec['encoding'],
  form: Form,
  after: number,
  signal?: AbortSignal,
): Promise<{ readonly cells: readonly string[]; readonly line: number; readonly raw: string } | undefined> {
  for await (const [record] of records(linesAfter(file, encoding, after, signal), form)) {
    if (record === undefined) continue;
    const { line, raw, problem } = record;
    if (problem === null) return { cells: cellsOf(record, form), line, raw };
    throw new DataError([
      {
        file,
        line,
        value: raw,
        message: `is the header and cannot be read (${HEADER_PROBLEMS[problem] ?? problem})`,
        cure: 'correct the first line, state the encoding, or give the names with header: [..]',
      },
    ]);
  }
  return undefined;
}

const HEADER_PROBLEMS: Readonly<Record<string, string>> = {
  'utf-8': 'it is not valid UTF-8',
  quote: 'a quote is not closed, or text follows a closing quote',
  nul: 'it holds a NUL character: the file may be UTF-16',
  'too-long': 'it is longer than 16 MiB',
};

/** The cells of the first records behind a line that can be read, how many between them cannot, and the text of the very first if it cannot. */
export async function firstRecords(
  file: string,
  encoding: SourceSpec['encoding'],
  form: Form,
  after: number,
  signal?: AbortSignal,
): Promise<{
  readonly rows: readonly (readonly string[])[];
  readonly broken: number;
  readonly spoilt: string | undefined;
}> {
  const rows: (readonly string[])[] = [];
  let spoilt: string | undefined;
  let seen = 0;
  for await (const block of records(linesAfter(file, encoding, after, signal), form)) {
    for (const record of block.slice(0, SAMPLE_RECORDS - seen)) {
      seen++;
      if (record.problem === null) rows.push(cellsOf(record, form));
      else if (seen === 1) spoilt = record.raw;
    }
    if (seen >= SAMPLE_RECORDS) break;
  }
  return { rows, broken: seen - rows.length, spoilt };
}
