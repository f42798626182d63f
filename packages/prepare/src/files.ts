// Names in folders and whole text files, with errors that name the nearest existing file.
import { codeOf, nearestName, text, type Text } from '@difsr/errors';
import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@difsr/data';

/** The names in a folder, sorted; empty where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** What a path is. */
export async function pathKind(file: string): Promise<'file' | 'folder' | 'missing'> {
  try {
    return (await stat(file)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'missing';
  }
}

/**
 * The text of a UTF-8 file, without a byte order mark.
 *
 * @throws DataError if the file is missing (naming the nearest existing name), cannot be read, or is not UTF-8 (naming the place)
 */
export async function readText(file: string, cure?: Text): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw await unreadable(file, error, cure);
  }
  if (!isUtf8(bytes)) throw invalidUtf8(file, bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** The error of a path that does not exist. */
export async function missingFile(file: string, cure?: Text): Promise<DataError> {
  const folder = path.dirname(file);
  const base = path.basename(file);
  if ((await pathKind(folder)) !== 'folder') {
    return new DataError([
      { file, kind: 'missing', message: `there is no folder ${folder}`, cure: cure ?? (await folderCure(folder)) },
    ]);
  }
  const names = await namesIn(folder);
  const nearest =
    nearestName(base, names) ??
    nearestName(
      base,
      names.map((name) => path.parse(name).name),
    );
  // Hidden files are no data, unless there is nothing else.
  const visible = names.filter((name) => !name.startsWith('.'));
  const shown = visible.length > 0 ? visible : names;
  const listed =
    shown.length === 0
      ? 'the folder is empty'
      : `the folder has ${shown.slice(0, 8).join(', ')}${shown.length > 8 ? `, and ${shown.length - 8} more` : ''}`;
  const hint = nearest === undefined ? listed : `did you mean ${path.join(folder, nearest)}?`;
  return new DataError([
    { file, kind: 'missing', message: 'no such file', cure: cure === undefined ? hint : text`${hint} or: ${cure}` },
  ]);
}

async function folderCure(folder: string): Promise<string> {
  let parent = path.dirname(folder);
  let child = path.basename(folder);
  while ((await pathKind(parent)) === 'missing' && parent !== path.dirname(parent)) {
    child = path.basename(parent);
    parent = path.dirname(parent);
  }
  const nearest = nearestName(child, await namesIn(parent));
  return nearest === undefined ? `check the path; ${parent} exists` : `did you mean ${path.join(parent, nearest)}?`;
}

async function unreadable(file: string, error: unknown, cure: Text | undefined): Promise<DataError> {
  const code = codeOf(error) ?? String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return missingFile(file, cure);
  if (code === 'EISDIR')
    return new DataError([{ file, message: 'is a folder, not a file', cure: 'name a file in it' }]);
  return new DataError([
    {
      file,
      message: `cannot be read (${code})`,
      cure: 'check that you may read it and that it is not too large (2 GiB at most)',
    },
  ]);
}

/** Finds the first line that is not UTF-8 and the first bad byte in it. */
function invalidUtf8(file: string, bytes: Buffer): DataError {
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (!isUtf8(content)) {
      // Characters before the bad byte decode to themselves, the bad byte to U+FFFD.
      const column = content.toString('utf8').indexOf('\uFFFD') + 1;
      const message = 'is not valid UTF-8 here';
      const cure = `convert the file, e.g. iconv -f ISO-8859-1 -t UTF-8 ${path.basename(file)}`;
      return new DataError([{ file, line, column, value: content.toString('latin1'), message, cure }]);
    }
    start = end + 1;
  }
  return new DataError([{ file, message: 'is not valid UTF-8', cure: 'convert the file to UTF-8' }]);
}
