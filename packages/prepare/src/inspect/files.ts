// Which files belong together: what is given, and what lies beside it in the forms where that is the custom (atomic, S3-Rec, a folder).
import { setting, text } from '@difsr/errors';
import path from 'node:path';
import { DataError, type ReportEntry } from '@difsr/data';
import { missingFile, namesIn, pathKind } from '../files.js';
import { unpackedName } from '../sources/bytes.js';
import { formOfName, S3REC_ATTRIBUTES, stemOf } from '../sources/endings.js';
import { orderOfGiven } from '../sources/file-order.js';
import { FILE_NAMES } from './names.js';

/** The files of a data set, by what they hold. */
export interface FoundFiles {
  readonly interactions: readonly string[];
  readonly items?: readonly string[] | undefined;
  readonly users?: readonly string[] | undefined;
  /** What a data set made of them may be called. */
  readonly name: string;
  readonly report: readonly ReportEntry[];
}

/** What is given. */
export interface GivenFiles {
  readonly interactions: string | readonly string[];
  readonly items?: string | readonly string[] | undefined;
  readonly users?: string | readonly string[] | undefined;
}

/** Finds the files. @throws DataError if a path does not exist, or a folder leaves open which file is the log */
export async function findFiles(given: GivenFiles): Promise<FoundFiles> {
  const interactions = listOf(given.interactions);
  const [first] = interactions;
  if (first === undefined)
    throw new DataError([{ file: 'input', message: 'names no files', cure: 'name a file of interactions' }]);
  const found =
    interactions.length === 1
      ? await around(first)
      : { interactions, name: nameOf(first), report: [] satisfies ReportEntry[] };
  return {
    ...found,
    ...(given.items === undefined ? {} : { items: listOf(given.items) }),
    ...(given.users === undefined ? {} : { users: listOf(given.users) }),
    report: found.report.filter(
      ({ what }) =>
        !(given.items !== undefined && what.startsWith(ITEMS)) &&
        !(given.users !== undefined && what.startsWith(USERS)),
    ),
  };
}

const ITEMS = 'catalogue';
const USERS = 'users';

function listOf(files: string | readonly string[]): readonly string[] {
  return typeof files === 'string' ? [files] : orderOfGiven(files);
}

/** A name from a path: `data/My Clicks.csv.gz` gives `My-Clicks`. */
function nameOf(file: string): string {
  const base = path.basename(path.resolve(file));
  const plain = stemOf(base).replaceAll(/[*?[\]{}]+/g, '');
  const own = plain.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return own === '' ? 'data' : own;
}

async function around(file: string): Promise<FoundFiles> {
  const kind = await pathKind(file);
  if (kind === 'folder') return inFolder(file);
  if (kind === 'file') return beside(file);
  for (const ending of ['.inter', '.txt']) {
    const found = await packedOrNot(`${file}${ending}`);
    if (found !== undefined) return beside(found);
  }
  if (/[*?[\]{}]/.test(file)) return { interactions: [file], name: nameOf(path.dirname(file)), report: [] };
  throw await missingFile(file);
}

/** The file of a name, or what it is called packed; undefined where there is none. */
export async function packedOrNot(file: string): Promise<string | undefined> {
  for (const packing of ['', '.gz', '.zst', '.zstd'])
    if ((await pathKind(`${file}${packing}`)) === 'file') return `${file}${packing}`;
  return undefined;
}

/** Atomic and S3-Rec files bear one name; each may be packed. */
async function beside(file: string): Promise<FoundFiles> {
  const plain = unpackedName(file);
  const stem = plain.replace(/\.(inter|txt)$/i, '');
  const of = async (ending: string): Promise<readonly string[] | undefined> => {
    const found = await packedOrNot(`${stem}${ending}`);
    return found === undefined ? undefined : [found];
  };
  const items = plain.endsWith('.inter')
    ? await of('.item')
    : plain.endsWith('.txt')
      ? await of(S3REC_ATTRIBUTES)
      : undefined;
  const users = plain.endsWith('.inter') ? await of('.user') : undefined;
  return {
    interactions: [file],
    name: nameOf(file),
    items,
    users,
    report: [...besideReport(ITEMS, items), ...besideReport(USERS, users)],
  };
}

function besideReport(
  what: string,
  files: readonly string[] | undefined,
  why = 'it lies beside the log',
): ReportEntry[] {
  const [file] = files ?? [];
  return file === undefined ? [] : [{ kind: 'inferred', what: `${what}: ${path.basename(file)}`, count: 0, why }];
}

/** A folder holds parts of one log, or files whose names say what they hold. */
async function inFolder(folder: string): Promise<FoundFiles> {
  const names = await namesIn(folder);
  if (names.includes('dataset.json'))
    throw new DataError([
      {
        file: folder,
        message: 'is a prepared data set already',
        cure: text`train on it (${setting('data', folder)}); to prepare it anew name its description or its raw files`,
      },
    ]);
  const files = names.filter((name) => formOfName(name) !== undefined && !name.startsWith('.'));
  const full = (name: string): string => path.join(folder, name);
  const inter = files.filter((name) => unpackedName(name).endsWith('.inter'));
  if (inter.length === 1) return { ...(await beside(full(inter[0] ?? ''))) };
  const sequences = files.filter((name) => unpackedName(name).endsWith(S3REC_ATTRIBUTES));
  if (sequences.length === 1) {
    const log = full(`${unpackedName(sequences[0] ?? '').slice(0, -S3REC_ATTRIBUTES.length)}.txt`);
    return beside((await packedOrNot(log)) ?? log);
  }
  const name = nameOf(folder);
  const stem = (file: string): string => stemOf(file).replaceAll('_', ' ');
  const logs = files.filter((file) => FILE_NAMES.interactions.test(stem(file)));
  const items = files.filter((file) => !logs.includes(file) && FILE_NAMES.items.test(stem(file)));
  const users = files.filter(
    (file) => !logs.includes(file) && !items.includes(file) && FILE_NAMES.users.test(stem(file)),
  );
  const others = files.filter((file) => !items.includes(file) && !users.includes(file));
  const log = logs.length === 1 ? logs : others.length === 1 ? others : [];
  if (log.length === 1 && (items.length > 0 || users.length > 0) && items.length <= 1 && users.length <= 1) {
    const by = 'by its name';
    return {
      interactions: log.map(full),
      name,
      ...(items.length === 0 ? {} : { items: items.map(full) }),
      ...(users.length === 0 ? {} : { users: users.map(full) }),
      report: [
        ...besideReport('interactions', log, by),
        ...besideReport(ITEMS, items, by),
        ...besideReport(USERS, users, by),
      ],
    };
  }
  const endings = new Set(files.map((file) => path.extname(unpackedName(file)).toLowerCase()));
  const mixed = endings.size > 1 || items.length > 0 || users.length > 0;
  if (files.length > 1 && mixed && logs.length !== files.length)
    throw new DataError([
      {
        file: folder,
        message: `holds ${files.slice(0, 8).join(', ')}${files.length > 8 ? ', ..' : ''}: which of them is the log of interactions cannot be told`,
        cure: text`name it, e.g. ${full(files[0] ?? 'clicks.csv')}, the catalogue (${setting('items')}), the users (${setting('users')})`,
      },
    ]);
  // Parts of one log, or folders of partitions: the source finds them itself.
  return { interactions: [folder], name, report: [] };
}
