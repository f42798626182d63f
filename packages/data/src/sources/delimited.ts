// Delimited text: csv with any delimiter, quoted or not, and RecBole's atomic files. Files without quotes are split by the engine;
// the others go through `records`, which reads RFC 4180 and marks what is not.
import type { SourceSpec } from '../description/types.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError } from '../errors.js';
import { fileName } from '../raw.js';
import type { ReportEntry } from '../types.js';
import { type Line, linesOf } from './bytes.js';
import { type Dialect, recogniseDialect } from './dialect.js';
import { appendRecords, plainLines, readLine, type ScannedRecord } from './lines.js';
import { freshName, type SourceReader } from './reader.js';
import { LONGEST_RECORD, scout } from './scout.js';
import type { OpenSource, SourceColumn } from './source.js';

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

/** Opens atomic files: tabs, no quotes, a header of name:type, of which the names count. */
export const openAtomic: SourceReader = async (spec, files, options) => {
  const [first] = files;
  const header = first === undefined ? undefined : await firstLine(first, options.signal);
  const columns = (header ?? '').split('\t');
  const wrong = columns.find((column) => !/^[^:]+:(token|token_seq|float|float_seq)$/.test(column));
  if (wrong !== undefined) {
    const cure =
      'begin with a header of tab-separated name:type, types token, token_seq, float, float_seq; or say format: csv';
    throw new DataError([{ file: first ?? '', line: 1, value: wrong, message: 'is not name:type', cure }]);
  }
  const names = columns.map((column) => column.split(':')[0] ?? '');
  // Recognised or stated: the headers of the other files are compared as those of this form.
  const atomic: SourceSpec = { ...spec, format: 'atomic' };
  const open = await openDelimited(atomic, files, { delimiter: '\t', quote: '', header: true, names }, options);
  return { ...open, spec: atomic };
};

