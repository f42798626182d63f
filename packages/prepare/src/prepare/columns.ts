// Columns and expressions of a description as SQL over a source's relation. A name that the source lacks is an error with the nearest.
import { nearestName } from '@difsr/errors';
import type { ColumnSpec } from '../description/types.js';
import { sqlName } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import type { OpenSource, SourceColumn } from '../sources/source.js';

/** SQL of a row's place: file * 2^44 + row, in the order of the files. */
export const PLACE: string = `CAST(_file AS BIGINT) * ${2 ** 44} + _row`;

/** A column of a source in SQL, and how to read it as text. */
export interface ColumnSql {
  /** What problems call it. */
  readonly label: string;
  /** Its own type. */
  readonly value: string;
  /** As VARCHAR; empty text is NULL. */
  readonly text: string;
  readonly type: SourceColumn['type'];
}

/** The SQL of a column. @throws DataError if the source has no such column */
export function columnSql(source: OpenSource, column: ColumnSpec, role: string): ColumnSql {
  if (typeof column !== 'string') {
    // On a line of its own: a comment at its end ends there.
    const value = `(${column.sql}\n)`;
    return {
      label: role,
      value,
      text: `nullif(CAST(${value} AS VARCHAR), '')`,
      type: { native: 'expression' },
    };
  }
  const found = source.columns.find(({ name }) => name === column);
  if (found === undefined) throw missing(source, column, role);
  const value = sqlName(column);
  const text =
    found.type === 'text'
      ? value
      : found.type === 'json'
        ? `nullif(${value} ->> '$', '')`
        : `nullif(CAST(${value} AS VARCHAR), '')`;
  return { label: column, value, text, type: found.type };
}

/** The SQL of a column as people would write it into an expression over text. */
export function writtenSql(spec: ColumnSpec, { type }: ColumnSql): string {
  if (typeof spec !== 'string') return `(${spec.sql})`;
  const column = sqlName(spec);
  return type === 'text' ? column : type === 'json' ? `(${column} ->> '$')` : `CAST(${column} AS VARCHAR)`;
}

/** A column as JSON text, whatever it is: lists become arrays, text a string. */
export function jsonSql({ value, type }: ColumnSql): string {
  return type === 'json' ? `CAST(${value} AS VARCHAR)` : `CAST(to_json(${value}) AS VARCHAR)`;
}

function missing(source: OpenSource, column: string, role: string): DataError {
  const names = source.columns.map(({ name }) => name);
  const nearest = nearestName(column, names);
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  return new DataError([
    {
      file: source.files[0] ?? 'source',
      value: column,
      message: `is a column that the file lacks${hint}; it has ${names.join(', ')}`,
      cure: `name the column of the ${role} in the description`,
    },
  ]);
}
