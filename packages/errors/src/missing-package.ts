// Packages that are installed when they are wanted; `importOptional` of @difsr/errors/packages throws this where one is not.
import { codeOf } from './code.js';
import { DifsrError } from './fault.js';

/**
 * An optional package that is not installed; the cure is the line that installs it.
 *
 * @example
 * ```ts
 * throw new MissingPackageError('echarts', 'npm install echarts@6.1.0', 'drawing charts', error);
 * ```
 */
export class MissingPackageError extends DifsrError {
  override readonly name = 'MissingPackageError';
  /** The package as npm knows it. */
  readonly package: string;

  /**
   * @param install the line that installs it
   * @param use what needs it: `reading files`
   */
  constructor(name: string, install: string, use: string, cause?: unknown) {
    super({ what: `${use} needs the package ${name}, which is not installed`, cure: install }, { cause });
    this.package = name;
  }
}

/** What browsers and bundlers say where Node.js has a code. */
const UNRESOLVED = /^(Could not resolve|Failed to resolve module specifier|The specifier|Module name)/;

const QUOTES = ["'", '"', '“'];

/**
 * Whether an import failed because this very package cannot be found, in Node.js, in a browser or in what a bundler left of the import.
 *
 * @example
 * ```ts
 * const charts = await import('echarts').catch((error) => {
 *   throw isMissingPackage(error, 'echarts') ? new MissingPackageError('echarts', 'npm install echarts', 'drawing charts', error) : error;
 * });
 * ```
 */
export function isMissingPackage(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  const notFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || UNRESOLVED.test(error.message);
  return notFound && QUOTES.some((quote) => /^['"”/]/.test(error.message.split(quote + name)[1] ?? ''));
}
