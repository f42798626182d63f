// Files of a run folder that survive a kill at any moment: a reader sees the old file or the new one, never half of one.
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** A file could not be written. Names the path, the reason and the cure; `code` is the system's, such as ENOSPC. */
export class FileWriteError extends Error {
  override readonly name = 'FileWriteError';
  readonly path: string;
  readonly code: string;

  constructor(path: string, code: string, reason: string, cure: string, cause: unknown) {
    super(`Cannot write ${path}: ${reason} (${code}). Cure: ${cure}.`, { cause });
    this.path = path;
    this.code = code;
  }
}

const READ_ONLY = [
  'the folder is read-only for this user',
  'choose another folder with --out, or change its permissions',
] as const;
const FULL = ['the disk is full', 'free some space, or choose a folder on another disk with --out'] as const;

/** What the system's codes mean to a user, and what helps. */
const REASONS: Readonly<Record<string, readonly [reason: string, cure: string]>> = {
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: ['the file system is read-only', 'choose a folder on another one with --out'],
  ENOSPC: FULL,
  EDQUOT: ["this user's disk quota is used up", FULL[1]],
  ENOENT: ['the folder does not exist', 'create it, or correct the path'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'correct the path'],
  EISDIR: ['a folder of that name is in the way', 'move it, or choose another path'],
  ENOTEMPTY: ['a folder of that name is in the way', 'move it, or choose another path'],
};

/** Codes with which file systems say that they cannot flush a folder (Windows, some network disks). */
const NO_FOLDER_FLUSH = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS']);

const TEMPORARY = /^\..+\.[0-9]+-[0-9]+\.tmp$/;
let temporaries = 0;

/**
 * Turns a failure of the file system into one that tells a user what to do.
 * @example await mkdir(folder).catch((error) => { throw writeError(folder, error); });
 */
export function writeError(path: string, cause: unknown): FileWriteError {
  if (cause instanceof FileWriteError) return cause;
  const code = codeOf(cause);
  const other = [cause instanceof Error ? cause.message : String(cause), 'check the path and the disk'] as const;
  const [reason, cure] = REASONS[code] ?? other;
  return new FileWriteError(path, code, reason, cure, cause);
}

/**
 * Makes a folder and the folders above it; one that is there already is no error. Node's own recursive mkdir never ends where the
 * system answers "no such folder" for a folder whose parent exists: below /proc, or where the working folder was removed.
 * @throws FileWriteError
 * @example await makeFolder('runs/a');
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

/**
 * Writes a whole file (one piece, or several in order) or nothing: to a temporary name in the same folder, flushed, renamed, the folder flushed. When it
 * fails, an existing file is as it was and the temporary one is gone.
 * @throws FileWriteError
 * @example await writeFileAtomic('runs/a/state.json', JSON.stringify(state));
 */
export async function writeFileAtomic(
  path: string,
  contents: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${temporaries++}.tmp`);
  try {
    // 'wx': never through a link that someone else put there.
    await withFile(temporary, 'wx', async (file) => {
      // Pieces go to the disk one by one: joining them first would hold up the thread.
      for (const piece of typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents)
        await file.appendFile(piece);
      await file.sync();
    });
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
    throw writeError(path, error);
  }
}

/**
 * Appends a line and flushes it, creating the file if need be. A last line without its newline is what a kill left of an
 * earlier append: it is cut off first. When the append fails, the file is left with whole lines.
 * @param line text without a line break.
 * @throws FileWriteError, or TypeError for text with a line break.
 * @example await appendLine('runs/a/history.jsonl', JSON.stringify({ epoch: 3, loss: 6.9 }));
 */
export async function appendLine(path: string, line: string): Promise<void> {
  if (/[\n\r]/.test(line))
    throw new TypeError(`A line cannot hold a line break: ${JSON.stringify(line)}. Cure: append two lines.`);
  try {
    await withFile(path, 'a+', async (file) => {
      const end = await endOfLines(file);
      await file.truncate(end);
      try {
        await file.writeFile(`${line}\n`);
        await file.sync();
      } catch (error) {
        await file.truncate(end).catch(() => undefined); // the next append would cut it off as well
        throw error;
      }
    });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The whole lines of a file that `appendLine` writes, without a half-written last one; none where there is no file. */
export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').slice(0, -1); // what follows the last newline is not a line
}

/** Removes what writers that were killed left in a folder. Only for a folder that no other process writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => TEMPORARY.test(name)).map((name) => rm(join(folder, name), { force: true })),
  );
}

/** Where the last whole line ends: its length, read backwards in pieces. */
async function endOfLines(file: FileHandle): Promise<number> {
  const piece = Buffer.alloc(4096);
  for (let end = (await file.stat()).size; end > 0;) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const newline = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** Flushing the folder makes the rename itself survive a power cut, where the system can do it. */
async function flushFolder(folder: string): Promise<void> {
  try {
    await withFile(folder, 'r', (file) => file.sync());
  } catch (error) {
    if (!NO_FOLDER_FLUSH.has(codeOf(error))) throw error;
  }
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
