// A configuration from what is written in a file, given in code, and typed: later ones go before.
import { readFile } from 'node:fs/promises';
import { didYouMean, type Fault } from '@difsr/errors';
import { UsageError } from '@difsr/library';
import { parse } from 'yaml';
import type { z } from 'zod';
import { reasonOf } from '../errors.js';
import { configSchema } from './schema.js';
import type { ServerConfig, ServerSettings } from './types.js';

const CURE = 'docs/guide/serve.md has all keys';

/**
 * A configuration with its defaults.
 *
 * @param where what it was written in, for messages
 * @throws UsageError for a key that is not known and a value that cannot be used, all of them
 * @example
 * ```ts
 * serverConfig({ port: 8080, store: 'sqlite:events.db' }).limits.k; // 100
 * ```
 */
export function serverConfig(settings: ServerSettings = {}, where = 'the configuration'): ServerConfig {
  const read = typeof settings.store === 'string' ? { ...settings, store: storeOf(settings.store) } : settings;
  const found = configSchema.safeParse(read);
  if (!found.success) throw new UsageError(found.error.issues.map((issue) => faultOf(issue, where)));
  const { store } = found.data;
  if (
    (store.kind === 'redis' || store.kind === 'postgres') &&
    (store.url === undefined) === (store.urlFrom === undefined)
  )
    throw new UsageError({
      where,
      option: 'store.url',
      what: `store: ${store.kind} needs its address, once`,
      cure: 'write url, or urlFrom with the name of an environment variable',
    });
  return found.data;
}

/**
 * The settings of a file (YAML or JSON); defaults are not filled in.
 *
 * @throws UsageError where it cannot be read
 */
export async function readSettings(file: string): Promise<ServerSettings> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError({
      where: file,
      what: `cannot be read (${reasonOf(error)})`,
      cure: 'name a file that is there',
    });
  });
  try {
    const read: unknown = parse(text) ?? {};
    if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new TypeError('it holds no keys');
    // What is in it is checked by the schema, with everything else that is said.
    return read as ServerSettings;
  } catch (error) {
    throw new UsageError({ where: file, what: `is not YAML with keys (${reasonOf(error)})`, cure: CURE });
  }
}

/** A store by a word: `memory`, `sqlite:events.db`, `redis://host:6379`, `postgres://user@host/db`. @throws UsageError for another */
function storeOf(word: string): NonNullable<Exclude<ServerSettings['store'], string>> {
  if (word === 'memory') return { kind: 'memory' };
  const [, kind = '', rest = ''] = /^([a-z]+):(.+)$/s.exec(word) ?? [];
  if (kind === 'sqlite') return { kind: 'sqlite', path: rest };
  if (kind === 'redis' || kind === 'rediss' || kind === 'valkey')
    return { kind: 'redis', url: word.replace(/^valkey:/, 'redis:') };
  if (kind === 'postgres' || kind === 'postgresql') return { kind: 'postgres', url: word };
  throw new UsageError({
    option: 'store',
    what: `store: there is no store ${JSON.stringify(word.replace(/:\/\/.*@/, '://..@'))}`,
    cure: 'write memory, sqlite:FILE, redis://HOST:PORT or postgres://USER@HOST/DATABASE',
  });
}

function faultOf(issue: z.core.$ZodIssue, where: string): Fault {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = issue.path.length === 0 ? Object.keys(configSchema.shape) : [];
    const option = path === '' ? key : `${path}.${key}`;
    return { where, option, what: `${option}: there is no such key`, cure: didYouMean(key, known) ?? CURE };
  }
  return { where, option: path, what: `${path === '' ? 'the whole' : path}: ${issue.message}`, cure: CURE };
}
