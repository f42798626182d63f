// What an inspection tells: for every column what it was taken for, and why. Types, and the error of what cannot be told.
import { type Text } from '@difsr/errors';
import { DataError, type ReportEntry } from '@difsr/data';
import type { DescribedKind } from '../description/types.js';
import type { ColumnProfile, ProfiledSource } from './profile.js';

/** What a column was taken for. `unused` columns cannot serve, or are not needed. */
export type FoundRole = 'user' | 'item' | 'time' | 'id' | 'name' | 'field' | 'unused';

/** One column of one source. */
export interface ColumnFinding {
  readonly source: 'interactions' | 'items' | 'users';
  readonly column: string;
  readonly role: FoundRole;
  /** Of fields. */
  readonly kind?: DescribedKind;
  readonly why: string;
  /** What the user should read of it in full. */
  readonly note?: string;
  /** What settles what the note says. */
  readonly cure?: Text;
  /** A few values, shortened. */
  readonly examples: readonly string[];
}

/** What an inspection found out besides the description. */
export interface Findings {
  readonly columns: readonly ColumnFinding[];
  /** Decisions about whole files: their form, delimiter, which files belong together, how much was looked at. */
  readonly report: readonly ReportEntry[];
}

/** The finding of a column. */
export function finding(
  source: ColumnFinding['source'],
  column: ColumnProfile,
  role: FoundRole,
  why: string,
  kind?: DescribedKind,
): ColumnFinding {
  return { source, column: column.name, role, why, examples: column.examples, ...(kind === undefined ? {} : { kind }) };
}

/** The error of a role that no column plays for sure: shows the columns with examples, and how to name one. */
export function undecided(profiled: ProfiledSource, what: string, cure: Text): DataError {
  const { source, columns } = profiled;
  const shown = columns.map(({ name, examples }) => `\n  ${name}: ${examples.join(' | ') || '(empty)'}`).slice(0, 14);
  if (columns.length > shown.length) shown.push(`\n  and ${columns.length - shown.length} more columns`);
  return new DataError([{ file: source.files[0] ?? 'source', message: `${what}; it has${shown.join('')}`, cure }]);
}
