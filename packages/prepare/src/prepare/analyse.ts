// Counts a prepared folder in SQL, straight from its Parquet files and out of core: every query is one pass with a grouping, none joins
// interactions with interactions. statistics-analysis.ts then works out the same numbers as for a data set in memory.
import path from 'node:path';
import { type Engine, type EngineOptions, openEngine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { type Analysis, type DatasetStatistics, type LoadReport, type OtherField, type PartCounts } from '@difsr/data';
import {
  analyseTallies,
  type FieldTally,
  type Future,
  IDENTICAL_FROM,
  PAUSE_ENDS,
  SPLIT_PARTS,
  statisticsFromTallies,
  type Tallies,
  type Tally,
  timeBuckets,
  type TimeTally,
} from '@difsr/data/internal';
import { text } from '@difsr/errors';
import { namedFields, reportNames } from '../prepared/field-names.js';
import { type Manifest, type ManifestField, PARTS, PREPARED_FILES } from '../prepared/manifest.js';
import { checkFiles, readManifest } from '../prepared/read.js';
import { countReturns, RETURNS_COUNT, returnsCure } from './returns.js';
import type { DescribedKind } from '../description/types.js';

/** What a prepared folder holds. */
export interface PreparedAnalysis {
  readonly manifest: Manifest;
  /** `fields` are the categorical fields of items, as models use them. */
  readonly statistics: DatasetStatistics;
  readonly analysis: Analysis;
  /** By the names that they have in the data set. */
  readonly otherFields: readonly OtherField[];
  /** That of the preparation, and which fields have another name in the data set than in the files. */
  readonly report: LoadReport;
}

/**
 * Analyses a prepared folder without loading it: time grows with the number of interactions, memory stays under the engine's limit.
 *
 * @throws DataError if the folder is no prepared data set, or a file of it is not as its dataset.json says
 * @example
 * const { statistics, analysis } = await analysePrepared('data/shop', { memoryLimit: '2GB' });
 */
export async function analysePrepared(folder: string, options: EngineOptions = {}): Promise<PreparedAnalysis> {
  const manifest = await readManifest(folder);
  await checkFiles(folder, manifest, false);
  const engine = await openEngine(options);
  try {
    const file = (name: keyof typeof PREPARED_FILES): string =>
      `read_parquet(${sqlText(path.join(folder, PREPARED_FILES[name]))}${name === 'interactions' ? ', file_row_number = true' : ''})`;
    const view = async (name: 'interactions' | 'users' | 'items' | 'values'): Promise<void> =>
      engine.run(`CREATE VIEW ${sqlName(name)} AS SELECT * FROM ${file(name)}`);
    for (const name of ['interactions', 'users', 'items', 'values'] as const) await view(name);
    const tallies = await tallyPrepared(engine, manifest);
    return {
      manifest,
      statistics: statisticsFromTallies(manifest.name, 'prepared', tallies),
      analysis: analyseTallies(tallies),
      otherFields: await otherFields(engine, manifest),
      report: [...manifest.report, ...reportNames(manifest)],
    };
  } finally {
    await engine.close();
  }
}

/** The kinds that models use as side information. */
function isSide(field: ManifestField): field is ManifestField & { readonly kind: 'categorical' | 'multi-categorical' } {
  return field.owner === 'item' && (field.kind === 'categorical' || field.kind === 'multi-categorical');
}

async function tallyPrepared(engine: Engine, manifest: Manifest): Promise<Tallies> {
  const { train, valid, test } = PARTS;
  await engine.run(
    `CREATE TABLE per_user AS SELECT "user", CAST(count(*) AS INTEGER) AS n, min(file_row_number) AS begins FROM interactions GROUP BY "user"`,
  );
  await engine.run(
    `CREATE TABLE per_item AS SELECT item, count(*) AS n, count(*) FILTER (part = ${train}) AS trained, count(*) FILTER (part = ${valid}) AS valid, count(*) FILTER (part = ${test}) AS test FROM interactions GROUP BY item`,
  );
  const used = await tally(engine, 'SELECT n AS value FROM per_item');
  const unused = manifest.counts.items - used.reduce((sum, [, items]) => sum + items, 0);
  const cold = await one(
    engine,
    'SELECT count(*) AS items, sum(valid) AS valid, sum(test) AS test FROM per_item WHERE trained = 0',
  );
  // A pair's first interaction is no repeat, whichever part it is in.
  const repeats = await one(
    engine,
    `SELECT sum(n - 1) AS interactions, sum(valid - CAST(first = ${valid} AS INTEGER)) AS valid, sum(test - CAST(first = ${test} AS INTEGER)) AS test FROM (SELECT count(*) AS n, count(*) FILTER (part = ${valid}) AS valid, count(*) FILTER (part = ${test}) AS test, arg_min(part, file_row_number) AS first FROM interactions GROUP BY "user", item) WHERE n > 1`,
  );
  const identical = await one(
    engine,
    `SELECT sum(users) AS users, count(*) AS sequences FROM (SELECT count(*) AS users FROM (SELECT any_value(n) AS n, bit_xor(hash(item, file_row_number - begins)) AS mark FROM interactions JOIN (FROM per_user WHERE n >= ${IDENTICAL_FROM}) AS per_user USING ("user") GROUP BY "user") GROUP BY n, mark) WHERE users > 1`,
  );
  const neighbours = await tallyNeighbours(engine, manifest.hasTimes);
  const fields: FieldTally[] = [];
  for (const field of manifest.fields) if (isSide(field)) fields.push(await tallyField(engine, field));
  const { train: trainCount, context, valid: validCount, test: testCount } = manifest.counts;
  const lengths = await tally(engine, 'SELECT n AS value FROM per_user');
  const interactions = lengths.reduce((sum, [length, users]) => sum + length * users, 0);
  return {
    split: manifest.description.split.method,
    parts: { train: trainCount, context, valid: validCount, test: testCount },
    lengths,
    pairs: interactions - (repeats['interactions'] ?? 0),
    itemInteractions: unused > 0 ? [[0, unused], ...used] : used,
    cold: { items: (cold['items'] ?? 0) + unused, valid: cold['valid'] ?? 0, test: cold['test'] ?? 0 },
    repeats: {
      interactions: repeats['interactions'] ?? 0,
      inARow: neighbours.inARow,
      valid: repeats['valid'] ?? 0,
      test: repeats['test'] ?? 0,
    },
    identical: { users: identical['users'] ?? 0, sequences: identical['sequences'] ?? 0 },
    ...(neighbours.times === undefined ? {} : { times: neighbours.times }),
    fields,
  };
}

/** What two interactions of a user, one after the other, have to do with each other. The windows go with the files' order: no sort. */
async function tallyNeighbours(
  engine: Engine,
  hasTimes: boolean,
): Promise<{ readonly inARow: number; readonly times?: TimeTally }> {
  const { valid, test } = PARTS;
  const names = ['user', 'item', ...(hasTimes ? ['time'] : [])];
  const before = names.map((name) => `lag(${sqlName(name)}) OVER () AS ${sqlName(`${name} before`)}`);
  const pairs = `SELECT part, ${names.map(sqlName).join(', ')}, ${before.join(', ')} FROM interactions`;
  const same = `"user" = "user before"`;
  const inARow = `count(*) FILTER (${same} AND item = "item before") AS in_a_row`;
  if (!hasTimes) return { inARow: (await one(engine, `SELECT ${inARow} FROM (${pairs})`))['in_a_row'] ?? 0 };
  const pause = `("time" - "time before")`;
  const slots = PAUSE_ENDS.map((end, index) => {
    const from = PAUSE_ENDS[index - 1];
    const low = from === undefined ? '' : ` AND ${pause} >= ${from}`;
    return `count(*) FILTER (${same}${low}${Number.isFinite(end) ? ` AND ${pause} < ${end}` : ''}) AS pause_${index}`;
  });
  const found = await one(
    engine,
    `SELECT ${inARow}, min("time") AS first, max("time") AS last, count(*) FILTER (${same} AND ${pause} = 0) AS tied, count(*) FILTER (${same} AND ${pause} = 0 AND part = ${valid}) AS tied_valid, count(*) FILTER (${same} AND ${pause} = 0 AND part = ${test}) AS tied_test, max(${pause}) FILTER (${same}) AS longest, ${slots.join(', ')} FROM (${pairs})`,
  );
  const first = found['first'] ?? 0;
  const last = found['last'] ?? 0;
  const how = timeBuckets(first, last);
  const counts = SPLIT_PARTS.map((part) => `CAST(count(*) FILTER (part = ${PARTS[part]}) AS DOUBLE) AS ${part}`);
  const buckets = await engine.rows(
    `SELECT CAST(floor(("time" - ${double(how.origin)}) / ${double(how.width)}) AS DOUBLE) AS bucket, ${counts.join(', ')} FROM interactions GROUP BY bucket ORDER BY bucket`,
  );
  return {
    inARow: found['in_a_row'] ?? 0,
    times: {
      first,
      last,
      ...how,
      buckets: buckets.map((row) => ({ bucket: Number(row['bucket']), ...partCounts(row) })),
      tied: found['tied'] ?? 0,
      tiedTargets: { valid: found['tied_valid'] ?? 0, test: found['tied_test'] ?? 0 },
      pauses: PAUSE_ENDS.map((_, index) => found[`pause_${index}`] ?? 0),
      longestPause: found['longest'] ?? 0,
      future: await tallyFuture(engine),
    },
  };
}

/** One row for each moment: far fewer than interactions, or as many, but never a join. */
async function tallyFuture(engine: Engine): Promise<Future> {
  const { train, test } = PARTS;
  const moments = `SELECT "time", count(*) FILTER (part = ${train}) AS train, count(*) FILTER (part = ${test}) AS test FROM interactions GROUP BY "time"`;
  const passed = `SELECT "time", train, test, CAST(sum(train) OVER (ORDER BY "time") AS BIGINT) AS passed, CAST(sum(train) OVER () AS BIGINT) AS total FROM (${moments})`;
  const found = await one(
    engine,
    `SELECT CAST(sum(test) FILTER (passed < total) AS DOUBLE) AS before_last, CAST(sum(test) FILTER (passed * 2 < total) AS DOUBLE) AS before_median, CAST(sum(test * CAST(total - passed AS HUGEINT)) AS DOUBLE) AS after FROM (${passed})`,
  );
  return {
    beforeLast: found['before_last'] ?? 0,
    beforeMedian: found['before_median'] ?? 0,
    after: found['after'] ?? 0,
  };
}

async function tallyField(
  engine: Engine,
  { name, kind }: ManifestField & { readonly kind: 'categorical' | 'multi-categorical' },
): Promise<FieldTally> {
  const column = sqlName(name);
  const vocabulary = `(SELECT id, token FROM "values" WHERE field = ${sqlText(name)} AND owner = 'item')`;
  await engine.run(`CREATE OR REPLACE TABLE pairs AS SELECT id AS item, unnest(${column}) AS value FROM items`);
  await engine.run(`CREATE OR REPLACE TABLE per_value AS SELECT value, count(*) AS n FROM pairs GROUP BY value`);
  const top = (
    await engine.rows(
      `SELECT token, CAST(n AS DOUBLE) AS n FROM per_value JOIN ${vocabulary} ON id = value ORDER BY n DESC, value LIMIT 1`,
    )
  )[0];
  // Values of the vocabulary that no item has any more count as 0.
  const perValue = await tally(
    engine,
    `SELECT coalesce(n, 0) AS value FROM ${vocabulary} LEFT JOIN per_value ON value = id`,
  );
  return {
    name,
    kind,
    perItem: await tally(engine, `SELECT coalesce(len(${column}), 0) AS value FROM items`),
    perValue,
    ownValue: await engine.count(
      'SELECT CAST(count(DISTINCT item) AS DOUBLE) FROM pairs SEMI JOIN (FROM per_value WHERE n = 1) AS own ON own.value = pairs.value',
    ),
    mostFrequent: top === undefined ? null : { value: String(top['token']), items: Number(top['n']) },
  };
}

async function otherFields(engine: Engine, manifest: Manifest): Promise<OtherField[]> {
  const tables = { item: 'items', user: 'users', interaction: 'interactions' } as const;
  const found: OtherField[] = [];
  for (const field of namedFields(manifest)) {
    if (isSide(field)) continue;
    const { name, owner, kind, values } = field;
    const column = sqlName(field.column);
    const has: Readonly<Record<DescribedKind, string>> = {
      // Of users and interactions a single value id, 0 for unknown.
      categorical: `${column} <> 0`,
      'multi-categorical': `len(${column}) > 0`,
      numeric: `${column} IS NOT NULL`,
      vector: `${column} IS NOT NULL`,
    };
    const numbers = kind === 'numeric' ? `, min(${column}) AS min, avg(${column}) AS mean, max(${column}) AS max` : '';
    const row = await one(
      engine,
      `SELECT count(*) AS owners, count(*) FILTER (${has[kind]}) AS covered${numbers} FROM ${tables[owner]}`,
    );
    const { min, mean, max } = row;
    const returns =
      owner === 'interaction' && kind === 'numeric'
        ? await countReturns(engine, 'interactions', column, field.column, manifest.description.filters.interactions)
        : undefined;
    const range = min === undefined || mean === undefined || max === undefined ? null : { min, mean, max };
    found.push({
      name,
      owner,
      kind,
      coverage: (row['owners'] ?? 0) === 0 ? 0 : (row['covered'] ?? 0) / (row['owners'] ?? 1),
      ...(values === undefined ? {} : { values }),
      ...(kind === 'numeric' ? { range } : {}),
      ...(returns === undefined
        ? {}
        : {
            returns: { rows: returns.rows, what: returns.what, cure: text`${RETURNS_COUNT}; ${returnsCure(returns)}` },
          }),
    });
  }
  return found;
}

/** The numbers of a query's only row; NULLs are left out. */
async function one(engine: Engine, sql: string): Promise<Readonly<Record<string, number | undefined>>> {
  const row = (await engine.rows(sql))[0] ?? {};
  // 64-bit integers arrive as text; none here is beyond 2^53.
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [[name, Number(value)]])),
  );
}

/** How often each `value` occurs. */
async function tally(engine: Engine, sql: string): Promise<Tally> {
  const rows = await engine.rows(
    `SELECT CAST(value AS DOUBLE) AS value, CAST(count(*) AS DOUBLE) AS count FROM (${sql}) GROUP BY ALL ORDER BY 1`,
  );
  return rows.map((row) => [Number(row['value']), Number(row['count'])]);
}

function partCounts(row: Readonly<Record<string, unknown>>): PartCounts {
  const { train, context, valid, test } = row;
  return { train: Number(train), context: Number(context), valid: Number(valid), test: Number(test) };
}

/** A literal that DuckDB reads as the same double. */
function double(value: number): string {
  return `CAST('${value}' AS DOUBLE)`;
}
