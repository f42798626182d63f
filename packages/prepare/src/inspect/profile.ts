// What a column looks like: counts over the first rows of a source, and some of its cells. Everything that is inferred goes by these.
import { CLOCK_UNITS, type ClockUnit } from '../clock.js';
import type { Decimal, SourceSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { columnSql, jsonSql } from '../prepare/columns.js';
import { trimmedCell } from '../prepare/ids.js';
import { numberSql } from '../prepare/time.js';
import { isOfUnit } from '../prepare/time-reading.js';
import { type RowLabels, rowLabelsOf } from './row-labels.js';
import { freshName } from '../sources/reader.js';
import { tidySql } from '../tidy-text.js';
import type { OpenSource, SourceColumn, SourceColumnType } from '../sources/source.js';
import { type DecimalHints, decimalOf } from './decimals.js';
import { MISSING_WORDS, NOT_FINITE_WORDS } from './missing.js';
import { type Reading, readNumber } from './written.js';

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
  /** Different values; blanks too many make none. */
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
  /** Numbers below 0, and the one next to it. */
  readonly belowZero: number;
  readonly nearestBelowZero: number;
  /** Cells that stand for no number (missing.ts), as they are written. */
  readonly words: readonly { readonly cell: string; readonly rows: number }[];
  /** The different cells that are numbers to people, of a column in which there are other writings than those of programs, or may be. */
  readonly written?: readonly Reading[];
  /** What else tells how its numbers are written. */
  readonly hints: DecimalHints;
  /** The first cells with a value, lists and objects as JSON. */
  readonly cells: readonly string[];
  /** A few different values, cut to a readable length. */
  readonly examples: readonly string[];
  /** Of a column without a name beside others with one: whether it only labels the rows. */
  readonly rowLabels?: RowLabels;
}

/** A profile, the decimal mark that its cells decide for, and whether they are numbers of programs of which every point may stand between thousands. */
type Profiled = ColumnProfile & { readonly decimal?: Decimal; readonly open: boolean };

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

/**
 * Profiles the first {@link SAMPLE_ROWS} rows of a source.
 *
 * @param decimal what stands before decimals, where the user says it
 */
export async function profileSource(engine: Engine, source: OpenSource, decimal?: Decimal): Promise<ProfiledSource> {
  const table = freshName('sample');
  const texts = source.columns.map(({ name, type }) => {
    const column = columnSql(source, name, name);
    // White space around ids does not count, nor does it around values.
    return isNested(type) ? `nullif(nullif(${jsonSql(column)}, 'null'), '[]')` : trimmedCell(column.text);
  });
  const cells = texts.map((text, index) => `${text} AS c${index}`);
  await engine.run(
    `CREATE TABLE ${table} AS SELECT _problem IS NULL AS ok${cells.map((cell) => `, ${cell}`).join('')} FROM ${source.relation} LIMIT ${SAMPLE_ROWS + 1}`,
  );
  let size = await sizeOf(engine, table);
  // One row more than is looked at tells whether there are more.
  const partial = size.seen > SAMPLE_ROWS;
  if (partial) {
    await engine.run(`DELETE FROM ${table} WHERE rowid >= ${SAMPLE_ROWS}`);
    size = await sizeOf(engine, table);
  }
  const { seen, broken } = size;
  const counted = await countColumns(engine, table, texts.length, seen);
  const first = await firstCells(engine, table, texts.length, seen - broken);
  const columns: Profiled[] = [];
  const hasNames = source.columns.some(({ unnamed }) => unnamed !== true);
  for (const [index, { name, type, unnamed, numbers = false }] of source.columns.entries()) {
    const column = `c${index}`;
    const looks = { counts: counted.get(index) ?? {}, cells: first[index] ?? [] };
    const profile = await profileColumn(engine, table, column, { name, type, numbers }, looks, source.spec);
    const rowLabels = hasNames && unnamed === true ? await rowLabelsOf(engine, table, numberSql(column)) : undefined;
    columns.push(rowLabels === undefined ? profile : { ...profile, rowLabels });
  }
  const beside = decimalsOfFile(columns);
  const hinted: ColumnProfile[] = [];
  for (const [index, column] of columns.entries()) {
    // A program that writes 8,5 in one column means thousands by 5.721 in another.
    const isWritten = beside?.decimal === ',' && column.open && column.written === undefined;
    hinted.push({
      ...column,
      ...(isWritten ? { written: await readingsOf(engine, table, `c${index}`) } : {}),
      hints: { ...column.hints, said: decimal, beside },
    });
  }
  return { source, table, rows: seen - broken, partial, broken, columns: hinted };
}

