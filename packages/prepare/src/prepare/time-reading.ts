// How a time column is read: decided once, from what the description says and the first cells, then one expression for every row. Numbers
// that have the size of no time are an order alone: durations and dates mean nothing there, and are refused.
import { type Text } from '@difsr/errors';
import { CLOCK, CLOCK_FROM, CLOCK_TO, CLOCK_UNITS, type ClockUnit, unitOfSize, YEAR_9999 } from '../clock.js';
import type { ColumnSpec, TimeSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlNumber, sqlText } from '../engine/quote.js';
import { DataError, type ReportEntry } from '@difsr/data';
import type { OpenSource } from '../sources/source.js';
import { columnSql } from './columns.js';
import { checkZone, formatSql, isoSql, numberSql, textBound, type TimeBound } from './time.js';

/** How the times of a log are read. */
export interface TimeReading {
  readonly label: string;
  /** The cell as text, for problems and "is there one". */
  readonly text: string;
  /** Seconds since 1970 as DOUBLE; NULL where the cell is no time. */
  readonly seconds: string;
  /** Of numbers that are no moments but an order alone. */
  readonly orderAlone?: OrderAlone;
  /** Of numbers that are moments: which of {@link TIME_SIZES} a cell is by its size, from 0; NULL where it has the size of none. */
  readonly size?: string;
  /** The unit that the description states: numbers of the size of another are no times. */
  readonly stated?: ClockUnit;
  readonly report: readonly ReportEntry[];
  readonly bound: TimeBound;
}

/** Why numbers are an order alone, and what makes moments of them. */
export interface OrderAlone {
  readonly why: string;
  readonly cure: Text;
}

/** What a cell of times can be: a number of a unit, or text. */
export const TIME_SIZES: readonly string[] = [...CLOCK_UNITS.map((unit) => CLOCK[unit].words), 'ISO 8601'];
const SAMPLE = 20_000;

/** Decides how a time column is read, looking at its first cells where the description leaves it open. */
export async function timeReading(engine: Engine, source: OpenSource, spec: TimeSpec): Promise<TimeReading> {
  const full = typeof spec === 'object' && 'column' in spec ? spec : { column: spec as ColumnSpec };
  const { label, text, value } = columnSql(source, full.column, 'time');
  const zone = full.zone ?? 'UTC';
  await checkZone(engine, zone);
  const [kind] = await engine.rows(
    `SELECT typeof(${value}) AS type FROM ${source.relation} WHERE _problem IS NULL LIMIT 1`,
  );
  const native = String(kind?.['type'] ?? 'VARCHAR');
  const bound = textBound(engine, zone);
  if (/^(TIMESTAMP|DATE)/.test(native)) {
    const moment = native.includes('TIME ZONE')
      ? `CAST(${value} AS TIMESTAMPTZ)`
      : `timezone(${sqlText(zone)}, CAST(${value} AS TIMESTAMP))`;
    const report = [inferred(label, 1, `${native}, zone ${zone}`)];
    return { label, text, seconds: `(epoch_us(${moment}) / 1e6)`, report, bound };
  }
  if (full.format !== undefined)
    return { label, text, seconds: await formatSql(engine, text, full.format, zone), report: [], bound };
  const sample = await sampleOf(engine, source, text, label);
  const unit = full.unit === 'auto' ? undefined : full.unit;
  if (unit === 'order' || (unit === undefined && sample.main === undefined && sample.numbers * 2 > sample.cells))
    return orderReading(engine, sample, unit !== undefined);
  if (unit !== undefined) return statedReading(engine, sample, unit, zone);
  if (sample.numbers * 2 > sample.cells) return sizeReading(engine, sample, zone);
  // Numbers among text: moments where they have the size of one.
  const mixed = sample.main !== undefined;
  return {
    label,
    text,
    seconds: mixed ? `coalesce(${isoSql(text, zone)}, ${bySizeSql(numberSql(text), sample.main)})` : isoSql(text, zone),
    ...(mixed ? { size: sizeSql(text, zone) } : {}),
    report: [inferred(label, sample.cells, `ISO 8601, ${zone} where no zone is named`)],
    bound,
  };
}

