// The public API of @difsr/server.
export { createServer, type Server, type ServerOptions } from './server.js';
export { serve, type Listening } from './serve.js';
export { serverConfig, readSettings } from './config/read.js';
export { configSchema } from './config/schema.js';
export type {
  Boost,
  Cap,
  Limits,
  ModelsConfig,
  Rules,
  ServerConfig,
  ServerSettings,
  Settings,
  StoreConfig,
} from './config/types.js';
export { Models, type ModelsObserver, type Refused } from './models/models.js';
export type { Version } from './models/version.js';
export type { Appended, EventStore, ItemState, PlacedEvent, ShopEvent } from './store/event-store.js';
export { openStore } from './store/open.js';
export { openMemoryStore } from './store/memory.js';
export { openSqliteStore } from './store/sqlite.js';
export { errorCodes, RequestError, StoreError, VersionError, type ErrorCode } from './errors.js';
