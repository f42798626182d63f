// What is kept, in a fixed order: conditions, times, duplicates, sessions, counts. Every step says how many rows it took.
//
// Input: `log`, `catalogue`, `people`. Output: `coded (pos, u INTEGER, i INTEGER, t, f0..)` with provisional codes, and the tables
// `ucode (code, token, source)` and `icode (code, token, source)` that spell them; `source` is the id in the files.
import { joined, setting, type Text, text } from '@difsr/errors';
import type { Description, FilterSpec } from '../description/types.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { sqlName, sqlNumber, sqlText } from '../engine/quote.js';
import { DataError, type ReportEntry } from '@difsr/data';
import { notOneExpression } from './expressions.js';
import type { Log } from './log.js';
import type { Owners } from './owners.js';

/** One step of the manifest. */
export interface Step {
  readonly step: string;
  readonly dropped: number;
  readonly left: number;
  readonly why: string;
}

/** What the filters did. */
export interface Filtered {
  readonly steps: readonly Step[];
  readonly report: readonly ReportEntry[];
  /** Distinct users and items that lost their last interaction to the counts. */
  readonly lostItems: number;
}

/** Runs all filters. @throws DataError if nothing is left, saying which step took how many */
export async function filterLog(
  engine: Engine,
  description: Description,
  log: Log,
  items: Owners | undefined,
  users: Owners | undefined,
  progress: (step: string, left: number) => void,
): Promise<Filtered> {
  const { filters, sessions } = description;
  const steps: Step[] = [];
  const report: ReportEntry[] = [];
  let left = log.read - log.bad;
  steps.push({ step: 'read', dropped: log.bad, left, why: log.bad > 0 ? 'unusable rows were set aside' : '' });
  const next = async (table: string, step: string, what: string, why: string): Promise<void> => {
    const now = await engine.count(`SELECT count(*) FROM ${table}`);
    const dropped = left - now;
    left = now;
    steps.push({ step, dropped, left, why });
    if (dropped > 0) report.push({ kind: 'dropped', what, count: dropped, why });
    progress(step, left);
  };
  for (const step of ['interactions', 'items', 'users'] as const) {
    const where = filters[step];
    const why = where === undefined ? undefined : await notOneExpression(engine, where);
    if (where === undefined || why === undefined) continue;
    throw conditionError(new EngineError(why, where), step, where, columnsOf(step, log, items, users));
  }
  const condition = async (step: 'interactions' | 'items' | 'users', where: string): Promise<void> => {
    await engine.run(`CREATE TABLE log_next AS SELECT * FROM log WHERE ${where}`).catch((error: unknown) => {
      throw conditionError(error, step, filters[step] ?? where, columnsOf(step, log, items, users));
    });
    await engine.run('DROP TABLE log');
    await engine.run('ALTER TABLE log_next RENAME TO log');
  };
  if (filters.interactions !== undefined) {
    const names = log.fields.map(({ name }, index) => `f${index} AS ${sqlName(name)}`);
    // Numbers that are an order alone may be no moment.
    const time =
      'CASE WHEN abs(t) < 9e12 THEN make_timestamp(CAST(round(t * 1e6) AS BIGINT)) END AS "time", t AS seconds';
    await condition(
      'interactions',
      `pos IN (SELECT _pos FROM (SELECT pos AS _pos, u AS "user", i AS item, ${[time, ...names].join(', ')} FROM log) WHERE (${filters.interactions}\n))`,
    );
    await next('log', 'interactions', 'interactions that do not meet the condition', `only ${filters.interactions}`);
  }
  for (const [step, where, owners, column] of [
    ['items', filters.items, items, 'i'],
    ['users', filters.users, users, 'u'],
  ] as const) {
    // refuseContradictions has seen to it that a condition has its table.
    if (where === undefined || owners === undefined) continue;
    const names = owners.fields.map(({ name }, index) => `f${index} AS ${sqlName(name)}`);
    const chosen = `SELECT id FROM (SELECT ${['id', ...(owners.hasNames ? ['name'] : []), ...names].join(', ')} FROM ${owners.table}) WHERE (${where}\n)`;
    await condition(step, `${column} IN (${chosen})`);
    await engine.run(`DELETE FROM ${owners.table} WHERE id NOT IN (${chosen})`);
    await next('log', step, `interactions of ${step} that do not meet the condition`, `only ${where}`);
  }
  await codeTokens(engine, log);
  if (filters.timeFrom !== undefined || filters.timeTo !== undefined) {
    // refuseContradictions has seen to it that bounds have times.
    const bound = async (name: 'timeFrom' | 'timeTo'): Promise<number | undefined> =>
      filters[name] === undefined ? undefined : log.time?.bound(filters[name], name);
    const [from, to] = [await bound('timeFrom'), await bound('timeTo')];
    const bounds = [
      from === undefined ? [] : `t >= ${sqlNumber(from)}`,
      to === undefined ? [] : `t <= ${sqlNumber(to)}`,
    ].flat();
    await replaceCoded(engine, `SELECT * FROM coded WHERE ${bounds.join(' AND ')}`);
    const why = `times from ${filters.timeFrom ?? 'any'} to ${filters.timeTo ?? 'any'}`;
    await next('coded', 'times', 'interactions outside the range of times', why);
  }
  if (filters.duplicates !== 'keep') {
    await replaceCoded(engine, DUPLICATES[filters.duplicates]);
    await next('coded', 'duplicates', 'repeated interactions', DUPLICATE_WORDS[filters.duplicates]);
  }
  if (sessions !== undefined) {
    await cutSessions(engine, sessions.gap);
    const count = await engine.count('SELECT count(*) FROM ucode');
    report.push({ kind: 'noted', what: 'sessions', count, why: `a pause of more than ${sessions.gap} ends one` });
  }
  const counted = await filterCounts(engine, filters);
  if (counted.rounds > 0 || hasBounds(filters)) {
    const why = `only ${describeBounds(filters)} are kept; nothing changed after ${counted.rounds} ${counted.rounds === 1 ? 'round' : 'rounds'}`;
    if (counted.users > 0) report.push({ kind: 'dropped', what: 'users', count: counted.users, why });
    if (counted.items > 0) report.push({ kind: 'dropped', what: 'items', count: counted.items, why });
    await next('coded', 'counts', 'interactions', why);
  }
  if (left === 0) throw nothingLeft(log.file, steps, filters);
  return { steps, report, lostItems: counted.items };
}