function inferred(label: string, count: number, why: string): ReportEntry {
  return { kind: 'inferred', what: `times in column "${label}"`, count, why };
}

/** The first cells of a column of times. */
interface Sample {
  readonly label: string;
  readonly text: string;
  readonly cells: number;
  readonly numbers: number;
  readonly least: number;
  readonly most: number;
  readonly middle: number;
  /** The unit of most of its numbers, where most of them have the size of times since 1970. */
  readonly main: ClockUnit | undefined;
}

async function sampleOf(engine: Engine, source: OpenSource, text: string, label: string): Promise<Sample> {
  const counts = CLOCK_UNITS.map((unit) => `count(*) FILTER (${isOfUnit('n', unit)}) AS "${unit}"`);
  const [row = {}] = await engine.rows(
    `SELECT count(n) AS numbers, count(*) AS cells, min(n) AS least, max(n) AS most, median(n) AS middle, count(*) FILTER (abs(n) <= 1) AS none, ${counts.join(', ')} FROM (SELECT ${numberSql(text)} AS n FROM ${source.relation} WHERE _problem IS NULL AND ${text} IS NOT NULL LIMIT ${SAMPLE})`,
  );
  const value = (key: string): number => Number(row[key] ?? 0);
  return {
    label,
    text,
    cells: value('cells'),
    numbers: value('numbers'),
    least: value('least'),
    most: value('most'),
    middle: value('middle'),
    main: mainUnit(value('numbers') - value('none'), value),
  };
}

/**
 * The unit of most numbers of a column, if most of them have the size of times since 1970.
 *
 * @param numbers without 0, 1 and -1, which say nothing about the others where they stand for "none"
 * @param count how many have the size of a unit
 */
export function mainUnit(numbers: number, count: (unit: ClockUnit) => number): ClockUnit | undefined {
  const [best] = CLOCK_UNITS.toSorted((a, b) => count(b) - count(a));
  const sized = CLOCK_UNITS.reduce((sum, unit) => sum + count(unit), 0);
  return sized > 0 && sized * 2 >= numbers ? best : undefined;
}

/** Numbers whose unit nobody stated: each by its own size. */
function sizeReading(engine: Engine, { label, text, cells, main = 's' }: Sample, zone: string): TimeReading {
  return {
    label,
    text,
    seconds: `coalesce(${bySizeSql(numberSql(text), main)}, ${isoSql(text, zone)})`,
    size: sizeSql(text, zone),
    report: [inferred(label, cells, `numbers, taken as ${CLOCK[main].words} since 1970 by their size`)],
    bound: numberBound(engine, zone, (number) => unitOfSize(number) ?? main),
  };
}

function statedReading(engine: Engine, sample: Sample, unit: ClockUnit, zone: string): TimeReading {
  const { label, text, cells, middle, main } = sample;
  const number = numberSql(text);
  if (main !== undefined && CLOCK[main].perSecond > CLOCK[unit].perSecond)
    throw new DataError([
      {
        file: 'description',
        column: 'interactions.time.unit',
        value: unit,
        message: `is not the unit of column "${label}": ${middle} and the others have the size of ${CLOCK[main].words} since 1970`,
        cure: `say unit: ${main}, or auto (each number by its size), or order where they are no times`,
      },
    ]);
  // Numbers that have the size of no moment count from another beginning; then all of them are what they are.
  const isClock = main === unit;
  const small = main !== undefined && !isClock ? `; by their size they would be ${CLOCK[main].words}` : '';
  return {
    label,
    text,
    seconds: dividedSql(number, unit),
    ...(isClock ? { size: numberSizeSql(number), stated: unit } : {}),
    report: [inferred(label, cells, `numbers, taken as ${CLOCK[unit].words} since 1970${small}`)],
    bound: numberBound(engine, zone, (bound) => (isClock ? unitOfSize(bound) : undefined) ?? unit),
  };
}

