// Fetches the files of a description: what is missing is downloaded, what is there is checked, archives are unpacked.
import { type OptionRules, needed, option } from '@difsr/errors';
import { checkOptions } from '@difsr/data/internal';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Description, PullSpec } from '../description/types.js';
import { makeFolder } from '../folders.js';
import { isArchive, unpackArchive } from './archive.js';
import { openConnection } from './connection.js';
import { checksums, type Checksums, download, sumProblem } from './download.js';
import { PullError } from './errors.js';
import type { PullProgress } from './events.js';
import { refused, type UnpackLimits } from './gate.js';
import { safeParts } from './names.js';
import { type PulledRecord, readRecord, RECORD_FILE, writeRecord } from './record.js';

/** How the files are fetched. */
export interface PullOptions {
  /** Folder of raw files, e.g. `data/raw/ml-1m`; made where it is missing. */
  readonly folder: string;
  readonly progress?: PullProgress;
  /** Stops the work; what was received stays, and the next call goes on from there. */
  readonly signal?: AbortSignal;
  /** Further tries before a file is given up, counted anew whenever something arrived. Default 5. */
  readonly retries?: number;
  /** Milliseconds before the second try; doubles each time, up to 30,000. Default 1000. */
  readonly firstWait?: number;
  /** Milliseconds that a server may be silent. Default 60,000. */
  readonly silence?: number;
  /** What archives may unpack to. */
  readonly limits?: UnpackLimits;
}

const PULL_RULES: OptionRules<PullOptions> = {
  folder: needed(option.text),
  progress: option.callable,
  signal: option.given,
  retries: option.number,
  firstWait: option.number,
  silence: option.number,
  limits: option.object<UnpackLimits>({
    ratio: needed(option.number),
    free: needed(option.number),
    total: needed(option.number),
  }),
};

/** One file that is there now. */
export interface PulledFile {
  readonly file: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it was there before. */
  readonly wasThere: boolean;
  /** What vouches for it: a checksum or size of the publisher, the record of an earlier download, or nothing but this download. */
  readonly checkedBy: 'publisher' | 'record' | 'nothing';
  /** Members that were unpacked. */
  readonly members: readonly string[];
}

/** What came of it. */
export interface PullReport {
  readonly folder: string;
  readonly files: readonly PulledFile[];
  /** Files that the description uses and that are not there: `manual` says how to get them. */
  readonly missing: readonly string[];
  readonly manual?: string;
}

/**
 * Downloads the files of a recipe or description, as far as they are missing: each into `FILE.part` first, resumed where an earlier call stopped,
 * checked by the publisher's checksum or by the one seen last time (`pulled.json`), and unpacked where the recipe says so. Proxies
 * are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 *
 * @throws PullError, DataError where the folder cannot be made; no file under its final name is ever half there
 * @example
 * const { files } = await pullDataset(await readRecipe('ml-1m'), { folder: 'data/raw/ml-1m' });
 * console.log(files[0].bytes, files[0].sha256);
 */
export async function pullDataset(description: Description, options: PullOptions): Promise<PullReport> {
  checkOptions('pullDataset', options, PULL_RULES);
  const { folder, signal, retries = 5, firstWait = 1000, progress = () => undefined } = options;
  const { pull = [], manual } = description;
  signal?.throwIfAborted();
  const files = pull.map((spec) => ({ spec, file: fileOf(spec) }));
  if (files.length === 0 && (await missingFiles(description, folder)).length > 0) throw onlyByHand(description, folder);
  await makeFolder(folder);
  const connection = openConnection(options.silence);
  const pulled: PulledFile[] = [];
  try {
    for (const [index, { spec, file }] of files.entries()) {
      const target = path.join(folder, file);
      const known = (await readRecord(folder)).files[file];
      const bytes = await sizeOf(`${target}.part`);
      progress({ kind: 'file', file, url: spec.url, index, files: files.length, received: bytes ?? 0 });
      const wasThere = (await sizeOf(target)) !== undefined;
      const sums = wasThere
        ? await checkThere(spec, file, target, known, options)
        : await download({ spec, file, target, manual, connection, retries, firstWait, signal, progress });
      const entry = { url: spec.url, bytes: sums.bytes, sha256: sums.sha256, members: known?.members };
      await record(folder, file, entry);
      const members = await unpacked(spec, file, target, entry, options);
      if (members !== undefined) await record(folder, file, { ...entry, members });
      progress({ kind: 'done', file, bytes: sums.bytes, sha256: sums.sha256 });
      pulled.push({
        file,
        url: spec.url,
        bytes: sums.bytes,
        sha256: sums.sha256,
        wasThere,
        checkedBy: vouched(spec) ? 'publisher' : wasThere && known?.sha256 === sums.sha256 ? 'record' : 'nothing',
        members: spec.unpack ?? [],
      });
    }
  } finally {
    await connection.close();
  }
  const missing = await missingFiles(description, folder);
  return { folder, files: pulled, missing, ...(manual === undefined ? {} : { manual }) };
}

