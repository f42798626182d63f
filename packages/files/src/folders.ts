// Folders that are made or refused.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '@difsr/errors';
import { writeError } from './write-error.js';

/**
 * Makes a folder and the folders above it; one that is there already is no error. Node's own recursive mkdir never ends where the
 * system answers "no such folder" for a folder whose parent exists: below /proc, or where the working folder was removed.
 *
 * @throws FileWriteError
 * @example
 * ```ts
 * await makeFolder('runs/a');
 * ```
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeBelow(resolve(path));
  } catch (error) {
    throw writeError(path, error);
  }
}

async function makeBelow(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const above = dirname(folder);
    if (codeOf(error) === 'ENOENT' && above !== folder) {
      await makeBelow(above);
      // Once more and no more; another process may have made it meanwhile.
      await mkdir(folder).catch((again: unknown) => requireFolder(folder, again));
    } else await requireFolder(folder, error);
  }
}

/** Throws `error` unless the folder is there; of a root or a mount, mkdir says other things than that it exists. */
async function requireFolder(folder: string, error: unknown): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw error;
}
