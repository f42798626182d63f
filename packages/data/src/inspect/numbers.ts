// Columns of numbers as attributes: numbers as they are, with a decimal comma, among other text, several in a cell.
import { sqlName } from '../engine/quote.js';
import { FEWEST_TO_JUDGE, type FieldChoice, type FieldContext, groupsNothing } from './choice.js';
import { isCodeName, isMeasureName, plainName } from './names.js';
import { type ColumnProfile, hasDecimalCommas } from './profile.js';

/** Whole numbers with at most so many different values are rather codes than measures. */
const MOST_CODES = 12;
/** From this share of numbers on, the other cells are mistakes. */
const MOSTLY = 0.95;

/** What is made of a column whose cells are numbers; undefined where they are something else. */
export function numericField(column: ColumnProfile, context: FieldContext): FieldChoice | undefined {
  const { filled } = column;
  if (column.numbers === filled) return numberField(column, context);
  // Postal codes of two countries: "93101" and "T5V 1E6".
  if (column.numbers >= filled * MOSTLY && filled >= FEWEST_TO_JUDGE && !isCodeName(column.name)) {
    const others = filled - column.numbers;
    const sql = `TRY_CAST(${sqlName(column.name)} AS DOUBLE)`;
    return {
      field: { column: { sql }, kind: 'numeric' },
      why: `numbers, but for ${others} of ${filled} cells, which count as empty`,
    };
  }
  if (hasDecimalCommas(column)) {
    const sql = `TRY_CAST(replace(replace(${sqlName(column.name)}, '.', ''), ',', '.') AS DOUBLE)`;
    return { field: { column: { sql }, kind: 'numeric' }, why: 'numbers with a decimal comma' };
  }
  return vectorField(column);
}

function numberField(column: ColumnProfile, { atomicType }: FieldContext): FieldChoice {
  const { name, filled, distinct, wholes, least, most, zeroLed, numbers } = column;
  const whole = wholes === numbers;
  const plain = plainName(name);
  if (atomicType === undefined && whole) {
    if (zeroLed > 0 || isCodeName(name))
      return groupsNothing(distinct, filled)
        ? { why: `${distinct} different codes on ${filled} rows: it groups nothing` }
        : { field: { kind: 'categorical' }, why: `${distinct} codes on ${filled} rows` };
    if (/year/.test(plain) && least >= 1000 && most <= 2200)
      return { field: { kind: 'categorical' }, why: `years ${least} to ${most}` };
    if (distinct <= MOST_CODES && filled > distinct && !isMeasureName(name))
      return { field: { kind: 'categorical' }, why: `whole numbers with ${distinct} different values` };
    if (filled >= FEWEST_TO_JUDGE && distinct === filled && most - least + 1 === filled)
      return { why: 'it counts the rows' };
  }
  return { field: { kind: 'numeric' }, why: `numbers from ${least} to ${most}` };
}

/** Cells of so many numbers each, all of the same length. */
function vectorField({ cells }: ColumnProfile): FieldChoice | undefined {
  for (const separator of [' ', ',', ';', '|']) {
    const rows = cells.slice(0, 200).map((cell) => cell.split(separator).map((part) => part.trim()));
    const width = rows[0]?.length ?? 0;
    const fits = rows.every(
      (parts) => parts.length === width && parts.every((part) => part !== '' && Number.isFinite(Number(part))),
    );
    if (width >= 3 && fits && rows.flat().some((part) => part.includes('.')))
      return { field: { kind: 'vector', separator }, why: `${width} numbers in each cell` };
  }
  return undefined;
}
