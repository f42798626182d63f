// Returns in a log of purchases: rows with a quantity of 0 or less, or an amount below 0. They are counted, and the filter that leaves them out
// is named; whether a return is a purchase to learn from is the user's to say.
import { setting, type Text, text } from '@difsr/errors';
import type { FilterSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlName } from '../engine/quote.js';
import { isAmountName, isQuantityName } from '../inspect/names.js';
import type { ReportEntry } from '@difsr/data';
import type { Log } from './log.js';

/** Rows of a log that are no purchases. */
export interface Returns {
  readonly field: string;
  readonly rows: number;
  /** What they have in words: `a "quantity" of 0 or less`. */
  readonly what: string;
  /** The condition that leaves them out, as `filters.interactions`. */
  readonly filter: string;
}

/**
 * Counts the returns by a field of interactions; undefined where its name is none of a quantity or an amount, or where there are none.
 *
 * @param table of the engine, with the numbers in `column`
 * @param given the condition that is set already
 */
export async function countReturns(
  engine: Engine,
  table: string,
  column: string,
  field: string,
  given: FilterSpec['interactions'],
): Promise<Returns | undefined> {
  const quantity = isQuantityName(field);
  if (!quantity && !isAmountName(field)) return undefined;
  const rows = await engine.count(`SELECT count(*) FROM ${table} WHERE ${column} ${quantity ? '<=' : '<'} 0`);
  if (rows === 0) return undefined;
  const empty = await engine.count(`SELECT count(*) FROM ${table} WHERE ${column} IS NULL`);
  const name = /^[a-z_]\w*$/i.test(field) ? field : sqlName(field);
  const positive = `${name} ${quantity ? '>' : '>='} 0`;
  // In brackets nothing begins with a quote, which YAML would take for its own.
  const kept = empty > 0 ? `(${name} IS NULL OR ${positive})` : name === field ? positive : `(${positive})`;
  return {
    field,
    rows,
    what: `a "${field}" ${quantity ? 'of 0 or less' : 'below 0'}`,
    filter: given === undefined ? kept : `(${given}) AND ${kept}`,
  };
}

/** What becomes of them, and how they are left out. */
export const RETURNS_COUNT = 'returns count as purchases';
export function returnsCure({ filter }: Returns): Text {
  return text`${setting('filters.interactions', filter)} leaves them out`;
}

/** The returns among the interactions that are kept (`coded`). */
export async function reportReturns(engine: Engine, log: Log, filters: FilterSpec): Promise<ReportEntry[]> {
  const report: ReportEntry[] = [];
  for (const [index, { name, spec }] of log.fields.entries()) {
    if (spec.kind !== 'numeric') continue;
    const returns = await countReturns(engine, 'coded', `f${index}`, name, filters.interactions);
    if (returns !== undefined)
      report.push({
        kind: 'noted',
        what: `interactions with ${returns.what}`,
        count: returns.rows,
        why: RETURNS_COUNT,
        cure: returnsCure(returns),
      });
  }
  return report;
}
