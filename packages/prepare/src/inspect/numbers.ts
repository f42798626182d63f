// Columns of numbers as attributes: as programs write them, as people do (decimals.ts), among words for nothing and other text, several in a cell.
import type { FieldSpec } from '../description/types.js';
import { FEWEST_TO_JUDGE, type FieldChoice, type FieldContext, groupsNothing } from './choice.js';
import { chooseDecimal, rowsOf } from './decimals.js';
import { isCodeName, isMeasureName, plainName } from './names.js';
import type { ColumnProfile } from './profile.js';
import { currencyOf, type Reading } from './written.js';

/** Whole numbers with at most so many different values are rather codes than measures. */
const MOST_CODES = 12;
/** From this share of numbers on, the other cells are mistakes. */
const MOSTLY = 0.95;
/** Other texts that are shown. */
const MOST_SHOWN = 3;
/** What programs write for "no value" where only numbers fit. */
const STAND_INS: readonly number[] = [-99, -999, -9999, -99_999];

/** What is made of a column whose cells are numbers; undefined where they are something else. */
export function numericField(column: ColumnProfile, context: FieldContext): FieldChoice | undefined {
  const rows = column.words.reduce((sum, word) => sum + word.rows, 0);
  const filled = column.filled - rows;
  if (filled === 0) return { why: `no value on any row, only ${wordsOf(column)}` };
  const own = { ...column, filled, distinct: column.distinct - column.words.length };
  const choice =
    column.numbers === filled && column.written === undefined
      ? numberField(own, context)
      : (writtenField(own) ?? vectorField(column));
  if (choice?.field === undefined || rows === 0 || choice.field.kind === 'vector') return choice;
  const { field, why } = choice;
  return {
    ...choice,
    // In a field of numbers they are none anyway.
    field: field.kind === 'numeric' ? field : { ...field, missing: column.words.map(({ cell }) => cell) },
    why: `${why}; ${rows} of ${column.filled} cells stand for none: ${wordsOf(column)}`,
  };
}

/** Whether a column holds numbers as people write them, and so no ids. */
export function isWritten({ written = [], filled }: ColumnProfile): boolean {
  const amounts = written.filter(
    ({ unit, digits }) => (unit === '' && /[.,]/u.test(digits)) || unit === '%' || currencyOf(unit) !== undefined,
  );
  return rowsOf(amounts) * 2 > filled;
}

function wordsOf({ words }: ColumnProfile): string {
  const shown = words.slice(0, MOST_SHOWN).map(({ cell }) => cell);
  return `${shown.join(', ')}${words.length > shown.length ? ', ..' : ''}`;
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
    const isCount = filled >= FEWEST_TO_JUDGE && most - least + 1 === filled;
    if (distinct === filled && filled > 1 && (isCount || ROW_NAME.test(plain))) return { why: 'it counts the rows' };
  }
  return { field: { kind: 'numeric' }, why: `numbers from ${least} to ${most}`, ...standIn(column) };
}

/** A number that may stand for none: far below all others, which have no sign. */
function standIn({ least, belowZero, nearestBelowZero }: ColumnProfile): Pick<FieldChoice, 'note'> {
  return STAND_INS.includes(least) && nearestBelowZero === least && belowZero > 1
    ? {
        note: `${least} stands in ${belowZero} cells and is the only number below 0: if it means "no value", say missing: [${least}]`,
      }
    : {};
}

/** Names that say that a column counts the rows. */
const ROW_NAME = /^(index|idx|row|rownumber|rownum|rowid)$/;
/** Names of columns whose cells list things: `8,5` there are two of them. */
const LIST_NAME =
  /(genres?|categor(y|ies)|tags?|ids|labels?|topics?|colou?rs|sizes|keywords?|codes?|features|themes?|lists?|kategorien|themen)$/;
/** Digits that are none of a number. */
const DIAL_NAME = /(phone|tel|telefon|telephone|fax|mobile|mobil|handy|ean|gtin|isbn|iban)$/;

