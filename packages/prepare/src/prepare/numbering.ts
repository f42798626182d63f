// Final ids: users and items by first appearance among the kept interactions, values by first appearance in the catalogue.
//
// Input: `coded`, `ucode`, `icode`, `catalogue`, `people`. Output: `user_ids (id, code, token, source, n, begins)`, `item_ids (id, code, token,
// source)` and `vocabulary (owner, field, id, token)`; n is the length of a user's sequence, begins its first row in the order of order.ts.
import type { FilterSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import type { ManifestField } from '../prepared/manifest.js';
import type { ReportEntry } from '@difsr/data';
import { binSql } from './bins.js';
import type { Log } from './log.js';
import type { Owners } from './owners.js';

/** Numbers users and items. */
export async function numberIds(
  engine: Engine,
  items: Owners | undefined,
  filters: FilterSpec,
): Promise<ReportEntry[]> {
  await engine.run(
    `CREATE TABLE user_ids AS SELECT *, CAST(sum(n) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - n AS BIGINT) AS begins FROM (SELECT CAST(row_number() OVER (ORDER BY seen) AS INTEGER) AS id, u AS code, token, source, n FROM (SELECT u, min(pos) AS seen, CAST(count(*) AS INTEGER) AS n FROM coded GROUP BY u) JOIN ucode ON ucode.code = u)`,
  );
  await engine.run(
    `CREATE TABLE item_ids AS SELECT CAST(row_number() OVER (ORDER BY seen) AS INTEGER) AS id, i AS code, token, source FROM (SELECT i, min(pos) AS seen FROM coded GROUP BY i) JOIN icode ON icode.code = i`,
  );
  return items === undefined ? [] : addUnused(engine, filters);
}

/** Items of the catalogue without interactions stay candidates where no minimum forbids it, as in build.ts. */
async function addUnused(engine: Engine, { itemMin = 0 }: FilterSpec): Promise<ReportEntry[]> {
  const unused = `SELECT pos, id, id IN (SELECT token FROM icode) AS lost FROM catalogue WHERE id NOT IN (SELECT token FROM item_ids)`;
  const total = await engine.count(`SELECT count(*) FROM (${unused})`);
  const never = await engine.count(`SELECT count(*) FROM (${unused}) WHERE NOT lost`);
  const dropped = itemMin >= 1;
  if (!dropped && total > 0) {
    await engine.run(
      `INSERT INTO item_ids SELECT CAST(row_number() OVER (ORDER BY lost DESC, pos) + (SELECT count(*) FROM item_ids) AS INTEGER), NULL, id, id FROM (${unused})`,
    );
  }
  const count = dropped ? never : total;
  const why = dropped
    ? `every item must have at least ${itemMin} interactions`
    : 'kept: they can be ranked, but nothing is learned of them';
  const what = 'items of the item table without interactions';
  return count === 0 ? [] : [{ kind: dropped ? 'dropped' : 'noted', what, count, why }];
}

/** A field's values with ids, and where they stand: `owner_id`, `place`, `id`. */
interface NumberedField {
  readonly field: ManifestField;
  /** SQL of the finished column: INTEGER[] or INTEGER, DOUBLE, FLOAT[]. */
  readonly select: string;
  /** A join that the column needs, or ''. */
  readonly join: string;
  readonly report: readonly ReportEntry[];
}

/** Numbers the values of the fields of items or users; writes them into `vocabulary`. */
export async function numberOwnerValues(
  engine: Engine,
  owners: Owners,
  ids: 'item_ids' | 'user_ids',
): Promise<NumberedField[]> {
  const owner = owners.table === 'catalogue' ? 'item' : 'user';
  const total = await engine.count(`SELECT count(*) FROM ${ids}`);
  const numbered: NumberedField[] = [];
  for (const [index, { name, spec }] of owners.fields.entries()) {
    const column = `${owners.table}.f${index}`;
    const kind = spec.kind === 'numeric' && spec.bins !== undefined ? 'categorical' : spec.kind;
    const key = `${owner}_f${index}`;
    const kept = `${owners.table} JOIN ${ids} ON ${ids}.source = ${owners.table}.id`;
    const report: ReportEntry[] = [];
    if (kind === 'numeric' || kind === 'vector') {
      const length =
        kind === 'vector' ? await engine.count(`SELECT coalesce(max(len(${column})), 0) FROM ${kept}`) : undefined;
      const without = total - (await engine.count(`SELECT count(${column}) FROM ${kept}`));
      report.push(...withoutValue(name, without, owner, 'none'));
      numbered.push({
        field: { name, owner, kind, ...(length === undefined ? {} : { values: length }) },
        select: kind === 'vector' ? `CAST(${column} AS FLOAT[])` : column,
        join: '',
        report,
      });
      continue;
    }
    const list =
      spec.bins !== undefined
        ? await binSql(engine, column, kept, spec.bins)
        : kind === 'categorical'
          ? `CASE WHEN ${column} IS NULL THEN [] ELSE [${column}] END`
          : `coalesce(${column}, [])`;
    await engine.run(
      `CREATE TABLE ${key} AS SELECT owner, seen, place, token FROM (SELECT ${ids}.id AS owner, pos AS seen, unnest(${list}) AS token, generate_subscripts(${list}, 1) AS place FROM ${kept}) WHERE token IS NOT NULL AND trim(token) <> ''`,
    );
    if (spec.minItems !== undefined) {
      const rare = `SELECT token FROM ${key} GROUP BY token HAVING count(DISTINCT owner) < ${spec.minItems}`;
      const dropped = await engine.count(`SELECT count(*) FROM (${rare})`);
      await engine.run(`DELETE FROM ${key} WHERE token IN (${rare})`);
      if (dropped > 0)
        report.push({
          kind: 'dropped',
          what: `values of field "${name}"`,
          count: dropped,
          why: `on fewer than ${spec.minItems} ${owner}s`,
        });
    }
    await engine.run(
      `INSERT INTO vocabulary SELECT ${sqlText(owner)}, ${sqlText(name)}, CAST(row_number() OVER (ORDER BY earliest) AS INTEGER), token FROM (SELECT token, min({seen: seen, place: place}) AS earliest FROM ${key} GROUP BY token)`,
    );
    const values = await engine.count(vocabularySize(owner, name));
    const [most] = await engine.rows(
      `SELECT CAST(coalesce(max(n), 0) AS INTEGER) AS most, CAST(count(*) AS INTEGER) AS owners FROM (SELECT count(*) AS n FROM ${key} GROUP BY owner)`,
    );
    await engine.run(
      `CREATE TABLE ${key}_lists AS SELECT ${key}.owner AS owner, list(vocabulary.id ORDER BY place) AS ids FROM ${key} JOIN vocabulary ON vocabulary.token = ${key}.token AND vocabulary.owner = ${sqlText(owner)} AND vocabulary.field = ${sqlText(name)} GROUP BY ${key}.owner`,
    );
    await engine.run(`DROP TABLE ${key}`);
    report.push(...withoutValue(name, total - Number(most?.['owners'] ?? 0), owner, 'unknown (value 0)'));
    const lists = `coalesce(${key}_lists.ids, [])`;
    numbered.push({
      field: { name, owner, kind, values, maxValues: Math.max(1, Number(most?.['most'] ?? 0)) },
      select:
        owner === 'user' && kind === 'categorical'
          ? `CAST(coalesce(${key}_lists.ids[1], 0) AS INTEGER)`
          : `CAST(${lists} AS INTEGER[])`,
      join: `LEFT JOIN ${key}_lists ON ${key}_lists.owner = ${ids}.id`,
      report,
    });
  }
  return numbered;
}

/** A field of interactions with ids: how `final` gets its column. */
export interface NumberedLogField {
  readonly field: ManifestField;
  /** SQL of the finished column over `coded`: INTEGER, INTEGER[], DOUBLE, FLOAT[]. */
  readonly select: string;
  /** A join that the column needs, or ''. */
  readonly join: string;
}

/** Numbers the values of the fields of interactions by first appearance among the kept ones. */
export async function numberLogValues(engine: Engine, log: Log): Promise<NumberedLogField[]> {
  const numbered: NumberedLogField[] = [];
  for (const [index, { name, spec }] of log.fields.entries()) {
    const column = `f${index}`;
    const owner = 'interaction';
    const kind = spec.kind === 'numeric' && spec.bins !== undefined ? 'categorical' : spec.kind;
    if (kind === 'numeric' || kind === 'vector') {
      const length =
        kind === 'vector' ? await engine.count(`SELECT coalesce(max(len(${column})), 0) FROM coded`) : undefined;
      numbered.push({
        field: { name, owner, kind, ...(length === undefined ? {} : { values: length }) },
        select: kind === 'vector' ? `CAST(${column} AS FLOAT[])` : column,
        join: '',
      });
      continue;
    }
    const list =
      spec.bins === undefined
        ? kind === 'categorical'
          ? `[${column}]`
          : column
        : await binSql(engine, column, 'coded', spec.bins);
    await engine.run(
      `INSERT INTO vocabulary SELECT ${sqlText(owner)}, ${sqlText(name)}, CAST(row_number() OVER (ORDER BY earliest) AS INTEGER), token FROM (SELECT token, min({seen: pos, place: place}) AS earliest FROM (SELECT unnest(${list}) AS token, generate_subscripts(${list}, 1) AS place, pos FROM coded) WHERE token IS NOT NULL AND trim(token) <> '' GROUP BY token)`,
    );
    const known = `FROM vocabulary WHERE owner = ${sqlText(owner)} AND field = ${sqlText(name)}`;
    const values = await engine.count(vocabularySize(owner, name));
    const most = await engine.count(`SELECT coalesce(max(len(${list})), 0) FROM coded`);
    const field: ManifestField = { name, owner, kind, values, maxValues: Math.max(1, most) };
    if (kind === 'categorical') {
      const value = `value_${column}`;
      const join = `LEFT JOIN (SELECT id, token ${known}) AS ${value} ON ${value}.token = (${list})[1]`;
      numbered.push({ field, select: `CAST(coalesce(${value}.id, 0) AS INTEGER)`, join });
      continue;
    }
    const lists = `lists_${column}`;
    await engine.run(
      `CREATE TABLE ${lists} AS SELECT _pos, list(id ORDER BY place) AS ids FROM (SELECT pos AS _pos, unnest(${list}) AS word, generate_subscripts(${list}, 1) AS place FROM coded) JOIN (SELECT id, token ${known}) ON token = word GROUP BY _pos`,
    );
    const join = `LEFT JOIN ${lists} ON ${lists}._pos = coded.pos`;
    numbered.push({ field, select: `CAST(coalesce(${lists}.ids, []) AS INTEGER[])`, join });
  }
  return numbered;
}

function vocabularySize(owner: string, field: string): string {
  return `SELECT count(*) FROM vocabulary WHERE owner = ${sqlText(owner)} AND field = ${sqlText(field)}`;
}

function withoutValue(name: string, count: number, owner: string, as: string): ReportEntry[] {
  if (count <= 0) return [];
  const why = `the source has none for them: they count as ${as}`;
  return [{ kind: 'noted', what: `${owner}s without a value in field "${name}"`, count, why }];
}
