// Times in SQL: what a cell is as a number, by a strptime format, as ISO 8601. How a column is read is decided in time-reading.ts.
import { type Engine, EngineError } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';

/** A finite number, or NULL: neither "nan" nor "inf" is a time, nor is 1_000 or +-5, which DuckDB would take. */
export function numberSql(text: string): string {
  const value = `TRY_CAST(trim(${text}) AS DOUBLE)`;
  return `(CASE WHEN isfinite(${value}) AND NOT contains(${text}, '_') AND NOT contains(${text}, '+-') THEN ${value} END)`;
}

/** Text by a strptime format. A format with an offset (%z, %Z) names the zone itself. */
export async function formatSql(engine: Engine, text: string, format: string, zone: string): Promise<string> {
  const parsed = (value: string): string => `try_strptime(${value}, ${sqlText(format)})`;
  let type: unknown;
  try {
    type = (await engine.rows(`SELECT typeof(${parsed("''")}) AS type`))[0]?.['type'];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new DataError([
      {
        file: 'description',
        column: 'interactions.time.format',
        value: format,
        message: `is no format of times: ${error.message.split('\n', 1)[0] ?? ''}`,
        cure: 'write it with the letters of strptime, e.g. "%m %d, %Y" or "%Y-%m-%d %H:%M:%S %z"',
      },
    ]);
  }
  const moment = type === 'TIMESTAMP WITH TIME ZONE' ? parsed(text) : `timezone(${sqlText(zone)}, ${parsed(text)})`;
  return `(epoch_us(${moment}) / 1e6)`;
}

/**
 * ISO 8601 with or without a zone of its own, to the microsecond. DuckDB reads more than that (e.g. "epoch"), so the form is asked for; and
 * less (no zone after a time without seconds), so what it refuses is written out for it.
 */
export function isoSql(text: string, zone: string): string {
  const own = '(Z|z|UTC|[+-](0\\d|1[0-5])(:?[0-5]\\d)?)';
  const cell = `trim(${text})`;
  const form = `regexp_full_match(${cell}, '\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}([.,]\\d+)?)?(\\s?${own})?)?')`;
  const zoned = `regexp_matches(${cell}, ':\\d{2}([.,]\\d+)?\\s?${own}$')`;
  const plain = `replace(${cell}, ',', '.')`;
  const seconds = `regexp_replace(upper(${plain}), '^(.{10}[T ]\\d{2}:\\d{2})($|[^:\\d])', '\\1:00\\2')`;
  const written = `regexp_replace(regexp_replace(${seconds}, '\\s?UTC$', 'Z'), '\\s([+-])', '\\1')`;
  const parsed = (type: string): string => `coalesce(TRY_CAST(${plain} AS ${type}), TRY_CAST(${written} AS ${type}))`;
  return `(CASE WHEN ${form} THEN epoch_us(CASE WHEN ${zoned} THEN ${parsed('TIMESTAMPTZ')} ELSE timezone(${sqlText(zone)}, ${parsed('TIMESTAMP')}) END) / 1e6 END)`;
}

/** Turns a bound of the description into seconds. @throws DataError */
export type TimeBound = (moment: number | string, name: string) => Promise<number>;

/** Reads a bound that is text, or a number of seconds. */
export function textBound(engine: Engine, zone: string): TimeBound {
  return async (moment, name) => {
    if (typeof moment === 'number') return moment;
    const [row] = await engine.rows(
      `SELECT coalesce(${numberSql(sqlText(moment))}, ${isoSql(sqlText(moment), zone)}) AS at`,
    );
    const at = row?.['at'];
    if (typeof at === 'number') return at;
    throw new DataError([
      {
        file: 'description',
        column: name,
        value: moment,
        message: 'is not a time: ISO 8601 (2019-01-31, 2019-01-31T18:05:00Z) or a number',
        cure: 'write the bound as 2019-01-31',
      },
    ]);
  };
}

/** @throws DataError for a zone that is none */
export async function checkZone(engine: Engine, zone: string): Promise<void> {
  // The usual one needs no list of all.
  if (zone === 'UTC') return;
  const known = await engine.count(`SELECT count(*) FROM pg_timezone_names() WHERE name = ${sqlText(zone)}`);
  if (known > 0) return;
  throw new DataError([
    {
      file: 'description',
      column: 'zone',
      value: zone,
      message: 'is no time zone',
      cure: 'name one as Europe/Berlin or UTC',
    },
  ]);
}
