// A description (dataset.yaml) as TypeScript: where a data set comes from and what is to become of it. schema.ts checks it.

/** The forms of files and tables that can be read. */
export const SOURCE_FORMATS = [
  'csv', // any delimiter, quoted or not; TSV is csv with a tab
  'jsonl',
  'json', // one array of objects
  'python', // a Python dictionary literal per line (Amazon 2014 metadata, Steam)
  'parquet',
  'atomic', // RecBole: tab-separated, header of name:type
  's3rec', // a user and the items in time order per line; columns user, item
  's3rec-attributes', // NAME_item2attributes.json; columns item, attributes
  'duckdb',
  'postgres',
] as const;
/** One of {@link SOURCE_FORMATS}. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** A cell that stands for "no value"; a number means every way to write it. */
export type MissingCell = string | number;

/** Files or a table. */
export interface SourceSpec {
  /** Path, glob or list of them, relative to the description; .gz and .zst are unpacked on the way. */
  readonly files?: string | readonly string[] | undefined;
  readonly format?: SourceFormat | undefined;
  /** csv: between cells, one or more characters; `blanks`: any number of blanks and tabs. */
  readonly delimiter?: string | undefined;
  /** csv: quote character, `''` for none. Default `"`. */
  readonly quote?: string | undefined;
  /** csv: whether the first line names the columns, or their names where no line does. */
  readonly header?: boolean | readonly string[] | undefined;
  /** Of text files. Default utf-8. */
  readonly encoding?: 'utf-8' | 'latin1' | undefined;
  /** Cells that stand for "no value" in every field that has no `missing` of its own, as they stand in the file. */
  readonly missing?: readonly MissingCell[] | undefined;
  /** duckdb, postgres: table or view. */
  readonly table?: string | undefined;
  /** postgres: connection string. */
  readonly connection?: string | undefined;
}

/** A column by name, or a DuckDB expression over the columns. */
export type ColumnSpec = string | { readonly sql: string };

/**
 * What the numbers of a time column count. `auto`: by size, each number by its own, and an order where they have the size of no time since
 * 1970; `order`: only their order means something.
 */
export const TIME_UNITS = ['auto', 's', 'ms', 'us', 'ns', 'order'] as const;
/** One of {@link TIME_UNITS}. */
export type TimeUnit = (typeof TIME_UNITS)[number];

/** When an interaction took place. */
export type TimeSpec =
  | ColumnSpec
  | {
      readonly column: ColumnSpec;
      /** Of numbers. Default auto. */
      readonly unit?: TimeUnit | undefined;
      /** Of text, strptime, e.g. `%m %d, %Y`. Default ISO 8601. */
      readonly format?: string | undefined;
      /** Of times that name none, e.g. `Europe/Berlin`. Default UTC. */
      readonly zone?: string | undefined;
    };

/** What stands before the decimals of a number. */
export const DECIMALS = [',', '.'] as const;
/** One of {@link DECIMALS}. */
export type Decimal = (typeof DECIMALS)[number];

/** Kinds of fields in a description. */
export const FIELD_KINDS = ['categorical', 'multi-categorical', 'numeric', 'vector'] as const;
/** One of {@link FIELD_KINDS}. */
export type DescribedKind = (typeof FIELD_KINDS)[number];

/** One attribute: of items (side information), of an interaction (behaviour-related), or of users. */
export interface FieldSpec {
  /** Default: the column of the field's name. */
  readonly column?: ColumnSpec | undefined;
  readonly kind: DescribedKind;
  /** multi-categorical, vector: between the values of a text cell; lists need none. */
  readonly separator?: string | undefined;
  /** multi-categorical: between the levels of a path, `>` of `Home > Kitchen > Knives`; each level is a value, written from the root on. */
  readonly path?: string | undefined;
  /** multi-categorical: cells of quoted names, `'Hair Care', 'Creams, Gels & Lotions'`. */
  readonly names?: boolean | undefined;
  /** Values that say nothing, e.g. the first category of every item. */
  readonly drop?: readonly string[] | undefined;
  /** Values on fewer items are left out. */
  readonly minItems?: number | undefined;
  /** `decode`: `&amp;` becomes `&`, cells that are tags are left out. Default keep. */
  readonly html?: 'keep' | 'decode' | undefined;
  /** Cells that stand for "no value", as they stand in the file; numeric: `text` for whatever is no number. Numbers have usual ones (NA, nan, ..) of their own. */
  readonly missing?: readonly MissingCell[] | 'text' | undefined;
  /** numeric: what stands before the decimals of written numbers. The other one, blanks and apostrophes may then group thousands. Default: numbers as programs write them. */
  readonly decimal?: Decimal | undefined;
  /** numeric: what stands before or after the numbers and is left out, in all its spellings, e.g. `$` or `[€, EUR]`. */
  readonly unit?: string | readonly string[] | undefined;
  /** numeric: as a category of so many equally filled ranges. */
  readonly bins?: number | undefined;
}

