// Temporary files and folders that outlived their process: their names say whose they are, so that the next run can remove them.
import { codeOf } from '@difsr/errors';
import { readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const HOST = os.hostname().replaceAll(/[^A-Za-z0-9.]/g, '');

/** What a temporary name carries: this machine and this process. */
export function ownMark(): string {
  return `${HOST}-${process.pid}`;
}

/** The names in `folder` that begin with `prefix` and the mark of a process of this machine that is no more. */
export async function leftovers(folder: string, prefix: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => {
    if (!name.startsWith(`${prefix}${HOST}-`)) return false;
    const pid = /^\d+(?=-)/.exec(name.slice(prefix.length + HOST.length + 1))?.[0];
    return pid !== undefined && !isAlive(Number(pid));
  });
}

/** Removes them. What cannot be removed belongs to somebody else and stays. */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await leftovers(folder, prefix)) {
    await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return codeOf(error) === 'EPERM';
  }
}
