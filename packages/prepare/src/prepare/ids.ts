// Ids of users and items: white space around them does not count; those that cannot be used are set aside.
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { PADDING_TOKEN, type ReportEntry } from '@difsr/data';

/** SQL condition: an id that cannot be used, because it has white space or control characters, or is the name of padding. */
export function unusableId(column: string): string {
  return `(regexp_matches(${column}, '[\\s\\x00-\\x1f\\x7f\\x{85}\\x{a0}\\x{2028}\\x{2029}]') OR ${column} = ${sqlText(PADDING_TOKEN)})`;
}

const WHITE = '[\\s\\x{85}\\x{a0}\\x{2028}\\x{2029}]';

/** SQL of an id without the white space around it; an id of nothing else stays as it is, and is unusable. */
export function trimmedId(column: string): string {
  const trimmed = `regexp_replace(${column}, '^${WHITE}+|${WHITE}+$', '', 'g')`;
  return `CASE WHEN regexp_matches(${column}, '^${WHITE}|${WHITE}$') THEN coalesce(nullif(${trimmed}, ''), ${column}) ELSE ${column} END`;
}

/** SQL of a cell without the white space around it; NULL where there is nothing else. */
export function trimmedCell(column: string): string {
  return `CASE WHEN NOT regexp_full_match(${column}, '${WHITE}*') THEN ${trimmedId(column)} END`;
}

/** What is said of ids that were trimmed. */
export function spacedReport(role: 'user' | 'item', rows: number): ReportEntry[] {
  if (rows === 0) return [];
  const what = `rows whose ${role} id has white space around it`;
  return [{ kind: 'noted', what, count: rows, why: 'read without it: " a1" and "a1" are one id' }];
}

/** Ids are judged once each, not once per row: a log has far more rows than ids. Returns how many rows had one that was trimmed. */
export async function judgeIds(engine: Engine, column: 'u' | 'i', problem: string): Promise<number> {
  await engine.run(
    `CREATE TABLE wrong AS SELECT id, ${trimmedId('id')} AS trimmed FROM (SELECT DISTINCT ${column} AS id FROM scanned WHERE problem IS NULL AND ${unusableId(column)})`,
  );
  let trimmed = 0;
  if ((await engine.count('SELECT count(*) FROM wrong')) > 0) {
    const spaced = `${column} IN (SELECT id FROM wrong WHERE trimmed <> id)`;
    trimmed = await engine.count(`SELECT count(*) FROM scanned WHERE problem IS NULL AND ${spaced}`);
    if (trimmed > 0) {
      await engine.run(`UPDATE scanned SET ${column} = ${trimmedId(column)} WHERE problem IS NULL AND ${spaced}`);
      await engine.run(`UPDATE wrong SET id = trimmed`);
      await engine.run(`DELETE FROM wrong WHERE NOT ${unusableId('id')}`);
    }
    await engine.run(
      `INSERT INTO bad SELECT pos, ${sqlText(problem)}, NULL FROM scanned WHERE problem IS NULL AND ${column} IN (SELECT id FROM wrong) AND pos NOT IN (SELECT pos FROM bad)`,
    );
  }
  await engine.run('DROP TABLE wrong');
  return trimmed;
}
