// Delimited text: csv with any delimiter, quoted or not, and RecBole's atomic files. Files without quotes are split by the engine;
// the others go through our own scanner.
import type { SourceSpec } from '../description/types.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError } from '../errors.js';
import { type Dialect, headerOf, recogniseDialect } from './dialect.js';
import { plainFile } from './lines.js';
import { freshName, MOST_COLUMNS, type SourceReader } from './reader.js';
import { records, type ScannedRecord } from './records.js';
import { scout } from './scout.js';
import type { OpenSource, SourceColumn } from './source.js';
import { spool } from './spool.js';
import { textLines } from './text.js';

/** Opens csv files, all with the same columns. */
export const openCsv: SourceReader = async (spec, files, options) => {
  const { dialect, report } = await recogniseDialect(spec, files, options.signal);
  const open = await openDelimited(spec, files, dialect, options);
  return {
    ...open,
    report,
    spec: { ...spec, format: 'csv', delimiter: dialect.delimiter, header: spec.header ?? dialect.header },
  };
};

const ATOMIC_CURE =
  'begin with a header of tab-separated name:type, types token, token_seq, float, float_seq; or say format: csv';

/** Opens atomic files: tabs, no quotes, a header of name:type, of which the names count. */
export const openAtomic: SourceReader = async (spec, files, options) => {
  const [file = ''] = files;
  const form = { delimiter: '\t', quote: '' };
  const header = await headerOf(file, spec.encoding, form, options.signal);
  if (header === undefined) throw new DataError([{ file, message: 'the file is empty', cure: ATOMIC_CURE }]);
  const wrong = header.cells.find((cell) => !/^.+:(token|token_seq|float|float_seq)$/s.test(cell.trim()));
  if (wrong !== undefined)
    throw new DataError([{ file, line: header.line, value: wrong, message: 'is not name:type', cure: ATOMIC_CURE }]);
  const names = header.cells.map(atomicName);
  const open = await openDelimited(spec, files, { ...form, header: true, names, nameOf: atomicName }, options);
  return { ...open, spec: { ...spec, format: 'atomic' } };
};

function atomicName(cell: string): string {
  return cell.slice(0, Math.max(0, cell.lastIndexOf(':'))).trim();
}

async function openDelimited(
  spec: SourceSpec,
  files: readonly string[],
  dialect: Dialect,
  options: Parameters<SourceReader>[2],
): Promise<OpenSource> {
  const { delimiter, names } = dialect;
  checkNames(names, files[0] ?? '');
  const parts: string[] = [];
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const headerLine = await checkHeader(file, spec, dialect, options.signal);
    const seen = await scout(file, dialect.quote, options.signal);
    bytes += seen.bytes;
    if (seen.plain && seen.bytes === 0) continue;
    const plain = spec.encoding === 'latin1' ? undefined : await plainFile(file, index, seen, options.engine);
    const rows =
      plain ??
      `SELECT ${index} AS _file, * FROM (${(await spool(options.engine, recordsOf(file, spec, dialect, options.signal))).sql})`;
    const cells = `string_split(_raw, ${sqlText(delimiter)})`;
    parts.push(
      `SELECT _file, _line, _row, _raw, _problem, CASE WHEN _problem IS NULL THEN ${plain === undefined ? `coalesce(_cells, ${cells})` : cells} END AS _cells FROM (${rows})${headerLine === 0 ? '' : ` WHERE _line > ${headerLine}`}`,
    );
  }
  if (parts.length === 0) parts.push(NO_RECORDS);
  // The list of cells is made in a query of its own: within CASE the engine would split every line again for each column.
  const checked = `SELECT _file, _row, _line, _raw, _problem, CASE WHEN len(_cells) = ${names.length} THEN _cells END AS _fit FROM (${parts.join(' UNION ALL ')})`;
  const columns = names.map((name): SourceColumn => ({ name, type: 'text' }));
  const cells = names.map((name, index) => `nullif(_fit[${index + 1}], '') AS ${sqlName(name)}`);
  const view = freshName('csv');
  await options.engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, CASE WHEN _problem IS NOT NULL THEN _problem WHEN _fit IS NULL THEN 'cells' END AS _problem, _raw, ${cells.join(', ')} FROM (${checked})`,
  );
  return { files, bytes, spec, columns, relation: view, report: [] };
}

const NO_RECORDS =
  'SELECT CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS BIGINT) AS _row, CAST(NULL AS VARCHAR) AS _raw, CAST(NULL AS VARCHAR) AS _problem, CAST(NULL AS VARCHAR[]) AS _cells WHERE false';

function recordsOf(
  file: string,
  spec: SourceSpec,
  dialect: Dialect,
  signal: AbortSignal | undefined,
): AsyncIterable<ScannedRecord[]> {
  return records(textLines(file, spec.encoding, signal), dialect, dialect.names.length);
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

/** The line of a file's header, 0 where it has none. Every file of a source has the columns of the first, in the same order. */
async function checkHeader(file: string, spec: SourceSpec, dialect: Dialect, signal?: AbortSignal): Promise<number> {
  if (!dialect.header) return 0;
  const header = await headerOf(file, spec.encoding, dialect, signal);
  if (header === undefined) return 0;
  const { names } = dialect;
  const own = header.cells.map(dialect.nameOf);
  // A name that is empty was given one.
  if (own.length === names.length && own.every((name, index) => name === names[index] || name === ''))
    return header.line;
  const message = `has the columns ${own.join(', ')}, the first file ${names.join(', ')}`;
  throw new DataError([{ file, line: header.line, message, cure: 'give all files of a source the same header' }]);
}