/** Replaces tokens by integers in order of first appearance: everything after this is arithmetic. */
async function codeTokens(engine: Engine, log: Log): Promise<void> {
  for (const [table, column] of [
    ['ucode', 'u'],
    ['icode', 'i'],
  ] as const) {
    await engine.run(
      `CREATE TABLE ${table} AS SELECT CAST(row_number() OVER (ORDER BY seen) AS INTEGER) AS code, token, token AS source FROM (SELECT ${column} AS token, min(pos) AS seen FROM log GROUP BY ${column})`,
    );
  }
  const fields = log.fields.map((_, index) => `, f${index}`).join('');
  await engine.run(
    `CREATE TABLE coded AS SELECT pos, ucode.code AS u, icode.code AS i, t${fields} FROM log JOIN ucode ON ucode.token = log.u JOIN icode ON icode.token = log.i`,
  );
  await engine.run('DROP TABLE log');
}

async function replaceCoded(engine: Engine, select: string): Promise<void> {
  await engine.run(`CREATE TABLE coded_next AS ${select}`);
  await engine.run('DROP TABLE coded');
  await engine.run('ALTER TABLE coded_next RENAME TO coded');
}

/** Times may be missing, and then all are equal: file order decides. */
const DUPLICATES: Readonly<Record<Exclude<FilterSpec['duplicates'], 'keep'>, string>> = {
  exact: 'SELECT * FROM coded WHERE pos IN (SELECT min(pos) FROM coded GROUP BY u, i, t)',
  first: 'SELECT * FROM coded WHERE pos IN (SELECT arg_min(pos, {a: coalesce(t, 0), b: pos}) FROM coded GROUP BY u, i)',
  last: 'SELECT * FROM coded WHERE pos IN (SELECT arg_max(pos, {a: coalesce(t, 0), b: pos}) FROM coded GROUP BY u, i)',
};
const DUPLICATE_WORDS: typeof DUPLICATES = {
  exact: 'the same user, item and time: one is kept',
  first: 'the first interaction of a user with an item is kept',
  last: 'the last interaction of a user with an item is kept',
};

