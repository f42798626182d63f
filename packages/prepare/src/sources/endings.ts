// What the ending of a name tells of a file: one table for all that look for files, and for what recognises them.
import path from 'node:path';
import { unpackedName } from './bytes.js';

/** `objects`: one on each line; `beside`: what atomic files have beside the log; `text`: anything may stand in it. */
type NamedForm = 'csv' | 'objects' | 'json' | 'parquet' | 'duckdb' | 'atomic' | 'beside' | 'text';

const FORMS: ReadonlyMap<string, NamedForm> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.tab', 'csv'],
  ['.psv', 'csv'],
  ['.jsonl', 'objects'],
  ['.ndjson', 'objects'],
  ['.json', 'json'],
  ['.parquet', 'parquet'],
  ['.pq', 'parquet'],
  ['.duckdb', 'duckdb'],
  ['.ddb', 'duckdb'],
  ['.inter', 'atomic'],
  ['.item', 'beside'],
  ['.user', 'beside'],
  ['.txt', 'text'],
  ['.dat', 'text'],
  ['.data', 'text'],
]);

/** What the files of S3-Rec that lie beside `NAME.txt` are called. */
export const S3REC_ATTRIBUTES = '_item2attributes.json';

/** The form that a name tells, packed or not. */
export function formOfName(file: string): NamedForm | undefined {
  return FORMS.get(path.extname(unpackedName(file)).toLowerCase());
}

/** A name without packing and without the ending of a form: `My.Clicks.csv.gz` is `My.Clicks`. */
export function stemOf(file: string): string {
  const plain = unpackedName(file);
  return formOfName(plain) === undefined ? plain : plain.slice(0, -path.extname(plain).length);
}
