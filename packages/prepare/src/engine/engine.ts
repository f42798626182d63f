// The query engine: one DuckDB database in a folder of its own, under a stated memory limit, spilling to that folder.
// The only module that opens DuckDB (duckdb.ts loads it); what comes out of it are rows, chunks, or a DataError with the cure.
import { DifsrError, type OptionRules, option, setting, text } from '@difsr/errors';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, Json } from '@duckdb/node-api';
import { DataError } from '@difsr/data';
import { makeFolder } from '../folders.js';
import { loadDuckDb } from './duckdb.js';
import { ownMark, removeLeftovers } from './leftovers.js';

/** How much of the machine the engine may use. */
export interface EngineOptions {
  /** What DuckDB may keep in memory, e.g. `'4GB'`; beyond it spills to disk. Default: half of the machine's memory, at most 6 GB. */
  readonly memoryLimit?: string;
  /** Default: all cores. The result does not depend on it. */
  readonly threads?: number;
  /** Where intermediate tables go; a folder is made in it and removed at the end. Default: the system's. */
  readonly tempDirectory?: string;
  /** An open engine that is used in place of an own one, for one thing after the other, and left open; the options above are then its own. */
  readonly engine?: Engine;
}

/** For the check of options. */
export const ENGINE_RULES: OptionRules<EngineOptions> = {
  memoryLimit: option.text,
  threads: option.number,
  tempDirectory: option.text,
  engine: option.given,
};

/** An open engine. Close it, or its folder stays. */
export interface Engine {
  /** DuckDB's version, e.g. `'v1.5.6'`. */
  readonly version: string;
  /** For appenders and functions. */
  readonly connection: DuckDBConnection;
  /** Where its tables are: appenders must be told. */
  readonly schema: string;
  /** The engine's own folder, gone after `close`. */
  readonly folder: string;
  /** Runs a statement for its effect. @throws DataError where the machine's memory or disk is not enough */
  run(sql: string): Promise<void>;
  /** All rows of a query, as plain objects; 64-bit integers arrive as strings: cast them in the query. */
  rows(sql: string): Promise<readonly Readonly<Record<string, Json>>[]>;
  /** The one number of a query, e.g. `SELECT count(*) FROM log`. */
  count(sql: string): Promise<number>;
  /** The rows of a query chunk by chunk, never all in memory. */
  chunks(sql: string): AsyncIterable<DuckDBDataChunk>;
  /** Stops the running statement, which then throws. */
  interrupt(): void;
  /** Closes the database and removes its folder. May be called twice. */
  close(): Promise<void>;
}

const DEFAULT_LIMIT_BYTES = 6e9;
/** Folders of killed runs are known by it, and removed by the next. */
const PREFIX = 'difsr-data-';

let borrowings = 0;

/** An open engine for the time of one task: its tables and views go with `close`, the engine stays. */
async function borrowed(engine: Engine): Promise<Engine> {
  const schema = `borrowed_${++borrowings}`;
  await engine.run(`CREATE SCHEMA ${schema}`);
  await engine.run(`USE ${schema}`);
  let closed = false;
  return {
    ...engine,
    schema,
    close: async () => {
      if (closed) return;
      closed = true;
      await engine.run('USE main');
      await engine.run(`DROP SCHEMA ${schema} CASCADE`);
    },
  };
}

/**
 * Opens an engine.
 *
 * @throws MissingPackageError if DuckDB is not installed
 * @throws DataError if the options are not usable
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  if (options.engine !== undefined) return borrowed(options.engine);
  const duckDb = await loadDuckDb();
  const parent = options.tempDirectory ?? os.tmpdir();
  await makeFolder(parent);
  await removeLeftovers(parent, PREFIX);
  const folder = await mkdtemp(path.join(parent, `${PREFIX}${ownMark()}-`));
  const memoryLimit = options.memoryLimit ?? `${Math.floor(Math.min(DEFAULT_LIMIT_BYTES, os.totalmem() / 2) / 1e6)}MB`;
  let instance: DuckDBInstance;
  try {
    instance = await duckDb.DuckDBInstance.create(':memory:', {
      memory_limit: memoryLimit,
      temp_directory: path.join(folder, 'spill'),
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
      // Row order is part of the result: file order decides between equal times.
      preserve_insertion_order: 'true',
      // Nothing is fetched behind the user's back.
      autoinstall_known_extensions: 'false',
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw engineError(error, `memory limit ${memoryLimit}`);
  }
  const connection = await instance.connect();
  let closed = false;
  const guarded = async <T>(sql: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw engineError(error, sql);
    }
  };
  const rows: Engine['rows'] = async (sql) =>
    guarded(sql, async () => (await connection.runAndReadAll(sql)).getRowObjectsJson());
  await connection.run("SET TimeZone = 'UTC'");
  return {
    version: duckDb.version(),
    connection,
    schema: 'main',
    folder,
    run: async (sql) => guarded(sql, async () => void (await connection.run(sql))),
    rows,
    count: async (sql) => Number(Object.values((await rows(sql))[0] ?? {})[0] ?? 0),
    chunks: (sql) => chunksOf(connection, sql),
    interrupt: () => connection.interrupt(),
    close: async () => {
      if (closed) return;
      closed = true;
      connection.closeSync();
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function* chunksOf(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBDataChunk> {
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk;
    }
  } catch (error) {
    throw engineError(error, sql);
  }
}

/** A statement that DuckDB refused: a mistake in a user's expression, or in ours. */
export class EngineError extends DifsrError {
  override readonly name = 'EngineError';
  readonly sql: string;

  constructor(message: string, sql: string) {
    super(message);
    this.sql = sql;
  }
}

/** What the machine cannot give becomes a DataError with the cure; anything else keeps DuckDB's words and the statement. */
function engineError(error: unknown, sql: string): Error {
  if (error instanceof DataError || error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/out of memory/i.test(message)) {
    const cure = text`give more (${setting('memoryLimit')}), or fewer threads (${setting('threads')}): each needs memory of its own`;
    return new DataError([{ file: 'query engine', message: `memory is not enough: ${firstLine(message)}`, cure }]);
  }
  if (/no space left|disk full|failed to offload|max_temp_directory_size/i.test(message)) {
    const cure = text`free some space, or name another disk (${setting('tempDirectory')})`;
    return new DataError([{ file: 'query engine', message: `the disk is full: ${firstLine(message)}`, cure }]);
  }
  if (/unsupported gzip/i.test(message)) {
    const cure = 'unpack the file first (gunzip), or pack it again';
    return new DataError([
      { file: 'query engine', message: `a packed file cannot be read: ${firstLine(message)}`, cure },
    ]);
  }
  return new EngineError(message, sql);
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
