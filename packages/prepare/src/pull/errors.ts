// The error class of downloads: what failed, with which file, and what to do, by hand where need be.
import { codeOf, DifsrError } from '@difsr/errors';

/** What can go wrong. */
export const PULL_PROBLEMS = [
  'network', // no connection, or one that keeps breaking
  'forbidden', // the server wants a login (401, 403), or a proxy does (407)
  'not-found', // 404, 410
  'http', // any other answer
  'page', // a web page where a file should be
  'form', // not of the form that its name says
  'checksum', // other bytes than the publisher's, or than last time
  'disk', // no space, or a folder that cannot be written
  'archive', // an archive that is broken, dangerous, or lacks what is wanted
  'manual', // nothing can be downloaded: it takes a person
  'description', // the description names something that is not allowed
] as const;
/** One of {@link PULL_PROBLEMS}. */
export type PullProblem = (typeof PULL_PROBLEMS)[number];

/**
 * A download that did not succeed. `message` is the whole report, with the cure, fit to be shown without a stack trace. What was
 * received so far stays in `FILE.part` where going on makes sense; nothing half-made has a final name.
 *
 * @example
 * try {
 *   await pullDataset(await readRecipe('ml-1m'), { folder: 'data/raw/ml-1m' });
 * } catch (error) {
 *   if (error instanceof PullError && error.problem === 'network') console.error(error.message);
 * }
 */
export class PullError extends DifsrError {
  override readonly name = 'PullError';
  readonly problem: PullProblem;
  /** The file, as it is called in the folder. */
  readonly file: string;

  constructor(problem: PullProblem, file: string, what: string, cure: string) {
    super({ where: file, what, cure });
    this.problem = problem;
    this.file = file;
  }
}

/** The code of an error of the system or of undici, or that of its cause. */
export function errorCode(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error && error.cause !== undefined ? errorCode(error.cause) : '');
}

/** A failed write as an error with its cure; `undefined` where it is something else. */
export function diskError(error: unknown, file: string): PullError | undefined {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    const what = code === 'EFBIG' ? 'the file system cannot hold a file of this size' : 'the disk is full';
    return new PullError('disk', file, what, 'free some space or name another folder, then run this again: it goes on');
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST')
    return new PullError('disk', file, `cannot be written (${code})`, 'name a folder that you may write');
  return undefined;
}
