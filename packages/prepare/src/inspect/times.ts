// Whether a column holds times, and how they are written.
import { CLOCK, CLOCK_FROM, CLOCK_UNITS } from '../clock.js';
import type { TimeUnit } from '../description/types.js';
import { mainUnit } from '../prepare/time-reading.js';
import type { ColumnProfile } from './profile.js';

/** How the times of a column are read; keys as in a description. */
export interface TimeForm {
  readonly unit?: TimeUnit;
  readonly format?: string;
  /** Cells of the sample that fit. */
  readonly fitting: number;
  readonly why: string;
  /** Numbers of the sample that have the size of no time. */
  readonly outliers?: number;
  /** Two formats fit all cells: nobody can tell day from month. */
  readonly ambiguous?: readonly [string, string];
}

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
  const { type, filled, numbers, isoTimes, most, wholes } = column;
  if (filled === 0) return undefined;
  if (typeof type === 'object' && /^(TIMESTAMP|DATE)/.test(type.native))
    return { fitting: filled, why: `a column of ${type.native}` };
  const onClock = CLOCK_UNITS.reduce((sum, unit) => sum + column.clock[unit], 0);
  if (numbers * 2 > filled || (isoTimes > 0 && onClock > 0 && (isoTimes + numbers) * 2 > filled)) {
    const compact = COMPACT.find(
      ({ digits }) =>
        wholes === filled && String(most).length === digits && column.cells.every((cell) => isCompact(cell, digits)),
    );
    if (compact !== undefined) return { format: compact.format, fitting: filled, why: `dates as ${compact.words}` };
    const form = numberForm(column);
    if (form !== undefined || numbers * 2 > filled) return form;
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

/** Dates without anything between their parts. */
const COMPACT: readonly { readonly digits: number; readonly format: string; readonly words: string }[] = [
  { digits: 8, format: '%Y%m%d', words: 'YYYYMMDD' },
  { digits: 12, format: '%Y%m%d%H%M', words: 'YYYYMMDDhhmm' },
  { digits: 14, format: '%Y%m%d%H%M%S', words: 'YYYYMMDDhhmmss' },
];

function isCompact(cell: string, digits: number): boolean {
  const part = (from: number, to: number): number => Number(cell.slice(from, to));
  const inside = (value: number, least: number, most: number): boolean => value >= least && value <= most;
  return (
    cell.length === digits &&
    inside(part(0, 4), 1900, 2100) &&
    inside(part(4, 6), 1, 12) &&
    inside(part(6, 8), 1, 31) &&
    inside(part(8, 10), 0, 23) &&
    inside(part(10, 12), 0, 59) &&
    inside(part(12, 14), 0, 59)
  );
}

/** Numbers of the size of times since 1970: of one unit, or of several, each by its own. */
function numberForm({ numbers, units, clock, isoTimes, least, most }: ColumnProfile): TimeForm | undefined {
  const main = mainUnit(numbers - units, (unit) => clock[unit]);
  if (main === undefined) return undefined;
  const sized = CLOCK_UNITS.filter((unit) => clock[unit] > 0);
  const onClock = sized.reduce((sum, unit) => sum + clock[unit], 0);
  const far = numbers - onClock;
  const fitting = onClock + isoTimes;
  const first = CLOCK[main].words;
  if (sized.length === 1 && isoTimes === 0) {
    const example = least / CLOCK[main].perSecond < CLOCK_FROM ? `least ${least}` : `most ${most}`;
    return far === 0
      ? { unit: main, fitting, why: `numbers, of the size of ${first} since 1970` }
      : { unit: main, fitting, why: `${first} since 1970, but ${far} cells are not (${example})`, outliers: far };
  }
  const counts = [
    ...sized.map((unit) => `${CLOCK[unit].words} ${clock[unit]}`),
    ...(isoTimes === 0 ? [] : [`ISO 8601 ${isoTimes}`]),
  ];
  const rest = far === 0 ? {} : { outliers: far };
  return { unit: 'auto', fitting, why: `${counts.join(', ')}: each by its own size`, ...rest };
}
