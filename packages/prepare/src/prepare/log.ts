// The log: one scan of the source into a table of the engine, in which every row has its place and, where it is unusable, its problem.
//
//   log (pos BIGINT, u VARCHAR, i VARCHAR, t DOUBLE, f0, f1, .., m0, m1, ..)   usable rows; pos orders them as the files do
//   bad (pos BIGINT, problem VARCHAR, field INTEGER)               the others, with the number of the field where it is one
import type { Description, FieldSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { orderReport } from '../sources/file-order.js';
import type { OpenSource } from '../sources/source.js';
import { tidySql, untidySql } from '../tidy-text.js';
import type { ReportEntry } from '@difsr/data';
import { reportBlanks } from './blanks.js';
import { columnSql, type ColumnSql, jsonSql, PLACE } from './columns.js';
import { judgeIds, spacedReport } from './ids.js';
import { valuesSql } from './field-values.js';
import { refuseWithoutMoments } from './contradictions.js';
import { HOLE, numberWordSql, reportMissing, valueWordSql, withMissing, wordSql } from './missing.js';
import { writtenNumberSql } from './numbers.js';
import { judgeTimes, timeTests } from './time-judge.js';
import { type TimeReading, timeReading } from './time-reading.js';

/** A field of interactions: column `f<index>` of the log. */
export interface LogField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly column: ColumnSql;
}

/** What the scan gave. */
export interface Log {
  /** The first file, as whoever called sees it. */
  readonly file: string;
  readonly user: ColumnSql;
  readonly item: ColumnSql;
  readonly time?: TimeReading;
  readonly fields: readonly LogField[];
  /** Rows of the source, usable or not. */
  readonly read: number;
  readonly bad: number;
  readonly report: readonly ReportEntry[];
}

/** Scans the interactions into `log` and `bad`. @throws DataError where the description asks more of the times than they tell */
export async function readLog(engine: Engine, source: OpenSource, description: Description): Promise<Log> {
  const spec = description.interactions;
  const user = columnSql(source, spec.user, 'user');
  const item = columnSql(source, spec.item, 'item');
  const time = spec.time === undefined ? undefined : await timeReading(engine, source, spec.time);
  if (time !== undefined) await refuseWithoutMoments(description, time);
  const fields = withMissing(spec.fields, spec.missing).map(([name, field]) => ({
    name,
    spec: field,
    column: columnSql(source, field.column ?? name, `field ${name}`),
  }));
  const values = fields.map(({ spec: field, column }) => fieldSql(field, column));
  const tests: [string, string, number | null][] = [
    ['_problem IS NOT NULL', '_problem', null],
    ['u IS NULL', sqlText('user-empty'), null],
    ['i IS NULL', sqlText('item-empty'), null],
    ...(time === undefined ? [] : timeTests(time)),
    ...values.flatMap(({ problem }, index): [string, string, number][] =>
      problem === undefined ? [] : [[`x${index}`, sqlText(problem), index]],
    ),
  ];
  const columns = [
    `${PLACE} AS pos`,
    '_problem',
    `${user.text} AS u`,
    `${item.text} AS i`,
    `${time === undefined ? 'CAST(NULL AS DOUBLE)' : time.seconds} AS t`,
    `CAST(${time?.size ?? 'NULL'} AS UTINYINT) AS size`,
    ...values.map(({ value }, index) => `${value} AS f${index}`),
    ...values.map(({ word }, index) => `CAST(${word} AS USMALLINT) AS m${index}`),
    ...values.flatMap(({ tidied }, index) => (tidied === undefined ? [] : `${tidied} AS b${index}`)),
    ...values.flatMap(({ wrong }, index) => (wrong === undefined ? [] : `${wrong} AS x${index}`)),
  ];
  const cases = (result: (test: [string, string, number | null]) => string): string =>
    `CASE ${tests.map((test) => `WHEN ${test[0]} THEN ${result(test)}`).join(' ')} END`;
  const kept = ['pos', 'u', 'i', 't', ...values.flatMap(keptColumns)];
  await engine.run(
    `CREATE TABLE scanned AS SELECT ${kept.join(', ')}, size, ${cases(([, code]) => code)} AS problem, CAST(${cases(([, , field]) => (field === null ? 'NULL' : String(field)))} AS INTEGER) AS field FROM (SELECT ${columns.join(', ')} FROM ${source.relation})`,
  );
  const read = await engine.count('SELECT count(*) FROM scanned');
  await engine.run('CREATE TABLE bad AS SELECT pos, problem, field FROM scanned WHERE problem IS NOT NULL');
  const spacedUsers = await judgeIds(engine, 'u', 'user-form');
  const spacedItems = await judgeIds(engine, 'i', 'item-form');
  const times = time === undefined ? [] : await judgeTimes(engine, time);
  for (const [index, { spec: field }] of fields.entries()) {
    if (field.kind === 'vector') await judgeLengths(engine, 'scanned', 'bad', index);
  }
  const bad = await engine.count('SELECT count(*) FROM bad');
  // Without bad rows (the usual case) the table is taken as it is: a copy of a large log would cost as much as reading it.
  if (bad === 0) await engine.run('ALTER TABLE scanned RENAME TO log');
  else {
    await engine.run(
      `CREATE TABLE log AS SELECT ${kept.join(', ')} FROM scanned WHERE pos NOT IN (SELECT pos FROM bad)`,
    );
    await engine.run('DROP TABLE scanned');
  }
  return {
    file: source.files[0] ?? source.spec.table ?? 'source',
    user,
    item,
    ...(time === undefined ? {} : { time }),
    fields,
    read,
    bad,
    report: [
      ...source.report,
      ...(time?.report ?? []),
      ...times,
      ...(time === undefined && source.files.length > 1 ? [orderReport(source.files)] : []),
      ...spacedReport('user', spacedUsers),
      ...spacedReport('item', spacedItems),
      ...(await reportMissing(engine, 'log', source, fields)),
      ...(await reportBlanks(engine, 'log', fields)),
    ],
  };
}

