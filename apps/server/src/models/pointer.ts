// Where the version that answers lies: a run folder itself, or what the pointer `current` in a folder of versions says.
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@difsr/errors';
import { VersionError, reasonOf } from '../errors.js';

/** The pointer's name in a folder of versions. */
export const POINTER = 'current';

/** A run folder's file that a folder of versions has not. */
const RUN_FILE = 'config.json';

/** Whether a folder is a run, or a folder of versions. @throws VersionError where it is neither */
export async function kindOf(folder: string): Promise<'run' | 'versions'> {
  if (await isThere(join(folder, RUN_FILE))) return 'run';
  if (await isThere(join(folder, POINTER))) return 'versions';
  throw new VersionError({
    where: folder,
    what: (await isThere(folder))
      ? `is neither a run nor a folder of versions with a pointer ${POINTER}`
      : 'does not exist',
    cure: `name a run folder, or write the name of a version into ${join(folder, POINTER)}`,
  });
}

/**
 * The folder that the pointer names: `current` is a text file with the name of a folder beside it, or a link to one.
 *
 * @throws VersionError where it names none
 */
export async function currentFolder(folder: string): Promise<string> {
  const pointer = join(folder, POINTER);
  const cure = `write the name of a folder in ${folder} into it: to another file, which is then renamed to ${POINTER}`;
  const found = await lstat(pointer).catch((error: unknown) => {
    throw new VersionError({ where: pointer, what: `cannot be read (${codeOf(error) ?? reasonOf(error)})`, cure });
  });
  if (found.isSymbolicLink() && (await stat(pointer).catch(() => undefined))?.isFile() !== true) {
    // The version is called as the folder is, not as the link.
    return realpath(pointer).catch(() => {
      throw new VersionError({ where: pointer, what: 'is a link that leads nowhere', cure });
    });
  }
  const name = (await readFile(pointer, 'utf8')).trim();
  // A name alone: a path could lead out of the folder, and would not do as a version's name.
  if (!/^[^/\\\0]+$/.test(name) || name === '.' || name === '..' || name === POINTER)
    throw new VersionError({ where: pointer, what: `holds ${JSON.stringify(name)}, which is no folder's name`, cure });
  if (!(await isThere(join(folder, name))))
    throw new VersionError({
      where: pointer,
      what: `names ${JSON.stringify(name)}, and there is no such folder`,
      cure,
    });
  return join(folder, name);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
