// Opens a source: finds its files, recognises their form, hands them to the reader of that form.
import { open as openFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { SOURCE_FORMATS, type SourceFormat, type SourceSpec } from '../description/types.js';
import { sqlText } from '../engine/quote.js';
import { DataError, parseJson } from '@difsr/data';
import { missingFile, pathKind } from '../files.js';
import { openAtomic } from './atomic.js';
import { unpackedName } from './bytes.js';
import { BLANKS, splitCells } from './cells.js';
import { openCsv } from './delimited.js';
import { formOfName, S3REC_ATTRIBUTES } from './endings.js';
import { compareFiles } from './file-order.js';
import { openJsonArray, openJsonLines, openPython } from './json-lines.js';
import { isComment } from './preamble.js';
import type { SourceReader } from './reader.js';
import { openS3Rec, openS3RecAttributes } from './s3rec.js';
import type { OpenOptions, OpenSource } from './source.js';
import { openDuckDb, openParquet, openPostgres } from './tables.js';
import { textLines } from './text.js';

/** One reader per form: a missing one does not compile. */
const READERS: { readonly [F in SourceFormat]: SourceReader } = {
  csv: openCsv,
  jsonl: openJsonLines,
  json: openJsonArray,
  python: openPython,
  parquet: openParquet,
  atomic: openAtomic,
  s3rec: openS3Rec,
  's3rec-attributes': openS3RecAttributes,
  duckdb: openDuckDb,
  postgres: openPostgres,
};

/**
 * Opens files or a table as a relation of the engine.
 *
 * @throws DataError if files are missing, unreadable, of no known form, or differ in their columns
 * @example
 * const source = await openSource({ files: 'clicks.csv' }, { engine, base: '.' });
 * await engine.rows(`SELECT * FROM ${source.relation} LIMIT 5`);
 */
export async function openSource(spec: SourceSpec, options: OpenOptions): Promise<OpenSource> {
  if (spec.format === 'postgres') return READERS.postgres(spec, [], options);
  const files = await filesOf(spec, options);
  const [first] = files;
  if (first === undefined)
    throw new DataError([{ file: 'description', message: 'names no files', cure: 'name them with files:' }]);
  const format = spec.format ?? (await recogniseFormat(first, options.signal));
  return READERS[format](spec, files, options);
}

/** The files of a source: paths as they are, those of globs and folders in the order of their names, numbers in them by size. */
export async function filesOf({ files = [] }: SourceSpec, { engine, base }: OpenOptions): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of typeof files === 'string' ? [files] : files) {
    const full = path.resolve(base, pattern);
    const kind = await pathKind(full);
    if (kind === 'file') found.push(shownPath(full, base, pattern));
    else if (kind === 'folder') found.push(...(await filesIn(full)));
    else if (/[*?[\]{}]/.test(pattern)) {
      const rows = await engine.rows(`SELECT file FROM glob(${sqlText(full)})`);
      if (rows.length === 0)
        throw new DataError([
          { file: pattern, message: 'matches no file', cure: `check the pattern; it starts from ${base}` },
        ]);
      found.push(...rows.map(({ file }) => String(file)).toSorted(compareFiles));
    } else throw await missingFile(full);
  }
  return found;
}

/** A path as given where it is usable as it stands, so that messages show what the user wrote. */
function shownPath(full: string, base: string, pattern: string): string {
  if (path.isAbsolute(pattern)) return full;
  if (path.resolve(base) === process.cwd()) return path.normalize(pattern);
  // As the user sees it who stands beside the data, not in their folder.
  const seen = path.relative(process.cwd(), full);
  return seen.startsWith('..') || path.isAbsolute(seen) ? full : seen;
}

