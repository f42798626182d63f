// How a csv file is written: delimiter and header, recognised from its first lines where the description leaves them open.
import type { SourceSpec } from '../description/types.js';
import { DataError } from '../errors.js';
import { fileName } from '../raw.js';
import type { ReportEntry } from '../types.js';
import { linesOf } from './bytes.js';
import { records } from './delimited.js';

/** How a file is written. */
export interface Dialect {
  readonly delimiter: string;
  /** `''`: quotes mean nothing. */
  readonly quote: string;
  /** Whether the first line names the columns. */
  readonly header: boolean;
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
  const report: ReportEntry[] = [];
  const delimiter = spec.delimiter ?? (await chooseDelimiter(file, spec, quote, signal));
  const rows = await sample(file, spec, delimiter, quote, signal);
  const [first] = rows;
  if (first === undefined)
    throw new DataError([
      { file, message: 'holds no interactions: it is empty', cure: 'check that this is the right file' },
    ]);
  if (spec.delimiter === undefined)
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: delimiter`,
      count: first.length,
      why: `${WORDS[delimiter] ?? delimiter} gives ${first.length} columns in the first lines`,
    });
  const given = spec.header;
  if (Array.isArray(given)) return { dialect: { delimiter, quote, header: false, names: given.map(String) }, report };
  const header = typeof given === 'boolean' ? given : looksLikeHeader(first, rows.slice(1));
  if (given === undefined)
    report.push({
      kind: 'inferred',
      what: `${fileName(file)}: ${header ? 'the first line names the columns' : 'no header'}`,
      count: first.length,
      why: header ? first.join(', ') : 'the first line looks like the others: columns are called column1, column2, ..',
    });
  const names = header
    ? first.map((name, index) => name.trim() || `column${index + 1}`)
    : first.map((_, index) => `column${index + 1}`);
  return { dialect: { delimiter, quote, header, names }, report };
}

/** The delimiter that gives most lines the same number of columns, more than one; among equals the one with more columns. */
async function chooseDelimiter(file: string, spec: SourceSpec, quote: string, signal?: AbortSignal): Promise<string> {
  let best = ',';
  let bestScore = 0;
  for (const delimiter of CANDIDATES) {
    const rows = await sample(file, spec, delimiter, quote, signal);
    const width = rows[0]?.length ?? 0;
    if (width < 2) continue;
    const same = rows.filter((row) => row.length === width).length / rows.length;
    const score = same + Math.min(width, 100) / 1000;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

async function sample(
  file: string,
  spec: SourceSpec,
  delimiter: string,
  quote: string,
  signal?: AbortSignal,
): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const { cells } of records(linesOf(file, signal), spec.encoding, delimiter, quote)) {
    if (cells !== null) rows.push([...cells]);
    if (rows.length >= SAMPLE_LINES) break;
  }
  return rows;
}

/** A header has no numbers and no empty or repeated names, and tells itself from the rows below by a column of numbers or by unique words. */
function looksLikeHeader(first: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const names = first.map((name) => name.trim());
  if (names.some((name) => name === '' || !Number.isNaN(Number(name)) || /^\d{4}-\d{2}-\d{2}/.test(name))) return false;
  if (new Set(names).size < names.length) return false;
  if (names.every((name) => /^[A-Za-z_][\w .:-]*$/.test(name))) {
    const numeric = names.some((_, index) => rows.length > 0 && rows.every((row) => isNumberOrTime(row[index] ?? '')));
    const known = names.some((name) => /user|item|product|time|date|rating|session|movie|artist|title|id$/i.test(name));
    return numeric || known;
  }
  return names.some((_, index) => rows.length > 0 && rows.every((row) => isNumberOrTime(row[index] ?? '')));
}

function isNumberOrTime(cell: string): boolean {
  const text = cell.trim();
  return (text !== '' && !Number.isNaN(Number(text))) || /^\d{4}-\d{2}-\d{2}/.test(text);
}
