// The contract between readers and the pipeline: whatever the form of the files, a source is a relation of the query engine
// whose rows carry their place (file, row, line), what is wrong with them, and their own text. Types only.
import type { SourceSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import type { ReportEntry } from '@difsr/data';

/** What a column of a source holds: text (`VARCHAR`, empty = NULL), JSON (arrays and objects), or a type of a table's own. */
export type SourceColumnType = 'text' | 'json' | { readonly native: string };

/** A column as the files have it. */
export interface SourceColumn {
  readonly name: string;
  readonly type: SourceColumnType;
  /** The file does not name it; its name was made up. */
  readonly unnamed?: boolean;
  /** Of a column of text in files that tell texts from numbers: some cell is a number, as programs write it. */
  readonly numbers?: boolean;
}

/**
 * What may be wrong with a record before anybody looks at its meaning. `_problem` holds one of these:
 * `cells`: more or fewer cells than the header; `header`: the header again; `sequence`: no user with items (S3-Rec); `json`: not a JSON object (or Python literal); `utf-8`: not valid in the stated encoding;
 * `quote`: a quote that is never closed, or text after a closing quote; `nul`: a NUL character; `too-long`: over 16 MiB.
 */
export const RECORD_PROBLEMS = ['cells', 'header', 'sequence', 'json', 'utf-8', 'quote', 'nul', 'too-long'] as const;
/** One of {@link RECORD_PROBLEMS}. */
export type RecordProblem = (typeof RECORD_PROBLEMS)[number];

/** An opened source. */
export interface OpenSource {
  /** Paths by `_file`, as problems show them, in the order given (those of a glob sorted). */
  readonly files: readonly string[];
  /** Total bytes of the files, for progress; 0 where unknown (tables). */
  readonly bytes: number;
  /** The form that was given or recognised, dialect included, for the description that is written: `delimiter`, `header` etc. filled in. */
  readonly spec: SourceSpec;
  /** The source's own columns, in file order. */
  readonly columns: readonly SourceColumn[];
  /**
   * What stands after FROM: a relation with the columns
   * `_file INTEGER` (index into `files`), `_row BIGINT` (place of the record in its file, from 0, never repeated within a file; records that
   * are broken count too), `_line BIGINT` (1-based line on which the record begins; NULL where there are no lines), `_problem VARCHAR`
   * (a {@link RecordProblem}, or NULL), `_raw VARCHAR` (the record's text, broken bytes shown as U+FFFD), and `columns` (all NULL where `_problem`
   * is not). (_file, _row) is the order of the log. Unused columns cost nothing; it may be scanned more than once.
   */
  readonly relation: string;
  /** Decisions taken by looking at the files. */
  readonly report: readonly ReportEntry[];
}

/** How a source is opened. */
export interface OpenOptions {
  readonly engine: Engine;
  /** Folder that relative paths start from. */
  readonly base: string;
  /** Columns that somebody asks for by name: a JSON source offers them even if its first records lack them. */
  readonly wanted?: readonly string[];
  readonly signal?: AbortSignal;
}

/** The opened sources of a description. */
export interface OpenSources {
  /** The log. */
  readonly interactions: OpenSource;
  /** The catalogue, where the description has one. */
  readonly items?: OpenSource;
  /** Attributes of users, where the description has them. */
  readonly users?: OpenSource;
}
