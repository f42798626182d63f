// A server without a port: an application that answers requests, and what it holds.
import { readFileSync } from 'node:fs';
import type { Hono } from 'hono';
import { pino, type Logger } from 'pino';
import { keysOf } from './config/environment.js';
import { serverConfig } from './config/read.js';
import type { ServerConfig, ServerSettings } from './config/types.js';
import { createApp } from './http/app.js';
import { createMetrics } from './http/metrics.js';
import { Models } from './models/models.js';
import type { Version } from './models/version.js';
import { compileRules, type CompiledRules } from './service/rules.js';
import { Service } from './service/service.js';
import type { EventStore } from './store/event-store.js';
import { openStore } from './store/open.js';

/** What a server is made of. */
export interface ServerOptions {
  /** A run folder, or a folder of versions with a pointer `current`. */
  readonly models: string;
  /** What is left out has its default. */
  readonly config?: ServerSettings | undefined;
  /** A store of your own; it is closed with the server. Default: what the configuration says. */
  readonly store?: EventStore | undefined;
  /** Where it logs. Default: lines of JSON on stdout. */
  readonly logger?: Logger | undefined;
}

/** A server without a port. */
export interface Server extends AsyncDisposable {
  /** Answers requests: mount it in a service of your own, or give its `fetch` to whatever listens. */
  readonly app: Pick<Hono, 'fetch' | 'request' | 'routes'>;
  readonly config: ServerConfig;
  readonly models: Models;
  readonly store: EventStore;
  readonly logger: Logger;
  /** From now on `/readyz` says that it ends; requests are still answered. */
  end(): void;
  /** Waits for the requests that are under way, and closes models and store. */
  close(): Promise<void>;
}

/**
 * Opens a model and a store, and makes an application of them.
 *
 * @throws UsageError for a configuration that cannot be used; VersionError and RunError for a model, StoreError for a store that cannot be opened
 * @example
 * ```ts
 * const server = await createServer({ models: 'runs/shop', config: { store: 'sqlite:events.db' } });
 * const answer = await server.app.request('/v1/items/B004/similar?k=5');
 * await server.close();
 * ```
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const config = serverConfig(options.config);
  const keys = keysOf(config);
  const logger = options.logger ?? pino({ level: config.logs.level });
  const metrics = createMetrics();
  const rulesOf = new WeakMap<Version, CompiledRules>();
  const store = options.store ?? (await openStore(config.store));
  let models: Models | undefined;
  try {
    models = await Models.open(options.models, config.models, {
      opened: async (version) => {
        rulesOf.set(version, await compileRules(version.recommender, config.rules));
      },
      swapped: (version, before) => {
        metrics.versions.inc({ outcome: 'swapped' });
        metrics.current.reset();
        metrics.current.set({ version }, 1);
        logger.info({ model: version, ...(before === undefined ? {} : { before }) }, 'a version answers');
      },
      refused: (refused) => {
        metrics.versions.inc({ outcome: 'refused' });
        logger.error(refused, 'a version was refused; the one before answers');
      },
      freed: (version) => {
        metrics.versions.inc({ outcome: 'freed' });
        logger.info({ model: version }, 'a version was freed');
      },
    });
    const { limits, rules, items } = config;
    const parts = { models, store, limits, rulesOf, never: rules.never, refresh: items.refresh };
    const service = await Service.open(parts);
    let ending = false;
    const version = ownVersion();
    const isEnding = (): boolean => ending;
    const app = createApp({ config, keys, service, models, store, logger, metrics, version, isEnding });
    const close = async (): Promise<void> => {
      ending = true;
      service.close();
      try {
        await parts.models.close();
      } finally {
        await store.close();
      }
    };
    return { app, config, models, store, logger, end: () => void (ending = true), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await models?.close();
    await store.close();
    throw error;
  }
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
