// The split as a column: which part of the data set each interaction belongs to.
//
// Input: `final` in its order. Output: `placed`: the same rows in the same order with k (place in the sequence, from 0) and part.
import type { SplitSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { DataError } from '../errors.js';
import { PARTS } from '../prepared/manifest.js';
import type { ReportEntry } from '../types.js';
import type { TimeReading } from './time.js';

/** Makes `placed`: the rows of `final` with `k`, `n` and `part`, in the same order. */
export async function assignParts(
  engine: Engine,
  split: SplitSpec,
  time: TimeReading | undefined,
): Promise<ReportEntry[]> {
  await engine.run(
    `CREATE TABLE lengths AS SELECT "user", CAST(n AS INTEGER) AS n, CAST(sum(n) OVER (ORDER BY "user" ROWS UNBOUNDED PRECEDING) - n AS BIGINT) AS begins FROM (SELECT "user", count(*) AS n FROM final GROUP BY "user")`,
  );
  const expression = await partSql(engine, split, time);
  await engine.run(
    `CREATE TABLE placed AS SELECT final.*, CAST(CASE WHEN wanted >= ${PARTS.valid} AND k = 0 THEN ${PARTS.context} ELSE wanted END AS UTINYINT) AS part FROM (SELECT final.*, k, ${expression} AS wanted FROM (SELECT final.*, final.rowid - begins AS k, n FROM final JOIN lengths USING ("user")) AS final) AS final ORDER BY "user", t, pos`,
  );
  await engine.run('DROP TABLE lengths');
  await engine.run('DROP TABLE final');
  const first = await engine.count(`SELECT count(*) FROM placed WHERE k = 0 AND part = ${PARTS.context}`);
  const why = 'nothing came before them: they are history alone';
  return first > 0 && split.method !== 'user-hold-out'
    ? [{ kind: 'noted', what: 'targets that are the first of their user', count: first, why }]
    : [];
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
      const cut = async (bound: number | string, later: number): Promise<number> =>
        typeof bound === 'number'
          ? Number((await engine.rows(`SELECT quantile_disc(t, ${1 - bound - later}) AS cut FROM final`))[0]?.['cut'])
          : await time.bound(bound, 'split');
      const testFrom = await cut(split.test, 0);
      const validFrom = await cut(split.valid, typeof split.test === 'number' ? split.test : 0);
      return `CASE WHEN t > ${testFrom} ${typeof split.test === 'string' ? `OR t = ${testFrom}` : ''} THEN ${test} WHEN t > ${validFrom} ${typeof split.valid === 'string' ? `OR t = ${validFrom}` : ''} THEN ${valid} ELSE ${train} END`;
    }
    case 'user-hold-out': {
      await engine.run(`CREATE TABLE draws AS SELECT id, ${hashSql('token', split.seed)} AS draw FROM user_ids`);
      const held = `(SELECT draw FROM draws WHERE id = final."user")`;
      return `CASE WHEN ${held} >= ${split.valid + split.test} THEN ${train} WHEN k < n - 1 THEN ${context} WHEN ${held} < ${split.test} THEN ${test} ELSE ${valid} END`;
    }
    case 'cold-items': {
      await engine.run(`CREATE TABLE draws AS SELECT id, ${hashSql('token', split.seed)} AS draw FROM item_ids`);
      const draw = `(SELECT draw FROM draws WHERE id = final.item)`;
      return `CASE WHEN ${draw} < ${split.test} THEN ${test} WHEN ${draw} < ${split.valid + split.test} THEN ${valid} ELSE ${train} END`;
    }
  }
}

/** The last `test` are test targets, the `valid` before them validation targets, as long as two are left to train on. */
function lastSql(valid: number, test: number): string {
  const { train, valid: v, test: t } = PARTS;
  return `CASE WHEN n >= ${test + 2} AND k >= n - ${test} THEN ${t} WHEN n >= ${valid + test + 2} AND k >= n - ${test + valid} THEN ${v} ELSE ${train} END`;
}

/** A number in [0, 1) that depends on the token and the seed alone, on every machine and version. */
function hashSql(token: string, seed: number): string {
  return `(CAST(md5_number_upper(${sqlText(`${seed}:`)} || ${token}) AS DOUBLE) / 18446744073709551616.0)`;
}