async function openDelimited(
  spec: SourceSpec,
  files: readonly string[],
  { delimiter, quote, header, names }: Dialect,
  options: Parameters<SourceReader>[2],
): Promise<OpenSource> {
  checkNames(names, files[0] ?? '');
  const parts: string[] = [];
  const careful: { readonly file: string; readonly index: number }[] = [];
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const seen = await scout(file, quote, options.signal);
    bytes += seen.bytes;
    if (seen.plain && spec.encoding !== 'latin1') {
      if (seen.bytes > 0)
        parts.push(
          `SELECT _file, _line, _row, _raw, _problem, string_split(_raw, ${sqlText(delimiter)}) AS _cells FROM (${plainLines(file, index, seen.newline)})${header ? ' WHERE _line > 1' : ''}`,
        );
    } else careful.push({ file, index });
    if (index > 0 && header) await checkHeader(file, names, { delimiter, quote, header, names }, spec, options.signal);
  }
  if (careful.length > 0) {
    const table = freshName('records');
    await appendRecords(
      options.engine,
      table,
      (async function* () {
        for (const { file, index } of careful) {
          for await (const record of records(linesOf(file, options.signal), spec.encoding, delimiter, quote)) {
            if (!header || record.line > 1) yield { file: index, record };
          }
        }
      })(),
    );
    parts.push(`SELECT _file, _line, _row, _raw, _problem, _cells FROM ${table}`);
  }
  if (parts.length === 0)
    parts.push(
      'SELECT CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS BIGINT) AS _row, CAST(NULL AS VARCHAR) AS _raw, CAST(NULL AS VARCHAR) AS _problem, CAST(NULL AS VARCHAR[]) AS _cells WHERE false',
    );
  const fits = `_problem IS NULL AND len(_cells) = ${names.length}`;
  const cells = names.map(
    (name, index) => `CASE WHEN ${fits} THEN nullif(_cells[${index + 1}], '') END AS ${sqlName(name)}`,
  );
  const problem = `CASE WHEN _problem IS NOT NULL THEN _problem WHEN len(_cells) <> ${names.length} THEN 'cells' END AS _problem`;
  const view = freshName('csv');
  await options.engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, ${problem}, _raw, ${cells.join(', ')} FROM (${parts.join(' UNION ALL ')})`,
  );
  const columns = names.map((name): SourceColumn => ({ name, type: 'text' }));
  return { files, bytes, spec, columns, relation: view, report: [] satisfies ReportEntry[] };
}

function checkNames(names: readonly string[], file: string): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  const reserved = names.find((name) => /^_(file|row|line|problem|raw|cells)$/.test(name));
  const bad = repeated ?? reserved;
  if (bad === undefined) return;
  const message = repeated === undefined ? 'is a name that the reader uses itself' : 'is the name of two columns';
  throw new DataError([
    { file, line: 1, value: bad, message, cure: 'rename the column, or give the names with header: [..]' },
  ]);
}

/** Every file of a source has the columns of the first, in the same order. */
async function checkHeader(
  file: string,
  names: readonly string[],
  dialect: Dialect,
  spec: SourceSpec,
  signal?: AbortSignal,
): Promise<void> {
  if (Array.isArray(spec.header)) return;
  for await (const record of records(linesOf(file, signal), spec.encoding, dialect.delimiter, dialect.quote)) {
    const own = (record.cells ?? []).map((name) =>
      spec.format === 'atomic' ? (name.split(':')[0] ?? '') : name.trim(),
    );
    if (own.length === names.length && own.every((name, index) => name === names[index])) return;
    const message = `has the columns ${own.join(', ')}, the first file ${names.join(', ')}`;
    throw new DataError([{ file, line: 1, message, cure: 'give all files of a source the same header' }]);
  }
}

async function firstLine(file: string, signal?: AbortSignal): Promise<string | undefined> {
  for await (const line of linesOf(file, signal)) return readLine(line, 'utf-8').raw;
  return undefined;
}

/** Lines and bytes that a quoted cell may run on before its quote counts as never closed. */
const LONGEST_QUOTE_LINES = 1000;
const LONGEST_QUOTE_BYTES = 1 << 20;

/**
 * The records of delimited lines. A quote begins a quoted cell where a cell begins, and means nothing elsewhere; a quoted cell may hold the delimiter,
 * line ends and doubled quotes. A record that is broken is its first line alone: reading goes on at the next one, so that
 * a stray quote never swallows what follows it.
 */
export async function* records(
  lines: AsyncIterable<Line>,
  encoding: SourceSpec['encoding'],
  delimiter: string,
  quote: string,
): AsyncGenerator<ScannedRecord> {
  const iterator = lines[Symbol.asyncIterator]();
  const ahead: { readonly record: ScannedRecord; readonly end: string }[] = [];
  const fill = async (count: number): Promise<boolean> => {
    while (ahead.length < count) {
      const { done, value } = await iterator.next();
      if (done === true) return false;
      ahead.push({ record: readLine(value, encoding), end: value.end });
    }
    return true;
  };
  let width = 0;
  while (await fill(1)) {
    const head = ahead.shift();
    if (head === undefined) return;
    const { record } = head;
    if (record.problem !== null) {
      yield record;
      continue;
    }
    if (record.raw === '') continue;
    if (quote === '' || !record.raw.includes(quote)) {
      const cells = record.raw.split(delimiter);
      width ||= cells.length;
      yield { ...record, cells };
      continue;
    }
    let raw = record.raw;
    let end = head.end;
    let parsed = parseCells(raw, delimiter, quote);
    let taken = 0;
    while (
      parsed === 'open' &&
      taken < LONGEST_QUOTE_LINES &&
      raw.length < LONGEST_QUOTE_BYTES &&
      (await fill(taken + 1))
    ) {
      const next = ahead[taken];
      if (next === undefined || next.record.problem !== null) break;
      raw += end + next.record.raw;
      end = next.end;
      taken++;
      // Only a line with a quote can close one.
      if (next.record.raw.includes(quote)) parsed = parseCells(raw, delimiter, quote);
    }
    const cells = parsed === 'open' || parsed === 'broken' ? null : parsed;
    // A record over several lines that does not fit is more likely a stray quote that met another.
    if (cells === null || (taken > 0 && width > 0 && cells.length !== width)) {
      yield { ...record, problem: 'quote' };
      continue;
    }
    width ||= cells.length;
    ahead.splice(0, taken);
    yield raw.length > LONGEST_RECORD ? { ...record, problem: 'too-long' } : { ...record, raw, cells };
  }
}

/** The cells of a record; `open` where a quote is not closed yet, `broken` where text follows a closing quote. */
function parseCells(raw: string, delimiter: string, quote: string): string[] | 'open' | 'broken' {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (raw.startsWith(quote, at)) {
      let cell = '';
      let from = at + 1;
      for (;;) {
        const close = raw.indexOf(quote, from);
        if (close === -1) return 'open';
        cell += raw.slice(from, close);
        from = close + 1;
        if (!raw.startsWith(quote, from)) break;
        cell += quote;
        from++;
      }
      cells.push(cell);
      if (from === raw.length) return cells;
      if (!raw.startsWith(delimiter, from)) return 'broken';
      at = from + delimiter.length;
    } else {
      const next = raw.indexOf(delimiter, at);
      if (next === -1) {
        cells.push(raw.slice(at));
        return cells;
      }
      cells.push(raw.slice(at, next));
      at = next + delimiter.length;
    }
  }
}
