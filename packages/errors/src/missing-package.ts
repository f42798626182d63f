// Packages that are installed when they are wanted.
import { DifsrError } from './fault.js';

/**
 * An optional package that is not installed; the cure is the line that installs it.
 *
 * @example
 * ```ts
 * throw new MissingPackageError('@duckdb/node-api', '1.5.6', 'reading files', error);
 * ```
 */
export class MissingPackageError extends DifsrError {
  override readonly name = 'MissingPackageError';
  /** The package as npm knows it. */
  readonly package: string;

  /** @param use what needs it: `reading files` */
  constructor(name: string, version: string, use: string, cause?: unknown) {
    super(
      { what: `${use} needs the package ${name}, which is not installed`, cure: `npm install ${name}@${version}` },
      { cause },
    );
    this.package = name;
  }
}
