// Numbers as categories: equally filled ranges, named by their bounds.
import type { Engine } from '../engine/engine.js';
import { sqlNumber, sqlText } from '../engine/quote.js';

/**
 * SQL of a list with the name of the range that a number falls into, e.g. `['9.99..19.99']`; empty where there is none. A range holds its
 * lower bound, the last one its upper bound, too. Bounds divide the sorted numbers into equal parts; equal bounds are one, so there may be
 * fewer ranges than asked for.
 */
export async function binSql(engine: Engine, column: string, from: string, bins: number): Promise<string> {
  const n = await engine.count(`SELECT count(${column}) FROM ${from}`);
  if (n === 0) return 'CAST([] AS VARCHAR[])';
  // The place of the first number of every range and of the last number of all, half a place before it: no rounding can choose its neighbour.
  const places = Array.from({ length: bins + 1 }, (_, at) => Math.min(n - 1, Math.floor((n * at) / bins)));
  const shares = places.map((place) => (place + 0.5) / n);
  const [row] = await engine.rows(
    `SELECT quantile_disc(${column}, [${shares.join(', ')}]) AS bounds FROM ${from} WHERE ${column} IS NOT NULL`,
  );
  const found = row?.['bounds'];
  const bounds = Array.isArray(found) ? [...new Set(found.map(Number))] : [];
  const [first, ...rest] = bounds;
  if (first === undefined) return 'CAST([] AS VARCHAR[])';
  if (rest.length === 0) return `CASE WHEN ${column} IS NULL THEN [] ELSE [${sqlText(String(first))}] END`;
  const names = rest.map((upper, at) => `${bounds[at] ?? first}..${upper}`);
  const cases = rest
    .slice(0, -1)
    .map((upper, at) => `WHEN ${column} < ${sqlNumber(upper)} THEN [${sqlText(names[at] ?? '')}]`);
  return `CASE WHEN ${column} IS NULL THEN [] ${cases.join(' ')} ELSE [${sqlText(names.at(-1) ?? '')}] END`;
}
