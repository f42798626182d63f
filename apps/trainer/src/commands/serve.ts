// difsr serve: a run, or the current one of several versions, answers over HTTP until it is told to end.
import { once } from 'node:events';
import { DifsrError } from '@difsr/errors';
import { withInterrupt } from '@difsr/errors/commands';
import { importOptional } from '@difsr/errors/packages';
import { UsageError } from '@difsr/library/parts';
import type * as ServerModule from '@difsr/server';
import { RunError } from '@difsr/training';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodes, ServeError, type ExitCode } from '../errors.js';
import { positiveInteger } from '../options.js';

interface ServeCommandOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly store?: string;
  readonly device?: 'cpu' | 'cuda' | 'webgpu';
  readonly threads?: number;
}

/** Declares the command; `done` receives its exit code. */
export function addServe(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('serve')
    .description('answer over HTTP: recommendations, events of users, hidden items')
    .argument('<run-or-folder>', 'run folder, or a folder of versions whose file `current` names the one that answers')
    .option('--config <file>', 'a configuration (YAML); options go before it (default: none)')
    .addOption(new Option('--port <n>', 'the port; 0 takes a free one (default: 3000)').argParser(portNumber))
    .option('--host <address>', 'the address that is listened on (default: 127.0.0.1)')
    .option(
      '--store <store>',
      'what keeps events: memory, sqlite:FILE, redis://HOST:PORT, postgres://USER@HOST/DATABASE (default: memory)',
    )
    .addOption(new Option('--device <name>', 'cpu (default), cuda, webgpu').choices(['cpu', 'cuda', 'webgpu']))
    .addOption(new Option('--threads <n>', 'CPU threads (default: all cores)').argParser(positiveInteger))
    .addHelpText(
      'after',
      `
Needs the package @difsr/server. Logs are lines of JSON on stdout. SIGTERM and Ctrl-C let it answer what has come, and end it. The API is described
under /openapi.json and /docs.

Examples:
  $ npx difsr serve runs/clicks
  $ npx difsr serve runs/clicks --port 8080 --store sqlite:events.db
  $ npx difsr serve versions --config server.yaml --host 0.0.0.0`,
    )
    .action(async (folder: string, options: ServeCommandOptions) => done(await serveCommand(folder, options)));
}

function portNumber(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError('A whole number from 0 to 65535 is needed.');
  return Number(value);
}

async function serveCommand(folder: string, options: ServeCommandOptions): Promise<ExitCode> {
  const { serve, readSettings } = await loadServer();
  const { config, host, port, store, device, threads } = options;
  try {
    const written = config === undefined ? {} : await readSettings(config);
    const models = {
      ...written.models,
      ...(device === undefined ? {} : { device }),
      ...(threads === undefined ? {} : { threads }),
    };
    const settings = {
      ...written,
      ...(Object.keys(models).length === 0 ? {} : { models }),
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(store === undefined ? {} : { store }),
    };
    return await withInterrupt<ExitCode, ExitCode>(
      async (signal) => {
        const listening = await serve({ models: folder, config: settings });
        if (!signal.aborted) await once(signal, 'abort');
        await listening.close();
        return exitCodes.ok;
      },
      { doing: () => 'answering what has come', stopped: () => exitCodes.interrupted },
    );
  } catch (error) {
    throw toldError(error);
  }
}

/** The server's own errors, whose classes are loaded with it alone. */
function toldError(error: unknown): unknown {
  if (!(error instanceof DifsrError) || error instanceof UsageError || error instanceof RunError) return error;
  return ['VersionError', 'StoreError'].includes(error.name) ? new ServeError(error.faults, { cause: error }) : error;
}

/** Loads the server, which is a package of its own. @throws MissingPackageError with the line that installs it */
function loadServer(): Promise<typeof ServerModule> {
  const wanted = { packages: ['@difsr/server'], use: 'serving over HTTP', from: import.meta.url };
  return importOptional(() => import('@difsr/server'), wanted);
}
