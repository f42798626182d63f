// Rows that cannot be used: all of them with place, value, message and cure, in a file beside the output, or as an error.
import { say } from '@difsr/errors';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import { DataError, type DataProblem, PROBLEM_LIMIT } from '@difsr/data';
import type { Engine } from '../engine/engine.js';
import type { OpenSource } from '../sources/source.js';
import { type ColumnSql, PLACE } from './columns.js';
import { PROBLEM_WORDS, type RowProblem } from './problems.js';

/** The unusable rows of one source. */
export interface BadRows {
  readonly source: OpenSource;
  /** Table `(pos, problem, field)`. */
  readonly table: string;
  readonly count: number;
  readonly columns: {
    readonly user?: ColumnSql;
    readonly item?: ColumnSql;
    readonly time?: { label: string; text: string };
  };
  readonly fields: readonly { readonly name: string; readonly column: ColumnSql }[];
}

/** A problem and the text of its row. */
interface BadRow {
  readonly problem: DataProblem;
  readonly raw: string;
}

/** Over this share of unusable rows the description is wrong, not the rows. */
const MOST_BAD = 0.5;

/** @throws DataError with the first problems of all sources, the rest counted */
export async function refuse(
  engine: Engine,
  sources: readonly BadRows[],
  hopeless: readonly DataProblem[],
): Promise<never> {
  const problems: DataProblem[] = [...hopeless];
  let total = hopeless.length;
  for (const source of sources) {
    total += source.count;
    for await (const { problem } of badRows(engine, source, PROBLEM_LIMIT - problems.length)) problems.push(problem);
  }
  throw new DataError(problems, total);
}

/** The problem with a source of which so many rows are unusable that the description must be wrong. */
export function mostlyBad(source: OpenSource, bad: number, read: number): DataProblem[] {
  if (bad <= read * MOST_BAD) return [];
  return [
    {
      file: source.files[0] ?? 'source',
      message: `${bad} of ${read} rows cannot be used: the description does not fit the file`,
      cure: 'correct the columns, the time and the format in the description, then prepare again',
    },
  ];
}

/** Writes all unusable rows as JSON lines. */
export async function writeQuarantine(engine: Engine, sources: readonly BadRows[], file: string): Promise<void> {
  const out = createWriteStream(file);
  const done = finished(out);
  // A failed write rejects `done`; it is awaited below.
  done.catch(() => undefined);
  for (const source of sources) {
    for await (const { problem, raw } of badRows(engine, source)) {
      if (!out.write(`${JSON.stringify({ ...problem, cure: say(problem.cure), raw })}\n`))
        await Promise.race([once(out, 'drain'), done]);
    }
  }
  out.end();
  await done;
}

async function* badRows(engine: Engine, rows: BadRows, limit?: number): AsyncGenerator<BadRow> {
  if (rows.count === 0 || limit === 0) return;
  const { source, columns, fields } = rows;
  const cells = [
    columns.user?.text,
    columns.item?.text,
    columns.time?.text,
    ...fields.map(({ column }) => column.text),
  ];
  const chunks = engine.chunks(
    `SELECT CAST(_file AS INTEGER) AS file, CAST(_line AS DOUBLE) AS line, CAST(_row AS DOUBLE) AS row_number, _bad_problem, _bad_field, _raw, ${cells
      .map((cell) => cell ?? 'NULL')
      .map((cell) => `CAST(${cell} AS VARCHAR)`)
      .join(
        ', ',
      )} FROM ${source.relation} JOIN (SELECT pos AS _bad_pos, problem AS _bad_problem, field AS _bad_field FROM ${rows.table}) ON _bad_pos = ${PLACE} ORDER BY _bad_pos${limit === undefined ? '' : ` LIMIT ${limit}`}`,
  );
  for await (const chunk of chunks) {
    for (const [file, line, row, problem, field, raw, ...values] of chunk.getRows()) {
      // The pipeline writes nothing else into this column.
      const code = String(problem) as RowProblem;
      const words = PROBLEM_WORDS[code];
      const [user, item, time, ...rest] = values;
      const place: Readonly<Record<RowProblem, { readonly column?: string | undefined; readonly value?: unknown }>> = {
        cells: { value: raw },
        header: { value: raw },
        sequence: { value: raw },
        json: { value: raw },
        'utf-8': { value: raw },
        quote: { value: raw },
        nul: { value: raw },
        'too-long': {},
        'user-empty': { column: columns.user?.label },
        'item-empty': { column: columns.item?.label },
        'user-form': { column: columns.user?.label, value: user },
        'item-form': { column: columns.item?.label, value: item },
        time: { column: columns.time?.label, value: time ?? '' },
        'time-none': { column: columns.time?.label, value: time },
        'time-unit': { column: columns.time?.label, value: time },
        number: { column: fields[Number(field)]?.column.label, value: rest[Number(field)] },
        vector: { column: fields[Number(field)]?.column.label, value: rest[Number(field)] },
      };
      const { column, value } = place[code];
      yield {
        problem: {
          file: source.files[Number(file)] ?? source.files[0] ?? 'source',
          line: typeof line === 'number' ? line : undefined,
          column,
          value: value === undefined || value === null ? undefined : String(value).slice(0, 200),
          message: typeof line === 'number' ? words.message : `${words.message} (row ${Number(row) + 1})`,
          cure: words.cure,
        },
        raw: raw === null || raw === undefined ? '' : String(raw),
      };
    }
  }
}
