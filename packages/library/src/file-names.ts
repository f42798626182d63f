// Errors of files that the user named and that cannot be read, with the nearest name that exists.
import { codeOf, didYouMean } from '@difsr/errors';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from './errors.js';

/** The error of a configuration file that could not be read. */
export async function loadNames(file: string, cause: unknown): Promise<UsageError> {
  const code = codeOf(cause) ?? String(cause);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return new UsageError(
      `${file}: cannot be read (${code})`,
      code === 'EISDIR' ? 'name a file, not a folder' : 'check the path and its permissions',
    );
  }
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return new UsageError(`${file}: there is no folder ${folder}`, 'check the path');
  const hint = didYouMean(basename(file), names, (name) => join(folder, name));
  return new UsageError(`${file}: no such file`, hint ?? 'check the path');
}