/** All data files of a folder and its partitions: those whose names tell a form, or, where none does, texts. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted(compareFiles);
  const told = found.filter((file) => {
    const form = formOfName(file);
    return form !== undefined && form !== 'text' && form !== 'beside';
  });
  const files = told.length > 0 ? told : found.filter((file) => formOfName(file) === 'text');
  if (files.length === 0)
    throw new DataError([
      {
        file: folder,
        message: 'the folder holds no data files',
        cure: 'name a file, a glob, or a folder with .csv, .jsonl or .parquet files',
      },
    ]);
  const endings = new Map<string, string[]>();
  for (const file of files) {
    const ending = path.extname(unpackedName(file)).toLowerCase();
    endings.set(ending, [...(endings.get(ending) ?? []), file]);
  }
  if (endings.size > 1)
    throw new DataError([
      {
        file: folder,
        message: `holds files of several forms: ${[...endings.keys()].join(', ')}`,
        cure: `name those you mean by a glob, e.g. ${path.join(folder, `*${[...endings.keys()][0] ?? ''}`)}`,
      },
    ]);
  return files;
}

/** The form of a file by its name, and where that is not enough by its first bytes. */
export async function recogniseFormat(file: string, signal?: AbortSignal): Promise<SourceFormat> {
  const name = unpackedName(path.basename(file)).toLowerCase();
  if (name.endsWith(S3REC_ATTRIBUTES)) return 's3rec-attributes';
  const form = formOfName(name);
  if (form === 'atomic' || form === 'beside') return 'atomic';
  if (form === 'objects') return objectForm((await firstTexts(file, signal))[0] ?? '', 'jsonl');
  if (form === 'csv') return form;
  if (form === 'parquet' || (await startsWith(file, 'PAR1', 0))) return 'parquet';
  if (form === 'duckdb' || (await startsWith(file, 'DUCK', 8))) return 'duckdb';
  const lines = await firstTexts(file, signal);
  const first = lines.find((line) => !isComment(line)) ?? '';
  const text = first.trimStart();
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) return objectForm(text, 'jsonl');
  if (form === 'json') return 'jsonl';
  if (/^\d+( \d+)+$/.test(first) && !areInteractions(lines)) return 's3rec';
  if (form === 'text' || name.endsWith('.log') || /[\t,;|]|::/.test(first) || isTable(lines)) return 'csv';
  throw new DataError([
    {
      file,
      message: 'is of no form that can be recognised',
      cure: `name it with format: one of ${SOURCE_FORMATS.join(', ')}`,
    },
  ]);
}

/** A line that is no JSON but begins like a dictionary of Python is one. */
function objectForm(text: string, otherwise: SourceFormat): SourceFormat {
  try {
    parseJson(text);
    return otherwise;
  } catch {
    return /^\s*\{\s*u?'/.test(text) ? 'python' : otherwise;
  }
}

/** Lines by which a form is known. */
const FIRST_LINES = 100;

async function firstTexts(file: string, signal?: AbortSignal): Promise<string[]> {
  const texts: string[] = [];
  for await (const lines of textLines(file, 'utf-8', signal)) {
    for (const { raw } of lines) if (raw.trim() !== '' && texts.length < FIRST_LINES) texts.push(raw);
    if (texts.length === FIRST_LINES) break;
  }
  return texts;
}

/** Numbers between blanks are a user and the items, or an interaction on each line: then users come again, or the last number is a time. */
function areInteractions(lines: readonly string[]): boolean {
  const rows = lines.map((line) => splitCells(line, BLANKS));
  const users = new Set(rows.map(([user]) => user));
  const areTimes = rows.every((row) => /^\d{9,10}$/.test(row.at(-1) ?? ''));
  return isTable(lines) && (users.size < rows.length || areTimes);
}

/** Whether all lines have as many parts between blanks, and more than one. */
function isTable(lines: readonly string[]): boolean {
  const widths = new Set(lines.filter((line) => !isComment(line)).map((line) => splitCells(line, BLANKS).length));
  return widths.size === 1 && !widths.has(1);
}

async function startsWith(file: string, magic: string, at: number): Promise<boolean> {
  const handle = await openFile(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, at);
    return buffer.toString('latin1') === magic;
  } finally {
    await handle.close();
  }
}
