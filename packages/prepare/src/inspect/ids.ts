// A log and a table whose ids do not meet as they stand, but would in another form: the description reads them so, and says it.
import type { ColumnSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { columnSql, writtenSql } from '../prepare/columns.js';
import { ID_FORMS } from '../prepare/id-forms.js';
import { type ColumnProfile, type ProfiledSource, sampleColumn } from './profile.js';

/** How ids of both sides are read so that they meet. */
export interface MeetingIds {
  readonly share: number;
  readonly words: string;
  /** Absent where the side is read as it stands. */
  readonly log?: ColumnSpec;
  readonly table?: ColumnSpec;
}

/** Where fewer of the ids than this meet as they stand, another form is looked for. */
export const HARDLY_ANY = 0.1;
/** Share of the ids that must meet in it. */
const MOST = 0.5;

/** A column of ids. */
interface Side {
  readonly source: ProfiledSource;
  readonly column: ColumnProfile;
}

/** The form in which most of the log's ids are those of a table, the one that changes least; undefined where none makes most of them meet. */
export async function meetingIds(engine: Engine, log: Side, table: Side): Promise<MeetingIds | undefined> {
  let best: MeetingIds | undefined;
  for (const { words, sql } of ID_FORMS) {
    // The log's ids are those that people will ask with: better the table is read otherwise.
    for (const [inLog, inTable] of [
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const here = formed(log, inLog ? sql : asItStands);
      const there = formed(table, inTable ? sql : asItStands);
      const [row = {}] = await engine.rows(
        `SELECT count(*) AS total, count(*) FILTER (id IN (FROM ${there})) AS known FROM (SELECT DISTINCT id FROM ${here})`,
      );
      const share = Number(row['known']) / Math.max(1, Number(row['total']));
      if (share <= (best?.share ?? MOST)) continue;
      // Ids that become one would be two items no more.
      if ((inLog && (await merges(engine, log, sql))) || (inTable && (await merges(engine, table, sql)))) continue;
      best = {
        share,
        words,
        ...(inLog ? { log: { sql: sql(written(log)) } } : {}),
        ...(inTable ? { table: { sql: sql(written(table)) } } : {}),
      };
    }
  }
  return best;
}

const asItStands = (id: string): string => id;

function formed({ source, column }: Side, sql: (id: string) => string): string {
  const cell = sampleColumn(source, column.name);
  return `(SELECT ${sql(cell)} AS id FROM ${source.table} WHERE ok AND ${cell} IS NOT NULL)`;
}

async function merges(engine: Engine, { source, column }: Side, sql: (id: string) => string): Promise<boolean> {
  const cell = sampleColumn(source, column.name);
  const differ = `SELECT count(DISTINCT ${cell}) <> count(DISTINCT ${sql(cell)}) AS merged FROM ${source.table} WHERE ok`;
  return (await engine.rows(differ))[0]?.['merged'] === true;
}

function written({ source: { source }, column }: Side): string {
  return writtenSql(column.name, columnSql(source, column.name, column.name));
}
