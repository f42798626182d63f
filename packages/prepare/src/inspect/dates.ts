// Columns of dates that are no time of the log: sign-up dates, days of release. As categories they group nothing, so they are left out,
// with the expression that makes something of them.
import { CLOCK, type ClockUnit } from '../clock.js';
import { sqlName, sqlText } from '../engine/quote.js';
import type { ColumnProfile } from './profile.js';
import { timeForm } from './times.js';

/** From this share of fitting cells on, the others are mistakes. */
const MOSTLY = 0.8;
/** So few different dates, on so many rows each, are labels: seasons, launches. */
const MOST_LABELS = 12;
const ROWS_OF_A_LABEL = 5;
/** Names by which numbers are moments. */
const MOMENTS = new Set(
  'date time datetime timestamp created updated modified changed since joined registered registration signup login seen born birth birthday dob released release launched added published expires founded at on datum zeit seit erstellt geburt epoch'.split(
    ' ',
  ),
);
/** Dates with two digits for the year. */
const SHORT_DATE = /^\d{1,2}[./-]\d{1,2}[./-]\d{2}(\s.*)?$/;

/** Why a column of dates is no attribute, or undefined where it is none, or one of a few dates that serve as labels. */
export function datesWhy(column: ColumnProfile): string | undefined {
  const { name, filled, distinct } = column;
  if (distinct <= MOST_LABELS && filled >= distinct * ROWS_OF_A_LABEL) return undefined;
  const form = timeForm(column);
  const said = 'a date groups nothing';
  if (form === undefined || form.fitting < filled * MOSTLY) {
    const short = column.cells.filter((cell) => SHORT_DATE.test(cell.trim())).length;
    return short >= column.cells.length * MOSTLY ? `dates: ${said}` : undefined;
  }
  // Large numbers are moments only where they are called so.
  if (form.unit !== undefined && !isMomentName(name)) return undefined;
  if (form.unit === 'auto' || form.unit === 'order') return `dates (${form.why}), ${distinct} different ones: ${said}`;
  const year = `{column: {sql: ${JSON.stringify(yearSql(column, form.unit, form.format))}}, kind: categorical}`;
  return `dates (${form.why}), ${distinct} different ones: ${said}; for the year write ${year}`;
}

function isMomentName(name: string): boolean {
  const words = name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.some((word) => MOMENTS.has(word) || /(date|datum|timestamp|_at)$/.test(word));
}

function yearSql({ name, type }: ColumnProfile, unit: ClockUnit | undefined, format: string | undefined): string {
  const column = sqlName(name);
  if (unit !== undefined)
    return `year(make_timestamp(CAST(TRY_CAST(${column} AS DOUBLE) / ${CLOCK[unit].perSecond} * 1000000 AS BIGINT)))`;
  if (format !== undefined) return `year(TRY_STRPTIME(CAST(${column} AS VARCHAR), ${sqlText(format)}))`;
  return typeof type === 'object' ? `year(${column})` : `year(TRY_CAST(${column} AS TIMESTAMP))`;
}
