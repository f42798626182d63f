// What every reader is: a function from a source's description and its files to an open source.
import type { SourceSpec } from '../description/types.js';
import type { OpenOptions, OpenSource } from './source.js';

/** Reader of one form. `files` exist; there is at least one (none for tables of a server). */
export type SourceReader = (spec: SourceSpec, files: readonly string[], options: OpenOptions) => Promise<OpenSource>;

/** The engine plans each column: two thousand take it a quarter of a minute. */
export const MOST_COLUMNS = 1000;

let views = 0;

/** A name for a view or table of the engine that nobody else has. */
export function freshName(stem: string): string {
  return `source_${stem}_${++views}`;
}
