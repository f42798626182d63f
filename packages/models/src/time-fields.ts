// What the times of interactions say beside their order: how long after the one before, which day of the week, which hour of the day.
// They are fields of interactions like any other, but are made of times when those are read.

/** Fields of the time, and how many values they have, 0 for "none" included; none where they are numbers. */
export const TIME_FIELDS: {
  readonly 'time.gap': undefined;
  readonly 'time.weekday': 8;
  readonly 'time.hour': 25;
} = {
  /** log(1 + seconds since the interaction before); none at a user's first. */
  'time.gap': undefined,
  /** 1 = Monday, in UTC. */
  'time.weekday': 8,
  /** 1 = from midnight to one o'clock, in UTC. */
  'time.hour': 25,
};

/** One of {@link TIME_FIELDS}. */
export type TimeField = keyof typeof TIME_FIELDS;

/** Whether a name is that of a field of the time. */
export function isTimeField(name: string): name is TimeField {
  return Object.hasOwn(TIME_FIELDS, name);
}

/** Seconds since 1970 of the years 1973 and 2286: numbers that are less or more count something else. */
export const SECONDS: { readonly least: number; readonly most: number } = { least: 1e8, most: 1e10 };
const HOUR = 3600;
const DAY = 24 * HOUR;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 3;

/** Times as ids of a field, 0 for none. */
export function idsOfTimes(name: Exclude<TimeField, 'time.gap'>, times: ArrayLike<number>): Int32Array {
  const idOf = (time: number): number => {
    if (!Number.isFinite(time)) return 0;
    if (name === 'time.hour') return 1 + Math.floor((((time % DAY) + DAY) % DAY) / HOUR);
    return 1 + ((((Math.floor(time / DAY) + FIRST_WEEKDAY) % 7) + 7) % 7);
  };
  return Int32Array.from(times, idOf);
}

/** `log(1 + seconds)` between each time and the one before, `before` in front of the first; NaN where there is none. */
export function gapsOfTimes(times: ArrayLike<number>, before: number = Number.NaN): Float64Array {
  return Float64Array.from(times, (time, i) =>
    Math.log1p(Math.max(0, time - (i === 0 ? before : (times[i - 1] ?? Number.NaN)))),
  );
}