function orderReading(engine: Engine, sample: Sample, isStated: boolean): TimeReading {
  const { label, text, cells, least, most, middle } = sample;
  const range = cells === 0 ? 'no numbers' : `numbers from ${least} to ${most}`;
  const why = isStated ? 'unit: order is stated' : 'they have the size of no time since 1970';
  const orderAlone: OrderAlone = {
    why: `column "${label}" holds ${range}, which are an order alone (${why})`,
    cure: `say what the numbers count, with interactions.time.unit: s (or ms, us, ns)${otherForms(middle, label)}; or leave this out`,
  };
  return {
    label,
    text,
    seconds: numberSql(text),
    orderAlone,
    report: [inferred(label, cells, `${range}, taken as an order alone: ${why}`)],
    bound: async (moment, name) => {
      const number = await numberOf(engine, moment);
      if (number !== undefined) return number;
      await textBound(engine, 'UTC')(moment, name);
      throw orderError(name, String(moment), 'is a date', orderAlone);
    },
  };
}

/** The error of a duration or a date where times are an order alone. */
export function orderError(place: string, value: string, what: string, { why, cure }: OrderAlone): DataError {
  return new DataError([{ file: 'description', column: place, value, message: `${what}, but ${why}`, cure }]);
}

/** How numbers of some sizes become moments. */
function otherForms(middle: number, label: string): string {
  if (middle >= 19_000_101 && middle <= 21_001_231) return ', or for dates like 20231115 format: "%Y%m%d"';
  if (middle >= 1900 && middle <= 2100) return ', or for years format: "%Y"';
  if (middle > 2100 && middle < 80_000)
    return `, or for days column: { sql: '(CAST("${label}" AS DOUBLE) - 25569) * 86400' } with unit: s (25569 is 1970-01-01 in Excel; days since 1970 need no such number)`;
  return ', or how they are written: format, e.g. "%Y%m%d"';
}

/** A bound that may be a number, read by the unit that `unitOf` gives it. */
function numberBound(engine: Engine, zone: string, unitOf: (bound: number) => ClockUnit): TimeBound {
  return async (moment, name) => {
    const number = await numberOf(engine, moment);
    if (number === undefined) return textBound(engine, zone)(moment, name);
    return number / CLOCK[unitOf(number)].perSecond;
  };
}

async function numberOf(engine: Engine, moment: number | string): Promise<number | undefined> {
  if (typeof moment === 'number') return moment;
  const [row] = await engine.rows(`SELECT ${numberSql(sqlText(moment))} AS n`);
  return typeof row?.['n'] === 'number' ? row['n'] : undefined;
}

/** SQL condition: a number has the size of a unit. */
export function isOfUnit(number: string, unit: ClockUnit): string {
  const { perSecond } = CLOCK[unit];
  return `${number} BETWEEN ${sqlNumber(CLOCK_FROM * perSecond)} AND ${sqlNumber(CLOCK_TO * perSecond)}`;
}

function dividedSql(number: string, unit: ClockUnit): string {
  const { perSecond } = CLOCK[unit];
  return perSecond === 1 ? number : `(${number} / ${perSecond})`;
}

/** Seconds of a number by its own size; of the size of none, by the unit of the others. */
function bySizeSql(number: string, main: ClockUnit = 's'): string {
  const own = dividedSql(number, main);
  // The last day of the year 9999 in seconds has the size of milliseconds of 1978; in a column of seconds it stands for "none".
  const far = `${own} BETWEEN ${sqlNumber(YEAR_9999[0])} AND ${sqlNumber(YEAR_9999[1])}`;
  const cases = CLOCK_UNITS.map((unit) => `WHEN ${isOfUnit(number, unit)} THEN ${dividedSql(number, unit)}`);
  return `(CASE WHEN ${far} THEN ${own} ${cases.join(' ')} ELSE ${own} END)`;
}

function numberSizeSql(number: string): string {
  const cases = CLOCK_UNITS.map((unit, index) => `WHEN ${isOfUnit(number, unit)} THEN ${index}`);
  return `(CASE ${cases.join(' ')} END)`;
}

function sizeSql(text: string, zone: string): string {
  return `coalesce(${numberSizeSql(numberSql(text))}, CASE WHEN ${isoSql(text, zone)} IS NOT NULL THEN ${CLOCK_UNITS.length} END)`;
}