const GAP_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A session is a user of its own from here on: `user`, `user#2`, `user#3`, .. in order of time, with `##` where a user is called so already.
 * `source` stays the user's own id: attributes and draws go by it.
 */
async function cutSessions(engine: Engine, gap: string): Promise<void> {
  const seconds = Number.parseInt(gap, 10) * (GAP_SECONDS[gap.at(-1) ?? 's'] ?? 1);
  await engine.run(
    `CREATE TABLE sessions AS SELECT * EXCLUDE (fresh), sum(fresh) OVER (PARTITION BY u ORDER BY t, pos ROWS UNBOUNDED PRECEDING) AS session FROM (SELECT *, CASE WHEN t - lag(t) OVER (PARTITION BY u ORDER BY t, pos) > ${seconds} THEN 1 ELSE 0 END AS fresh FROM coded)`,
  );
  await engine.run(
    `CREATE TABLE scode AS SELECT CAST(row_number() OVER (ORDER BY seen) AS INTEGER) AS code, u, session FROM (SELECT u, session, min(pos) AS seen FROM sessions GROUP BY u, session)`,
  );
  await replaceCoded(
    engine,
    'SELECT sessions.* EXCLUDE (session) REPLACE (scode.code AS u) FROM sessions JOIN scode USING (u, session)',
  );
  const named = (mark: string): string =>
    `SELECT scode.code AS code, CASE WHEN session = 0 THEN token ELSE token || ${sqlText(mark)} || CAST(CAST(session AS BIGINT) + 1 AS VARCHAR) END AS token, source, session FROM scode JOIN ucode ON ucode.code = scode.u`;
  let mark = '#';
  const clashes = (): string =>
    `SELECT count(*) FROM (${named(mark)}) WHERE session > 0 AND token IN (SELECT token FROM ucode)`;
  while ((await engine.count(clashes())) > 0) mark += '#';
  await engine.run(`CREATE TABLE ucode_next AS SELECT code, token, source FROM (${named(mark)})`);
  await engine.run('DROP TABLE ucode');
  await engine.run('ALTER TABLE ucode_next RENAME TO ucode');
  await engine.run('DROP TABLE sessions');
  await engine.run('DROP TABLE scode');
}

/** The k-core and its like: in each round users and items are judged by the same counts, as in filter.ts. */
async function filterCounts(
  engine: Engine,
  filters: FilterSpec,
): Promise<{ readonly rounds: number; readonly users: number; readonly items: number }> {
  if (!hasBounds(filters)) return { rounds: 0, users: 0, items: 0 };
  const distinct = async (column: string): Promise<number> =>
    engine.count(`SELECT count(DISTINCT ${column}) FROM coded`);
  const before = { users: await distinct('u'), items: await distinct('i') };
  let rounds = 0;
  for (;;) {
    await engine.run(`CREATE TABLE bad_u AS ${outside('u', filters.userMin, filters.userMax)}`);
    await engine.run(`CREATE TABLE bad_i AS ${outside('i', filters.itemMin, filters.itemMax)}`);
    const dropping = await engine.count('SELECT (SELECT count(*) FROM bad_u) + (SELECT count(*) FROM bad_i)');
    if (dropping > 0) {
      await replaceCoded(engine, 'SELECT coded.* FROM coded ANTI JOIN bad_u USING (u) ANTI JOIN bad_i USING (i)');
    }
    await engine.run('DROP TABLE bad_u');
    await engine.run('DROP TABLE bad_i');
    if (dropping === 0) break;
    rounds++;
  }
  return { rounds, users: before.users - (await distinct('u')), items: before.items - (await distinct('i')) };
}