/** The decimal mark of a file whose columns agree on it, and one of them. */
function decimalsOfFile(columns: readonly Profiled[]): DecimalHints['beside'] {
  const found = columns.flatMap(({ name, decimal }) => (decimal === undefined ? [] : [{ decimal, column: name }]));
  return new Set(found.map(({ decimal }) => decimal)).size === 1 ? found[0] : undefined;
}

/** A cell that is mostly digits, with a unit around them or none. */
const LOOKS_WRITTEN = "[^\\d]{0,8}[.,]?\\d[-+.,'’eE\\d\\s\u{a0}\u{2007}\u{2009}\u{202f}]*[^\\d]{0,8}";
/** A number that may have a point between its thousands. */
const OPEN_POINT = '[-+]?[1-9]\\d{0,2}\\.\\d{3}';

/** SQL: whether a cell is a word for no number. */
function isWord(cell: string): string {
  return `lower(trim(${cell})) IN (${[...MISSING_WORDS, ...NOT_FINITE_WORDS].map(sqlText).join(', ')})`;
}

/** How many rows the sample has, and of them those that cannot be read. */
async function sizeOf(engine: Engine, table: string): Promise<{ readonly seen: number; readonly broken: number }> {
  const [row = {}] = await engine.rows(
    `SELECT CAST(count(*) AS INTEGER) AS seen, CAST(count(*) FILTER (NOT ok) AS INTEGER) AS broken FROM ${table}`,
  );
  return { seen: Number(row['seen'] ?? 0), broken: Number(row['broken'] ?? 0) };
}

function countOf(condition: string): string {
  return `CAST(count(*) FILTER (${condition}) AS INTEGER)`;
}

/** What is counted of the cells of a column (`cell`, as a number `n`). */
const COUNTS: readonly string[] = [
  'CAST(count(*) AS INTEGER) AS "rows"',
  'CAST(count(cell) AS INTEGER) AS filled',
  `CAST(count(DISTINCT ${tidySql('cell')}) AS INTEGER) AS "distinct"`,
  'CAST(count(n) AS INTEGER) AS numbers',
  `${countOf('n = floor(n)')} AS wholes`,
  'min(n) AS least',
  'max(n) AS most',
  `${countOf('abs(n) <= 1')} AS units`,
  ...CLOCK_UNITS.map((unit) => `${countOf(isOfUnit('n', unit))} AS clock_${unit}`),
  `${countOf("n IS NOT NULL AND regexp_matches(cell, '^0[0-9]')")} AS "zeroLed"`,
  `${countOf(`regexp_full_match(trim(cell), '${ISO}')`)} AS "isoTimes"`,
  'avg(length(cell)) AS "meanLength"',
  `${countOf("regexp_matches(cell, '\\s')")} AS spaced`,
  `${countOf('n < 0')} AS "belowZero"`,
  'max(n) FILTER (n < 0) AS "nearestBelowZero"',
  `${countOf(`n IS NULL AND ${isWord('cell')}`)} AS words`,
  `${countOf(`regexp_full_match(trim(cell), ${sqlText(LOOKS_WRITTEN)})`)} AS looks`,
  `${countOf("n IS NOT NULL AND contains(cell, '.')")} AS points`,
  `${countOf(`regexp_full_match(trim(cell), ${sqlText(OPEN_POINT)})`)} AS "openPoints"`,
];

type Row = Readonly<Record<string, unknown>>;

/** Rows of a sample up to which all columns are counted in one statement: to plan one takes longer than to run it. Of more rows, a statement for each column is a third quicker. */
const FEW_ROWS = 5000;

/** The counts of every column. */
async function countColumns(
  engine: Engine,
  table: string,
  columns: number,
  rows: number,
): Promise<ReadonlyMap<number, Row>> {
  const indices = Array.from({ length: columns }, (_, index) => index);
  const cellOf = (index: number): string => `SELECT ${index} AS "column", c${index} AS cell FROM ${table} WHERE ok`;
  const allCells = `SELECT unnest([${indices.join(', ')}]) AS "column", unnest([${indices.map((index) => `c${index}`).join(', ')}]) AS cell FROM ${table} WHERE ok`;
  const found = new Map<number, Row>();
  for (const cells of rows <= FEW_ROWS ? [allCells] : indices.map(cellOf)) {
    const counted = await engine.rows(
      `SELECT "column", ${COUNTS.join(', ')} FROM (SELECT "column", cell, ${numberSql('cell')} AS n FROM (${cells})) GROUP BY "column"`,
    );
    for (const row of counted) found.set(Number(row['column']), row);
  }
  return found;
}