/** Ways to treat interactions of the same user with the same item. */
export const DUPLICATE_POLICIES = ['keep', 'exact', 'first', 'last'] as const;
/** One of {@link DUPLICATE_POLICIES}. */
export type DuplicatePolicy = (typeof DUPLICATE_POLICIES)[number];

/** What is kept. Applied in this order: conditions, times, duplicates, (sessions,) counts. */
export interface FilterSpec {
  /** SQL condition over user, item, time and the fields of interactions. */
  readonly interactions?: string | undefined;
  /** SQL condition over id, name and the fields of items. Items without a row do not meet it. */
  readonly items?: string | undefined;
  /** SQL condition over id and the fields of users. Users without a row do not meet it. */
  readonly users?: string | undefined;
  /** Earliest time that is kept: ISO 8601, or a number in the unit of the column. */
  readonly timeFrom?: number | string | undefined;
  /** Latest time that is kept. */
  readonly timeTo?: number | string | undefined;
  /** keep all; drop exact repeats (user, item, time); or keep the first or last of a user and an item. */
  readonly duplicates: DuplicatePolicy;
  /** Fewest interactions of a user, filtered again and again (k-core). */
  readonly userMin?: number | undefined;
  readonly userMax?: number | undefined;
  /** Fewest interactions of an item. */
  readonly itemMin?: number | undefined;
  readonly itemMax?: number | undefined;
}

/** How the data set is divided. */
export type SplitSpec =
  | { readonly method: 'leave-one-out' }
  | { readonly method: 'last-n'; readonly valid: number; readonly test: number }
  | { readonly method: 'ratio'; readonly valid: number; readonly test: number }
  | { readonly method: 'global-time'; readonly valid: number | string; readonly test: number | string }
  | { readonly method: 'user-hold-out'; readonly valid: number; readonly test: number; readonly seed: number }
  | { readonly method: 'cold-items'; readonly valid: number; readonly test: number; readonly seed: number };

/** One file to download. */
export interface PullSpec {
  readonly url: string;
  /** Name in the data folder. Default: the last part of the url. */
  readonly file?: string | undefined;
  readonly sha256?: string | undefined;
  readonly md5?: string | undefined;
  readonly bytes?: number | undefined;
  /** Members of an archive that are wanted, by path in it. */
  readonly unpack?: readonly string[] | undefined;
}

/** The interactions: files and the meaning of their columns. */
export interface InteractionsSpec extends SourceSpec {
  readonly user: ColumnSpec;
  readonly item: ColumnSpec;
  /** Left out: the order of the files counts. */
  readonly time?: TimeSpec | undefined;
  readonly fields?: Readonly<Record<string, FieldSpec>> | undefined;
}

/** The catalogue. The first row of an item counts. */
export interface ItemsSpec extends SourceSpec {
  readonly id: ColumnSpec;
  readonly name?: ColumnSpec | undefined;
  readonly fields?: Readonly<Record<string, FieldSpec>> | undefined;
}

/** Attributes of users. The first row of a user counts. */
export interface UsersSpec extends SourceSpec {
  readonly id: ColumnSpec;
  readonly fields?: Readonly<Record<string, FieldSpec>> | undefined;
}

/** A checked description, defaults filled in. */
export interface Description {
  /** Letters, digits, `_`, `-` and `.` alone. */
  readonly name: string;
  readonly about?:
    | {
        readonly title?: string | undefined;
        readonly homepage?: string | undefined;
        /** What the terms allow; shown before a download. */
        readonly licence?: string | undefined;
        readonly cite?: string | undefined;
      }
    | undefined;
  readonly pull?: readonly PullSpec[] | undefined;
  /** How to get files that cannot be downloaded without a form. */
  readonly manual?: string | undefined;
  readonly interactions: InteractionsSpec;
  readonly items?: ItemsSpec | undefined;
  readonly users?: UsersSpec | undefined;
  /** A pause that ends a session; each session becomes a sequence of its own. */
  readonly sessions?: { readonly gap: string } | undefined;
  readonly filters: FilterSpec;
  readonly split: SplitSpec;
}

/** A description as written: filters and split may be left out. */
export interface DescriptionInput extends Omit<Description, 'filters' | 'split'> {
  readonly filters?:
    | (Omit<FilterSpec, 'duplicates'> & { readonly duplicates?: DuplicatePolicy | undefined })
    | undefined;
  readonly split?:
    | Exclude<SplitSpec, { readonly seed: number }>
    | {
        readonly method: 'user-hold-out' | 'cold-items';
        readonly valid: number;
        readonly test: number;
        readonly seed?: number | undefined;
      }
    | undefined;
}
