// Columns without a name beside columns with one that merely label the rows: the index that data frames write in front.
import type { Engine } from '../engine/engine.js';

/** `count`: 0, 1, 2, .. (from any number on; each of several files anew); `label`: whole numbers, another on every row. */
export type RowLabels = 'count' | 'label';

/** What an unnamed column is found to be, in words. */
export const ROW_LABEL_WORDS: Readonly<Record<RowLabels, string>> = {
  count: 'it has no name and counts the rows',
  label: 'it has no name and another number on every row, as labels of rows have',
};

/** Breaks in the counting that are forgiven: rows that were cut out, files after the first. */
const MOST_BREAKS = 0.01;

/**
 * Whether a column labels the rows.
 *
 * @param number SQL of the column's numbers, NULL where there is none, over `table`
 */
export async function rowLabelsOf(engine: Engine, table: string, number: string): Promise<RowLabels | undefined> {
  const [row = {}] = await engine.rows(
    `SELECT CAST(count(*) AS DOUBLE) AS "rows", CAST(count(n) FILTER (n = floor(n)) AS DOUBLE) AS wholes, CAST(count(DISTINCT n) AS DOUBLE) AS "distinct", CAST(count(*) FILTER (n <> before + 1 AND NOT (before > 1 AND n IN (0, 1))) AS DOUBLE) AS breaks FROM (SELECT n, lag(n) OVER (ORDER BY place) AS before FROM (SELECT ${number} AS n, rowid AS place FROM ${table} WHERE ok))`,
  );
  const rows = Number(row['rows'] ?? 0);
  if (rows < 2 || row['wholes'] !== rows) return undefined;
  if (Number(row['breaks']) <= rows * MOST_BREAKS) return Number(row['distinct']) > 1 ? 'count' : undefined;
  return row['distinct'] === rows ? 'label' : undefined;
}
