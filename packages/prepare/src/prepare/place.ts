// Where the result goes: everything is written beside the place and then put there by renaming, whole or not at all.
import { flushFolder } from '@difsr/files';
import { setting, text } from '@difsr/errors';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { leftovers, ownMark, removeLeftovers } from '../engine/leftovers.js';
import { DataError } from '@difsr/data';
import { makeFolder } from '../folders.js';
import { PREPARED_FILES } from '../prepared/manifest.js';

/** The places of a preparation. */
export interface Place {
  /** The folder of the result. */
  readonly out: string;
  /** The file of the rows that were set aside. */
  readonly aside: string;
  /** Folder and file that they are written to at first. */
  readonly partial: string;
  readonly partialAside: string;
}

/**
 * Chooses the places of a result. Removes what killed runs left there, and puts back a data set that one of them had just taken away.
 *
 * @throws DataError if `out` holds anything but a prepared data set
 */
export async function choosePlace(given: string): Promise<Place> {
  // A link stays a link: what it leads to is replaced.
  const out = await realpath(given).catch(() => path.resolve(given));
  const folder = path.dirname(out);
  await makeFolder(folder);
  const prefix = `${path.basename(out)}.partial-`;
  if (!(await exists(out))) {
    const [old] = (await leftovers(folder, prefix)).filter((name) => name.endsWith(OLD));
    if (old !== undefined) await rename(path.join(folder, old), out);
  }
  await removeLeftovers(folder, prefix);
  await refuseForeign(out, given);
  const partial = path.join(folder, `${prefix}${ownMark()}-${randomBytes(4).toString('hex')}`);
  return { out, aside: quarantineFile(out), partial, partialAside: quarantineFile(partial) };
}

/** The file beside a prepared folder with the rows that were set aside. */
export function quarantineFile(out: string): string {
  return `${out}.quarantine.jsonl`;
}

const OLD = '.old';

/** Replaces the folder by two renames; a reader sees the old one, for a moment none, or the new one. */
export async function putInPlace({ out, aside, partial, partialAside }: Place, hasAside: boolean): Promise<void> {
  await refuseForeign(out, out);
  if (hasAside) await rename(partialAside, aside);
  const old = `${partial}${OLD}`;
  const had = await exists(out);
  if (had) await rename(out, old);
  try {
    await rename(partial, out);
  } catch (error) {
    if (had) await rename(old, out);
    throw error;
  }
  if (!hasAside) await rm(aside, { force: true });
  await flushFolder(path.dirname(out));
  if (had) await rm(old, { recursive: true, force: true });
}

/** Removes what is not in its place yet. */
export async function clearPlace({ partial, partialAside }: Place): Promise<void> {
  await rm(partial, { recursive: true, force: true });
  await rm(partialAside, { force: true });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** What is no prepared data set, or holds more than one, is somebody's work. */
async function refuseForeign(out: string, shown: string): Promise<void> {
  if (!(await exists(out))) return;
  const names = await readdir(out).catch(() => undefined);
  if (names?.length === 0) return;
  const known: readonly string[] = Object.values(PREPARED_FILES);
  const strange = names?.find((name) => !known.includes(name));
  if (names !== undefined && strange === undefined && (await isManifest(path.join(out, PREPARED_FILES.manifest))))
    return;
  const prepared = names?.includes(PREPARED_FILES.manifest) === true && strange !== undefined;
  throw new DataError([
    {
      file: shown,
      message: prepared
        ? `holds ${strange}, which is no part of a prepared data set`
        : 'exists and is no prepared data set',
      cure: text`name another folder (${setting('out')}), or remove it`,
    },
  ]);
}

/** Others call a file dataset.json, too. */
async function isManifest(file: string): Promise<boolean> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof json === 'object' && json !== null && 'version' in json && 'counts' in json && 'files' in json;
  } catch {
    return false;
  }
}
