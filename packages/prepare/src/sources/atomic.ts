// RecBole's atomic files: tabs, no quotes, a header of name:type. Files made by hand have other delimiters, at least in the header.
import type { SourceSpec } from '../description/types.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { fileName } from '@difsr/data/internal';
import { firstCells, firstRecords } from './beginning.js';
import { BLANKS, splitCells } from './cells.js';
import { openDelimited } from './delimited.js';
import { delimiterWords } from './dialect.js';
import { nameColumns } from './header.js';
import type { SourceReader } from './reader.js';

const CURE =
  'begin with a header of tab-separated name:type, types token, token_seq, float, float_seq; or say format: csv';
const TYPED = /^.+:(token|token_seq|float|float_seq)$/s;
/** Cells of another delimiter in one. */
const JOINED = /:(token|token_seq|float|float_seq)[\s,;|]+\S/;
const DELIMITERS = ['\t', ',', ';', '|', BLANKS] as const;

/** The header of an atomic file. */
export interface AtomicHeader {
  readonly cells: readonly string[];
  readonly line: number;
  readonly raw: string;
  /** Between its cells. */
  readonly delimiter: string;
}

/** Reads the header. @throws DataError if it is none */
export async function atomicHeader(
  file: string,
  encoding: SourceSpec['encoding'],
  signal?: AbortSignal,
): Promise<AtomicHeader> {
  const header = await firstCells(file, encoding, { delimiter: '\t', quote: '' }, 0, signal);
  if (header === undefined) throw new DataError([{ file, message: 'the file is empty', cure: CURE }]);
  const { raw, line } = header;
  for (const delimiter of DELIMITERS) {
    const cells = splitCells(raw, delimiter);
    // A single column tells nothing of a delimiter.
    if (delimiter !== '\t' && cells.length < 2) continue;
    if (cells.every((cell) => TYPED.test(cell.trim()) && !JOINED.test(cell))) return { cells, line, raw, delimiter };
  }
  const wrong = header.cells.find((cell) => !TYPED.test(cell.trim())) ?? raw;
  throw new DataError([{ file, line, value: wrong, message: 'is not name:type', cure: CURE }]);
}

/** Opens atomic files: the names of the header count. */
export const openAtomic: SourceReader = async (spec, files, options) => {
  const [file = ''] = files;
  const header = await atomicHeader(file, spec.encoding, options.signal);
  const width = header.cells.length;
  // A header that was typed with blanks may stand above rows with tabs.
  const tabs = { delimiter: '\t', quote: '' };
  const { rows } = await firstRecords(file, spec.encoding, tabs, header.line, options.signal);
  const tabbed = rows.length === 0 ? 0 : rows.filter((row) => row.length === width).length / rows.length;
  const delimiter = header.delimiter === '\t' || (width > 1 && tabbed > 0.5) ? '\t' : header.delimiter;
  const lists = header.cells.find((cell) => /_seq\s*$/.test(cell));
  if (delimiter === BLANKS && lists !== undefined)
    throw new DataError([
      {
        file,
        line: header.line,
        value: lists,
        message: 'has values between blanks, and so are the cells of this file',
        cure: 'separate the cells by tabs',
      },
    ]);
  const own = await firstRecords(file, spec.encoding, { delimiter, quote: '' }, header.line, options.signal);
  const named = nameColumns(header.cells, own.rows, atomicName);
  const open = await openDelimited(
    spec,
    files,
    {
      delimiter,
      quote: '',
      hasHeader: true,
      names: named.names,
      unnamed: named.unnamed,
      beginningOf: async (other) => {
        const { cells, line, raw } = await atomicHeader(other, spec.encoding, options.signal);
        const rows = other === file ? own.rows : [];
        const found = { cells, line, raw, rows, ...nameColumns(cells, rows, atomicName) };
        return { last: line, width: cells.length, header: found, comments: [] };
      },
    },
    options,
  );
  const notes =
    header.delimiter === '\t'
      ? []
      : [
          `${delimiterWords(header.delimiter)} between the names, ${delimiterWords(delimiter)} between the cells of the rows`,
        ];
  return {
    ...open,
    report: [
      ...[...notes, ...named.notes].map((why): ReportEntry => ({
        kind: 'inferred',
        what: `${fileName(file)}: header`,
        count: 1,
        why,
      })),
      ...open.report,
    ],
    spec: { ...spec, format: 'atomic' },
  };
};

function atomicName(cell: string): string {
  return cell.slice(0, Math.max(0, cell.lastIndexOf(':'))).trim();
}
