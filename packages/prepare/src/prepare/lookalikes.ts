// Values that may be mistakes of writing: names that differ in upper and lower case alone, and words that may stand for no value. They stay
// what they are; the report names them, and the key that changes it.
import type { FieldSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { mayBeNothing } from '../inspect/nothing.js';
import type { FieldOwner, ReportEntry } from '@difsr/data';
import { type ColumnSql, writtenSql } from './columns.js';

/** A field and its column. */
interface ReadField {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly column: ColumnSql;
}

const MOST_SHOWN = 3;

/** The findings about the values of fields, after they are numbered. */
export async function reportLookalikes(
  engine: Engine,
  owner: FieldOwner,
  fields: readonly ReadField[],
): Promise<ReportEntry[]> {
  const report: ReportEntry[] = [];
  for (const field of fields) {
    const { name, spec } = field;
    if (spec.kind !== 'categorical' && spec.kind !== 'multi-categorical') continue;
    const values = `FROM vocabulary WHERE owner = ${sqlText(owner)} AND field = ${sqlText(name)}`;
    const groups = await engine.rows(
      `SELECT CAST(to_json(list(token ORDER BY id)) AS VARCHAR) AS tokens ${values} GROUP BY lower(token) HAVING count(*) > 1 ORDER BY min(id)`,
    );
    if (groups.length > 0) {
      const shown = groups
        .slice(0, MOST_SHOWN)
        .map(({ tokens }) => quoted(JSON.parse(String(tokens)) as string[])) // a list of texts, as selected
        .join('; ');
      report.push({
        kind: 'noted',
        what: `values of field "${name}" that differ in upper and lower case alone`,
        count: groups.length,
        why: `${shown}${groups.length > MOST_SHOWN ? '; ..' : ''}: they stay apart; to make them one, write column: {sql: ${JSON.stringify(lowerSql(field))}}`,
      });
    }
    // `missing: []` says that every word is a value.
    if (spec.missing !== undefined && spec.missing.length === 0) continue;
    // No word for nothing is longer.
    const short = await engine.rows(`SELECT token ${values} AND length(token) <= 30 ORDER BY id`);
    const words = short.map(({ token }) => String(token)).filter(mayBeNothing);
    if (words.length > 0) {
      const all = [...(Array.isArray(spec.missing) ? spec.missing : []), ...words];
      report.push({
        kind: 'noted',
        what: `values of field "${name}" that may stand for no value`,
        count: words.length,
        why: `${quoted(words)}: taken as ${words.length === 1 ? 'a value' : 'values'}; if it means that nothing is known, say missing: [${quoted(all.map(String))}], else missing: []`,
      });
    }
  }
  return report;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(', ');
}

/** The column in lower case, lists as lists. */
function lowerSql({ name, spec, column }: ReadField): string {
  const written = spec.column ?? name;
  const lists = spec.kind === 'multi-categorical' && spec.separator === undefined && spec.path === undefined;
  if (lists && column.type === 'json') return `from_json(lower(CAST(${column.value} AS VARCHAR)), '["VARCHAR"]')`;
  if (lists && typeof column.type === 'object') return `list_transform(${column.value}, lambda x: lower(x))`;
  return `lower(${writtenSql(written, column)})`;
}
