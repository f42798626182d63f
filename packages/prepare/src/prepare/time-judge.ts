// Times after the scan, when all of them are known: units that are mixed are counted, and moments that stand for "no time" (0,
// 1970-01-01, 9999-12-31) are set aside where the others lie years away. Sorted into a history they would change who did what first.
import { CLOCK_FROM, CLOCK_TO, CLOCK_UNITS, EARLIEST, NEAR_NO_TIME, NO_TIMES, type NoTime } from '../clock.js';
import type { Engine } from '../engine/engine.js';
import { sqlNumber, sqlText } from '../engine/quote.js';
import type { ReportEntry } from '@difsr/data';
import { TIME_SIZES, type TimeReading } from './time-reading.js';

/** Conditions under which a row of the scan has no usable time, with the problem as SQL. */
export function timeTests({ stated, size }: TimeReading): [string, string, null][] {
  const unit = stated === undefined ? undefined : CLOCK_UNITS.indexOf(stated);
  return [
    ['t IS NULL', sqlText('time'), null],
    ...(unit === undefined || size === undefined
      ? []
      : ([[`size <> ${unit}`, sqlText('time-unit'), null]] satisfies [string, string, null][])),
  ];
}

/** Looks at all times of `scanned`; adds to `bad` those that stand for none. */
export async function judgeTimes(engine: Engine, time: TimeReading): Promise<ReportEntry[]> {
  if (time.orderAlone !== undefined) return [];
  const report: ReportEntry[] = [];
  const none = await noTimes(engine);
  if (none !== undefined) {
    const before = await engine.count('SELECT count(*) FROM bad');
    await engine.run(
      `INSERT INTO bad SELECT pos, ${sqlText('time-none')}, NULL FROM scanned WHERE problem IS NULL AND ${none} AND pos NOT IN (SELECT pos FROM bad)`,
    );
    report.push({
      kind: 'noted',
      what: `no time in the column "${time.label}"`,
      count: (await engine.count('SELECT count(*) FROM bad')) - before,
      why: 'what stands for none (0, 1970-01-01, 9999-12-31) lies years away from the other times: such rows are set aside',
    });
  }
  return [...report, ...(await sizesOf(engine, time))];
}

/** The condition of times that stand for none, where there are any. */
async function noTimes(engine: Engine): Promise<string | undefined> {
  const counts = NO_TIMES.flatMap((each, index) => [
    `count(*) FILTER (${isNoTime(each)}) AS none_${index}`,
    `count(*) FILTER (t BETWEEN ${sqlNumber(each.from - NEAR_NO_TIME)} AND ${sqlNumber(each.to + NEAR_NO_TIME)} AND NOT ${ANY_NO_TIME}) AS near_${index}`,
  ]);
  const [row = {}] = await engine.rows(
    `SELECT count(*) AS total, count(*) FILTER (t BETWEEN ${sqlNumber(CLOCK_FROM)} AND ${sqlNumber(CLOCK_TO)}) AS usual, count(*) FILTER (${OUTSIDE}) AS outside, ${counts.join(', ')} FROM scanned WHERE problem IS NULL`,
  );
  const value = (key: string): number => Number(row[key] ?? 0);
  // Of numbers that count from another beginning nothing is known.
  if (value('usual') * 2 < value('total')) return undefined;
  const found = [
    ...NO_TIMES.filter((_, index) => value(`none_${index}`) > 0 && value(`near_${index}`) === 0).map(isNoTime),
    ...(value('outside') > 0 ? [OUTSIDE] : []),
  ];
  return found.length === 0 ? undefined : `(${found.join(' OR ')})`;
}

function isNoTime({ from, to, step }: NoTime): string {
  return `(t BETWEEN ${sqlNumber(from)} AND ${sqlNumber(to)} AND t % ${sqlNumber(step)} = 0)`;
}

const ANY_NO_TIME = `(${NO_TIMES.map(isNoTime).join(' OR ')})`;
const OUTSIDE = `(t < ${sqlNumber(EARLIEST)} OR t > ${sqlNumber(CLOCK_TO)})`;

/** What is said of times that are written in more than one way. */
async function sizesOf(engine: Engine, { label, size, stated }: TimeReading): Promise<ReportEntry[]> {
  if (size === undefined || stated !== undefined) return [];
  const rows = await engine.rows(
    `SELECT CAST(size AS INTEGER) AS size, CAST(count(*) AS DOUBLE) AS n FROM scanned WHERE size IS NOT NULL AND pos NOT IN (SELECT pos FROM bad) GROUP BY size ORDER BY n DESC, size`,
  );
  if (rows.length < 2) return [];
  const parts = rows.map((row) => `${TIME_SIZES[Number(row['size'])] ?? ''} ${String(row['n'])}`);
  return [
    {
      kind: 'noted',
      what: `more than one unit in the time column "${label}"`,
      count: rows.slice(1).reduce((sum, row) => sum + Number(row['n']), 0),
      why: `${parts.join(', ')}: each cell was read by its own size`,
    },
  ];
}