/** The name of a file in the folder. @throws PullError if it leads elsewhere or its address is not of the web */
function fileOf(spec: PullSpec): string {
  const { protocol, pathname } = new URL(spec.url);
  const cure = 'correct pull: in the description';
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new PullError('description', spec.url, 'is no address that can be downloaded (http or https)', cure);
  const file = spec.file ?? decodeURIComponent(path.posix.basename(pathname));
  const parts = safeParts(file);
  if (typeof parts === 'string') throw new PullError('description', file, `the name of the file ${parts}`, cure);
  if (parts.length > 1) throw new PullError('description', file, 'the name of the file holds folders', cure);
  if (file === RECORD_FILE) throw new PullError('description', file, 'is the name of the record of downloads', cure);
  if (spec.unpack !== undefined && !isArchive(file))
    throw new PullError('description', file, 'is no archive that can be unpacked here (.zip, .tar.gz, .tgz)', cure);
  return file;
}

/** A file that is there must be what the publisher, or the last download, says. */
async function checkThere(
  spec: PullSpec,
  file: string,
  target: string,
  known: PulledRecord | undefined,
  { signal, progress }: PullOptions,
): Promise<Checksums> {
  progress?.({ kind: 'verify', file });
  const sums = await checksums(target, signal);
  const problem =
    sumProblem(spec, sums) ??
    (vouched(spec) || known === undefined || known.sha256 === sums.sha256
      ? undefined
      : `has SHA-256 ${sums.sha256}, and had ${known.sha256} when it was downloaded`);
  if (problem === undefined) return sums;
  throw new PullError(
    'checksum',
    file,
    `the file in the folder ${problem}`,
    `remove ${target} and run this again to download it anew`,
  );
}

function vouched({ sha256, md5, bytes }: PullSpec): boolean {
  return sha256 !== undefined || md5 !== undefined || bytes !== undefined;
}

/** Unpacks what is not there yet; `undefined` where there is nothing to do. */
async function unpacked(
  spec: PullSpec,
  file: string,
  archive: string,
  { members: known }: PulledRecord,
  { folder, limits, signal, progress }: PullOptions,
): Promise<Record<string, number> | undefined> {
  const members = spec.unpack ?? [];
  const sizes = await Promise.all(
    members.map(async (member) => {
      const parts = safeParts(member);
      if (typeof parts === 'string') throw refused(file, `of which a member is wanted whose name ${parts}`, member);
      return sizeOf(path.join(folder, ...parts));
    }),
  );
  if (members.every((member, index) => sizes[index] !== undefined && sizes[index] === known?.[member]))
    return undefined;
  return unpackArchive({
    archive,
    folder,
    members,
    onMember: (member) => progress?.({ kind: 'unpack', file, member }),
    ...(limits === undefined ? {} : { limits }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function record(folder: string, file: string, entry: PulledRecord): Promise<void> {
  const { files } = await readRecord(folder);
  await writeRecord(folder, { version: 1, files: { ...files, [file]: entry } });
}

/** Files by name that the description uses and the folder lacks. */
async function missingFiles({ interactions, items, users }: Description, folder: string): Promise<string[]> {
  const used = [interactions, items, users]
    .flatMap((source) => source?.files ?? [])
    .filter((file) => !/[*?[\]{}]/.test(file));
  const sizes = await Promise.all(used.map((file) => sizeOf(path.resolve(folder, file))));
  return used.filter((_, index) => sizes[index] === undefined);
}

function onlyByHand({ name, manual, about }: Description, folder: string): PullError {
  const page = about?.homepage === undefined ? '' : ` from ${about.homepage}`;
  const cure = manual?.trim().replaceAll('\n', '\n  ') ?? `put its files${page} into ${folder}`;
  return new PullError('manual', name, 'cannot be downloaded for you', cure);
}

/** Bytes of a file; `undefined` where there is none. */
async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (found) => (found.isFile() ? found.size : undefined),
    () => undefined,
  );
}
