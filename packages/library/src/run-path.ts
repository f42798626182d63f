// Where a new run goes: the folder that was asked for, if it can be used, or the next free name under runs/.
import { call, codeOf, setting, text } from '@difsr/errors';
import { access, constants, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RUN_FILES } from '@difsr/training';
import { UsageError } from './errors.js';

const OTHER = text`choose another folder (${setting('out')})`;

/**
 * Checks early, before data is loaded, that a new run can be written to a folder.
 *
 * @throws UsageError where the folder holds something, is a file, or cannot be written.
 */
export async function requireFreeFolder(out: string): Promise<void> {
  const names = await readdir(out).catch((error: unknown) => {
    const code = codeOf(error) ?? String(error);
    if (code === 'ENOENT') return undefined;
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: `${code === 'ENOTDIR' ? 'is a file, not a folder' : `cannot be read (${code})`}`,
      cure: OTHER,
    });
  });
  if (names?.includes(RUN_FILES.config))
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: 'already holds a run',
      cure: text`${call('resume', [out])} goes on with it; another ${setting('out')} starts a new one`,
    });
  const [first] = names ?? [];
  if (first !== undefined)
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: `is not empty (it has ${names?.slice(0, 3).join(', ')})`,
      cure: OTHER,
    });
  const existing = names === undefined ? await nearestExisting(out) : out;
  await access(existing, constants.W_OK).catch((error: unknown) => {
    throw new UsageError({
      where: setting('out', out),
      option: 'out',
      what: `${existing} cannot be written (${codeOf(error) ?? String(error)})`,
      cure: text`${OTHER}, or change its permissions`,
    });
  });
}

async function nearestExisting(path: string): Promise<string> {
  const parent = dirname(path);
  const found = await stat(parent).catch(() => undefined);
  if (found === undefined && parent !== path) return nearestExisting(parent);
  return parent;
}

/** The first of `runs/NAME-1`, `runs/NAME-2`, .. that does not exist. */
export async function nextFreeFolder(name: string, root = 'runs'): Promise<string> {
  const taken = new Set(await readdir(root).catch(() => []));
  const clean = name.replaceAll(/[^\w.-]+/g, '-');
  for (let n = 1; ; n++) if (!taken.has(`${clean}-${n}`)) return join(root, `${clean}-${n}`);
}

/** Removes the folder of a run that failed before it saved anything that could be resumed. */
export async function removeUnstarted(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined || names.includes(RUN_FILES.optimizer)) return;
  if (names.includes(RUN_FILES.pretraining)) {
    const stage = join(folder, RUN_FILES.pretraining);
    await removeUnstarted(stage);
    if ((await readdir(stage).catch(() => undefined)) !== undefined) return;
  }
  await rm(folder, { recursive: true, force: true });
}