function outside(column: string, min: number | undefined, max: number | undefined): string {
  const bounds = [min === undefined ? [] : `count(*) < ${min}`, max === undefined ? [] : `count(*) > ${max}`].flat();
  return `SELECT ${column} FROM coded GROUP BY ${column} HAVING ${bounds.length === 0 ? 'false' : bounds.join(' OR ')}`;
}

function hasBounds({ userMin, userMax, itemMin, itemMax }: FilterSpec): boolean {
  return [userMin, userMax, itemMin, itemMax].some((bound) => bound !== undefined);
}

function describeBounds({ userMin, userMax, itemMin, itemMax }: FilterSpec): string {
  const range = (owners: string, min?: number, max?: number): string[] => {
    if (min === undefined && max === undefined) return [];
    const numbers = max === undefined ? `${min} or more` : `${min ?? 0} to ${max}`;
    return [`${owners} with ${numbers} interactions`];
  };
  return [...range('users', userMin, userMax), ...range('items', itemMin, itemMax)].join(', ');
}

function columnsOf(step: string, log: Log, items: Owners | undefined, users: Owners | undefined): string[] {
  if (step === 'interactions') return ['user', 'item', 'time', 'seconds', ...log.fields.map(({ name }) => name)];
  const owners = step === 'items' ? items : users;
  return ['id', ...(owners?.hasNames === true ? ['name'] : []), ...(owners?.fields.map(({ name }) => name) ?? [])];
}

function conditionError(error: unknown, step: string, where: string, columns: readonly string[]): Error {
  if (!(error instanceof EngineError)) return error instanceof Error ? error : new Error(String(error));
  return new DataError([
    {
      file: 'description',
      column: `filters.${step}`,
      value: where,
      message: `cannot be used: ${error.message.split('\n', 1)[0] ?? ''}; it may use ${columns.join(', ')}`,
      cure: 'write one SQL condition, e.g. rating >= 4',
    },
  ]);
}

function nothingLeft(file: string, steps: readonly Step[], filters: FilterSpec): DataError {
  const [first] = steps;
  const rows = (first?.left ?? 0) + (first?.dropped ?? 0);
  if (rows === 0)
    return new DataError([{ file, message: 'holds no interactions', cure: 'check that this is the right file' }]);
  const taking = steps.filter(({ dropped }) => dropped > 0);
  const took = taking.map(({ step, dropped, why }) => `${step} took ${dropped} (${why})`);
  const cures = taking.flatMap(({ step }) => LOOSER[step]?.(filters) ?? []);
  return new DataError([
    {
      file,
      kind: 'nothing-left',
      message: `nothing is left of ${rows} interactions: ${took.join('; ')}`,
      cure: cures.length === 0 ? 'check that this is the right file' : joined(cures, ', or '),
    },
  ]);
}

/** What leaves more, by step: the filters that are set. */
const LOOSER: Readonly<Record<string, (filters: FilterSpec) => Text[]>> = {
  interactions: () => [text`loosen ${setting('filters.interactions')}`],
  items: () => ['loosen filters.items'],
  users: () => ['loosen filters.users'],
  times: ({ timeFrom, timeTo }) => [
    ...(timeFrom === undefined ? [] : [`move filters.timeFrom back (${timeFrom})`]),
    ...(timeTo === undefined ? [] : [`move filters.timeTo on (${timeTo})`]),
  ],
  counts: ({ userMin, userMax, itemMin, itemMax }) => [
    ...(userMin === undefined ? [] : [text`lower ${setting('filters.userMin')}, which is ${userMin}`]),
    ...(itemMin === undefined ? [] : [text`lower ${setting('filters.itemMin')}, which is ${itemMin}`]),
    ...(userMax === undefined ? [] : [`raise filters.userMax (${userMax})`]),
    ...(itemMax === undefined ? [] : [`raise filters.itemMax (${itemMax})`]),
  ],
};
