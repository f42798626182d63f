// The data contract: what loaders produce and what splits, statistics, models and training read.
// Types only; nothing here touches a file. Ids are dense: 0 is padding or "unknown" in every vocabulary, real ids start at 1.
import { type Text } from '@difsr/errors';

/** The tokens of one id space. `tokens[0]` is `'[PAD]'`: 0 is padding/unknown in every vocabulary; real ids start at 1. */
export interface Vocabulary {
  /** Token of every id, padding included: `tokens[0] === '[PAD]'`. */
  readonly tokens: readonly string[];
  /** `tokens.length`, padding included. */
  readonly size: number;
  /** The id of a token (1..size-1), or `undefined` where the vocabulary does not hold it. */
  id(token: string): number | undefined;
}

/** Rows of item ids in compressed form: sequence s is `items[offsets[s] .. offsets[s + 1])`, oldest first. */
export interface Sequences {
  /** `[sequences + 1]`, starts with 0, never decreases. */
  readonly offsets: Int32Array;
  /** Item ids (1..items), all sequences end to end. */
  readonly items: Int32Array;
}

/** What a field holds: at most one value of a vocabulary or several, a number, or several numbers of fixed meaning. */
export type FieldKind = 'categorical' | 'multi-categorical' | 'numeric' | 'vector';

/** Whom a field describes: items, interactions (what was known as they happened), or users. */
export type FieldOwner = 'item' | 'interaction' | 'user';

/** What every field has. Rows: of items and users one per id, padding (0) included and without a value; of interactions one per place in `sequences.items`. */
interface FieldOf<K extends FieldKind> {
  readonly name: string;
  readonly owner: FieldOwner;
  readonly kind: K;
}

/** A field of values from a vocabulary, as value ids per row. */
export interface CategoricalField extends FieldOf<'categorical' | 'multi-categorical'> {
  readonly vocabulary: Vocabulary;
  /** `[rows + 1]`: the values of row r are `values[offsets[r] .. offsets[r + 1])`. */
  readonly offsets: Int32Array;
  /** Value ids (1..vocabulary.size-1), without repetition within a row. */
  readonly values: Int32Array;
  /** Most values that one row has (at least 1). */
  readonly maxValues: number;
}

/** A field of one number per row. */
export interface NumericField extends FieldOf<'numeric'> {
  /** `[rows]`; NaN where there is none. */
  readonly values: Float32Array;
}

/** A field of `width` numbers per row, such as an embedding that was made elsewhere. */
export interface VectorField extends FieldOf<'vector'> {
  readonly width: number;
  /** `[rows * width]`, row by row; a row without a value is all NaN. */
  readonly values: Float32Array;
}

/** One attribute of items, interactions or users, as a column of the data. */
export type Field = CategoricalField | NumericField | VectorField;

/** What kind of line of a load report: data left out, a decision taken, or a fact worth knowing. */
export type ReportKind = 'dropped' | 'inferred' | 'noted';

/** One line of a load report. */
export interface ReportEntry {
  readonly kind: ReportKind;
  /** What it is about, e.g. `'items without attributes'`. */
  readonly what: string;
  /** How many of them. */
  readonly count: number;
  /** Why, in one sentence. */
  readonly why: string;
  /** What changes it, where somebody may want that. */
  readonly cure?: Text | undefined;
}

/** Everything that loading dropped, decided or noticed: nothing is dropped without a line here. */
export type LoadReport = readonly ReportEntry[];

/** A data set ready for splitting: one sequence per user, attributes, and what loading did. */
export interface Dataset {
  readonly name: string;
  /** `'s3rec'`, `'recbole'`, `'generated'` or `'prepared'`. */
  readonly format: string;
  readonly users: Vocabulary;
  readonly items: Vocabulary;
  /** One per user: the sequence index is the user id - 1. */
  readonly sequences: Sequences;
  /** Seconds since 1970 (or whatever number the file holds), aligned with `sequences.items`; absent where the source has no times. */
  readonly times?: Float64Array;
  /**
   * The part of the split of each interaction, aligned with `sequences.items`: 0 train, 1 only history, 2 target of validation, 3 target
   * of test. Present where the data set was prepared with a split of its own; otherwise the split is leave-one-out.
   */
  readonly parts?: Uint8Array;
  /** How the parts came about, e.g. `'global-time'`; present with `parts`, where it is known. */
  readonly splitMethod?: string;
  /** Of items, interactions and users, in the order of the source. */
  readonly fields: readonly Field[];
  /** A readable name per item id (`itemNames[0]` is empty), where the source has one. */
  readonly itemNames?: readonly string[];
  readonly report: LoadReport;
}

/** What a model needs to know of a field. */
export interface FieldSchema {
  readonly name: string;
  readonly kind: CategoricalField['kind'];
  /** Vocabulary size, 0 included. */
  readonly values: number;
  readonly maxValues: number;
}

/** What a model needs to know of the data (structurally equal to the models' own schema type). */
export interface DatasetSchema {
  /** Number of items without padding. */
  readonly items: number;
  readonly fields: readonly FieldSchema[];
}

/** Users to rank for: the history that is shown (whole, not cut to a window) and the one item that came next. */
export interface EvaluationCases {
  /** User ids. */
  readonly users: Int32Array;
  /** One history per case, oldest first. */
  readonly histories: Sequences;
  /** Item id per case. */
  readonly targets: Int32Array;
}

/** What is trained on and what is ranked. `train` keeps one sequence per user (index = user id - 1), from its second item on each item is a target. */
export interface Split {
  readonly train: Sequences;
  readonly valid: EvaluationCases;
  readonly test: EvaluationCases;
}
