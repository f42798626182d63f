// Numbers that stand for moments: which unit a number can only have by its size, and what people write where there is no time.
// Seconds, milliseconds, microseconds and nanoseconds of the years 1973 to 2103 never overlap, so each cell can be told by itself.

/** Units of numbers that count from 1970. */
export const CLOCK_UNITS = ['s', 'ms', 'us', 'ns'] as const;
/** One of {@link CLOCK_UNITS}. */
export type ClockUnit = (typeof CLOCK_UNITS)[number];

/** How many of a unit make a second, and its name. */
export const CLOCK: { readonly [U in ClockUnit]: { readonly perSecond: number; readonly words: string } } = {
  s: { perSecond: 1, words: 'seconds' },
  ms: { perSecond: 1e3, words: 'milliseconds' },
  us: { perSecond: 1e6, words: 'microseconds' },
  ns: { perSecond: 1e9, words: 'nanoseconds' },
};

/** Between these seconds (1973 and 2103) a number has the size of a time since 1970. */
export const CLOCK_FROM = 1e8;
export const CLOCK_TO = 4.2e9;

/** The unit of which a number has the size; undefined where it has none. */
export function unitOfSize(number: number): ClockUnit | undefined {
  return CLOCK_UNITS.find((unit) => {
    const seconds = number / CLOCK[unit].perSecond;
    return seconds >= CLOCK_FROM && seconds <= CLOCK_TO;
  });
}

const DAY = 86_400;
/** The last day of the year 9999 and the days beside it, whatever the zone: in seconds it has the size of milliseconds. */
export const YEAR_9999: readonly [number, number] = [253_402_214_400 - DAY, 253_402_300_800 + DAY];

/** Moments that are written for "none", in seconds: those from `from` to `to` that are whole multiples of `step`. */
export interface NoTime {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const QUARTER = 900;

/** Each counts as "none" only where no other time lies within {@link NEAR_NO_TIME} of it: a log of the year 1970 has such times. */
export const NO_TIMES: readonly NoTime[] = [
  // 0, 1 and -1 in each unit.
  ...CLOCK_UNITS.map((unit) => 1 / CLOCK[unit].perSecond).map((step) => ({ from: -step, to: step, step })),
  // 1970-01-01 in any zone.
  { from: -14 * 3600, to: 14 * 3600, step: QUARTER },
  // 1900-01-01, and 0 in Excel.
  { from: -2_209_161_600 - DAY, to: -2_208_988_800 + DAY, step: QUARTER },
  // The least and the largest number of 32 bits.
  { from: -2_147_483_648, to: -2_147_483_648, step: 1 },
  { from: 2_147_483_647, to: 2_147_483_647, step: 1 },
  // 2099-12-31 and the day after.
  { from: 4_102_358_400 - DAY, to: 4_102_444_800 + DAY, step: QUARTER },
];
/** In seconds: a year. */
export const NEAR_NO_TIME: number = 366 * DAY;

/** What lies before 1899, or after {@link CLOCK_TO}, such as 0001-01-01 and 9999-12-31, is no moment of a log. */
export const EARLIEST: number = -2_209_161_600 - DAY;
