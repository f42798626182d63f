// How a csv file is written: delimiter and header, recognised from its first lines where the description leaves them open.
import type { SourceSpec } from '../description/types.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { fileName } from '@difsr/data/internal';
import { type Beginning, beginningOf, firstRecords } from './beginning.js';
import { BLANKS, fitsWidth, withoutBlanks } from './cells.js';
import { looksLikeHeader } from './header.js';
import { type Preamble, preambleOf } from './preamble.js';
import type { Form } from './quotes.js';

/** How the files of a source are written. */
export interface Dialect extends Form {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Whether a line of the first file names them. */
  readonly hasHeader: boolean;
  /** Places of the columns that no header names. */
  readonly unnamed: ReadonlySet<number>;
  /** Where the records of a file begin. */
  readonly beginningOf: (file: string) => Promise<Beginning>;
}

/** What was recognised. */
export interface Recognised {
  readonly dialect: Dialect;
  readonly report: readonly ReportEntry[];
}

const CANDIDATES = ['\t', '::', ',', ';', '|'] as const;
/** From this share of lines on, one of the candidates is the delimiter, and blanks are text. */
const ENOUGH = 0.8;

/** What all lines count for a delimiter with which the first cannot be read. */
const SPOILT = 0.5;

/** A delimiter in words. */
export function delimiterWords(delimiter: string): string {
  return { '\t': 'a tab', ' ': 'a blank', [BLANKS]: 'blanks' }[delimiter] ?? delimiter;
}

/** Decides delimiter, header and names. @throws DataError if all files are empty */
export async function recogniseDialect(
  spec: SourceSpec,
  files: readonly string[],
  signal?: AbortSignal,
): Promise<Recognised> {
  const quote = spec.quote ?? '"';
  checkDelimiter(spec, quote);
  for (const file of files) {
    const preamble = await preambleOf(file, spec.encoding, signal);
    const delimiter =
      spec.delimiter ?? preamble.stated?.delimiter ?? (await chooseDelimiter(file, spec, quote, preamble, signal));
    const found = await recognise(spec, file, { delimiter, quote }, preamble, signal);
    if (found !== undefined) return found;
  }
  const [file] = files;
  if (file === undefined)
    throw new DataError([{ file: 'csv', message: 'there is no file', cure: 'name one with files:' }]);
  throw new DataError([
    { file, message: 'holds no interactions: it is empty', cure: 'check that this is the right file' },
  ]);
}

async function recognise(
  spec: SourceSpec,
  file: string,
  form: Form,
  preamble: Preamble,
  signal: AbortSignal | undefined,
): Promise<Recognised | undefined> {
  const given = spec.header;
  const asked = typeof given === 'object' ? false : given;
  const begins = await beginningOf(file, spec.encoding, form, asked, preamble, signal);
  if (begins === undefined) return undefined;
  const report: ReportEntry[] = [];
  const say = (what: string, count: number, why: string): void => {
    report.push({ kind: 'inferred', what: `${fileName(file)}: ${what}`, count, why });
  };
  const { width, header } = begins;
  if (preamble.stated !== undefined)
    say('delimiter', width, `line ${preamble.stated.line} states it: ${delimiterWords(preamble.stated.delimiter)}`);
  else if (spec.delimiter === undefined)
    say('delimiter', width, `${delimiterWords(form.delimiter)} gives ${width} columns in the first lines`);
  if (begins.comments.length > 0)
    say('comments', begins.comments.length, `line ${begins.comments.join(', ')} in front of the rows: left out`);
  const rest = { ...form, beginningOf: async (other: string) => nextBeginning(spec, other, form, header, signal) };
  if (typeof given === 'object')
    return { dialect: { ...rest, names: given, unnamed: new Set(), hasHeader: false }, report };
  if (header === undefined) {
    const names = Array.from({ length: width }, (_, index) => `column${index + 1}`);
    if (given === undefined)
      say('no header', width, 'the first line looks like the others: columns are called column1, column2, ..');
    return { dialect: { ...rest, names, unnamed: new Set(names.keys()), hasHeader: false }, report };
  }
  const { names, unnamed, notes } = header;
  if (given === undefined) {
    const which = begins.commented === undefined ? 'the first line' : `the comment on line ${begins.commented}`;
    say(`${which} names the columns`, names.length, names.join(', '));
  }
  for (const note of notes) say('header', 1, note);
  return { dialect: { ...rest, names, unnamed, hasHeader: true }, report };
}

/** Where the records of a file begin, given the header of the first one: only the first of several may have one. */
async function nextBeginning(
  spec: SourceSpec,
  file: string,
  form: Form,
  header: Beginning['header'],
  signal: AbortSignal | undefined,
): Promise<Beginning> {
  const preamble = await preambleOf(file, spec.encoding, signal);
  const begins = await beginningOf(file, spec.encoding, form, header !== undefined, preamble, signal);
  if (begins === undefined) return { last: 0, width: 0, comments: [] };
  if (header === undefined || begins.header === undefined) return begins;
  const { cells } = begins.header;
  const known = new Set(header.names.map((name) => name.toLowerCase()));
  const isRow =
    fitsWidth(cells, header.names.length) &&
    !cells.some((cell) => known.has(withoutBlanks(cell).toLowerCase())) &&
    !looksLikeHeader(cells, begins.header.rows);
  return isRow ? ((await beginningOf(file, spec.encoding, form, false, preamble, signal)) ?? begins) : begins;
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
 * The delimiter that gives most lines as many columns as the first, more than one; among equals the one with more columns. Blanks only where
 * none of the others does: they stand in titles and times, too.
 */
async function chooseDelimiter(
  file: string,
  spec: SourceSpec,
  quote: string,
  { comments }: Preamble,
  signal?: AbortSignal,
): Promise<string> {
  let best = ',';
  let bestScore = 0;
  for (const delimiter of [...CANDIDATES, BLANKS]) {
    if (delimiter === BLANKS && bestScore >= ENOUGH) break;
    const form = { delimiter, quote };
    const { rows, broken, spoilt } = await firstRecords(file, spec.encoding, form, comments.at(-1)?.line ?? 0, signal);
    const [first = []] = rows;
    const width = first.length;
    if (width < 2) continue;
    // The header may end with a delimiter that the rows lack, or they with one that it lacks.
    const least = Math.max(2, first.findLastIndex((cell) => withoutBlanks(cell) !== '') + 1);
    const same = rows.filter((row) => row.length === width || fitsWidth(row, least)).length / (rows.length + broken);
    // A header that cannot be read speaks against a delimiter more than any other line.
    const score = same * (spoilt === undefined ? 1 : SPOILT) + Math.min(width, 100) / 1000;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}
