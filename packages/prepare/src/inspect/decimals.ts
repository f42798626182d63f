// Comma or point: what a column of written numbers, its file and its owner tell of the decimal mark. Nothing is guessed.
import { setting, type Text, text } from '@difsr/errors';
import type { Decimal } from '../description/types.js';
import { currencyOf, hasCents, type Reading } from './written.js';

/** What is known beside the cells of a column. */
export interface DecimalHints {
  /** By the user. */
  readonly said?: Decimal | undefined;
  /** Of delimited text. */
  readonly delimiter?: string | undefined;
  /** Told by another column of the same file. */
  readonly beside?: { readonly decimal: Decimal; readonly column: string } | undefined;
}

/** How the numbers of a column are read. */
export type DecimalChoice =
  | {
      /** Absent where it makes no difference: whole numbers, or numbers as programs write them. */
      readonly decimal?: Decimal;
      /** Where the cells alone do not tell: why it is this one, and a cell that the other mark would change. */
      readonly because?: string;
      readonly example?: string;
    }
  | { readonly undecided: string; readonly cure: Text };

/** Rows by what their cells tell. */
interface Told {
  /** Numbers with one of the marks alone. */
  readonly comma: readonly Reading[];
  readonly point: readonly Reading[];
  /** Other numbers with each of the marks: `4,955`, and `1.234`. */
  readonly openComma: readonly Reading[];
  readonly openPoint: readonly Reading[];
}

function told(readings: readonly Reading[]): Told {
  const open = readings.filter(({ comma, point }) => comma !== undefined && point !== undefined && comma !== point);
  return {
    comma: readings.filter(({ point }) => point === undefined),
    point: readings.filter(({ comma }) => comma === undefined),
    openComma: open.filter(({ digits }) => digits.includes(',')),
    openPoint: open.filter(({ digits }) => digits.includes('.')),
  };
}

/** The rows of readings. */
export function rowsOf(readings: readonly Reading[]): number {
  return readings.reduce((sum, { rows }) => sum + rows, 0);
}

/** The mark that cells alone decide for. */
export function decimalOf(readings: readonly Reading[]): Decimal | undefined {
  const { comma, point } = told(readings);
  return comma.length > 0 && point.length === 0 ? ',' : point.length > 0 && comma.length === 0 ? '.' : undefined;
}

/**
 * Decides for a column.
 *
 * @param few share of the rows that may contradict the others: they are mistakes
 */
export function chooseDecimal(readings: readonly Reading[], hints: DecimalHints, few: number): DecimalChoice {
  const { comma, point, openComma, openPoint } = told(readings);
  const [commas, points] = [rowsOf(comma), rowsOf(point)];
  const most = few * rowsOf(readings);
  if (commas > 0 && points <= most && points < commas) return { decimal: ',' };
  if (points > 0 && commas <= most && commas < points) return { decimal: '.' };
  if (commas > 0 && points > 0)
    return {
      undecided: `some cells have a decimal comma (${shown(comma)}), others a decimal point (${shown(point)})`,
      cure: 'write them alike',
    };
  const [open] = [...openComma, ...openPoint];
  if (open === undefined) return ungrouped(readings);
  const chosen = chosenBeside(readings, hints, openComma, openPoint);
  if (chosen !== undefined) return { ...chosen, example: open.cell };
  return {
    undecided: `${JSON.stringify(open.cell)} is ${open.comma} or ${open.point}, and no cell tells`,
    cure: text`say ${setting('columns.decimal', ',')} or ${setting('columns.decimal', '.')} when preparing it`,
  };
}

/** Numbers without decimals: what groups their thousands tells what their decimals would be. */
function ungrouped(readings: readonly Reading[]): DecimalChoice {
  if (readings.some(({ grouped }) => grouped === 'apostrophe')) return { decimal: '.' };
  return readings.some(({ grouped }) => grouped === 'blank') ? { decimal: ',' } : {};
}

/** What decides where no cell does. */
function chosenBeside(
  readings: readonly Reading[],
  { said, delimiter, beside }: DecimalHints,
  openComma: readonly Reading[],
  openPoint: readonly Reading[],
): { readonly decimal: Decimal; readonly because: string } | undefined {
  if (said !== undefined) return { decimal: said, because: 'you say so' };
  const mixed = openComma.length > 0 && openPoint.length > 0;
  const currency = readings.map(({ unit }) => currencyOf(unit)).find((found) => found !== undefined);
  if (currency !== undefined && hasCents(currency) && !mixed)
    return { decimal: openComma.length > 0 ? '.' : ',', because: 'no amount of money has three decimals' };
  if (beside !== undefined)
    return { decimal: beside.decimal, because: `column "${beside.column}" has its decimals so` };
  if (mixed) return undefined;
  // A program that writes semicolons for the sake of decimal commas may group thousands with points.
  if (openComma.length === 0)
    return delimiter === ';' ? undefined : { decimal: '.', because: 'that is how programs write decimals' };
  const wholes = readings.filter(({ digits }) => /^\d+$/u.test(digits)).map(({ digits }) => Number(digits));
  // Decimals of exactly three digits in all cells but some whole ones hardly exist; groups of three beside smaller numbers are usual.
  return delimiter !== ';' && wholes.some((whole) => whole > 0) && wholes.every((whole) => whole < 1000)
    ? { decimal: '.', because: 'numbers below a thousand have no comma, all others groups of three digits' }
    : undefined;
}

function shown(readings: readonly Reading[]): string {
  return readings[0]?.cell ?? '';
}
