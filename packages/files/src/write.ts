// Files that survive a kill at any moment: a reader sees the old file or the new one, never half of one. The package
// write-file-atomic would do a part of it: it flushes no folder, takes one piece alone, and writes through links.
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '@difsr/errors';
import { isSystemError, writeError } from './write-error.js';

/** Codes with which file systems say that they cannot flush a folder (Windows, some network disks). */
const NO_FOLDER_FLUSH: ReadonlySet<string | undefined> = new Set([
  'EISDIR',
  'EPERM',
  'EACCES',
  'EINVAL',
  'ENOTSUP',
  'ENOSYS',
]);

/** What Windows says of a file that a virus scanner or another reader has open for a moment. */
const OPEN_ELSEWHERE: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);
/** Waits of about a second in all, in milliseconds. */
const RENAME_WAITS = [10, 30, 100, 300, 600];

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** What is written: one piece, several in order, or whatever a function writes into the file. */
export type Contents = Uint8Array | string | readonly (Uint8Array | string)[] | ((file: FileHandle) => Promise<void>);

/**
 * Writes a whole file or nothing: to a temporary name in the same folder, flushed, renamed, the folder flushed. When writing
 * fails, an existing file is as it was and the temporary one is gone. A link is replaced, never written through.
 *
 * @throws FileWriteError; what a function throws is thrown as it is unless the file system failed
 * @example
 * ```ts
 * await writeFileAtomic('runs/a/state.json', JSON.stringify(state));
 * await writeFileAtomic('big.bin', async (file) => {
 *   for await (const piece of pieces) await file.appendFile(piece);
 * });
 * ```
 */
export async function writeFileAtomic(path: string, contents: Contents): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryName(path);
  try {
    // 'wx': never through a link that someone else put there.
    await withFile(temporary, 'wx', async (file) => {
      if (typeof contents === 'function') await contents(file);
      // Pieces go to the disk one by one: joining them first would hold up the thread.
      else for (const piece of isOne(contents) ? [contents] : contents) await file.appendFile(piece);
      await file.sync();
    });
    await renameFile(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
    if (typeof contents === 'function' && !isSystemError(error)) throw error;
    throw writeError(path, error);
  }
  await flushFolder(folder).catch((error: unknown) => {
    throw writeError(path, error);
  });
}

/**
 * A name beside a file that nobody else takes: neither another thread, nor a process of the same number that was killed
 * (in a container every start has the same).
 */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Renames a file over another one; on Windows once more where somebody has that open for a moment. */
export async function renameFile(from: string, to: string): Promise<void> {
  for (const wait of process.platform === 'win32' ? RENAME_WAITS : []) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!OPEN_ELSEWHERE.has(codeOf(error))) throw error;
      await sleep(wait);
    }
  }
  await rename(from, to);
}

function isOne(contents: Exclude<Contents, Function>): contents is Uint8Array | string {
  return typeof contents === 'string' || contents instanceof Uint8Array;
}

/** Removes what writers that were killed left in a folder. Only for a folder that no other process writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => TEMPORARY.test(name)).map((name) => rm(join(folder, name), { force: true })),
  );
}

/** Waits until what was written into a file lies on the disk. */
export async function flushFile(path: string): Promise<void> {
  await withFile(path, 'r+', (file) => file.sync());
}

/** Flushing a folder makes a rename in it survive a power cut, where the system can do it. */
export async function flushFolder(folder: string): Promise<void> {
  try {
    await withFile(folder, 'r', (file) => file.sync());
  } catch (error) {
    if (!NO_FOLDER_FLUSH.has(codeOf(error))) throw error;
  }
}

/** Opens a file for the time of a function. */
export async function withFile(
  path: string,
  flags: string | number,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
