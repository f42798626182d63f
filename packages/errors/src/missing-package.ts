// Packages that are installed when they are wanted; `importOptional` of @difsr/errors/packages throws this where one is not.
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
