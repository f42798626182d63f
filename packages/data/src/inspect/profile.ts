// What a column looks like: counts over the first rows of a source, and some of its cells. Everything that is inferred goes by these.
import { CLOCK_UNITS, type ClockUnit } from '../clock.js';
import type { Engine } from '../engine/engine.js';
import { sqlName } from '../engine/quote.js';
import { columnSql, jsonSql } from '../prepare/columns.js';
import { numberSql } from '../prepare/time.js';
import { isOfUnit } from '../prepare/time-reading.js';
import { freshName } from '../sources/reader.js';
import type { OpenSource, SourceColumnType } from '../sources/source.js';

/** Rows of each source that are looked at. */
export const SAMPLE_ROWS = 100_000;
/** Cells of a column whose text is looked at. */
const SAMPLE_CELLS = 5000;
/** Characters of a cell that are looked at. */
const CELL_LENGTH = 2000;
const EXAMPLES = 3;
const EXAMPLE_LENGTH = 40;

/** One column of a source. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: SourceColumnType;
  /** Rows that were looked at. */
  readonly rows: number;
  /** Of them, those with a value. */
  readonly filled: number;
  readonly distinct: number;
  /** Cells that are numbers, and those that are whole ones. */
  readonly numbers: number;
  readonly wholes: number;
  readonly least: number;
  readonly most: number;
  /** Of the numbers: 0, 1 and -1, which stand for "none" in a column of times. */
  readonly units: number;
  /** Of the numbers: those of the size of times since 1970, by their unit. */
  readonly clock: Readonly<Record<ClockUnit, number>>;
  /** Numbers with a zero in front, such as postal codes. */
  readonly zeroLed: number;
  readonly isoTimes: number;
  readonly meanLength: number;
  /** Cells with white space. */
  readonly spaced: number;
  /** The first cells with a value, lists and objects as JSON. */
  readonly cells: readonly string[];
  /** A few different values, cut to a readable length. */
  readonly examples: readonly string[];
}

/** A source with the profiles of its columns, and the table of the engine that holds the rows looked at (columns `c0`, `c1`, ..). */
export interface ProfiledSource {
  readonly source: OpenSource;
  readonly table: string;
  /** Rows that were looked at. */
  readonly rows: number;
  /** Whether the source has more rows than those. */
  readonly partial: boolean;
  /** Records among the first that cannot be read, and one of them. */
  readonly broken: number;
  readonly columns: readonly ColumnProfile[];
}

const ISO = String.raw`\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)?)?`;

const CLOCK_COUNTS = CLOCK_UNITS.map((unit) => `count(*) FILTER (${isOfUnit('n', unit)}) AS clock_${unit}`).join(', ');

/** Profiles the first {@link SAMPLE_ROWS} rows of a source. */
export async function profileSource(engine: Engine, source: OpenSource): Promise<ProfiledSource> {
  const table = freshName('sample');
  const texts = source.columns.map(({ name, type }) => {
    const column = columnSql(source, name, name);
    return isNested(type) ? `nullif(nullif(${jsonSql(column)}, 'null'), '[]')` : column.text;
  });
  const cells = texts.map((text, index) => `${text} AS c${index}`);
  await engine.run(
    `CREATE TABLE ${table} AS SELECT _problem IS NULL AS ok${cells.map((cell) => `, ${cell}`).join('')} FROM ${source.relation} LIMIT ${SAMPLE_ROWS + 1}`,
  );
  // One row more than is looked at tells whether there are more.
  const partial = (await engine.count(`SELECT count(*) FROM ${table}`)) > SAMPLE_ROWS;
  if (partial) await engine.run(`DELETE FROM ${table} WHERE rowid >= ${SAMPLE_ROWS}`);
  const seen = await engine.count(`SELECT count(*) FROM ${table}`);
  const broken = await engine.count(`SELECT count(*) FROM ${table} WHERE NOT ok`);
  const columns: ColumnProfile[] = [];
  for (const [index, { name, type }] of source.columns.entries()) {
    columns.push(await profileColumn(engine, table, `c${index}`, name, type));
  }
  return { source, table, rows: seen - broken, partial, broken, columns };
}

async function profileColumn(
  engine: Engine,
  table: string,
  column: string,
  name: string,
  type: SourceColumnType,
): Promise<ColumnProfile> {
  const number = numberSql('cell');
  const [row = {}] = await engine.rows(
    `SELECT CAST(count(*) AS INTEGER) AS "rows", CAST(count(cell) AS INTEGER) AS filled, CAST(count(DISTINCT cell) AS INTEGER) AS "distinct", CAST(count(n) AS INTEGER) AS numbers, CAST(count(*) FILTER (n = floor(n)) AS INTEGER) AS wholes, min(n) AS least, max(n) AS most, count(*) FILTER (abs(n) <= 1) AS units, ${CLOCK_COUNTS}, CAST(count(*) FILTER (n IS NOT NULL AND regexp_matches(cell, '^0[0-9]')) AS INTEGER) AS "zeroLed", CAST(count(*) FILTER (regexp_full_match(trim(cell), '${ISO}')) AS INTEGER) AS "isoTimes", avg(length(cell)) AS "meanLength", CAST(count(*) FILTER (regexp_matches(cell, '\\s')) AS INTEGER) AS spaced FROM (SELECT ${column} AS cell, ${number.replaceAll('cell', column)} AS n FROM ${table} WHERE ok)`,
  );
  const value = (key: string): number => Number(row[key] ?? 0);
  const cells = await engine.rows(
    `SELECT left(${column}, ${CELL_LENGTH}) AS cell FROM ${table} WHERE ok AND ${column} IS NOT NULL LIMIT ${SAMPLE_CELLS}`,
  );
  const texts = cells.map(({ cell }) => String(cell));
  return {
    name,
    type,
    rows: value('rows'),
    filled: value('filled'),
    distinct: value('distinct'),
    numbers: value('numbers'),
    wholes: value('wholes'),
    least: value('least'),
    most: value('most'),
    units: value('units'),
    clock: { s: value('clock_s'), ms: value('clock_ms'), us: value('clock_us'), ns: value('clock_ns') },
    zeroLed: value('zeroLed'),
    isoTimes: value('isoTimes'),
    meanLength: value('meanLength'),
    spaced: value('spaced'),
    cells: texts,
    examples: [...new Set(texts.slice(0, 200))].slice(0, EXAMPLES).map(shortened),
  };
}

/** Whether a column holds lists or objects. */
export function isNested(type: SourceColumnType): boolean {
  return type === 'json' || (typeof type === 'object' && /\[\d*\]$|^(STRUCT|MAP|UNION)\b/.test(type.native));
}

/** Whether cells are numbers with a decimal comma, such as prices of 12,50: as many digits behind it in all of them. */
export function hasDecimalCommas({ cells }: ColumnProfile): boolean {
  const decimals = new Set(cells.map((cell) => /^\s*-?\d{1,3}(?:\.?\d{3})*,(\d+)\s*$/.exec(cell)?.[1]?.length));
  return decimals.size === 1 && !decimals.has(undefined);
}

/** The column of the sample that holds a column of the source. */
export function sampleColumn({ table, columns }: ProfiledSource, name: string): string {
  return `${table}.${sqlName(`c${columns.findIndex((column) => column.name === name)}`)}`;
}

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > EXAMPLE_LENGTH ? `${flat.slice(0, EXAMPLE_LENGTH - 1)}…` : flat;
}
