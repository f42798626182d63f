// Times of atomic files, read without the engine, by the rules of prepare/time-judge.ts: numbers of several units are read each by its own
// size, and what stands for "no time" is an error, since this reader sets no rows aside. Numbers of one unit stay as they are.
import { call, text } from '@difsr/errors';
import {
  CLOCK,
  CLOCK_FROM,
  CLOCK_TO,
  CLOCK_UNITS,
  EARLIEST,
  NEAR_NO_TIME,
  NO_TIMES,
  type NoTime,
  unitOfSize,
  YEAR_9999,
} from '../clock.js';
import { DataError, type ReportEntry } from '@difsr/data';

/** The times of a column on one clock, and what was done to them. @throws DataError if some stand for none */
export function onOneClock(
  times: Float64Array,
  file: string,
  column: string,
): { readonly times: Float64Array; readonly report: readonly ReportEntry[] } {
  const counts = new Map(CLOCK_UNITS.map((unit) => [unit, 0]));
  let ones = 0;
  for (const time of times) {
    const unit = unitOfSize(time);
    if (unit !== undefined) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    else if (Math.abs(time) <= 1) ones++;
  }
  const used = [...counts].filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a);
  const sized = used.reduce((sum, [, count]) => sum + count, 0);
  const [main] = used;
  if (main === undefined || sized * 2 < times.length - ones) return { times, report: [] };
  // The last day of the year 9999 in the unit of the others has the size of the next one.
  const own = (time: number): number => time / CLOCK[main[0]].perSecond;
  const isFar = (time: number): boolean => own(time) >= YEAR_9999[0] && own(time) <= YEAR_9999[1];
  const seconds = times.map((time) => (isFar(time) ? own(time) : time / CLOCK[unitOfSize(time) ?? main[0]].perSecond));
  refuseNone(seconds, times, file, column);
  if (used.length === 1) return { times, report: [] };
  const parts = used.map(([unit, count]) => `${CLOCK[unit].words} ${count}`);
  return {
    times: seconds,
    report: [
      {
        kind: 'noted',
        what: `more than one unit in the time column "${column}"`,
        count: sized - main[1],
        why: `${parts.join(', ')}: each cell was read by its own size`,
      },
    ],
  };
}

function refuseNone(seconds: Float64Array, cells: Float64Array, file: string, column: string): void {
  const usual = seconds.reduce((sum, at) => sum + (at >= CLOCK_FROM && at <= CLOCK_TO ? 1 : 0), 0);
  if (usual * 2 < seconds.length) return;
  const isAny = (at: number): boolean => NO_TIMES.some((none) => isNoTime(at, none));
  const lonely = NO_TIMES.filter(
    (none) => !seconds.some((at) => at >= none.from - NEAR_NO_TIME && at <= none.to + NEAR_NO_TIME && !isAny(at)),
  );
  const isNone = (at: number): boolean => at < EARLIEST || at > CLOCK_TO || lonely.some((none) => isNoTime(at, none));
  const found = cells.filter((_, row) => isNone(seconds[row] ?? 0));
  if (found.length === 0) return;
  throw new DataError([
    {
      file,
      column,
      value: String(found[0]),
      message: `stands for no time: the times of other rows are years away (${found.length} of ${cells.length} rows are so)`,
      cure: text`give the rows their time or leave them out; ${call('prepare')} sets them aside`,
    },
  ]);
}

function isNoTime(at: number, { from, to, step }: NoTime): boolean {
  return at >= from && at <= to && at % step === 0;
}
