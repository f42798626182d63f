// Counts the cells of a field whose values were tidied: blanks around or doubled, letters composed otherwise.
//
// Beside its value f<index> a field of categories has a column b<index>: the cell as it stands in the file where tidying changed a value of it.
import type { FieldSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { shownBlanks, tidyText } from '../tidy-text.js';
import type { ReportEntry } from '@difsr/data';

/** Cells that were tidied in a table, field by field, with an example. */
export async function reportBlanks(
  engine: Engine,
  table: string,
  fields: readonly { readonly name: string; readonly spec: FieldSpec }[],
): Promise<ReportEntry[]> {
  const report: ReportEntry[] = [];
  for (const [index, { name, spec }] of fields.entries()) {
    if (spec.kind !== 'categorical' && spec.kind !== 'multi-categorical') continue;
    const [row = {}] = await engine.rows(
      `SELECT CAST(count(b${index}) AS DOUBLE) AS cells, min_by(left(b${index}, 60), pos) AS cell FROM ${table} WHERE b${index} IS NOT NULL`,
    );
    const cells = Number(row['cells'] ?? 0);
    if (cells === 0) continue;
    const cell = String(row['cell']);
    const read = spec.kind === 'categorical' ? ` counts as ${JSON.stringify(tidyText(cell))}` : ' is read without them';
    report.push({
      kind: 'noted',
      what: `cells of field "${name}" with blanks too many, or with letters in another form of Unicode`,
      count: cells,
      why: `${shownBlanks(cell)}${read}`,
    });
  }
  return report;
}
