// What can go wrong in the command, and the exit codes that it ends with.
import { DifsrError } from '@difsr/errors';

/** Exit codes, as `--help` explains them. */
export const exitCodes = {
  ok: 0,
  /** A candidate failed or gave other numbers; the report says which. */
  failed: 1,
  usage: 2,
  /** Data that cannot be used. */
  data: 3,
  /** A backend or device that does not work here, or an optional package that is not installed. */
  backend: 4,
  /** With --compare: something got slower beyond the noise. */
  slower: 5,
  interrupted: 130,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One line per exit code. */
export const exitCodeMeanings: { readonly [Name in keyof typeof exitCodes]: string } = {
  ok: 'done',
  failed:
    'a candidate failed or gave other numbers than the definition (the report says which), or the report cannot be written',
  usage: 'a wrong option, or a result of something else behind --compare',
  data: 'data that cannot be used',
  backend: 'a backend or device that does not work here, or a package that is not installed',
  slower: 'with --compare: something got slower beyond the noise (the report says what)',
  interrupted: 'interrupted; what was measured until then is written and marked as incomplete',
};

/** An option that cannot be used: says the value, what was allowed, and the cure. */
export class UsageError extends DifsrError {
  override readonly name = 'UsageError';

  constructor(problem: string, cure: string) {
    super({ what: problem, cure });
  }
}

/** A report that cannot be written. */
export class ReportError extends DifsrError {
  override readonly name = 'ReportError';
}
