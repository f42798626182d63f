// Text files as a relation of lines: `_file, _line, _row, _raw, _problem` (utf-8, nul, too-long). Plain files are read by the engine
// each time they are scanned, others once, by ours, into a table.
import { isUtf8 } from 'node:buffer';
import { BIGINT, DuckDBDataChunk, type DuckDBValue, INTEGER, LIST, VARCHAR } from '@duckdb/node-api';
import type { SourceSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { type Line, linesOf } from './bytes.js';
import { freshName } from './reader.js';
import { LONGEST_RECORD, scout } from './scout.js';
import type { OpenOptions, RecordProblem } from './source.js';

/** Every line of a plain file that is not empty, in SQL. */
export function plainLines(file: string, index: number, newline: '\n' | '\r\n'): string {
  // DuckDB 1.5.6 finds no line where it is told of CRLF in strict mode, and all of them where it finds out by itself.
  const end = newline === '\n' ? `, new_line = ${sqlText(String.raw`\n`)}` : '';
  // U+0001 does not occur in a plain file, so a line is one cell.
  const read = `read_csv(${sqlText(file)}, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = chr(1), quote = '', escape = ''${end}, max_line_size = ${LONGEST_RECORD + 16}, null_padding = false, strict_mode = true)`;
  return `SELECT ${index} AS _file, n AS _line, n - 1 AS _row, line AS _raw, CAST(NULL AS VARCHAR) AS _problem FROM (SELECT row_number() OVER () AS n, line FROM ${read}) WHERE line IS NOT NULL AND line <> ''`;
}

/** A record that our own scanner made. */
export interface ScannedRecord {
  readonly line: number;
  readonly raw: string;
  readonly problem: RecordProblem | null;
  /** Cells of a delimited record without a problem. */
  readonly cells: readonly string[] | null;
}

/** Appends records to a table in large chunks. */
export async function appendRecords(
  engine: Engine,
  table: string,
  records: AsyncIterable<{ readonly file: number; readonly record: ScannedRecord }>,
): Promise<void> {
  await engine.run(
    `CREATE TABLE ${table} (_file INTEGER, _line BIGINT, _row BIGINT, _raw VARCHAR, _problem VARCHAR, _cells VARCHAR[])`,
  );
  const appender = await engine.connection.createAppender(table);
  const types = [INTEGER, BIGINT, BIGINT, VARCHAR, VARCHAR, LIST(VARCHAR)];
  const columns: DuckDBValue[][] = types.map(() => []);
  const flush = (): void => {
    const rows = columns[0]?.length ?? 0;
    if (rows === 0) return;
    const chunk = DuckDBDataChunk.create(types, rows);
    chunk.setColumns(columns);
    appender.appendDataChunk(chunk);
    for (const column of columns) column.length = 0;
  };
  for await (const { file, record } of records) {
    columns[0]?.push(file);
    columns[1]?.push(BigInt(record.line));
    columns[2]?.push(BigInt(record.line - 1));
    columns[3]?.push(record.raw);
    columns[4]?.push(record.problem);
    columns[5]?.push(record.cells === null ? null : ({ items: [...record.cells] } as DuckDBValue));
    if ((columns[0]?.length ?? 0) === CHUNK) flush();
  }
  flush();
  appender.flushSync();
  appender.closeSync();
}

/** DuckDB's own vector size. */
const CHUNK = 2048;

/** The text of a line, and what is wrong with it. */
export function readLine({ bytes, number }: Line, encoding: SourceSpec['encoding']): ScannedRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = number === 1 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0;
  if (buffer.length > LONGEST_RECORD)
    return { line: number, raw: clean(buffer.toString('utf8', begin, 1000)), problem: 'too-long', cells: null };
  const raw = encoding === 'latin1' ? buffer.toString('latin1') : buffer.toString('utf8', begin);
  if (encoding !== 'latin1' && !isUtf8(buffer)) return { line: number, raw: clean(raw), problem: 'utf-8', cells: null };
  if (raw.includes('\0')) return { line: number, raw: clean(raw), problem: 'nul', cells: null };
  return { line: number, raw, problem: null, cells: null };
}

/** The engine's text holds no NUL. */
function clean(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** Lines as a relation, for forms in which a line is a record. */
export async function lineRelation(
  spec: SourceSpec,
  files: readonly string[],
  options: OpenOptions,
): Promise<{ readonly relation: string; readonly bytes: number }> {
  const parts: string[] = [];
  const careful: { readonly file: string; readonly index: number }[] = [];
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const seen = await scout(file, '', options.signal);
    bytes += seen.bytes;
    if (seen.plain && spec.encoding !== 'latin1') {
      if (seen.bytes > 0) parts.push(plainLines(file, index, seen.newline));
    } else careful.push({ file, index });
  }
  if (careful.length > 0) {
    const table = freshName('lines');
    await appendRecords(
      options.engine,
      table,
      (async function* () {
        for (const { file, index } of careful) {
          for await (const line of linesOf(file, options.signal)) {
            const record = readLine(line, spec.encoding);
            if (record.raw !== '' || record.problem !== null) yield { file: index, record };
          }
        }
      })(),
    );
    parts.push(`SELECT _file, _line, _row, _raw, _problem FROM ${table}`);
  }
  if (parts.length === 0) parts.push(NO_LINES);
  return { relation: `(${parts.join(' UNION ALL ')})`, bytes };
}

const NO_LINES =
  'SELECT CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS BIGINT) AS _row, CAST(NULL AS VARCHAR) AS _raw, CAST(NULL AS VARCHAR) AS _problem WHERE false';
