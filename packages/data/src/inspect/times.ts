// Whether a column holds times, and how they are written.
import type { TimeUnit } from '../description/types.js';
import type { ColumnProfile } from './profile.js';

/** How the times of a column are read; keys as in a description. */
export interface TimeForm {
  readonly unit?: TimeUnit;
  readonly format?: string;
  /** Cells of the sample that fit. */
  readonly fitting: number;
  readonly why: string;
  /** Some numbers are far from the others. */
  readonly outliers?: boolean;
  /** Two formats fit all cells: nobody can tell day from month. */
  readonly ambiguous?: readonly [string, string];
}

/** Numbers that times since 1970 have, from 1973 to 2100, and years at the ends of eight digits. */
const RANGES: readonly (readonly [TimeUnit, number, number, string])[] = [
  ['s', 1e8, 4.2e9, 'seconds since 1970'],
  ['ms', 1e11, 4.2e12, 'milliseconds since 1970'],
  ['us', 1e14, 4.2e15, 'microseconds since 1970'],
];

interface WrittenForm {
  readonly pattern: RegExp;
  readonly format: string;
}

const CLOCKS: readonly (readonly [string, string])[] = [
  ['', ''],
  [' %H:%M', String.raw` \d{1,2}:\d{2}`],
  [' %H:%M:%S', String.raw` \d{1,2}:\d{2}:\d{2}`],
  [' %I:%M %p', String.raw` \d{1,2}:\d{2} [AaPp][Mm]`],
  [' %I:%M:%S %p', String.raw` \d{1,2}:\d{2}:\d{2} [AaPp][Mm]`],
];

const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const MONTH_NAME = '(January|February|March|April|May|June|July|August|September|October|November|December)';

const DATES: readonly (readonly [string, string])[] = [
  ['%d.%m.%Y', String.raw`\d{1,2}\.\d{1,2}\.\d{4}`],
  ['%Y/%m/%d', String.raw`\d{4}/\d{1,2}/\d{1,2}`],
  ['%m %d, %Y', String.raw`\d{1,2} \d{1,2}, \d{4}`],
  ['%b %d, %Y', String.raw`${MONTH} \d{1,2}, \d{4}`],
  ['%B %d, %Y', String.raw`${MONTH_NAME} \d{1,2}, \d{4}`],
  ['%d %b %Y', String.raw`\d{1,2} ${MONTH} \d{4}`],
  ['%d %B %Y', String.raw`\d{1,2} ${MONTH_NAME} \d{4}`],
  ['%d-%b-%Y', String.raw`\d{1,2}-${MONTH}-\d{4}`],
];

const FORMS: readonly WrittenForm[] = [
  ...DATES.flatMap(([format, pattern]) =>
    CLOCKS.map(([clock, digits]) => ({ format: `${format}${clock}`, pattern: new RegExp(`^${pattern}${digits}$`) })),
  ),
  {
    format: '%d/%b/%Y:%H:%M:%S %z',
    pattern: new RegExp(String.raw`^\d{2}/${MONTH}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}$`),
  },
  {
    format: '%a %b %d %H:%M:%S %z %Y',
    pattern: new RegExp(String.raw`^\w{3} ${MONTH} \d{1,2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}$`),
  },
];

/** Day and month by numbers alone, between slashes or dashes, either first. */
const EITHER = /^(\d{1,2})([/-])(\d{1,2})[/-]\d{4}(.*)$/;

/** How a column's times are written; undefined where hardly any cell is a time. */
export function timeForm(column: ColumnProfile): TimeForm | undefined {
  const { type, filled, numbers, isoTimes, least, most, middle, wholes } = column;
  if (filled === 0) return undefined;
  if (typeof type === 'object' && /^(TIMESTAMP|DATE)/.test(type.native))
    return { fitting: filled, why: `a column of ${type.native}` };
  if (numbers * 2 > filled) {
    if (wholes === filled && least >= 19000101 && most <= 21001231 && column.cells.every(isCompactDate))
      return { format: '%Y%m%d', fitting: filled, why: 'dates as YYYYMMDD' };
    const range = RANGES.find(([, from, to]) => middle >= from && middle <= to);
    if (range === undefined) return undefined;
    const [unit, from, to, words] = range;
    const outliers = least < from || most > to ? { outliers: true } : {};
    return { unit, fitting: numbers, why: `numbers, of the size of ${words}`, ...outliers };
  }
  if (isoTimes * 2 > filled) return { fitting: isoTimes, why: 'ISO 8601' };
  // Cells are the first of the sample: their share stands for that of all.
  const share = (fitting: number): number => Math.round((fitting / column.cells.length) * filled);
  const trimmed = column.cells.map((cell) => cell.trim());
  for (const { format, pattern } of FORMS) {
    const fitting = trimmed.filter((cell) => pattern.test(cell)).length;
    if (fitting * 2 > trimmed.length)
      return { format, fitting: share(fitting), why: `text like ${JSON.stringify(column.examples[0] ?? '')}` };
  }
  return dayOrMonthFirst(trimmed, share);
}

function dayOrMonthFirst(cells: readonly string[], share: (fitting: number) => number): TimeForm | undefined {
  const matches = cells.flatMap((cell) => {
    const found = EITHER.exec(cell);
    return found === null ? [] : [found];
  });
  const [first] = matches;
  if (first === undefined || matches.length * 2 <= cells.length) return undefined;
  const clock = CLOCKS.find(([, digits]) => new RegExp(`^${digits}$`).test(first[4] ?? ''))?.[0];
  if (clock === undefined) return undefined;
  const between = first[2] ?? '/';
  const dayFirst = `%d${between}%m${between}%Y${clock}`;
  const monthFirst = `%m${between}%d${between}%Y${clock}`;
  const firstOver = matches.filter((found) => Number(found[1]) > 12).length;
  const secondOver = matches.filter((found) => Number(found[3]) > 12).length;
  const fitting = share(matches.length);
  if (firstOver === 0 && secondOver === 0)
    return { format: monthFirst, fitting, why: 'day or month first', ambiguous: [dayFirst, monthFirst] };
  return firstOver > secondOver
    ? { format: dayFirst, fitting: share(matches.length - secondOver), why: 'the first number goes beyond 12: the day' }
    : {
        format: monthFirst,
        fitting: share(matches.length - firstOver),
        why: 'the second number goes beyond 12: the day',
      };
}

function isCompactDate(cell: string): boolean {
  const month = Number(cell.slice(4, 6));
  const day = Number(cell.slice(6, 8));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
