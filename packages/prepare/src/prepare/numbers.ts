// Written numbers as SQL: with a decimal comma or point, groups of thousands and a unit, as a description says. `time.ts` has the plain ones.
import type { Decimal, FieldSpec } from '../description/types.js';
import { sqlText } from '../engine/quote.js';
import { numberSql } from './time.js';

/** Blanks of all sorts that stand around numbers and between thousands. */
const BLANK = '[\\s\u{a0}\u{2007}\u{2009}\u{202f}]';

/**
 * The form of a number with such a decimal mark, as a regular expression of JavaScript and of DuckDB (RE2). Thousands are grouped by the other
 * mark, by blanks or by apostrophes: a group has three digits (in India, two), the first no zero in front.
 */
export function numberForm(decimal: Decimal): string {
  const [mark, other] = decimal === '.' ? ['\\.', ','] : [',', '\\.'];
  const groups = [
    '\\d+',
    `[1-9]\\d{0,2}(?:${BLANK}\\d{3})+`,
    "[1-9]\\d{0,2}(?:['’]\\d{3})+",
    `[1-9]\\d{0,2}(?:${other}\\d{2,3})*${other}\\d{3}`,
  ];
  return `[-+]?(?:${groups.join('|')})?(?:${mark}\\d*)?(?:[eE][-+]?\\d+)?`;
}

/** A cell without blanks and unit around it, as VARCHAR. */
function bareSql(text: string, unit: FieldSpec['unit']): string {
  const trimmed = `regexp_replace(${text}, ${sqlText(`^${BLANK}+|${BLANK}+$`)}, '', 'g')`;
  // A minus sign of typography is one, too.
  const cell = `replace(${trimmed}, '−', '-')`;
  if (unit === undefined) return cell;
  // The longest first: "kr." before "kr".
  const units = [unit].flat().toSorted((a, b) => b.length - a.length);
  const any = `(?:${units.map((each) => each.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`)).join('|')})`;
  const before = `regexp_replace(${cell}, ${sqlText(`^([-+]?)${BLANK}*${any}${BLANK}*`)}, '\\1', 'i')`;
  return `regexp_replace(${before}, ${sqlText(`${BLANK}*${any}$`)}, '', 'i')`;
}

/** The number in a cell as DOUBLE, or NULL. Without `decimal` it is one as programs write it, with it one of {@link numberForm}. */
export function writtenNumberSql(text: string, { decimal, unit }: Pick<FieldSpec, 'decimal' | 'unit'>): string {
  if (decimal === undefined) return numberSql(unit === undefined ? text : bareSql(text, unit));
  // "12.-" and "12,–" are whole sums of money, "5,00-" is what SAP writes for -5.
  const whole = `regexp_replace(${bareSql(text, unit)}, '[.,][-–—]+$', '')`;
  const cell = `regexp_replace(${whole}, '^([^-].*\\d)-$', '-\\1')`;
  const between = `${BLANK}|['’]|${decimal === '.' ? ',' : '\\.'}`;
  const digits = `replace(regexp_replace(${cell}, ${sqlText(between)}, '', 'g'), ',', '.')`;
  return `(CASE WHEN regexp_full_match(${cell}, ${sqlText(numberForm(decimal))}) THEN ${numberSql(digits)} END)`;
}
