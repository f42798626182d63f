// Makes folders. Node's own recursive mkdir never ends where the system answers "no such folder" for a folder whose parent exists
// (below /proc, or where the working folder was removed).
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@difsr/data';

/** Makes a folder and those above it; one that is there already is no error. @throws DataError if it cannot be made */
export async function makeFolder(
  folder: string,
  cure = 'name another folder, or make it yourself and check that you may write there',
): Promise<void> {
  try {
    await makeFolders(folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError([{ file: folder, message: `cannot be made: ${why}`, cure }]);
  }
}

/** The same with the system's own error, for those who have words for it. */
export async function makeFolders(folder: string): Promise<void> {
  await makeBelow(path.resolve(folder));
}

async function makeBelow(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const above = path.dirname(folder);
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && above !== folder) {
      await makeBelow(above);
      // Once more and no more; another process may have made it meanwhile.
      await mkdir(folder).catch(async (again: unknown) => requireFolder(folder, again));
    } else await requireFolder(folder, error);
  }
}

/** Throws `error` unless the folder is there; of a root or a mount, mkdir says other things than that it exists. */
async function requireFolder(folder: string, error: unknown): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw error;
}
