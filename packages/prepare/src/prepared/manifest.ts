// dataset.json of the prepared form: what is in the folder, where it came from, and what became of every row.
//
//   interactions.parquet  user INTEGER, item INTEGER (ids from 1 on), time DOUBLE (seconds since 1970; absent where the source has none), part UTINYINT
//                         (see PARTS), then the fields of interactions; in the order user, time, file, row
//   users.parquet         id INTEGER, token VARCHAR, then the fields of users; in the order of ids
//   items.parquet         id INTEGER, token VARCHAR, name VARCHAR (where the source has names), then the fields of items: categorical and
//                         multi-categorical INTEGER[] (value ids, order of the source, without repetition), numeric DOUBLE, vector FLOAT[]
//   values.parquet        field VARCHAR, id INTEGER, token VARCHAR: the vocabularies, of fields of all three kinds of owner
//
// Fields of users and interactions: categorical INTEGER (0 = unknown), multi-categorical INTEGER[], numeric DOUBLE, vector FLOAT[].
// Ids are numbered by first appearance among the interactions that are kept, in the order of the log, as in build.ts.
import { type OptionName, type SettingValue, type Verb } from '@difsr/errors';
import { z } from 'zod';
import { descriptionSchema } from '../description/schema.js';
import { type DescribedKind, type Description, FIELD_KINDS } from '../description/types.js';
import type { FieldOwner, ReportEntry } from '@difsr/data';

const jsonSchema: z.ZodType<SettingValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(jsonSchema), z.record(z.string(), jsonSchema)]),
);
const settingsSchema = z.array(
  z.strictObject({ option: z.custom<OptionName>((name) => typeof name === 'string'), value: jsonSchema.optional() }),
);
const partSchema = z.union([
  z.string(),
  z.strictObject({ settings: settingsSchema }),
  z.strictObject({
    verb: z.custom<Verb>((name) => typeof name === 'string'),
    given: z.array(z.union([z.string(), z.strictObject({ placeholder: z.string() })])),
    options: settingsSchema,
  }),
]);
/** A text as errors and reports have it, settings not yet written out. */
const textSchema = z.union([partSchema, z.array(partSchema)]);

/** Raised where the form changes so that older readers would misread it. */
export const PREPARED_VERSION = 1;

/** Names of the files. */
export const PREPARED_FILES = {
  manifest: 'dataset.json',
  interactions: 'interactions.parquet',
  users: 'users.parquet',
  items: 'items.parquet',
  values: 'values.parquet',
} as const;

/** `part` of an interaction: a training item; only history (of held-out users); a target of validation; of test. */
export const PARTS = { train: 0, context: 1, valid: 2, test: 3 } as const;

/** A field of the prepared form. */
export interface ManifestField {
  /** Of its column; of one owner's fields each has its own. What it is called in the data set: field-names.ts. */
  readonly name: string;
  readonly owner: FieldOwner;
  readonly kind: DescribedKind;
  /** Distinct values of categorical kinds, "unknown" not counted; length of vectors. */
  readonly values?: number | undefined;
  /** Most values of one owner. */
  readonly maxValues?: number | undefined;
}

/** dataset.json. */
export interface Manifest {
  readonly version: typeof PREPARED_VERSION;
  readonly name: string;
  readonly counts: Readonly<Record<'users' | 'items' | 'interactions' | keyof typeof PARTS, number>>;
  readonly hasTimes: boolean;
  readonly hasNames: boolean;
  readonly fields: readonly ManifestField[];
  /** SHA-256 of the files: equal data has equal bytes. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  /** Rows at each step, in order: the log as read, then after every filter. */
  readonly steps: readonly {
    readonly step: string;
    readonly dropped: number;
    readonly left: number;
    readonly why: string;
  }[];
  readonly report: readonly ReportEntry[];
  /** Rows that were set aside as unusable. */
  readonly quarantined: number;
  readonly sources: readonly { readonly file: string; readonly bytes: number }[];
  readonly description: Description;
  /** Versions of what wrote it. */
  readonly libraries: Readonly<Record<string, string>>;
}

const count = z.int().min(0);

/** What dataset.json must be. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  version: z.literal(PREPARED_VERSION),
  name: z.string(),
  counts: z.strictObject({
    users: count,
    items: count,
    interactions: count,
    train: count,
    context: count,
    valid: count,
    test: count,
  }),
  hasTimes: z.boolean(),
  hasNames: z.boolean(),
  fields: z.array(
    z.strictObject({
      name: z.string(),
      owner: z.enum(['item', 'interaction', 'user']),
      kind: z.enum(FIELD_KINDS),
      values: count.optional(),
      maxValues: count.optional(),
    }),
  ),
  files: z.record(z.string(), z.strictObject({ bytes: count, sha256: z.string().length(64) })),
  steps: z.array(z.strictObject({ step: z.string(), dropped: count, left: count, why: z.string() })),
  report: z.array(
    z.strictObject({
      kind: z.enum(['dropped', 'inferred', 'noted']),
      what: z.string(),
      count: z.number(),
      why: z.string(),
      cure: textSchema.optional(),
    }),
  ),
  quarantined: count,
  sources: z.array(z.strictObject({ file: z.string(), bytes: count })),
  description: descriptionSchema,
  libraries: z.record(z.string(), z.string()),
});