function writtenField(column: ColumnProfile): FieldChoice | undefined {
  const { name, filled, written, hints } = column;
  const plain = plainName(name);
  if (written === undefined || isCodeName(name) || DIAL_NAME.test(plain)) return undefined;
  if (LIST_NAME.test(plain) && written.some(({ digits }) => digits.includes(','))) return undefined;
  const { readings, unit, mixed } = unitsOf(written, column);
  const enough = (rows: number): boolean => rows === filled || (rows >= MOSTLY * filled && filled >= FEWEST_TO_JUDGE);
  if (!enough(rowsOf(readings)) || areCodes(readings)) return undefined;
  if (mixed !== undefined) return { why: mixed };
  const choice = chooseDecimal(readings, hints, 1 - MOSTLY);
  if ('undecided' in choice)
    return { why: `numbers of two readings: ${choice.undecided}`, note: choice.undecided, cure: choice.cure };
  const { because, example } = choice;
  const numbers = readings.flatMap((reading) => {
    const number = choice.decimal === ',' ? reading.comma : reading.point;
    return number === undefined ? [] : [{ ...reading, number }];
  });
  const others = filled - rowsOf(numbers);
  if (!enough(filled - others)) return undefined;
  // Codes stay codes, whatever else stands among them: 0, 1 and "n.a. yet".
  const codes = new Set(numbers.map(({ digits }) => digits));
  if (others > 0 && codes.size <= MOST_CODES && !isMeasureName(name) && [...codes].every((each) => /^\d+$/.test(each)))
    return undefined;
  // What programs write needs no key.
  const programs = unit === undefined && choice.decimal !== ',' && column.numbers >= filled - others;
  const decimal = programs ? undefined : choice.decimal;
  const field: FieldSpec = {
    kind: 'numeric',
    ...(decimal === undefined ? {} : { decimal }),
    ...(unit === undefined ? {} : { unit: unit.length === 1 ? (unit[0] ?? '') : unit }),
    ...(others === 0 ? {} : { missing: 'text' }),
  };
  const values = numbers.map(({ number }) => number);
  const range = `numbers from ${values.reduce((a, b) => Math.min(a, b), Infinity)} to ${values.reduce((a, b) => Math.max(a, b), -Infinity)}`;
  const bare = unit === undefined ? 0 : rowsOf(numbers.filter((reading) => reading.unit === ''));
  const why = [
    range,
    ...(decimal === ','
      ? ['decimal comma']
      : decimal === '.' && /,/.test(digitsOf(numbers))
        ? ['thousands by comma']
        : []),
    ...(unit === undefined ? [] : [`without ${unit.join(', ')}`]),
    ...(bare === 0 ? [] : [`${bare} of ${filled} cells name no unit`]),
    ...(others === 0 ? [] : [`${others} of ${filled} cells count as empty`]),
  ];
  const notes = [
    ...(because === undefined || decimal === undefined || example === undefined
      ? []
      : [
          `${JSON.stringify(example)} is taken for ${numberOf(numbers, example)}: ${because}; if it is not, say decimal: "${decimal === ',' ? '.' : ','}"`,
        ]),
    ...(others === 0
      ? []
      : [`${others} of ${filled} cells are no number and count as empty: ${otherTexts(column, numbers)}`]),
  ];
  return { field, why: why.join(', '), ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

function digitsOf(readings: readonly Reading[]): string {
  return readings.map(({ digits }) => digits).join(' ');
}

function numberOf(numbers: readonly { readonly cell: string; readonly number: number }[], example: string): number {
  return numbers.find(({ cell }) => cell === example)?.number ?? Number.NaN;
}

function otherTexts({ cells, words }: ColumnProfile, numbers: readonly Reading[]): string {
  const known = new Set([...numbers, ...words].map(({ cell }) => cell));
  const others = [...new Set(cells.filter((cell) => !known.has(cell)))].slice(0, MOST_SHOWN);
  return others.length === 0 ? '..' : others.map((cell) => JSON.stringify(cell)).join(', ');
}

/** The readings whose unit is left out with its spellings; and why they cannot be one column. */
function unitsOf(
  written: readonly Reading[],
  { distinct, filled }: ColumnProfile,
): { readonly readings: readonly Reading[]; readonly unit?: readonly string[]; readonly mixed?: string } {
  const named = written.filter(({ unit }) => unit !== '');
  if (named.length === 0) return { readings: written };
  const spellings = [...new Set(named.map(({ unit }) => unit))];
  const kinds = new Map<string, Reading[]>();
  for (const reading of named) {
    const kind = currencyOf(reading.unit) ?? reading.unit;
    kinds.set(kind, [...(kinds.get(kind) ?? []), reading]);
  }
  const money = [...kinds].filter(([, [first]]) => first !== undefined && currencyOf(first.unit) !== undefined);
  const unit = spellings.filter((each) => currencyOf(each) !== undefined);
  if (money.length > 1)
    return {
      readings: written,
      mixed: `amounts in ${money.length} currencies, ${money.map(([kind, readings]) => `${kind} (${rowsOf(readings)})`).join(', ')}: they are not mixed`,
    };
  if (money.length === 1)
    return { readings: written.filter((reading) => !named.includes(reading) || unit.includes(reading.unit)), unit };
  const [only] = spellings;
  // "85%" and "0.85" are not of one kind; 0 is.
  const bare = written.filter((reading) => reading.unit === '');
  if (spellings.length === 1 && only === '%')
    return bare.some(({ point, comma }) => (point ?? comma) !== 0)
      ? { readings: written, mixed: `${rowsOf(named)} cells in %, ${rowsOf(bare)} without: they are not mixed` }
      : { readings: written, unit: ['%'] };
  // Other units, "5 kg": a few sizes are as well values of a category, and a number after a word is a name.
  if (spellings.length === 1 && only !== undefined && bare.length === 0 && groupsNothing(distinct, filled))
    if (/^\p{L}{1,5}\.?$/u.test(only) && named.every(({ cell }) => /^[-+]?[.,\d]/u.test(cell.trim())))
      return { readings: written, unit: [only] };
  return { readings: bare };
}

/** Three-digit codes between commas, `101,205`, that come again in other cells. */
function areCodes(readings: readonly Reading[]): boolean {
  const parts = readings.flatMap(({ digits }) => digits.split(','));
  return (
    readings.some(({ digits }) => digits.includes(',')) &&
    parts.every((part) => /^\d{3}$/u.test(part)) &&
    new Set(parts).size * 2 <= parts.length
  );
}

/** A number that is none in a vector: the vector is no value then. */
const NO_NUMBER = /^[-+]?(nan|inf|infinity)$/i;

/** Cells of so many numbers each, all of the same length. */
function vectorField({ cells }: ColumnProfile): FieldChoice | undefined {
  for (const separator of [' ', ',', ';', '|']) {
    const rows = cells.slice(0, 200).map((cell) => cell.split(separator).map((part) => part.trim()));
    const width = rows[0]?.length ?? 0;
    const fits = rows.every(
      (parts) =>
        parts.length === width &&
        parts.every((part) => part !== '' && (Number.isFinite(Number(part)) || NO_NUMBER.test(part))),
    );
    if (width >= 3 && fits && rows.flat().some((part) => part.includes('.')))
      return { field: { kind: 'vector', separator }, why: `${width} numbers in each cell` };
  }
  return undefined;
}
