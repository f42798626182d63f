// For tests: a Redis and a PostgreSQL of their own, on free ports and in temporary folders, where they are installed.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Set by `.ci/run`: both must be there. */
const REQUIRED = process.env['DIFSR_REQUIRE_STORES'] === '1';

/** A server of tests. */
export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Says why a test of a store is skipped, or nothing; where stores are required it fails instead. */
export function whyMissing(name: string, found: string | undefined): string | undefined {
  if (found !== undefined) return undefined;
  if (REQUIRED) throw new Error(`${name} is required (DIFSR_REQUIRE_STORES=1) and not installed`);
  return `needs ${name}`;
}

/** A program in the folders where Debian has it, and others on PATH. */
function program(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env['PATH'] ?? '').split(':');
  return [...folders, ...path].map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Where `redis-server` or `valkey-server` is. */
export const redisProgram: string | undefined = program('redis-server') ?? program('valkey-server');

const DEBIAN = '/usr/lib/postgresql';

function postgresFolders(): string[] {
  if (!existsSync(DEBIAN)) return [];
  const versions = readdirSync(DEBIAN).filter((version) => /^\d+$/.test(version));
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, 'bin'));
}

/** Where `initdb` is; `postgres` lies beside it. */
export const postgresProgram: string | undefined = program('initdb', postgresFolders());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a port, not of a pipe
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a process that must say something before it can be used. */
async function started(command: readonly string[], sign: RegExp): Promise<ChildProcess> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      said += chunk.toString();
      if (sign.test(said)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${file} ended with ${String(code)}: ${said}`)));
  });
  return child;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
  // What it wrote last may still be going away.
  for (let attempt = 0; ; attempt++)
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (attempt === 5) throw error;
      await setTimeout(100);
    }
}

/** Starts Redis, which appends every write to a file and flushes it. */
export async function startRedis(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'difsr-redis-'));
  const port = await freePort();
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  const child = await started([redisProgram ?? '', ...options], /Ready to accept connections/);
  return { url: `redis://127.0.0.1:${port}`, stop: () => ended(child, 'SIGTERM', folder) };
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian made for it. */
function asPostgres(folder: string): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  chmodSync(folder, 0o777);
  return ['runuser', '-u', 'postgres', '--'];
}

/** Starts PostgreSQL. */
export async function startPostgres(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'difsr-postgres-'));
  const caller = asPostgres(folder);
  const data = join(folder, 'data');
  const bin = join(postgresProgram ?? '', '..');
  const run = async (...words: readonly string[]): Promise<void> => {
    const [file = '', ...args] = [...caller, ...words];
    await execute(file, args, { cwd: '/' });
  };
  await run(join(bin, 'initdb'), '-D', data, '-U', 'difsr', '-A', 'trust', '-E', 'UTF8', '--no-sync');
  const sockets = join(folder, 'sockets');
  mkdirSync(sockets);
  chmodSync(sockets, 0o777);
  const port = await freePort();
  const options = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', sockets];
  const child = await started([...caller, join(bin, 'postgres'), ...options], /ready to accept connections/);
  // SIGINT: ends at once, without waiting for clients. `runuser` passes only SIGTERM on.
  return {
    url: `postgres://difsr@127.0.0.1:${port}/postgres`,
    stop: () => ended(child, caller.length === 0 ? 'SIGINT' : 'SIGTERM', folder),
  };
}