/** A field's value, the place of the cell among the words for none (see missing.ts), and when it is no value of its kind. */
export interface FieldSql {
  readonly value: string;
  readonly word: string;
  /** Of categories: the cell as it stands where its values were tidied (see blanks.ts). */
  readonly tidied?: string;
  readonly wrong?: string;
  readonly problem?: 'number' | 'vector';
}

/** The columns of a field that stay in a table. */
export function keptColumns({ tidied }: FieldSql, index: number): string[] {
  return [`f${index}`, `m${index}`, ...(tidied === undefined ? [] : [`b${index}`])];
}

/** SQL of a field's value by its kind. */
export function fieldSql(spec: FieldSpec, column: ColumnSql): FieldSql {
  const { text } = column;
  const word = wordSql(text, spec);
  const unlessMissing = (value: string): string => (word === '0' ? value : `(CASE WHEN ${word} = 0 THEN ${value} END)`);
  switch (spec.kind) {
    case 'categorical':
      return {
        value: unlessMissing(
          spec.drop === undefined && spec.html !== 'decode' ? tidySql(text) : `(${valuesSql(spec, column)})[1]`,
        ),
        word,
        tidied: `(CASE WHEN ${untidySql(text)} AND ${tidySql(text)} IS NOT NULL THEN ${text} END)`,
      };
    case 'multi-categorical':
      return {
        value: valuesSql(spec, column),
        tidied: `(CASE WHEN ${untidySql(text)} AND ${valuesSql(spec, column)} <> ${valuesSql(spec, column, 'as they stand')} THEN ${text} END)`,
        word: valueWordSql(text, valuesSql({ ...spec, missing: undefined }, column), spec),
      };
    case 'numeric': {
      const number = numberWordSql(text, writtenNumberSql(text, spec), spec);
      return {
        ...number,
        wrong: `(${text} IS NOT NULL AND ${number.value} IS NULL AND ${number.word} = 0)`,
        problem: 'number',
      };
    }
    case 'vector': {
      const parts = valuesListSql(spec, column);
      const number = 'TRY_CAST(x AS FLOAT)';
      const some = (condition: string): string => `len(list_filter(${parts}, lambda x: ${condition})) > 0`;
      const text = `(coalesce(len(${parts}), 0) = 0 OR ${some(`x IS NOT NULL AND ${number} IS NULL`)})`;
      const hole = some(`x IS NULL OR NOT isfinite(${number})`);
      const named = `${column.text} IS NULL OR ${word} > 0`;
      return {
        value: `(CASE WHEN NOT (${named} OR ${text} OR ${hole}) THEN list_transform(${parts}, lambda x: ${number}) END)`,
        word: `CASE WHEN ${named} OR ${text} THEN ${word} WHEN ${hole} THEN ${HOLE} ELSE 0 END`,
        wrong: `(NOT (${named}) AND ${text})`,
        problem: 'vector',
      };
    }
  }
}

/** The parts of a vector: numbers repeat, so they are no set of values. */
function valuesListSql(spec: FieldSpec, column: ColumnSql): string {
  if (column.type !== 'text' && spec.separator === undefined)
    return `TRY_CAST(from_json(${jsonSql(column)}, '["VARCHAR"]') AS VARCHAR[])`;
  return `list_filter(list_transform(string_split(${column.text}, ${sqlText(spec.separator ?? ' ')}), lambda x: trim(x)), lambda x: x <> '')`;
}

/** Vectors of another length than most are unusable. */
export async function judgeLengths(engine: Engine, scanned: string, bad: string, index: number): Promise<void> {
  const column = `f${index}`;
  // Of equally frequent lengths the shortest, so that the choice does not depend on how the engine went about it.
  const usual = `(SELECT len(${column}) AS length FROM ${scanned} WHERE problem IS NULL AND ${column} IS NOT NULL GROUP BY length ORDER BY count(*) DESC, length LIMIT 1)`;
  await engine.run(
    `INSERT INTO ${bad} SELECT pos, ${sqlText('vector')}, ${index} FROM ${scanned} WHERE problem IS NULL AND ${column} IS NOT NULL AND len(${column}) <> ${usual} AND pos NOT IN (SELECT pos FROM ${bad})`,
  );
}
