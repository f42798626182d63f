// The two files of the S3-Rec form: NAME.txt (a user and the items in time order per line) and NAME_item2attributes.json.
import { readFile } from 'node:fs/promises';
import { type AttributeEntry, parseAttributeJson } from '../attribute-json.js';
import { ProblemList } from '../errors.js';
import { readText } from '../files.js';
import { VARCHAR } from '@duckdb/node-api';
import { lineRelation } from './lines.js';
import { freshName, type SourceReader } from './reader.js';

/** Items per line that `_row` leaves room for. */
const PLACES = 2 ** 20;

/** Opens sequences: a row per interaction, columns `user` and `item`. A line that is not ids between single spaces is broken as a whole. */
export const openS3Rec: SourceReader = async (spec, files, options) => {
  const { relation, bytes } = await lineRelation(spec, files, options);
  const view = freshName('s3rec');
  await options.engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row * ${PLACES} + place AS _row, _line, _problem, _raw, CASE WHEN _problem IS NULL THEN words[1] END AS "user", CASE WHEN _problem IS NULL THEN words[place + 2] END AS item FROM (SELECT _file, _row, _line, _raw, words, _problem, unnest(range(CASE WHEN _problem IS NULL THEN len(words) - 1 ELSE 1 END)) AS place FROM (SELECT _file, _row, _line, _raw, string_split(_raw, ' ') AS words, CASE WHEN _problem IS NOT NULL THEN _problem WHEN NOT regexp_full_match(_raw, '[1-9][0-9]*( [1-9][0-9]*)+') THEN 'cells' END AS _problem FROM ${relation}))`,
  );
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
export const openS3RecAttributes: SourceReader = async (spec, files, { engine }) => {
  const table = freshName('attributes');
  await engine.run(
    `CREATE TABLE ${table} (_file INTEGER, _row BIGINT, _line BIGINT, _problem VARCHAR, _raw VARCHAR, item VARCHAR, attributes JSON)`,
  );
  const appender = await engine.connection.createAppender(table);
  for (const [index, file] of files.entries()) {
    const problems = new ProblemList();
    const entries: readonly AttributeEntry[] = parseAttributeJson(await readText(file), file, problems);
    problems.throwIfAny();
    for (const [row, { item, attributes }] of entries.entries()) {
      appender.appendInteger(index);
      appender.appendBigInt(BigInt(row));
      appender.appendBigInt(1n);
      appender.appendNull();
      appender.appendVarchar(JSON.stringify({ [item]: attributes }));
      appender.appendVarchar(item);
      appender.appendValue(JSON.stringify(attributes), VARCHAR);
      appender.endRow();
    }
  }
  appender.flushSync();
  appender.closeSync();
  let bytes = 0;
  for (const file of files) bytes += (await readFile(file)).length;
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
