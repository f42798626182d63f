// Cells that stand for "no value": which they are in a field, how SQL finds them, and how they are counted.
//
// Beside its value f<index> a field has a column m<index> USMALLINT: the place of the cell's word among the field's words, from 1 on, 0 where
// the cell is none of them.
import type { FieldSpec, MissingCell } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlNumber, sqlText } from '../engine/quote.js';
import { MISSING_WORDS, NOT_FINITE_WORDS } from '../inspect/missing.js';
import type { OpenSource } from '../sources/source.js';
import type { ReportEntry } from '@difsr/data';
import { type ColumnSql, PLACE } from './columns.js';

/** The place of text in a field of numbers that says `missing: text`. */
const OTHER_TEXT = 65_535;
/** The place of a vector in which a number is none. */
export const HOLE = 65_534;
/** Words that stand for no number everywhere, infinity among them. */
const NO_NUMBERS: readonly string[] = [...MISSING_WORDS, ...NOT_FINITE_WORDS];
const MOST_EXAMPLES = 3;

/** The fields of a source: its `missing` holds for those that have none of their own. */
export function withMissing(
  fields: Readonly<Record<string, FieldSpec>> | undefined,
  missing: readonly MissingCell[] | undefined,
): [string, FieldSpec][] {
  return Object.entries(fields ?? {}).map(([name, field]) => [
    name,
    missing === undefined || field.missing !== undefined ? field : { ...field, missing },
  ]);
}

/** The cells that a field itself names as missing, without blanks around them. */
export function missingCells({ missing }: FieldSpec): readonly string[] {
  return missing === undefined || missing === 'text' ? [] : missing.map((cell) => String(cell).trim());
}

/** The words that {@link wordSql} and {@link numberWordSql} count by their places. */
function wordsOf(spec: FieldSpec): readonly string[] {
  return [...missingCells(spec), ...(spec.kind === 'numeric' ? NO_NUMBERS : [])];
}

/** SQL of the place of a cell among those that a field names as missing. */
export function wordSql(text: string, spec: FieldSpec): string {
  const cells = missingCells(spec);
  return cells.length === 0 ? '0' : `coalesce(${placeIn(`trim(${text})`, cells)}, 0)`;
}

/** The same of a list of values, where one of them counts. */
export function valueWordSql(text: string, values: string, spec: FieldSpec): string {
  const cells = missingCells(spec);
  if (cells.length === 0) return '0';
  const first = `list_filter(${values}, lambda x: ${placeIn('trim(x)', cells)} IS NOT NULL)[1]`;
  return `coalesce(${placeIn(`trim(${text})`, cells)}, ${placeIn(`trim(${first})`, cells)}, 0)`;
}

function placeIn(cell: string, words: readonly string[]): string {
  return `list_position([${words.map(sqlText).join(', ')}], ${cell})`;
}

/** SQL of a number, NULL where it stands for no value, and of the place of the cell's word. */
export function numberWordSql(
  text: string,
  number: string,
  spec: FieldSpec,
): { readonly value: string; readonly word: string } {
  const named = missingCells(spec);
  // A number means every way to write it: -999 is -999.0.
  const numbers = named.flatMap((cell, index) =>
    cell !== '' && Number.isFinite(Number(cell)) ? [{ place: index + 1, literal: sqlNumber(Number(cell)) }] : [],
  );
  const usual = `${named.length} + ${placeIn(`lower(trim(${text}))`, NO_NUMBERS)}`;
  const word = [
    `WHEN ${text} IS NULL THEN 0`,
    ...numbers.map(({ place, literal }) => `WHEN ${number} = ${literal} THEN ${place}`),
    `WHEN ${number} IS NOT NULL THEN 0`,
    `ELSE coalesce(${[...(named.length === 0 ? [] : [placeIn(`trim(${text})`, named)]), usual].join(', ')}, ${spec.missing === 'text' ? OTHER_TEXT : 0})`,
  ];
  return {
    value:
      numbers.length === 0
        ? number
        : `(CASE WHEN ${number} NOT IN (${numbers.map(({ literal }) => literal).join(', ')}) THEN ${number} END)`,
    word: `CASE ${word.join(' ')} END`,
  };
}

/** A field with its cells in a table of the engine. */
interface ReadField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly column: ColumnSql;
}

/** Counts the cells in a table that stand for no value, field by field, and names them. */
export async function reportMissing(
  engine: Engine,
  table: string,
  source: OpenSource,
  fields: readonly ReadField[],
): Promise<ReportEntry[]> {
  const report: ReportEntry[] = [];
  for (const [index, { name, spec, column }] of fields.entries()) {
    const rows = await engine.rows(
      `SELECT CAST(m${index} AS INTEGER) AS place, CAST(count(*) AS DOUBLE) AS cells FROM ${table} WHERE m${index} > 0 GROUP BY place ORDER BY cells DESC, place`,
    );
    if (rows.length === 0) continue;
    const words = wordsOf(spec);
    const counted: string[] = [];
    for (const row of rows) {
      const place = Number(row['place']);
      const word =
        place === OTHER_TEXT
          ? `text such as ${(await otherTexts(engine, source, table, index, column)).join(', ')}`
          : place === HOLE
            ? 'NaN, infinity or null among the numbers'
            : JSON.stringify(words[place - 1] ?? '');
      counted.push(`${word} (${Number(row['cells']).toLocaleString('en-US')})`);
    }
    report.push({
      kind: 'noted',
      what: `cells of field "${name}" that stand for no value`,
      count: rows.reduce((sum, row) => sum + Number(row['cells']), 0),
      why: `their rows stay: ${counted.join(', ')}`,
    });
  }
  return report;
}

/** A few of the cells that are no numbers, the first of the file. */
async function otherTexts(
  engine: Engine,
  source: OpenSource,
  table: string,
  index: number,
  { text }: ColumnSql,
): Promise<string[]> {
  const places = `SELECT pos FROM ${table} WHERE m${index} = ${OTHER_TEXT} ORDER BY pos LIMIT 100`;
  const cells = await engine.rows(
    `SELECT cell FROM (SELECT left(${text}, 40) AS cell, ${PLACE} AS pos FROM ${source.relation}) WHERE pos IN (${places}) GROUP BY cell ORDER BY min(pos) LIMIT ${MOST_EXAMPLES}`,
  );
  return cells.map(({ cell }) => JSON.stringify(cell));
}
