// Sources that have columns of their own: Parquet, tables of DuckDB and PostgreSQL.
import { type Text } from '@difsr/errors';
import { stat } from 'node:fs/promises';
import { type Engine, EngineError } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError } from '@difsr/data';
import { enginePath } from './engine-read.js';
import { freshName, type SourceReader } from './reader.js';
import type { OpenSource, SourceColumn } from './source.js';

/** Opens Parquet files; folders of a partitioned data set add their keys as columns. */
export const openParquet: SourceReader = async (spec, files, { engine }) => {
  const parts: string[] = [];
  let first: string | undefined;
  for (const [index, file] of files.entries()) {
    // Keys of folders stay text, as ids of every other form do.
    const read = `read_parquet(${enginePath(file)}, file_row_number = true, hive_partitioning = true, hive_types_autocast = false)`;
    const columns = JSON.stringify(await describe(engine, read, file));
    first ??= columns;
    if (columns !== first) {
      const message = 'has other columns, or of other types, than the first file';
      throw new DataError([{ file, message, cure: 'give all files of a source the same columns' }]);
    }
    await readable(engine, read, file);
    parts.push(
      `SELECT ${index} AS _file, file_row_number AS _row, CAST(NULL AS BIGINT) AS _line, * EXCLUDE (file_row_number) FROM ${read}`,
    );
  }
  return openTable(engine, spec, files, parts.join(' UNION ALL BY NAME '), 'parquet', await sizeOf(files));
};

/** Opens a table or view of a DuckDB file, in the order in which it lies there. */
export const openDuckDb: SourceReader = async (spec, files, { engine }) => {
  const [file, second] = files;
  if (second !== undefined)
    throw new DataError([
      { file: second, message: 'is a second database', cure: 'name one file; join tables in a view' },
    ]);
  const alias = freshName('database');
  try {
    await engine.run(`ATTACH ${sqlText(file ?? '')} AS ${alias} (READ_ONLY)`);
  } catch (error) {
    throw unreadable(
      error,
      file ?? '',
      'cannot be opened as a DuckDB database',
      'check the file; it must not be open for writing elsewhere',
    );
  }
  return openAttached(engine, spec, files, alias, file ?? '');
};

/** Opens a table of PostgreSQL through DuckDB's extension, which must be there already: nothing is downloaded behind a user's back. */
export const openPostgres: SourceReader = async (spec, files, { engine }) => {
  try {
    await engine.run('LOAD postgres');
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : '';
    throw new DataError([
      {
        file: 'postgres',
        message: `DuckDB's postgres extension cannot be loaded: ${why}`,
        cure: 'install it once with network access (duckdb -c "INSTALL postgres"), or export the table: COPY clicks TO \'clicks.csv\' (FORMAT csv, HEADER)',
      },
    ]);
  }
  const alias = freshName('database');
  try {
    await engine.run(`ATTACH ${sqlText(spec.connection ?? '')} AS ${alias} (TYPE postgres, READ_ONLY)`);
  } catch (error) {
    throw unreadable(
      error,
      'postgres',
      'cannot be connected to',
      'check the connection string: host=.. port=.. dbname=.. user=.. password=..',
    );
  }
  return openAttached(engine, spec, files, alias, 'postgres');
};

async function openAttached(
  engine: Engine,
  spec: Parameters<SourceReader>[0],
  files: readonly string[],
  alias: string,
  file: string,
): Promise<OpenSource> {
  const known = await engine.rows(
    `SELECT CASE WHEN table_schema IN ('main', 'public') THEN table_name ELSE table_schema || '.' || table_name END AS name, table_schema AS schema, table_name AS own FROM information_schema.tables WHERE table_catalog = ${sqlText(alias)} ORDER BY name`,
  );
  const names = known.map(({ name }) => String(name));
  const table = spec.table ?? (names.length === 1 ? names[0] : undefined);
  const found = known.find(({ name }) => name === table);
  if (table === undefined || found === undefined) {
    const message =
      table === undefined
        ? `has ${names.length} tables: ${names.join(', ')}`
        : `has no such table; it has ${names.join(', ')}`;
    throw new DataError([{ file, value: table, message, cure: 'name one with table:' }]);
  }
  const format = spec.format === 'postgres' ? 'postgres' : 'duckdb';
  const rows = `SELECT 0 AS _file, row_number() OVER () - 1 AS _row, CAST(NULL AS BIGINT) AS _line, * FROM ${alias}.${sqlName(String(found['schema']))}.${sqlName(String(found['own']))}`;
  if (format === 'duckdb') await readable(engine, `(${rows})`, file);
  return openTable(
    engine,
    { ...spec, table },
    files.length > 0 ? files : [`postgres: ${table}`],
    rows,
    format,
    await sizeOf(files),
  );
}

async function openTable(
  engine: Engine,
  spec: Parameters<SourceReader>[0],
  files: readonly string[],
  rows: string,
  format: 'parquet' | 'duckdb' | 'postgres',
  bytes: number,
): Promise<OpenSource> {
  const columns = (await describe(engine, `(${rows})`, files[0] ?? '')).filter(
    ({ name }) => !/^_(file|row|line|problem|raw)(_\d+)?$/i.test(name),
  );
  const view = freshName('table');
  const values = columns.map(({ name, type }) => {
    // Empty text is no value, as in files of text.
    const text = type === 'text' ? `nullif(${sqlName(name)}, '')` : sqlName(name);
    return `, ${text} AS ${sqlName(name)}`;
  });
  const raw = `CAST(to_json({${columns.map(({ name }) => `${sqlText(name)}: ${sqlName(name)}`).join(', ')}}) AS VARCHAR)`;
  await engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, CAST(NULL AS VARCHAR) AS _problem, ${columns.length === 0 ? "''" : raw} AS _raw${values.join('')} FROM (${rows})`,
  );
  return { files, bytes, spec: { ...spec, format }, columns, relation: view, report: [] };
}

/** The columns of a relation, those that readers add left out. */
async function describe(engine: Engine, relation: string, file: string): Promise<SourceColumn[]> {
  try {
    const rows = await engine.rows(
      `SELECT column_name AS name, column_type AS type FROM (DESCRIBE SELECT * FROM ${relation})`,
    );
    return rows
      .filter(({ name }) => name !== 'file_row_number')
      .map(({ name, type }) => ({
        name: String(name),
        type: type === 'VARCHAR' ? 'text' : type === 'JSON' ? 'json' : { native: String(type) },
      }));
  } catch (error) {
    throw unreadable(error, file, 'cannot be read', 'check that it is whole and of the form that its name says');
  }
}

/** Reads every column once: a file that is broken in the middle is found before anything is made of it. */
async function readable(engine: Engine, read: string, file: string): Promise<void> {
  try {
    await engine.rows(`SELECT bit_xor(hash(COLUMNS(*))) FROM ${read}`);
  } catch (error) {
    throw unreadable(error, file, 'cannot be read to its end', 'fetch or make the file again');
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function unreadable(error: unknown, file: string, message: string, cure: Text): Error {
  if (!(error instanceof EngineError)) return error instanceof Error ? error : new Error(String(error));
  return new DataError([{ file, message: `${message}: ${error.message.split('\n', 1)[0] ?? ''}`, cure }]);
}
