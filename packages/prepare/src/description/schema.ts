// The schema of dataset.yaml: checks a description and fills in its defaults. Recipes of public data sets have the same form.
import { z } from 'zod';
import {
  type Description,
  type DescriptionInput,
  DECIMALS,
  DUPLICATE_POLICIES,
  FIELD_KINDS,
  SOURCE_FORMATS,
  TIME_UNITS,
} from './types.js';

const name = z.string().min(1);

const missingCells = z.array(z.union([z.string(), z.number()]));

const source = {
  files: z
    .union([name, z.array(name).min(1)])
    .describe('path, glob or list of them, relative to the description; .gz and .zst are unpacked on the way')
    .optional(),
  format: z.enum(SOURCE_FORMATS).describe('form of the files (default: by name and first bytes)').optional(),
  delimiter: name
    .describe(
      'csv: between cells, one or more characters, or blanks: any number of blanks and tabs (default: recognised)',
    )
    .optional(),
  quote: z.string().max(1).describe('csv: quote character, "" for none (default: ")').optional(),
  header: z
    .union([z.boolean(), z.array(name).min(1)])
    .describe('csv: whether the first line names the columns, or their names where no line does (default: recognised)')
    .optional(),
  encoding: z.enum(['utf-8', 'latin1']).describe('of text files (default: utf-8)').optional(),
  missing: missingCells
    .describe('cells that stand for "no value", for all fields without a missing of their own, e.g. [unknown, -999]')
    .optional(),
  table: name.describe('duckdb, postgres: name of the table or view').optional(),
  connection: name.describe('postgres: connection string, e.g. "host=localhost dbname=shop"').optional(),
};

const column = z.union([
  name.meta({ title: 'a column' }),
  z.strictObject({ sql: name.describe('DuckDB expression over the columns of the files') }),
]);

const time = z.union([
  column,
  z.strictObject({
    column,
    unit: z.enum(TIME_UNITS).describe('of numbers (default: auto)').optional(),
    format: name.describe('of text, strptime, e.g. "%m %d, %Y" (default: ISO 8601)').optional(),
    zone: name.describe('of times that name none, e.g. Europe/Berlin (default: UTC)').optional(),
  }),
]);

const field = z.strictObject({
  column: column.describe("column or expression (default: the field's name)").optional(),
  kind: z.enum(FIELD_KINDS).describe('what its values are'),
  separator: name.describe('multi-categorical, vector: between the values of a text cell (lists need none)').optional(),
  path: name
    .describe('multi-categorical: between the levels of a path, > of "Home > Kitchen"; each level is a value')
    .optional(),
  names: z
    .boolean()
    .describe("multi-categorical: cells of quoted names: 'Hair Care', 'Creams, Gels & Lotions'")
    .optional(),
  drop: z.array(z.string()).describe('values that say nothing, e.g. the first category of every item').optional(),
  minItems: z.int().min(1).describe('values on fewer items are left out').optional(),
  html: z.enum(['keep', 'decode']).describe('decode: &amp; becomes &; cells that are tags are left out').optional(),
  missing: z
    .union([missingCells, z.literal('text')])
    .describe('cells that stand for "no value", e.g. [unknown, -999]; numeric: text means whatever is no number')
    .optional(),
  decimal: z
    .enum(DECIMALS)
    .describe('numeric: what stands before the decimals; the other, blanks and apostrophes may group thousands')
    .optional(),
  unit: z
    .union([name, z.array(name).min(1)])
    .describe('numeric: what stands before or after the numbers and is left out, e.g. $ or [€, EUR]')
    .optional(),
  bins: z.int().min(2).max(1000).describe('numeric: as a category of so many equally filled ranges').optional(),
});
const fields = z.record(name, field);

const moment = (which: string): z.ZodOptional<z.ZodUnion<readonly [z.ZodNumber, typeof name]>> =>
  z
    .union([z.number(), name])
    .describe(`${which} time that is kept: ISO 8601, or a number in the unit of the column`)
    .optional();
