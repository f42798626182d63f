// What can go wrong in the command itself, and the exit codes that every command ends with.
import { DifsrError } from '@difsr/errors';

/** Exit codes, documented in `difsr --help` and in the README. */
export const exitCodes = {
  ok: 0,
  /** The run or download failed, or its folder cannot be used. */
  failed: 1,
  /** A wrong option or configuration. */
  usage: 2,
  /** Data that cannot be used. */
  data: 3,
  /** A backend or device that does not work here, or an optional package that is not installed. */
  backend: 4,
  /** Ctrl-C; what was trained or downloaded is kept, of a preparation nothing. */
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One line per exit code, for `--help` and the README. */
export const exitCodeMeanings: { readonly [Name in keyof typeof exitCodes]: string } = {
  ok: 'done',
  failed: 'the run failed (such as a loss that is not finite), a download failed, or its folder cannot be used',
  usage: 'a wrong option or configuration',
  data: 'data that cannot be used',
  backend: 'a backend or device that does not work here, or a package that is not installed',
  interrupted:
    'interrupted; a training run is saved and can be resumed, a download goes on when called again, of a preparation nothing is left',
};

/** A download that failed; `cause` is the PullError, whose class is loaded with the download alone. */
export class DownloadError extends DifsrError {
  override readonly name = 'DownloadError';
}

/** A model or a store that cannot be served; `cause` is the server's own error, whose class is loaded with it alone. */
export class ServeError extends DifsrError {
  override readonly name = 'ServeError';
}
