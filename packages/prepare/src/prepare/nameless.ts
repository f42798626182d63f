// Ids that are words for nothing, such as "NaN" where a data frame had no user: all of their rows become the history of one user, or one item
// that everybody took. Some id may be called so, hence the rows stay; they are counted, and the filter that leaves them out is named.
import { setting, text } from '@difsr/errors';
import type { FilterSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { MISSING_WORDS } from '../inspect/missing.js';
import type { ReportEntry } from '@difsr/data';

/** The users and items of the interactions that are kept (`coded`, `user_ids`, `item_ids`) that are words for nothing. */
export async function reportNameless(engine: Engine, { interactions }: FilterSpec): Promise<ReportEntry[]> {
  const report: ReportEntry[] = [];
  const isWord = `lower(token) IN (${MISSING_WORDS.map(sqlText).join(', ')})`;
  for (const [role, ids, code] of [
    ['user', 'user_ids', 'u'],
    ['item', 'item_ids', 'i'],
  ] as const) {
    const rows = await engine.rows(
      `SELECT token, CAST(count(*) AS DOUBLE) AS n FROM coded JOIN (SELECT code, token FROM ${ids} WHERE ${isWord}) AS nameless ON code = ${code} GROUP BY token ORDER BY n DESC, token`,
    );
    for (const { token, n } of rows) {
      const word = String(token);
      const others = `${role} <> ${sqlText(word)}`;
      const filter = interactions === undefined ? others : `(${interactions}) AND ${others}`;
      report.push({
        kind: 'noted',
        what: `interactions of ${role === 'item' ? 'an item' : 'a user'} called ${JSON.stringify(word)}`,
        count: Number(n),
        why: `they count as those of one ${role}`,
        cure: text`where the word means that there is none, ${setting('filters.interactions', filter)} leaves them out`,
      });
    }
  }
  return report;
}
