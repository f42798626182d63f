// From any error to what a user sees: one screen, no stack trace (unless DIFSR_TRACE is set), and the exit code.
import { DataError } from '@difsr/data';
import { describeFaults, DifsrError, MissingPackageError } from '@difsr/errors';
import { FileWriteError } from '@difsr/files';
import { BackendError } from '@difsr/graph';
import { UsageError } from '@difsr/library/parts';
import { MetricsError, NonFiniteScoreError } from '@difsr/metrics';
import { ModelConfigError, UnknownFieldError } from '@difsr/models';
import { EarlyStoppingError, RunError, SamplerError, ScheduleError } from '@difsr/training';
import { DownloadError, exitCodes, ServeError, type ExitCode } from '../errors.js';
import { typed } from '../typed.js';

/** Lines of an error that are shown: one screen. */
const MOST_LINES = 24;
const MOST_COLUMNS = 400;

/** An error as it is shown. */
export interface ShownError {
  /** Empty where everything has been said already (`--help`). */
  readonly message: string;
  readonly code: ExitCode;
}

/** Errors that users cause and can cure, with the exit code of each. */
const KNOWN: readonly (readonly [new (...args: never[]) => Error, ExitCode])[] = [
  [UsageError, exitCodes.usage],
  [ModelConfigError, exitCodes.usage],
  [UnknownFieldError, exitCodes.usage],
  [ScheduleError, exitCodes.usage],
  [SamplerError, exitCodes.usage],
  [EarlyStoppingError, exitCodes.usage],
  [DataError, exitCodes.data],
  [DownloadError, exitCodes.failed],
  [ServeError, exitCodes.failed],
  [BackendError, exitCodes.backend],
  [MissingPackageError, exitCodes.backend],
  [RunError, exitCodes.failed],
  [FileWriteError, exitCodes.failed],
  [MetricsError, exitCodes.failed],
  [NonFiniteScoreError, exitCodes.failed],
];

/** What to print for an error and which exit code to end with. */
export function describeError(error: unknown, options: { readonly trace: boolean }): ShownError {
  const code = KNOWN.find(([type]) => error instanceof type)?.[1];
  const stack = options.trace && error instanceof Error ? `\n${stackOf(error)}` : '';
  if (code !== undefined && error instanceof Error)
    return { message: `error: ${oneScreen(messageOf(error))}${stack}`, code };
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const cure = options.trace
    ? ''
    : '\n  cure: this is a defect of difsr; DIFSR_TRACE=1 shows where it happened: please report it with that';
  return { message: `error: ${oneScreen(`unexpected ${name}: ${message}`)}${cure}${stack}`, code: exitCodes.failed };
}

function messageOf(error: Error): string {
  return error instanceof DifsrError ? describeFaults(error, typed) : error.message;
}

function oneScreen(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => (line.length > MOST_COLUMNS ? `${line.slice(0, MOST_COLUMNS - 3)}...` : line));
  if (lines.length <= MOST_LINES) return lines.join('\n');
  // Cures come last and must not be cut.
  const cures = lines.filter((line) => /^\s*cure:/i.test(line)).slice(0, 4);
  const rest = lines.filter((line) => !/^\s*cure:/i.test(line)).slice(0, MOST_LINES - cures.length - 1);
  return [...rest, `... ${lines.length - rest.length - cures.length} more lines`, ...cures].join('\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? ''}${cause}`;
}
