// Written numbers as SQL: with a decimal comma or point, groups of thousands and a unit, as a description says. `time.ts` has the plain ones.
import type { FieldSpec } from '../description/types.js';
import { sqlText } from '../engine/quote.js';
import { numberSql } from './time.js';

/** Blanks of all sorts that stand around numbers and between thousands; RE2 knows them by their codes. */
const BLANK = String.raw`[\s\x{a0}\x{2007}\x{2009}\x{202f}]`;

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

/**
 * The number in a cell as DOUBLE, or NULL. Without `decimal` it is one as programs write it. With it, thousands may be grouped by the other
 * of comma and point, by blanks or by apostrophes: a group has three digits (in India, some have two), and a first group does not begin with 0.
 */
export function writtenNumberSql(text: string, { decimal, unit }: Pick<FieldSpec, 'decimal' | 'unit'>): string {
  if (decimal === undefined) return numberSql(unit === undefined ? text : bareSql(text, unit));
  const point = decimal === '.' ? String.raw`\.` : ',';
  const comma = decimal === '.' ? ',' : String.raw`\.`;
  // "12.-" and "12,–" are whole sums of money, "5,00-" is what SAP writes for -5.
  const whole = `regexp_replace(${bareSql(text, unit)}, '[.,][-–—]+$', '')`;
  const cell = `regexp_replace(${whole}, '^([^-].*\\d)-$', '-\\1')`;
  const groups = [
    String.raw`\d+`,
    String.raw`[1-9]\d{0,2}(${BLANK}\d{3})+`,
    String.raw`[1-9]\d{0,2}(['’]\d{3})+`,
    String.raw`[1-9]\d{0,2}(${comma}\d{2,3})*${comma}\d{3}`,
  ].join('|');
  const form = `[-+]?(?:${groups})?(?:${point}\\d*)?(?:[eE][-+]?\\d+)?`;
  const digits = `replace(regexp_replace(${cell}, ${sqlText(`${BLANK}|['’]|${comma}`)}, '', 'g'), ',', '.')`;
  return `(CASE WHEN regexp_full_match(${cell}, ${sqlText(form)}) THEN ${numberSql(digits)} END)`;
}
