// Times as seconds since 1970: numbers by their unit, text as ISO 8601 or by a stated format, timestamps of tables as they are.
import type { ColumnSpec, TimeSpec, TimeUnit } from '../description/types.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { DataError } from '../errors.js';
import type { OpenSource } from '../sources/source.js';
import type { ReportEntry } from '../types.js';
import { columnSql } from './columns.js';

/** Units that numbers can have once `auto` is decided. */
type KnownUnit = Exclude<TimeUnit, 'auto'>;

/** How the times of a log are read. */
export interface TimeReading {
  readonly label: string;
  /** The cell as text, for problems and "is there one". */
  readonly text: string;
  /** Seconds since 1970 as DOUBLE; NULL where the cell is no time. */
  readonly seconds: string;
  readonly report: readonly ReportEntry[];
  /** Turns a bound of the description into seconds. @throws DataError */
  readonly bound: (moment: number | string, name: string) => Promise<number>;
}

const DIVISORS: Readonly<Record<KnownUnit, number>> = { s: 1, ms: 1e3, us: 1e6, order: 1 };
/** From these sizes on a number is too large for the unit before it: 1e11 s is the year 5138, 1e14 ms likewise. */
const MILLISECONDS_FROM = 1e11;
const MICROSECONDS_FROM = 1e14;
const SAMPLE = 20_000;

/** Decides how a time column is read, looking at its first cells where the description leaves it open. */
export async function timeReading(engine: Engine, source: OpenSource, spec: TimeSpec): Promise<TimeReading> {
  const full = typeof spec === 'object' && 'column' in spec ? spec : { column: spec as ColumnSpec };
  const column = columnSql(source, full.column, 'time');
  const zone = full.zone ?? 'UTC';
  await checkZone(engine, zone);
  const [kind] = await engine.rows(
    `SELECT typeof(${column.value}) AS type FROM ${source.relation} WHERE _problem IS NULL LIMIT 1`,
  );
  const native = String(kind?.['type'] ?? 'VARCHAR');
  const label = column.label;
  const text = column.text;
  if (/^(TIMESTAMP|DATE)/.test(native)) {
    const value = native.includes('TIME ZONE')
      ? `CAST(${column.value} AS TIMESTAMPTZ)`
      : `timezone(${sqlText(zone)}, CAST(${column.value} AS TIMESTAMP))`;
    return {
      label,
      text,
      seconds: `(epoch_us(${value}) / 1e6)`,
      report: [{ kind: 'inferred', what: `times in column "${label}"`, count: 1, why: `${native}, zone ${zone}` }],
      bound: textBound(engine, zone),
    };
  }
  if (full.format !== undefined) {
    return {
      label,
      text,
      seconds: await formatSql(engine, text, full.format, zone),
      report: [],
      bound: textBound(engine, zone),
    };
  }
  const number = numberSql(text);
  const [seen] = await engine.rows(
    `SELECT count(n) AS numbers, count(*) AS cells, median(abs(n)) AS middle FROM (SELECT ${number} AS n FROM ${source.relation} WHERE _problem IS NULL AND ${text} IS NOT NULL LIMIT ${SAMPLE})`,
  );
  const numbers = Number(seen?.['numbers'] ?? 0);
  const cells = Number(seen?.['cells'] ?? 0);
  if (full.unit !== undefined && full.unit !== 'auto' ? true : numbers * 2 > cells) {
    const unit = full.unit === undefined || full.unit === 'auto' ? unitOf(Number(seen?.['middle'] ?? 0)) : full.unit;
    const why = `numbers, taken as ${UNIT_WORDS[unit]}${full.unit === unit ? '' : ' by their size'}`;
    const divisor = DIVISORS[unit];
    return {
      label,
      text,
      seconds: divisor === 1 ? number : `(${number} / ${divisor})`,
      report: [{ kind: 'inferred', what: `times in column "${label}"`, count: cells, why }],
      bound: async (moment, name) =>
        typeof moment === 'number' ? moment / divisor : await textBound(engine, zone)(moment, name),
    };
  }
  return {
    label,
    text,
    seconds: isoSql(text, zone),
    report: [
      {
        kind: 'inferred',
        what: `times in column "${label}"`,
        count: cells,
        why: `ISO 8601, ${zone} where no zone is named`,
      },
    ],
    bound: textBound(engine, zone),
  };
}

const UNIT_WORDS: Readonly<Record<KnownUnit, string>> = {
  s: 'seconds since 1970',
  ms: 'milliseconds since 1970',
  us: 'microseconds since 1970',
  order: 'an order alone',
};

function unitOf(middle: number): KnownUnit {
  if (middle >= MICROSECONDS_FROM) return 'us';
  return middle >= MILLISECONDS_FROM ? 'ms' : 's';
}

/** A finite number, or NULL: neither "nan" nor "inf" is a time, nor is 1_000 or +-5, which DuckDB would take. */
export function numberSql(text: string): string {
  const value = `TRY_CAST(trim(${text}) AS DOUBLE)`;
  return `(CASE WHEN isfinite(${value}) AND NOT contains(${text}, '_') AND NOT contains(${text}, '+-') THEN ${value} END)`;
}

/** Text by a strptime format. A format with an offset (%z, %Z) names the zone itself. */
async function formatSql(engine: Engine, text: string, format: string, zone: string): Promise<string> {
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
function isoSql(text: string, zone: string): string {
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

function textBound(engine: Engine, zone: string): TimeReading['bound'] {
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

async function checkZone(engine: Engine, zone: string): Promise<void> {
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