const bound = (what: string): z.ZodOptional<z.ZodInt> => z.int().min(1).describe(what).optional();

const filters = z.strictObject({
  interactions: name.describe('SQL condition over user, item, time and the fields of interactions').optional(),
  items: name.describe('SQL condition over id, name and the fields of items').optional(),
  users: name.describe('SQL condition over id and the fields of users').optional(),
  timeFrom: moment('earliest'),
  timeTo: moment('latest'),
  duplicates: z
    .enum(DUPLICATE_POLICIES)
    .describe('keep all; drop exact repeats (user, item, time); or keep the first or last of a user and an item')
    .default('keep'),
  userMin: bound('fewest interactions of a user, filtered again and again (k-core)'),
  userMax: bound('most interactions of a user'),
  itemMin: bound('fewest interactions of an item'),
  itemMax: bound('most interactions of an item'),
});

const share = z.number().gt(0).lt(1);
const begins = z.union([share, name]).describe('share of the interactions, or the moment it begins (ISO 8601)');
const targets = z.int().min(1).describe('targets at the end of each sequence');
const seed = z.int().default(1);
const split = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('leave-one-out') }),
  z.strictObject({ method: z.literal('last-n'), valid: targets, test: targets }),
  z.strictObject({ method: z.literal('ratio'), valid: share, test: share }),
  z.strictObject({ method: z.literal('global-time'), valid: begins, test: begins }),
  z.strictObject({ method: z.literal('user-hold-out'), valid: share, test: share, seed }),
  z.strictObject({ method: z.literal('cold-items'), valid: share, test: share, seed }),
]);

const pull = z.strictObject({
  url: z.url().describe('where it lies'),
  file: name.describe('name in the data folder').optional(),
  sha256: z.string().length(64).describe('its SHA-256, in hexadecimal').optional(),
  md5: z.string().length(32).describe('its MD5').optional(),
  bytes: z.int().min(1).describe('its size').optional(),
  unpack: z.array(name).describe('members of an archive that are wanted').optional(),
});

/** The whole description. Unknown keys are errors. */
export const descriptionSchema: z.ZodType<Description, DescriptionInput> = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'letters, digits, "_", "-" and "." alone')
    .describe('of the data set: letters, digits, "_", "-" and "." alone'),
  about: z
    .strictObject({
      title: z.string().describe('of the data set, in words').optional(),
      homepage: z.string().describe('address of its page').optional(),
      licence: z.string().describe('what the terms allow, shown before a download').optional(),
      cite: z.string().describe('what to cite').optional(),
    })
    .describe('a public data set, in words')
    .optional(),
  pull: z.array(pull).describe('where the files are downloaded from').optional(),
  manual: z.string().describe('how to get files that cannot be downloaded without a form').optional(),
  interactions: z
    .strictObject({
      ...source,
      user: column.describe('id of the user'),
      item: column.describe('id of the item'),
      time: time.describe('when it took place (default: in the order of the files)').optional(),
      fields: fields.describe('attributes of an interaction (behaviour-related), e.g. its rating').optional(),
    })
    .describe('the log: who, what, when'),
  items: z
    .strictObject({
      ...source,
      id: column.describe('id of the item, as in the log'),
      name: column.describe('what people call it; shown with recommendations').optional(),
      fields: fields.describe('attributes of items (side information)').optional(),
    })
    .describe('the catalogue')
    .optional(),
  users: z
    .strictObject({
      ...source,
      id: column.describe('id of the user, as in the log'),
      fields: fields.describe('attributes of users').optional(),
    })
    .describe('attributes of users')
    .optional(),
  sessions: z
    .strictObject({
      gap: z
        .string()
        .regex(/^\d+(s|m|h|d)$/, 'a number and s, m, h or d, e.g. 30m')
        .describe('a number and s, m, h or d, e.g. 30m'),
    })
    .describe('a pause that ends a session; each session becomes a sequence of its own')
    .optional(),
  filters: filters.describe('what is kept (default: everything)').prefault({}),
  split: split.describe('what trains, validates and tests').default({ method: 'leave-one-out' }),
});
