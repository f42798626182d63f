// The one place that loads DuckDB: on first use, as it is native, large and optional. Everything else asks an open engine's module.
import { DataError } from '@difsr/data';
import { MissingPackageError } from '@difsr/errors';
import { importOptional } from '@difsr/errors/packages';
import type * as DuckDb from '@duckdb/node-api';

const NAME = '@duckdb/node-api';

let loaded: typeof DuckDb | undefined;

/** Loads DuckDB. @throws MissingPackageError with the line that installs it; DataError where it cannot run on this machine */
export async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    const wanted = { packages: [NAME], use: 'reading and writing data files', from: import.meta.url };
    loaded = await importOptional(() => import('@duckdb/node-api'), wanted);
    return loaded;
  } catch (error) {
    if (error instanceof MissingPackageError) throw error;
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    const message = `needs the package ${NAME}, which cannot be loaded here: ${why}`;
    const cure = `remove node_modules and run npm install again: ${NAME} brings its library for this system as an optional package of its own`;
    throw new DataError([{ file: 'query engine', message, cure }]);
  }
}

/** DuckDB's module, for those who have an open engine. */
export function duckDb(): typeof DuckDb {
  if (loaded === undefined) throw new TypeError('no engine is open: openEngine loads DuckDB');
  return loaded;
}