/** The first cells with a value of every column. */
async function firstCells(engine: Engine, table: string, columns: number, rows: number): Promise<readonly string[][]> {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const beginning = (name: string): string => `left(${name}, ${CELL_LENGTH}) AS ${name}`;
  const found = await engine.rows(
    `SELECT ${names.map(beginning).join(', ')} FROM ${table} WHERE ok LIMIT ${SAMPLE_CELLS}`,
  );
  const first: string[][] = [];
  for (const name of names) {
    const texts = (from: readonly Row[]): string[] =>
      from.flatMap(({ [name]: cell }) => (typeof cell === 'string' ? [cell] : []));
    const cells = texts(found);
    const isAll = cells.length === found.length || found.length === rows;
    first.push(
      isAll
        ? cells
        : // Blanks took the place of cells further down.
          texts(
            await engine.rows(
              `SELECT ${beginning(name)} FROM ${table} WHERE ok AND ${name} IS NOT NULL LIMIT ${SAMPLE_CELLS}`,
            ),
          ),
    );
  }
  return first;
}

async function profileColumn(
  engine: Engine,
  table: string,
  column: string,
  { name, type, numbers: ofPrograms }: Required<Pick<SourceColumn, 'name' | 'type' | 'numbers'>>,
  { counts, cells }: { readonly counts: Row; readonly cells: readonly string[] },
  { format, delimiter }: SourceSpec,
): Promise<Profiled> {
  const value = (key: string): number => Number(counts[key] ?? 0);
  const words = value('words') === 0 ? [] : await cellsOf(engine, table, column, isWord(column));
  const [filled, numbers, points] = [value('filled') - value('words'), value('numbers'), value('points')];
  const others = numbers < filled && value('looks') * 2 > filled;
  // What programs write as numbers is no text for people.
  const text = type === 'text' && !ofPrograms;
  // Every point may stand between thousands; in a file for people that is likely.
  const open = text && points > 0 && points === value('openPoints') && numbers === filled;
  const written =
    type === 'text' && (others || (open && delimiter === ';')) ? await readingsOf(engine, table, column) : undefined;
  const decimal = written === undefined ? (points > value('openPoints') ? '.' : undefined) : decimalOf(written);
  return {
    ...(text && decimal !== undefined ? { decimal } : {}),
    ...(written === undefined ? {} : { written }),
    open,
    hints: format === 'csv' ? { delimiter } : {},
    belowZero: value('belowZero'),
    nearestBelowZero: value('nearestBelowZero'),
    words,
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
    cells,
    examples: [...new Set(cells.slice(0, 200))].slice(0, EXAMPLES).map(shortened),
  };
}

/** The different cells of a column, the most frequent first. */
async function cellsOf(
  engine: Engine,
  table: string,
  column: string,
  where: string,
): Promise<{ readonly cell: string; readonly rows: number }[]> {
  const found = await engine.rows(
    `SELECT ${column} AS cell, CAST(count(*) AS INTEGER) AS n FROM ${table} WHERE ok AND ${where} GROUP BY ${column} ORDER BY n DESC, cell`,
  );
  return found.map((each) => ({ cell: String(each['cell']), rows: Number(each['n']) }));
}

/** The cells of a column as written numbers. */
async function readingsOf(engine: Engine, table: string, column: string): Promise<Reading[]> {
  const cells = await cellsOf(engine, table, column, `${column} IS NOT NULL`);
  return cells.flatMap(({ cell, rows }) => readNumber(cell, rows) ?? []);
}

/** Whether a column holds lists or objects. */
export function isNested(type: SourceColumnType): boolean {
  return type === 'json' || (typeof type === 'object' && /\[\d*\]$|^(STRUCT|MAP|UNION)\b/.test(type.native));
}

/** The column of the sample that holds a column of the source. */
export function sampleColumn({ table, columns }: ProfiledSource, name: string): string {
  return `${table}.${sqlName(`c${columns.findIndex((column) => column.name === name)}`)}`;
}

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length > EXAMPLE_LENGTH ? `${flat.slice(0, EXAMPLE_LENGTH - 1)}…` : flat;
}
