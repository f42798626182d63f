// Ids of the log that their table lacks: how many, what both sides look like, and whether they would meet in another form.
import type { ColumnSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import type { ReportEntry } from '@difsr/data';
import { type ColumnSql, writtenSql } from './columns.js';
import { ID_FORMS } from './id-forms.js';
import type { Owners } from './owners.js';

/** The columns of ids on both sides. */
export interface IdColumns {
  readonly log: { readonly spec: ColumnSpec; readonly column: ColumnSql };
  readonly table: { readonly spec: ColumnSpec; readonly column: ColumnSql };
}

/** From this share of missing ones on, the two sides may not belong together. */
const HARDLY_ANY = 0.5;
const EXAMPLES = 3;

/** The findings about items or users of the log without a row, after they are numbered. */
export async function unmetIds(
  engine: Engine,
  { table }: Owners,
  { log, table: own }: IdColumns,
): Promise<ReportEntry[]> {
  const role = table === 'catalogue' ? 'item' : 'user';
  const ids = `${role}_ids`;
  const used = `SELECT token FROM ${ids} WHERE code IS NOT NULL`;
  await engine.run(
    `CREATE TABLE unmet AS SELECT id AS place, token AS id FROM ${ids} WHERE token NOT IN (SELECT id FROM ${table})`,
  );
  const count = await engine.count('SELECT count(*) FROM unmet');
  const report: ReportEntry[] = [];
  if (count > 0) {
    await engine.run(`CREATE TABLE spare AS SELECT pos, id FROM ${table} WHERE id NOT IN (${used})`);
    const total = await engine.count(`SELECT count(*) FROM (${used})`);
    const sides =
      count > total * HARDLY_ANY
        ? `: the log has ${await examples(engine, 'unmet ORDER BY place')}, the ${role} table ${await examples(engine, `${table} ORDER BY pos`)}`
        : '';
    report.push({
      kind: 'noted',
      what: `${role}s without a row in the ${role} table`,
      count,
      why: `they have no attributes${sides}`,
    });
    const met = await bestForm(engine);
    if (met !== undefined) {
      const { form, pair } = met;
      const cure = (key: string, side: IdColumns['log']): string =>
        `${key}: {sql: ${JSON.stringify(form.sql(writtenSql(side.spec, side.column)))}}`;
      const [here = '', there = ''] = pair;
      report.push({
        kind: 'noted',
        what: `of them, ${role}s that meet a row ${form.words}`,
        count: met.count,
        why: `${JSON.stringify(here)} of the log and ${JSON.stringify(there)} of the ${role} table are two ids as they stand; to make them one, write ${cure(role, log)} under interactions: and ${cure('id', own)} under ${role}s:`,
      });
    }
    await engine.run('DROP TABLE spare');
  }
  await engine.run('DROP TABLE unmet');
  return report;
}

/** The form in which most unmet ids meet one of the table; of equals the one that changes least. */
async function bestForm(
  engine: Engine,
): Promise<
  | { readonly form: (typeof ID_FORMS)[number]; readonly count: number; readonly pair: readonly [string, string] }
  | undefined
> {
  let best: { form: (typeof ID_FORMS)[number]; count: number } | undefined;
  for (const form of ID_FORMS) {
    const count = await engine.count(
      `SELECT count(*) FROM unmet WHERE ${form.sql('id')} IN (SELECT ${form.sql('id')} FROM spare)`,
    );
    if (count > (best?.count ?? 0)) best = { form, count };
  }
  if (best === undefined) return undefined;
  const { sql } = best.form;
  const [row = {}] = await engine.rows(
    `SELECT unmet.id AS here, spare.id AS there FROM unmet JOIN spare ON ${sql('unmet.id')} = ${sql('spare.id')} ORDER BY place, pos LIMIT 1`,
  );
  return { ...best, pair: [String(row['here']), String(row['there'])] };
}

async function examples(engine: Engine, from: string): Promise<string> {
  const rows = await engine.rows(`SELECT left(id, 40) AS id FROM ${from} LIMIT ${EXAMPLES}`);
  return rows.map(({ id }) => JSON.stringify(id)).join(', ');
}
