// Delimited text as a relation: lines of cells with any delimiter, quoted or not. Files without quotes are split by the engine; the
// others go through our own scanner.
import type { SourceSpec } from '../description/types.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { fileName } from '@difsr/data/internal';
import { type Beginning, linesAfter } from './beginning.js';
import { BLANKS, splitSql } from './cells.js';
import { type Dialect, recogniseDialect } from './dialect.js';
import { plainFile } from './lines.js';
import { freshName, MOST_COLUMNS, type SourceReader } from './reader.js';
import { records, type ScannedRecord } from './records.js';
import { scout } from './scout.js';
import type { OpenOptions, OpenSource, SourceColumn } from './source.js';
import { spool } from './spool.js';

/** Opens csv files, all with the same columns. */
export const openCsv: SourceReader = async (spec, files, options) => {
  const { dialect, report } = await recogniseDialect(spec, files, options.signal);
  const open = await openDelimited(spec, files, dialect, options);
  return {
    ...open,
    report: [...report, ...open.report],
    spec: { ...spec, format: 'csv', delimiter: dialect.delimiter, header: spec.header ?? dialect.hasHeader },
  };
};

/** Opens files of one dialect. */
export async function openDelimited(
  spec: SourceSpec,
  files: readonly string[],
  dialect: Dialect,
  options: OpenOptions,
): Promise<OpenSource> {
  const { names, unnamed } = dialect;
  checkNames(names, files[0] ?? '');
  const parts: string[] = [];
  const seen: Seen = { bytes: 0, blanks: false, several: 0, lines: 0, headless: [] };
  for (const [index, file] of files.entries()) {
    const part = await filePart(spec, file, index, dialect, options, seen);
    if (part !== undefined) parts.push(part);
  }
  if (parts.length === 0) parts.push(NO_RECORDS);
  // The list of cells is made in a query of its own: within CASE the engine would split every line again for each column.
  const fit = `CASE WHEN len(_cells) = ${names.length} THEN _cells WHEN len(_cells) > ${names.length} AND trim(array_to_string(_cells[${names.length + 1}:], ''), ${BLANK_CHARACTERS}) = '' THEN _cells END`;
  const checked = `SELECT _file, _row, _line, _raw, _problem, ${fit} AS _fit FROM (${parts.join(' UNION ALL ')})`;
  const columns = names.map((name, index): SourceColumn => ({
    name,
    type: 'text',
    ...(unnamed.has(index) ? { unnamed: true } : {}),
  }));
  const blanks = seen.blanks ? await countBlanks(checked, names, options) : [];
  const cells = names.map((name, index) => {
    const cell = `_fit[${index + 1}]`;
    return `nullif(${blanks.length > 0 ? `trim(${cell}, ${BLANK_CHARACTERS})` : cell}, '') AS ${sqlName(name)}`;
  });
  const view = freshName('csv');
  await options.engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, CASE WHEN _problem IS NOT NULL THEN _problem WHEN _fit IS NULL THEN 'cells' END AS _problem, _raw, ${cells.join(', ')} FROM (${checked})`,
  );
  const report = [...reportOf(seen, files), ...blanksReport(blanks, files)];
  return { files, bytes: seen.bytes, spec, columns, relation: view, report };
}

/** What was met while files were opened. */
interface Seen {
  bytes: number;
  /** Blanks may stand around cells. */
  blanks: boolean;
  /** Records over several lines, and how many these are. */
  several: number;
  lines: number;
  /** Files after the first that have no header. */
  readonly headless: string[];
}

/** The records of one file in SQL: `_file, _line, _row, _raw, _problem, _cells`; `undefined` where it has none. */
async function filePart(
  spec: SourceSpec,
  file: string,
  index: number,
  dialect: Dialect,
  { engine, signal }: OpenOptions,
  seen: Seen,
): Promise<string | undefined> {
  const { delimiter, quote } = dialect;
  const begins = await dialect.beginningOf(file);
  checkHeader(file, begins, dialect, seen);
  const scouted = await scout(file, quote, delimiter === BLANKS ? '' : delimiter, signal);
  seen.bytes += scouted.bytes;
  if (scouted.plain && scouted.bytes === 0) return undefined;
  const plain = spec.encoding === 'latin1' ? undefined : await plainFile(file, index, scouted, engine);
  if (plain !== undefined && scouted.blanks) seen.blanks = true;
  const rows =
    plain ??
    `SELECT ${index} AS _file, * FROM (${(await spool(engine, watched(recordsOf(spec, file, begins, dialect, signal), dialect, seen))).sql})`;
  const split = splitSql('_raw', delimiter);
  const cells = plain === undefined ? `coalesce(_cells, ${split})` : split;
  // Files that were put together bring their header each time.
  const again = begins.header === undefined ? undefined : sqlText(begins.header.raw);
  const problem = again === undefined ? '_problem' : `CASE WHEN _raw = ${again} THEN 'header' ELSE _problem END`;
  return `SELECT _file, _line, _row, _raw, _problem, CASE WHEN _problem IS NULL THEN ${cells} END AS _cells FROM (SELECT * REPLACE (${problem} AS _problem) FROM (${rows})${begins.last === 0 ? '' : ` WHERE _line > ${begins.last}`})`;
}

function recordsOf(
  spec: SourceSpec,
  file: string,
  { last }: Beginning,
  dialect: Dialect,
  signal: AbortSignal | undefined,
): AsyncIterable<ScannedRecord[]> {
  return records(linesAfter(file, spec.encoding, last, signal), dialect, dialect.names.length);
}

/** The same records, noticing what is reported of them. */
async function* watched(
  blocks: AsyncIterable<ScannedRecord[]>,
  { delimiter, quote }: Dialect,
  seen: Seen,
): AsyncGenerator<ScannedRecord[]> {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const blank = delimiter === '\t' ? ' ' : '[ \t]';
  const edge = [delimiter, quote]
    .filter((text) => text !== '')
    .map(literal)
    .join('|');
  const beside = delimiter === BLANKS ? /(?!)/ : new RegExp(`(^|\n|${edge})${blank}|${blank}(\r?\n|${edge}|$)`);
  for await (const block of blocks) {
    for (const { raw, cells, problem } of block) {
      if (problem !== null) continue;
      if (!seen.blanks && /[ \t]/.test(raw) && beside.test(raw)) seen.blanks = true;
      const ends = cells === null ? undefined : raw.match(/\r\n|\n|\r/g)?.length;
      if (ends === undefined) continue;
      seen.several++;
      seen.lines += ends + 1;
    }
    yield block;
  }
}

const NO_RECORDS =
  'SELECT CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS BIGINT) AS _row, CAST(NULL AS VARCHAR) AS _raw, CAST(NULL AS VARCHAR) AS _problem, CAST(NULL AS VARCHAR[]) AS _cells WHERE false';

/** Blank and tab, in SQL. */
const BLANK_CHARACTERS = "' \t'";

/** How many cells of each column have blanks around them. Files where none has, the usual case, are not trimmed: it would cost time. */
async function countBlanks(
  checked: string,
  names: readonly string[],
  { engine }: OpenOptions,
): Promise<readonly { readonly name: string; readonly count: number }[]> {
  const counts = names.map(
    (_, index) =>
      `CAST(count(*) FILTER (_fit[${index + 1}] <> trim(_fit[${index + 1}], ${BLANK_CHARACTERS})) AS DOUBLE) AS c${index}`,
  );
  const [row = {}] = await engine.rows(`SELECT ${counts.join(', ')} FROM (${checked})`);
  return names.map((name, index) => ({ name, count: Number(row[`c${index}`] ?? 0) })).filter(({ count }) => count > 0);
}

function blanksReport(
  columns: readonly { readonly name: string; readonly count: number }[],
  files: readonly string[],
): ReportEntry[] {
  if (columns.length === 0) return [];
  return [
    {
      kind: 'noted',
      what: `${sourceName(files)}: cells with blanks around them`,
      count: columns.reduce((sum, { count }) => sum + count, 0),
      why: `read without them: ${columns.map(({ name, count }) => `${name} ${count.toLocaleString('en-US')}`).join(', ')}`,
    },
  ];
}

function reportOf({ several, lines, headless }: Seen, files: readonly string[]): ReportEntry[] {
  return [
    ...(several === 0
      ? []
      : [
          {
            kind: 'noted' as const,
            what: `${sourceName(files)}: rows over several lines`,
            count: several,
            why: `quoted cells with line ends: ${several.toLocaleString('en-US')} rows on ${lines.toLocaleString('en-US')} lines`,
          },
        ]),
    ...(headless.length === 0
      ? []
      : [
          {
            kind: 'inferred' as const,
            what: `${headless.length === 1 ? 'a file' : 'files'} without a header`,
            count: headless.length,
            why: `${fileName(headless[0] ?? '')}${headless.length > 1 ? ' and others begin' : ' begins'} with a row: the columns are those of ${fileName(files[0] ?? '')}`,
          },
        ]),
  ];
}

function sourceName(files: readonly string[]): string {
  const first = fileName(files[0] ?? '');
  return files.length > 1 ? `${first} and ${files.length - 1} more` : first;
}

/** SQL does not tell names in upper and lower case apart. */
function checkNames(names: readonly string[], file: string): void {
  if (names.length > MOST_COLUMNS)
    throw new DataError([
      {
        file,
        line: 1,
        message: `has ${names.length} columns; ${MOST_COLUMNS} can be read`,
        cure: 'check the delimiter; leave out columns that nobody needs',
      },
    ]);
  const lower = names.map((name) => name.toLowerCase());
  const repeated = names.find((_, index) => lower.indexOf(lower[index] ?? '') !== index);
  const reserved = names.find((name) => /^_(file|row|line|problem|raw|cells|fit)$/i.test(name));
  const bad = repeated ?? reserved;
  if (bad === undefined) return;
  const message =
    repeated === undefined
      ? 'is a name that the reader uses itself'
      : 'is the name of two columns (upper and lower case are the same here)';
  throw new DataError([
    { file, line: 1, value: bad, message, cure: 'rename the column, or give the names with header: [..]' },
  ]);
}

/** Every file of a source has the columns of the first, in the same order, or begins with a row. @throws DataError */
function checkHeader(file: string, { header, width }: Beginning, dialect: Dialect, seen: Seen): void {
  const { names, hasHeader } = dialect;
  if (header === undefined) {
    if (hasHeader && width > 0) seen.headless.push(file);
    return;
  }
  const own = header.names;
  if (own.length === names.length && own.every((name, index) => name === names[index])) return;
  const message = `has the columns ${own.join(', ')}, the first file ${names.join(', ')}`;
  throw new DataError([{ file, line: header.line, message, cure: 'give all files of a source the same header' }]);
}
