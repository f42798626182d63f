// The files of the prepared form as relations, their columns as numbers and texts, and the errors of files that are not what they should be.
import { call, type Text, text } from '@difsr/errors';
import path from 'node:path';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { duckDb } from '../engine/duckdb.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import { PREPARED_FILES } from './manifest.js';

/** The cure of every broken folder. */
export const AGAIN: Text = text`prepare it again (${call('prepare')}), or restore the folder`;

/** A file of the form as a relation. */
export function table(folder: string, name: keyof typeof PREPARED_FILES): string {
  return `read_parquet(${sqlText(path.join(folder, PREPARED_FILES[name]))})`;
}

/** A column of text as a list. */
export async function readTexts(engine: Engine, sql: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of engine.chunks(sql)) {
    const vector = chunk.getColumnVector(0);
    if (!(vector instanceof duckDb().DuckDBVarCharVector)) throw new TypeError(`not a column of text: ${sql}`);
    for (let row = 0; row < chunk.rowCount; row++) texts.push(vector.getItem(row) ?? '');
  }
  return texts;
}

/** The values of a column of a chunk by row. */
export type Cells = (row: number) => number;

/** An INTEGER column. */
export function integers(chunk: DuckDBDataChunk, column: number): Cells {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof duckDb().DuckDBIntegerVector)) throw new TypeError(`column ${column} does not hold INTEGER`);
  return (row) => vector.getItem(row) ?? 0;
}

/** A DOUBLE column. */
export function doubles(chunk: DuckDBDataChunk, column: number): Cells {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof duckDb().DuckDBDoubleVector)) throw new TypeError(`column ${column} does not hold DOUBLE`);
  return (row) => vector.getItem(row) ?? 0;
}

/** A FLOAT column. */
export function floats(chunk: DuckDBDataChunk, column: number): Cells {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof duckDb().DuckDBFloatVector)) throw new TypeError(`column ${column} does not hold FLOAT`);
  return (row) => vector.getItem(row) ?? Number.NaN;
}

/** A UTINYINT column. */
export function bytes(chunk: DuckDBDataChunk, column: number): Cells {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof duckDb().DuckDBUTinyIntVector))
    throw new TypeError(`column ${column} does not hold UTINYINT`);
  return (row) => vector.getItem(row) ?? 0;
}

/** The error of a file with another number of rows than its manifest says. */
export function miscounted(
  folder: string,
  name: keyof typeof PREPARED_FILES,
  found: number,
  expected: number,
): DataError {
  const file = path.join(folder, PREPARED_FILES[name]);
  return new DataError([{ file, message: `holds ${found} rows; dataset.json says ${expected}`, cure: AGAIN }]);
}

/** The error of a row whose user is not where it should be. */
export function disordered(folder: string, row: number, user: number): DataError {
  const file = path.join(folder, PREPARED_FILES.interactions);
  const message = `is out of place: users must be in the order of their ids, with none left out`;
  return new DataError([{ file, line: row + 1, column: 'user', value: String(user), message, cure: AGAIN }]);
}

/** The error of interactions of another number of users than the manifest says. */
export function miscountedUsers(folder: string, found: number, expected: number): DataError {
  const file = path.join(folder, PREPARED_FILES.interactions);
  const message = `holds interactions of ${found} users; dataset.json says ${expected}`;
  return new DataError([{ file, message, cure: AGAIN }]);
}
