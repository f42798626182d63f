// Unpacks the wanted members of a zip or tar.gz. An archive that could do harm is refused as a whole, and nothing of it is left: members go
// to a folder of their own first and are moved to their places when all of them are complete.
import { flushFile, makeFolder } from '@difsr/files';
import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { diskError, PullError } from './errors.js';
import { broken, Gate, partsOf, refused, type UnpackLimits } from './gate.js';
import { unpackTar } from './tarball.js';
import { unpackZip } from './zip.js';

/** The limits where nobody names others. */
export const UNPACK_LIMITS: UnpackLimits = { ratio: 200, free: 64 * 1024 * 1024, total: 500e9 };

/** What is wanted of an archive. */
export interface UnpackOptions {
  readonly archive: string;
  /** Folder that the members' paths start from. */
  readonly folder: string;
  readonly members: readonly string[];
  readonly limits?: UnpackLimits;
  readonly signal?: AbortSignal;
  /** Called before a member is written. */
  readonly onMember?: (member: string) => void;
}

/** The forms of archives, by the ending of their name. */
const FORMS = [
  [/\.zip$/i, unpackZip],
  [/\.(tar\.gz|tgz)$/i, unpackTar],
] as const;

/** Whether an archive can be unpacked here, by its name. */
export function isArchive(file: string): boolean {
  return FORMS.some(([ending]) => ending.test(file));
}

/**
 * Unpacks members of an archive into a folder, all or none.
 *
 * @returns the members and their bytes
 * @throws PullError if the archive is broken, lacks a member, or holds what is refused: paths out of the folder, links, devices, members
 *   of the same name, encrypted ones, or far more bytes than it has
 * @example
 * await unpackArchive({ archive: 'data/raw/ml-1m/ml-1m.zip', folder: 'data/raw/ml-1m', members: ['ml-1m/ratings.dat'] });
 */
export async function unpackArchive(options: UnpackOptions): Promise<Record<string, number>> {
  const { archive, folder, members, limits = UNPACK_LIMITS, signal, onMember } = options;
  const file = path.basename(archive);
  const unpack = FORMS.find(([ending]) => ending.test(file))?.[1];
  if (unpack === undefined) throw refused(file, 'is no archive that can be unpacked here (.zip, .tar.gz, .tgz)');
  const wanted = new Map(members.map((member) => [partsOf(member, file).join('/'), member]));
  const aside = path.join(folder, `.unpack-${randomBytes(4).toString('hex')}`);
  const gate = new Gate(file, wanted, (await stat(archive)).size, limits);
  try {
    await unpack({
      archive,
      gate,
      ...(signal === undefined ? {} : { signal }),
      place: async (name) => {
        onMember?.(name);
        const place = path.join(aside, name);
        await makeFolder(path.dirname(place));
        return place;
      },
    });
    gate.finish();
    const sizes: Record<string, number> = {};
    for (const [name, member] of wanted) {
      await flushFile(path.join(aside, name));
      sizes[member] = (await stat(path.join(aside, name))).size;
    }
    for (const name of wanted.keys()) {
      await makeFolder(path.dirname(path.join(folder, name)));
      await rename(path.join(aside, name), path.join(folder, name));
    }
    return sizes;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof PullError ? error : (diskError(error, file) ?? broken(file, error));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
