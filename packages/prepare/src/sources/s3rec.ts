// The two files of the S3-Rec form: NAME.txt (a user and the items in time order per line) and NAME_item2attributes.json.
import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { type AttributeEntry, parseAttributeJson } from './attribute-json.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { ProblemList } from '@difsr/data/internal';
import { duckDb } from '../engine/duckdb.js';
import type { Engine } from '../engine/engine.js';
import { unpackedBytes } from './bytes.js';
import { lineRelations } from './lines.js';
import { freshName, type SourceReader } from './reader.js';

/** SQL condition: a line is ids between single blanks. */
const IS_SEQUENCE = "regexp_full_match(_raw, '[1-9][0-9]*( [1-9][0-9]*)+')";

/** Opens sequences: a row per interaction, columns `user` and `item`. A line that is not ids between single spaces is one broken row. */
export const openS3Rec: SourceReader = async (spec, files, options) => {
  const { relations, bytes } = await lineRelations(spec, files, options);
  const view = freshName('s3rec');
  // Per file: rows are counted over its interactions, in the order of lines.
  const parts = relations.map((lines) => {
    const judged = `SELECT _file, _line, _raw, string_split(_raw, ' ') AS words, CASE WHEN _problem IS NOT NULL THEN _problem WHEN NOT ${IS_SEQUENCE} THEN 'sequence' END AS _problem FROM (${lines})`;
    const placed = `SELECT _file, _line, _problem, _raw, words[1] AS "user", unnest(CASE WHEN _problem IS NULL THEN words[2:] ELSE [NULL] END) AS item FROM (${judged})`;
    return `SELECT _file, row_number() OVER () - 1 AS _row, _line, _problem, _raw, CASE WHEN _problem IS NULL THEN "user" END AS "user", item FROM (${placed})`;
  });
  await options.engine.run(`CREATE VIEW ${view} AS ${parts.join(' UNION ALL ')}`);
  for (const [index, lines] of relations.entries()) await refuseSecondLines(options.engine, lines, files[index] ?? '');
  return {
    files,
    bytes,
    spec: { ...spec, format: 's3rec' },
    columns: [
      { name: 'user', type: 'text' },
      { name: 'item', type: 'text' },
    ],
    relation: view,
    report: [],
  };
};

/** A user is one line of a file: on a second line it may as well be another user with the same number. */
async function refuseSecondLines(engine: Engine, lines: string, file: string): Promise<void> {
  const [again] = await engine.rows(
    `SELECT split_part(_raw, ' ', 1) AS id, CAST(min(_line) AS DOUBLE) AS first, CAST(min(_line, 2)[2] AS DOUBLE) AS second FROM (${lines}) WHERE _problem IS NULL AND ${IS_SEQUENCE} GROUP BY id HAVING count(*) > 1 ORDER BY second LIMIT 1`,
  );
  if (again === undefined) return;
  throw new DataError([
    {
      file,
      line: Number(again['second']),
      column: 1,
      value: String(again['id']),
      message: `is a user that line ${Number(again['first'])} has already`,
      cure: 'put all items of a user into one line, or give the users different ids',
    },
  ]);
}

/** Opens attributes: a row per entry in the order of the file, columns `item` and `attributes` (a list). */
export const openS3RecAttributes: SourceReader = async (spec, files, { engine, signal }) => {
  const table = freshName('attributes');
  await engine.run(
    `CREATE TABLE ${table} (_file INTEGER, _row BIGINT, _line BIGINT, _problem VARCHAR, _raw VARCHAR, item VARCHAR, attributes JSON)`,
  );
  const repeating: AttributeEntry[] = [];
  const appender = await engine.connection.createAppender(table, engine.schema);
  for (const [index, file] of files.entries()) {
    const problems = new ProblemList();
    const entries: readonly AttributeEntry[] = parseAttributeJson(await wholeText(file, signal), file, problems);
    problems.throwIfAny();
    repeating.push(...entries.filter(({ attributes }) => new Set(attributes).size < attributes.length));
    for (const [row, { item, attributes }] of entries.entries()) {
      appender.appendInteger(index);
      appender.appendBigInt(BigInt(row));
      appender.appendBigInt(1n);
      appender.appendNull();
      appender.appendVarchar(JSON.stringify({ [item]: attributes }));
      appender.appendVarchar(item);
      appender.appendValue(JSON.stringify(attributes), duckDb().VARCHAR);
      appender.endRow();
    }
  }
  appender.flushSync();
  appender.closeSync();
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return {
    files,
    bytes,
    spec: { ...spec, format: 's3rec-attributes' },
    columns: [
      { name: 'item', type: 'text' },
      { name: 'attributes', type: 'json' },
    ],
    relation: table,
    report: repeating.length === 0 ? [] : [repeatedAttributes(repeating)],
  };
};

function repeatedAttributes(entries: readonly AttributeEntry[]): ReportEntry {
  const count = entries.reduce((sum, { attributes }) => sum + attributes.length - new Set(attributes).size, 0);
  const why = `${entries.length} items list an attribute more than once: each counts once`;
  return { kind: 'dropped', what: 'repeated attributes', count, why };
}

/** Far more than any catalogue of attribute ids has. */
const LARGEST = 256 * 1024 * 1024;

async function wholeText(file: string, signal?: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of unpackedBytes(file, signal)) {
    length += piece.length;
    if (length > LARGEST)
      throw new DataError([
        { file, message: 'is longer than 256 MiB', cure: 'write attributes of so many items as JSON lines or Parquet' },
      ]);
    pieces.push(Buffer.from(piece));
  }
  const bytes = Buffer.concat(pieces);
  if (!isUtf8(bytes))
    throw new DataError([
      { file, message: 'is not valid UTF-8', cure: 'convert the file: iconv -f ISO-8859-1 -t UTF-8' },
    ]);
  return new TextDecoder('utf-8').decode(bytes);
}
