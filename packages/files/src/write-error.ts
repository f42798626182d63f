// What the file system's codes mean to a user, and what helps.
import { codeOf, DifsrError, setting, text, type Text } from '@difsr/errors';

/** A file or folder could not be written. Names the path, the reason and the cure; `code` is the system's, such as ENOSPC. */
export class FileWriteError extends DifsrError {
  override readonly name = 'FileWriteError';
  readonly path: string;
  readonly code: string;
  /** What the code means, in words. */
  readonly reason: string;

  constructor(path: string, code: string, reason: string, cure: Text, cause: unknown) {
    super({ where: path, what: `cannot be written: ${reason} (${code})`, cure }, { cause });
    this.path = path;
    this.code = code;
    this.reason = reason;
  }
}

const OUT = setting('out');
const READ_ONLY =
  process.platform === 'win32'
    ? ([
        'it is read-only for this user, or open in another program',
        text`close that program, choose another folder (${OUT}), or change its permissions`,
      ] as const)
    : ([
        'the folder is read-only for this user',
        text`choose another folder (${OUT}), or change its permissions`,
      ] as const);
const FULL = ['the disk is full', text`free some space, or choose a folder on another disk (${OUT})`] as const;

const REASONS: Readonly<Record<string, readonly [reason: string, cure: Text]>> = {
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: ['the file system is read-only', text`choose a folder on another one (${OUT})`],
  ENOSPC: FULL,
  EDQUOT: ["this user's disk quota is used up", FULL[1]],
  ENOENT: ['the folder does not exist', 'create it, or correct the path'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'correct the path'],
  EISDIR: ['a folder of that name is in the way', 'move it, or choose another path'],
  ENOTEMPTY: ['a folder of that name is in the way', 'move it, or choose another path'],
};

/**
 * Turns a failure of the file system into one that tells a user what to do.
 *
 * @example
 * ```ts
 * await mkdir(folder).catch((error) => {
 *   throw writeError(folder, error);
 * });
 * ```
 */
export function writeError(path: string, cause: unknown): FileWriteError {
  if (cause instanceof FileWriteError) return cause;
  const code = codeOf(cause) ?? 'unknown';
  const other = [cause instanceof Error ? cause.message : String(cause), 'check the path and the disk'] as const;
  const [reason, cure] = REASONS[code] ?? other;
  return new FileWriteError(path, code, reason, cure, cause);
}

/** Whether the system, and nobody else, refused something: an aborted signal has a code as well. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
