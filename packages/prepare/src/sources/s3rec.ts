// The two files of the S3-Rec form: NAME.txt (a user and the items in time order per line) and NAME_item2attributes.json.
import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { type AttributeEntry, parseAttributeJson } from '../texts/attribute-json.js';
import { DataError } from '@difsr/data';
import { ProblemList } from '@difsr/data/internal';
import { duckDb } from '../engine/duckdb.js';
import { unpackedBytes } from './bytes.js';
import { lineRelations } from './lines.js';
import { freshName, type SourceReader } from './reader.js';

/** Opens sequences: a row per interaction, columns `user` and `item`. A line that is not ids between single spaces is one broken row. */
export const openS3Rec: SourceReader = async (spec, files, options) => {
  const { relations, bytes } = await lineRelations(spec, files, options);
  const view = freshName('s3rec');
  // Per file: rows are counted over its interactions, in the order of lines.
  const parts = relations.map((lines) => {
    const judged = `SELECT _file, _line, _raw, string_split(_raw, ' ') AS words, CASE WHEN _problem IS NOT NULL THEN _problem WHEN NOT regexp_full_match(_raw, '[1-9][0-9]*( [1-9][0-9]*)+') THEN 'cells' END AS _problem FROM (${lines})`;
    const placed = `SELECT _file, _line, _problem, _raw, words[1] AS "user", unnest(CASE WHEN _problem IS NULL THEN words[2:] ELSE [NULL] END) AS item FROM (${judged})`;
    return `SELECT _file, row_number() OVER () - 1 AS _row, _line, _problem, _raw, CASE WHEN _problem IS NULL THEN "user" END AS "user", item FROM (${placed})`;
  });
  await options.engine.run(`CREATE VIEW ${view} AS ${parts.join(' UNION ALL ')}`);
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

/** Opens attributes: a row per entry in the order of the file, columns `item` and `attributes` (a list). */
export const openS3RecAttributes: SourceReader = async (spec, files, { engine, signal }) => {
  const table = freshName('attributes');
  await engine.run(
    `CREATE TABLE ${table} (_file INTEGER, _row BIGINT, _line BIGINT, _problem VARCHAR, _raw VARCHAR, item VARCHAR, attributes JSON)`,
  );
  const appender = await engine.connection.createAppender(table, engine.schema);
  for (const [index, file] of files.entries()) {
    const problems = new ProblemList();
    const entries: readonly AttributeEntry[] = parseAttributeJson(await wholeText(file, signal), file, problems);
    problems.throwIfAny();
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
    report: [],
  };
};

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
