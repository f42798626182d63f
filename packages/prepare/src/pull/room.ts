// Room on the disk.
import { statfs } from 'node:fs/promises';
import { PullError } from './errors.js';

/** @throws PullError if the disk of a folder has no room for so many bytes */
export async function needRoom(folder: string, bytes: number, file: string): Promise<void> {
  const free = await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
  if (free >= bytes) return;
  throw new PullError(
    'disk',
    file,
    `needs ${megabytes(bytes)} MB, and ${folder} has ${megabytes(free)} MB left`,
    'free some space, or name another folder',
  );
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1e6).toLocaleString('en-US');
}
