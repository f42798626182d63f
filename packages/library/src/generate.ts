// generate: the generated data set as files, also far larger than memory, to try out preparation and training at scale.
import type { GeneratedFiles, GenerateEvent, GenerateFilesOptions } from '@difsr/prepare';

/** How the generated data set is written. */
export interface GenerateOptions extends Omit<GenerateFilesOptions, 'progress'> {
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: GenerateEvent) => void) | undefined;
}

/**
 * Writes the generated data set as log, catalogue and description, of any size.
 *
 * @throws DataError where the folder cannot be used, or the options do not fit
 * @example
 * ```ts
 * const { description } = await generate({ out: 'generated', interactions: 200_000, format: 'parquet' });
 * await prepare(description, { out: 'data/generated' });
 * ```
 */
export async function generate({ onEvent, ...options }: GenerateOptions): Promise<GeneratedFiles> {
  // The query engine is native: loaded by those who need it.
  const { generateFiles } = await import('@difsr/prepare');
  return generateFiles({ ...options, ...(onEvent === undefined ? {} : { progress: onEvent }) });
}
