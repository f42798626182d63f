// Ways to write a moment: as text, as a day, as a number.
/** ISO 8601 to the second, without a zone. */
export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);
const two = (number: number): string => String(number).padStart(2, '0');
const clock = (seconds: number): string => iso(seconds).slice(11);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
function day(seconds: number): { d: string; m: string; y: string; month: string } {
  const date = new Date(seconds * 1000);
  const month = date.getUTCMonth();
  return { d: two(date.getUTCDate()), m: two(month + 1), y: String(date.getUTCFullYear()), month: MONTHS[month] ?? '' };
}

/** Times to the second, all of them the same moment. */
export const TIMES: readonly ((seconds: number, row: number) => string)[] = [
  iso,
  (seconds) => iso(seconds).replace('T', ' '),
  (seconds) => `${iso(seconds)}Z`,
  (seconds) => `${iso(seconds)}.000Z`,
  (seconds) => `${iso(seconds).replace('T', ' ')}.000000`,
  (seconds) => `${iso(seconds + 7200)}+02:00`,
  (seconds) => `${iso(seconds - 18_000).replace('T', ' ')}-0500`,
  (seconds, row) => (row % 2 === 0 ? `${iso(seconds)}Z` : `${iso(seconds + 3600)}+01:00`),
  (seconds) => `${iso(seconds).replace('T', ' ')} UTC`,
  (seconds) => `${day(seconds).d}.${day(seconds).m}.${day(seconds).y} ${clock(seconds)}`,
  (seconds) => `${day(seconds).y}/${day(seconds).m}/${day(seconds).d} ${clock(seconds)}`,
  (seconds) => `${day(seconds).d} ${day(seconds).month} ${day(seconds).y} ${clock(seconds)}`,
  (seconds) => `${day(seconds).d}/${day(seconds).month}/${day(seconds).y}:${clock(seconds)} +0000`,
];

/** Whole days. */
export const DAYS: readonly ((seconds: number) => string)[] = [
  (seconds) => iso(seconds).slice(0, 10),
  (seconds) => `${day(seconds).d}.${day(seconds).m}.${day(seconds).y}`,
  (seconds) => `${day(seconds).y}${day(seconds).m}${day(seconds).d}`,
  (seconds) => `${day(seconds).month} ${day(seconds).d}, ${day(seconds).y}`,
  (seconds) => `${day(seconds).m}/${day(seconds).d}/${day(seconds).y}`,
  (seconds) => `${day(seconds).d}/${day(seconds).m}/${day(seconds).y}`,
  (seconds) => `${day(seconds).y}/${day(seconds).m}/${day(seconds).d}`,
];

/** Numbers of units since 1970. */
export const UNITS: readonly ((seconds: number) => string)[] = [
  (seconds) => `${seconds}000`,
  (seconds) => `${seconds}000000`,
  (seconds) => `${seconds}000000000`,
  (seconds) => `${seconds}.0`,
  (seconds) => `${seconds}.000`,
];
