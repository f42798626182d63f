// The one place that loads DuckDB: on first use, as it is native, large and optional. Everything else asks an open engine's module.
import type * as DuckDb from '@duckdb/node-api';
import { MissingPackageError } from '@difsr/errors';
import { ownManifest } from '../own-manifest.js';

const NAME = '@duckdb/node-api';

let loaded: typeof DuckDb | undefined;

/** Loads DuckDB. @throws MissingPackageError with the line that installs it where it is not installed, or has no binary for this machine */
export async function loadDuckDb(): Promise<typeof DuckDb> {
  try {
    loaded = await import('@duckdb/node-api');
    return loaded;
  } catch (error) {
    const version = (await ownManifest()).peerDependencies[NAME] ?? 'latest';
    throw new MissingPackageError(NAME, version, 'reading and writing data files', error);
  }
}

/** DuckDB's module, for those who have an open engine. */
export function duckDb(): typeof DuckDb {
  if (loaded === undefined) throw new TypeError('no engine is open: openEngine loads DuckDB');
  return loaded;
}
