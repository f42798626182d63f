// Records that our own scanner made, as a relation of the engine. They are written into a file of the engine's folder in a form that the
// engine reads without doubt: handing over value by value would cost more than reading them.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import path from 'node:path';
import type { Engine } from '../engine/engine.js';
import { readLines } from './engine-read.js';
import { freshName } from './reader.js';
import type { ScannedRecord } from './records.js';

/** Between the columns of the file, and between cells. Both are escaped where they occur. */
const COLUMN = '\u0001';
const CELL = '\u0002';
const ESCAPE = '\u0003';
/** Character -> what stands for it after `ESCAPE`. */
const ESCAPES: Readonly<Record<string, string>> = {
  [COLUMN]: 'a',
  [CELL]: 'b',
  [ESCAPE]: 'c',
  '\n': 'n',
  '\r': 'r',
};
// oxlint-disable-next-line no-control-regex -- these are the characters
const SPECIAL = /[\u0001-\u0003\n\r]/;
// oxlint-disable-next-line no-control-regex -- these are the characters
const ALL_SPECIAL = /[\u0001-\u0003\n\r]/g;

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(ALL_SPECIAL, (found) => ESCAPE + (ESCAPES[found] ?? '')) : text;
}

function unescapeSql(column: string): string {
  const replaced = [COLUMN, CELL, '\n', '\r', ESCAPE].reduce(
    (sql, character) => `replace(${sql}, chr(3) || '${ESCAPES[character] ?? ''}', chr(${character.charCodeAt(0)}))`,
    column,
  );
  return `CASE WHEN contains(${column}, chr(3)) THEN ${replaced} ELSE ${column} END`;
}

/**
 * Writes records away, counts them, and gives the SQL that reads them: `_line, _row, _raw, _problem`, and `_cells` (a list; NULL where the record
 * has a problem, or no quotes and is to be split).
 */
export async function spool(
  engine: Engine,
  blocks: AsyncIterable<readonly ScannedRecord[]>,
): Promise<{ readonly sql: string; readonly records: number }> {
  const file = path.join(engine.folder, freshName('spool'));
  const out = createWriteStream(file, { highWaterMark: 1 << 22 });
  const done = finished(out);
  // A failed write rejects `done`; it is awaited below.
  done.catch(() => undefined);
  let longest = 0;
  let length = 0;
  let records = 0;
  try {
    for await (const block of blocks) {
      let text = '';
      records += block.length;
      for (const { line, raw, problem, cells } of block) {
        const row = `${line}${COLUMN}${problem ?? ''}${COLUMN}${escape(raw)}${COLUMN}${cells === null ? '' : cells.map((cell) => CELL + escape(cell)).join('')}\n`;
        if (row.length > longest) longest = row.length;
        text += row;
      }
      length += text.length;
      if (!out.write(text)) await Promise.race([once(out, 'drain'), done]);
    }
    out.end();
    await done;
  } catch (error) {
    out.destroy();
    throw error;
  }
  // At most three bytes of UTF-8 for each unit of UTF-16.
  const read = readLines(
    file,
    'none',
    { bytes: length * 3, longest: longest * 3 },
    ['line', 'problem', 'raw', 'cells'],
    COLUMN,
  );
  const cells = 'string_split(substr(_cells, 2), chr(2))';
  const unescaped = `CASE WHEN contains(_cells, chr(3)) THEN list_transform(${cells}, lambda x: ${unescapeSql('x')}) ELSE ${cells} END`;
  const sql = `SELECT n AS _line, n - 1 AS _row, ${unescapeSql('_raw')} AS _raw, _problem, CASE WHEN _cells IS NOT NULL THEN ${unescaped} END AS _cells FROM (SELECT CAST(line AS BIGINT) AS n, problem AS _problem, coalesce(raw, '') AS _raw, cells AS _cells FROM ${read})`;
  return { sql, records };
}
