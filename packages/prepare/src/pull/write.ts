// Writing that survives a power cut, and room on the disk.
import { open, statfs } from 'node:fs/promises';
import { PullError } from './errors.js';

/** Writes a small file and waits until it lies on the disk. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until what was written into a file lies on the disk. */
export async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

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
