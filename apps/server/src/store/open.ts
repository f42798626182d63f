// A store by its configuration. What Redis and PostgreSQL need is loaded when it is asked for.
import { urlOf } from '../config/environment.js';
import type { StoreConfig } from '../config/types.js';
import type { EventStore } from './event-store.js';
import { openMemoryStore } from './memory.js';
import { openSqliteStore } from './sqlite.js';

/**
 * Opens a store.
 *
 * @throws StoreError where it cannot be opened; MissingPackageError with the line that installs what it needs
 * @example
 * ```ts
 * const store = await openStore({ kind: 'sqlite', path: 'events.db' });
 * ```
 */
export async function openStore(config: StoreConfig): Promise<EventStore> {
  switch (config.kind) {
    case 'memory':
      return openMemoryStore();
    case 'sqlite':
      return openSqliteStore(config.path);
    case 'redis': {
      const { openRedisStore } = await import('./redis.js');
      return openRedisStore(urlOf(config), config.prefix);
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./postgres.js');
      return openPostgresStore(urlOf(config), config.schema);
    }
  }
}
