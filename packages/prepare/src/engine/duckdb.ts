// The one place that loads DuckDB: on first use, as it is native, large and optional. Everything else asks an open engine's module.
import type * as DuckDb from '@duckdb/node-api';
import { DataError } from '@difsr/data';
import { ownManifest } from '../own-manifest.js';

const NAME = '@duckdb/node-api';

let loaded: typeof DuckDb | undefined;

/** Loads DuckDB. @throws DataError with the line that installs it where it is not installed, or cannot run on this machine */
export async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    loaded = await import('@duckdb/node-api');
    return loaded;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const message = missing
      ? `needs the package ${NAME}, which is not installed`
      : `needs the package ${NAME}, which cannot be loaded here: ${why}`;
    const cure = `npm install ${NAME}@${(await ownManifest()).peerDependencies[NAME] ?? 'latest'}`;
    throw new DataError([{ file: 'query engine', message, cure }]);
  }
}

/** DuckDB's module, for those who have an open engine. */
export function duckDb(): typeof DuckDb {
  if (loaded === undefined) throw new TypeError('no engine is open: openEngine loads DuckDB');
  return loaded;
}
