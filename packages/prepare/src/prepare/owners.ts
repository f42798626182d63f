// The tables of items and users: one row per id (the first counts), values of fields by kind, unusable rows set apart.
//
//   <table> (pos BIGINT, id VARCHAR, name VARCHAR, f0, f1, .., m0, m1, .., b0, b1, ..), <table>_bad (pos BIGINT, problem VARCHAR, field INTEGER)
import type { FieldSpec, ItemsSpec, UsersSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import type { OpenSource } from '../sources/source.js';
import type { ReportEntry } from '@difsr/data';
import { reportBlanks } from './blanks.js';
import { columnSql, type ColumnSql, PLACE } from './columns.js';
import { spacedReport, trimmedId, unusableId } from './ids.js';
import { fieldSql, judgeLengths, keptColumns } from './log.js';
import { reportMissing, withMissing } from './missing.js';

/** A field of items or users: column `f<index>` of the table. */
export interface OwnerField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly column: ColumnSql;
}

/** What was read of a table. */
export interface Owners {
  readonly table: 'catalogue' | 'people';
  readonly source: OpenSource;
  readonly id: ColumnSql;
  readonly hasNames: boolean;
  readonly fields: readonly OwnerField[];
  readonly read: number;
  readonly bad: number;
  readonly repeated: number;
  readonly report: readonly ReportEntry[];
}

/**
 * Scans items into `catalogue` or users into `people`.
 *
 * @param inLog whether the rows are those of the interactions: an item then has as many as interactions, and none of them is lost
 */
export async function readOwners(
  engine: Engine,
  source: OpenSource,
  spec: ItemsSpec | UsersSpec,
  table: Owners['table'],
  inLog: boolean,
): Promise<Owners> {
  const role = table === 'catalogue' ? 'item' : 'user';
  const id = columnSql(source, spec.id, role);
  const name = 'name' in spec && spec.name !== undefined ? columnSql(source, spec.name, 'name') : undefined;
  const fields = withMissing(spec.fields, spec.missing).map(([field, definition]) => ({
    name: field,
    spec: definition,
    column: columnSql(source, definition.column ?? field, `field ${field}`),
  }));
  const values = fields.map(({ spec: field, column }) => fieldSql(field, column));
  const tests = [
    ['_problem IS NOT NULL', '_problem', 'NULL'],
    ['id IS NULL', sqlText(`${role}-empty`), 'NULL'],
    [unusableId('id'), sqlText(`${role}-form`), 'NULL'],
    ...values.flatMap(({ problem }, index) =>
      problem === undefined ? [] : [[`x${index}`, sqlText(problem), String(index)]],
    ),
  ];
  const choose = (column: 1 | 2): string =>
    `CASE ${tests.map((test) => `WHEN ${test[0]} THEN ${test[column]}`).join(' ')} END`;
  const columns = [
    `${PLACE} AS pos`,
    '_problem',
    `${trimmedId(id.text)} AS id`,
    `${id.text} <> ${trimmedId(id.text)} AS spaced`,
    `${name?.text ?? 'CAST(NULL AS VARCHAR)'} AS name`,
    ...values.map(({ value }, index) => `${value} AS f${index}`),
    ...values.map(({ word }, index) => `CAST(${word} AS USMALLINT) AS m${index}`),
    ...values.flatMap(({ tidied }, index) => (tidied === undefined ? [] : `${tidied} AS b${index}`)),
    ...values.flatMap(({ wrong }, index) => (wrong === undefined ? [] : `${wrong} AS x${index}`)),
  ];
  const kept = ['pos', 'id', 'name', ...values.flatMap(keptColumns)];
  const scanned = `${table}_scanned`;
  await engine.run(
    `CREATE TABLE ${scanned} AS SELECT ${kept.join(', ')}, spaced, ${choose(1)} AS problem, CAST(${choose(2)} AS INTEGER) AS field FROM (SELECT ${columns.join(', ')} FROM ${source.relation})`,
  );
  await engine.run(`CREATE TABLE ${table}_bad AS SELECT pos, problem, field FROM ${scanned} WHERE problem IS NOT NULL`);
  for (const [index, { spec: field }] of fields.entries()) {
    if (field.kind === 'vector') await judgeLengths(engine, scanned, `${table}_bad`, index);
  }
  await engine.run(
    `CREATE TABLE ${table} AS SELECT ${kept.join(', ')} FROM ${scanned} WHERE pos IN (SELECT min(pos) FROM ${scanned} WHERE pos NOT IN (SELECT pos FROM ${table}_bad) GROUP BY id)`,
  );
  const read = await engine.count(`SELECT count(*) FROM ${scanned}`);
  const spaced = await engine.count(`SELECT count(*) FROM ${scanned} WHERE problem IS NULL AND spaced`);
  const bad = `SELECT count(*) FROM ${table}_bad`;
  const usable = read - (await engine.count(bad));
  const repeated = usable - (await engine.count(`SELECT count(*) FROM ${table}`));
  // A row of the log that is set aside is one row, whatever else was to be read from it.
  if (inLog) await engine.run(`DELETE FROM ${table}_bad WHERE pos IN (SELECT pos FROM bad)`);
  await engine.run(`DROP TABLE ${scanned}`);
  const report: ReportEntry[] = [...source.report, ...spacedReport(role, spaced)];
  const one = role === 'item' ? 'an item' : 'a user';
  if (repeated > 0)
    report.push({
      ...(inLog
        ? { kind: 'noted', what: `${role}s whose fields stand in the interactions`, count: usable - repeated }
        : { kind: 'dropped', what: `rows of ${one} that has one already`, count: repeated }),
      why: `the first row of ${one} counts`,
    });
  report.push(...(await reportMissing(engine, table, source, fields)), ...(await reportBlanks(engine, table, fields)));
  return {
    table,
    source,
    id,
    hasNames: name !== undefined,
    fields,
    read,
    bad: await engine.count(bad),
    repeated,
    report,
  };
}
