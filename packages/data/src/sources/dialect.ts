// How a csv file is written: delimiter and header, recognised from its first lines where the description leaves them open.
import type { SourceSpec } from '../description/types.js';
import { DataError } from '../errors.js';
import { fileName } from '../raw.js';
import type { ReportEntry } from '../types.js';
import { cellsOf, type Form, records } from './records.js';
import { textLines } from './text.js';

/** How a file is written. */
export interface Dialect extends Form {
  /** Whether the first record names the columns. */
  readonly header: boolean;
  /** The name that a cell of the header gives. */
  readonly nameOf: (cell: string) => string;
  /** Names of the columns. */
  readonly names: readonly string[];
}

const CANDIDATES = ['\t', '::', ',', ';', '|'] as const;
const SAMPLE_LINES = 100;
const WORDS: Readonly<Record<string, string>> = { '\t': 'a tab', ' ': 'a space' };

/** Decides delimiter, header and names. @throws DataError if the first file is empty */
export async function recogniseDialect(
  spec: SourceSpec,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly dialect: Dialect; readonly report: readonly ReportEntry[] }> {
  const [file] = files;
  if (file === undefined)
    throw new DataError([{ file: 'csv', message: 'there is no file', cure: 'name one with files:' }]);
  const quote = spec.quote ?? '"';
  checkDelimiter(spec, quote);
  const report: ReportEntry[] = [];
  const delimiter = spec.delimiter ?? (await chooseDelimiter(file, spec, quote, signal));
  const form = { delimiter, quote };
  const { rows } = await sample(file, spec, form, signal);
  const [first] = rows;
  if (first === undefined) {
    // Says what is wrong with the first record, if there is one.
    await headerOf(file, spec.encoding, form, signal);
    throw new DataError([
      { file, message: 'holds no interactions: it is empty', cure: 'check that this is the right file' },
    ]);
  }
  if (spec.delimiter === undefined)
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: delimiter`,
      count: first.length,
      why: `${WORDS[delimiter] ?? delimiter} gives ${first.length} columns in the first lines`,
    });
  const given = spec.header;
  if (Array.isArray(given)) return { dialect: { ...form, header: false, names: given.map(String), nameOf }, report };
  const header = typeof given === 'boolean' ? given : looksLikeHeader(first, rows.slice(1));
  // Whoever named the columns meant the first record, not the first one that can be read.
  if (header) await headerOf(file, spec.encoding, form, signal);
  if (given === undefined)
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: ${header ? 'the first line names the columns' : 'no header'}`,
      count: first.length,
      why: header ? first.join(', ') : 'the first line looks like the others: columns are called column1, column2, ..',
    });
  const names = header
    ? first.map((name, index) => nameOf(name) || `column${index + 1}`)
    : first.map((_, index) => `column${index + 1}`);
  return { dialect: { ...form, header, names, nameOf }, report };
}

function nameOf(cell: string): string {
  return cell.trim();
}

/** @throws DataError if the description gives a delimiter that cannot stand between cells */
function checkDelimiter({ delimiter }: SourceSpec, quote: string): void {
  if (delimiter === undefined || !(/[\r\n\0]/.test(delimiter) || (quote !== '' && delimiter.includes(quote)))) return;
  throw new DataError([
    {
      file: 'description',
      column: 'delimiter',
      value: delimiter,
      message: 'cannot be a delimiter: it is, or holds, a line end or the quote',
      cure: 'name the character between the cells, or give another quote',
    },
  ]);
}

/**
 * The first record of a file: its header. `undefined` where the file is empty.
 *
 * @throws DataError if the record is broken
 */
export async function headerOf(
  file: string,
  encoding: SourceSpec['encoding'],
  form: Form,
  signal?: AbortSignal,
): Promise<{ readonly cells: readonly string[]; readonly line: number } | undefined> {
  for await (const [record] of records(textLines(file, encoding, signal), form)) {
    if (record === undefined) continue;
    const { line, raw, problem } = record;
    if (problem === null) return { cells: cellsOf(record, form), line };
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

/** The delimiter that gives most lines the same number of columns, more than one; among equals the one with more columns. */
async function chooseDelimiter(file: string, spec: SourceSpec, quote: string, signal?: AbortSignal): Promise<string> {
  let best = ',';
  let bestScore = 0;
  for (const delimiter of CANDIDATES) {
    const { rows, broken } = await sample(file, spec, { delimiter, quote }, signal);
    const width = rows[0]?.length ?? 0;
    if (width < 2) continue;
    const same = rows.filter((row) => row.length === width).length / (rows.length + broken);
    const score = same + Math.min(width, 100) / 1000;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

/** The cells of the first records that can be read, and how many between them cannot. */
async function sample(
  file: string,
  spec: SourceSpec,
  form: Form,
  signal?: AbortSignal,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly broken: number }> {
  const rows: (readonly string[])[] = [];
  let seen = 0;
  for await (const block of records(textLines(file, spec.encoding, signal), form)) {
    for (const record of block.slice(0, SAMPLE_LINES - seen)) {
      seen++;
      if (record.problem === null) rows.push(cellsOf(record, form));
    }
    if (seen >= SAMPLE_LINES) break;
  }
  return { rows, broken: seen - rows.length };
}

/** A header has no numbers and no empty or repeated names, and tells itself from the rows below by a column that has digits only there, or by usual names. */
function looksLikeHeader(first: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const names = first.map((name) => name.trim());
  if (names.some((name) => name === '' || !Number.isNaN(Number(name)) || /^\d{4}-\d{2}-\d{2}/.test(name))) return false;
  if (new Set(names).size < names.length) return false;
  const filled = (index: number): string[] => rows.map((row) => row[index] ?? '').filter((cell) => cell.trim() !== '');
  const differs = names.some((name, index) => {
    const cells = filled(index);
    const digits = cells.filter((cell) => /\d/.test(cell)).length;
    return !/\d/.test(name) && cells.length > 0 && digits >= cells.length * 0.9;
  });
  if (differs || !names.every((name) => /^[A-Za-z_][\w .:-]*$/.test(name))) return differs;
  return names.some((name) =>
    /user|customer|client|visitor|item|product|sku|asin|brand|categor|price|time|date|rating|session|movie|artist|title|id$/i.test(
      name,
    ),
  );
}
