// The split as a column: which part of the data set each interaction belongs to.
//
// Input: `final` in its order. Output: the view `placed`: the same rows in the same order with k (place in the sequence, from 0) and part.
import type { SplitSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlNumber, sqlText } from '../engine/quote.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { PARTS } from '../prepared/manifest.js';
import type { TimeReading } from './time-reading.js';

/** Interactions of each part. */
export type PartCounts = Readonly<Record<keyof typeof PARTS, number>>;

/** Numbers that users or items draw, in the table `draws (id, draw)`. */
export interface Draws {
  readonly of: 'user_ids' | 'item_ids';
}

/** Lets users or items draw where the split asks for it. */
export async function drawParts(engine: Engine, split: SplitSpec): Promise<Draws | undefined> {
  if (split.method !== 'user-hold-out' && split.method !== 'cold-items') return undefined;
  const of = split.method === 'user-hold-out' ? 'user_ids' : 'item_ids';
  await engine.run(`CREATE TABLE draws AS SELECT id, ${hashSql('source', split.seed)} AS draw FROM ${of}`);
  return { of };
}

/** Makes `placed`: the rows of `final` with `k` and `part`, in the same order. A view: nothing is copied. */
export async function assignParts(
  engine: Engine,
  split: SplitSpec,
  time: TimeReading | undefined,
): Promise<{ readonly parts: PartCounts; readonly report: readonly ReportEntry[] }> {
  const expression = await partSql(engine, split, time);
  await engine.run(
    `CREATE VIEW placed AS SELECT *, CAST(CASE WHEN wanted >= ${PARTS.valid} AND k = 0 THEN ${PARTS.context} ELSE wanted END AS UTINYINT) AS part FROM (SELECT *, ${expression} AS wanted FROM (SELECT *, rowid - begins AS k FROM final))`,
  );
  const report: ReportEntry[] = [];
  const first = await engine.count(`SELECT count(*) FROM placed WHERE k = 0 AND part = ${PARTS.context}`);
  const why = 'nothing came before them: they are history alone';
  if (first > 0 && split.method !== 'user-hold-out')
    report.push({ kind: 'noted', what: 'targets that are the first of their user', count: first, why });
  const parts = await countParts(engine);
  for (const name of ['train', 'valid', 'test'] as const) {
    if (parts[name] > 0) continue;
    const none = `no interaction belongs to it by the split ${split.method}`;
    report.push({ kind: 'noted', what: `the part "${name}" is empty`, count: 0, why: none });
  }
  return { parts, report };
}

async function countParts(engine: Engine): Promise<PartCounts> {
  const rows = await engine.rows(
    'SELECT CAST(part AS INTEGER) AS part, CAST(count(*) AS DOUBLE) AS n FROM placed GROUP BY part',
  );
  const count = (part: number): number => Number(rows.find((row) => row['part'] === part)?.['n'] ?? 0);
  return {
    train: count(PARTS.train),
    context: count(PARTS.context),
    valid: count(PARTS.valid),
    test: count(PARTS.test),
  };
}

async function partSql(engine: Engine, split: SplitSpec, time: TimeReading | undefined): Promise<string> {
  const { train, context, valid, test } = PARTS;
  switch (split.method) {
    case 'leave-one-out':
      return lastSql(1, 1);
    case 'last-n':
      return lastSql(split.valid, split.test);
    case 'ratio': {
      const tests = `floor(n * ${split.test} + 1e-9)`;
      const valids = `floor(n * ${split.valid} + 1e-9)`;
      return `CASE WHEN k >= n - ${tests} THEN ${test} WHEN k >= n - ${tests} - ${valids} THEN ${valid} ELSE ${train} END`;
    }
    case 'global-time': {
      if (time === undefined)
        throw new DataError([
          {
            file: 'description',
            column: 'split',
            value: 'global-time',
            message: 'needs a time column',
            cure: 'name it with interactions.time, or take leave-one-out',
          },
        ]);
      return globalTimeSql(engine, split.valid, split.test, time);
    }
    case 'user-hold-out':
      return `CASE WHEN draw >= ${split.valid + split.test} THEN ${train} WHEN k < n - 1 THEN ${context} WHEN draw < ${split.test} THEN ${test} ELSE ${valid} END`;
    case 'cold-items':
      return `CASE WHEN draw < ${split.test} THEN ${test} WHEN draw < ${split.valid + split.test} THEN ${valid} ELSE ${train} END`;
  }
}

/**
 * What comes last in time is tested on, what comes before it validated on. A share never divides a moment: interactions of the same time as
 * the last training item are training items, so that a part may be smaller than its share.
 */
async function globalTimeSql(
  engine: Engine,
  valid: number | string,
  test: number | string,
  time: TimeReading,
): Promise<string> {
  const n = await engine.count('SELECT count(*) FROM final');
  const moment = async (bound: number | string, name: string): Promise<number | undefined> =>
    typeof bound === 'string' ? time.bound(bound, `split.${name}`) : undefined;
  const testMoment = await moment(test, 'test');
  const validMoment = await moment(valid, 'valid');
  const tests =
    typeof test === 'number'
      ? Math.floor(n * test + 1e-9)
      : await engine.count(`SELECT count(*) FROM final WHERE t >= ${sqlNumber(testMoment ?? 0)}`);
  const early =
    typeof valid === 'number'
      ? n - tests - Math.floor(n * valid + 1e-9)
      : await engine.count(`SELECT count(*) FROM final WHERE t < ${sqlNumber(validMoment ?? 0)}`);
  if (early < 1 || (validMoment !== undefined && testMoment !== undefined && validMoment >= testMoment)) {
    const message =
      early < 1 ? 'leaves nothing to train on' : 'must begin before the test part, so that there is something in it';
    const cure = 'move the moments, or take shares that are less than 1 together, e.g. valid: 0.1, test: 0.1';
    throw new DataError([
      { file: 'description', column: 'split', value: `valid ${valid}, test ${test}`, message, cure },
    ]);
  }
  const last = async (count: number): Promise<number> =>
    // Half a place before it, so that rounding cannot choose its neighbour.
    Number((await engine.rows(`SELECT quantile_disc(t, ${(count - 0.5) / n}) AS last FROM final`))[0]?.['last']);
  const after = async (at: number | undefined, count: number): Promise<string> =>
    at === undefined ? `t > ${sqlNumber(await last(count))}` : `t >= ${sqlNumber(at)}`;
  const isTest = await after(testMoment, n - tests);
  const isValid = await after(validMoment, early);
  return `CASE WHEN ${isTest} THEN ${PARTS.test} WHEN ${isValid} THEN ${PARTS.valid} ELSE ${PARTS.train} END`;
}

/** The last `test` are test targets, the `valid` before them validation targets, as long as two are left to train on. */
function lastSql(valid: number, test: number): string {
  const { train, valid: v, test: t } = PARTS;
  return `CASE WHEN n >= ${test + 2} AND k >= n - ${test} THEN ${t} WHEN n >= ${valid + test + 2} AND k >= n - ${test + valid} THEN ${v} ELSE ${train} END`;
}

/** A number in [0, 1) that depends on the token and the seed alone, on every machine: the first 8 bytes of an MD5, lowest first. */
function hashSql(token: string, seed: number): string {
  return `(CAST(md5_number_upper(${sqlText(`${seed}:`)} || ${token}) AS DOUBLE) / 18446744073709551616.0)`;
}
