// What is at a path: the one table of the forms in which a data set may be given, and the one place that tells them apart.
import { nearestName } from '@difsr/errors';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@difsr/data';
import type { SourceFormat } from '../description/types.js';
import { missingFile, pathKind } from '../files.js';
import { PREPARED_FILES } from '../prepared/manifest.js';
import { recipeNames } from '../recipes.js';
import { formOfName, S3REC_ATTRIBUTES } from '../sources/endings.js';

/** Ways in which a data set is opened. */
export type DatasetForm = 'prepared' | 'generated' | 'description' | 'recipe' | 'files' | 'atomic' | 's3rec';

/** The formats that can be named, instead of being told from the path. */
export const DATASET_FORMATS = [
  'prepared',
  'generated',
  'recbole',
  's3rec',
  'csv',
  'jsonl',
  'json',
  'python',
  'parquet',
  'duckdb',
] as const;
/** One of {@link DATASET_FORMATS}. */
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** What a format is opened as, and of files the reader's own word. */
const FORMATS: Readonly<Record<DatasetFormat, { readonly form: DatasetForm; readonly source?: SourceFormat }>> = {
  prepared: { form: 'prepared' },
  generated: { form: 'generated' },
  recbole: { form: 'atomic' },
  s3rec: { form: 's3rec' },
  csv: { form: 'files', source: 'csv' },
  jsonl: { form: 'files', source: 'jsonl' },
  json: { form: 'files', source: 'json' },
  python: { form: 'files', source: 'python' },
  parquet: { form: 'files', source: 'parquet' },
  duckdb: { form: 'files', source: 'duckdb' },
};

function isFormat(name: string): boolean {
  return Object.hasOwn(FORMATS, name);
}

/** What is at a path. */
export interface PlaceOfData {
  readonly form: DatasetForm;
  /** The path; of atomic and S3-Rec files without the endings. */
  readonly at: string;
  /** Of files whose format was named. */
  readonly source?: SourceFormat;
}

/** Endings of the forms whose files belong together by their names. */
const TOGETHER = [
  ['atomic', '.inter'],
  ['atomic', '.item'],
  ['atomic', '.user'],
  ['s3rec', S3REC_ATTRIBUTES],
  ['s3rec', '.txt'],
] as const satisfies readonly (readonly [DatasetForm, string])[];
/** Those that say of a folder what it holds; any text may end in .txt. */
const TELLING = [TOGETHER[0], TOGETHER[3]];

const CURE =
  'give a prepared folder, a description (.yaml), files (.csv, .jsonl, .parquet, ..), a folder of them or a pattern, DIR/NAME for NAME.inter (recbole) or for NAME.txt with NAME_item2attributes.json (s3rec), the name of a recipe, or "generated"';

/**
 * Tells what is at a path.
 *
 * @throws DataError if nothing is there (naming the nearest that is), if a folder holds none or several data sets, or the format is none
 */
export async function formAt(location: string, format?: DatasetFormat): Promise<PlaceOfData> {
  if (format !== undefined) return named(location, format);
  const kind = await pathKind(location);
  if (kind === 'folder') return inFolder(location);
  if (/\.ya?ml$/i.test(location)) return { form: 'description', at: location };
  for (const [form, ending] of TOGETHER)
    if (location.endsWith(ending)) return { form, at: location.slice(0, -ending.length) };
  if (kind === 'file') return { form: 'files', at: location };
  if (location === 'generated') return { form: 'generated', at: location };
  if ((await pathKind(`${location}.inter`)) === 'file') return { form: 'atomic', at: location };
  if ((await pathKind(`${location}.txt`)) === 'file') return { form: 's3rec', at: location };
  if (/[*?[\]{}]/.test(location)) return { form: 'files', at: location };
  if (recipeNames().includes(location)) return { form: 'recipe', at: location };
  throw await missingFile(location);
}

async function named(location: string, format: DatasetFormat): Promise<PlaceOfData> {
  if (!isFormat(format)) {
    // Callers without types may name any.
    const near = nearestName(format, DATASET_FORMATS);
    const all = DATASET_FORMATS.join(', ');
    const cure = near === undefined ? `use one of ${all}` : `did you mean ${near}?`;
    throw new DataError([{ file: location, value: format, message: `is no format; there are ${all}`, cure }]);
  }
  const known = FORMATS[format];
  const { form } = known;
  if (form !== 'atomic' && form !== 's3rec') return { ...known, at: location };
  if ((await pathKind(location)) === 'folder') return oneOf(location, await readdir(location), form);
  const ending = TOGETHER.find(([own, each]) => own === form && location.endsWith(each))?.[1] ?? '';
  return { form, at: location.slice(0, location.length - ending.length) };
}

async function inFolder(folder: string): Promise<PlaceOfData> {
  const names = await readdir(folder);
  if (names.includes(PREPARED_FILES.manifest)) return { form: 'prepared', at: folder };
  const holds = (ending: string): boolean => names.some((name) => name.endsWith(ending));
  if (TELLING.some(([, ending]) => holds(ending))) return oneOf(folder, names);
  if (names.some((name) => isDataFile(name) || name.includes('='))) return { form: 'files', at: folder };
  return oneOf(folder, names);
}

/** Files that inspection reads as they are; any text may end in .txt, and atomic files belong together. */
function isDataFile(name: string): boolean {
  const form = formOfName(name);
  return form !== undefined && form !== 'text' && form !== 'atomic' && form !== 'beside';
}

/** Of the data sets of a folder the only one, or the one that bears the folder's name. */
function oneOf(folder: string, names: readonly string[], asked?: DatasetForm): PlaceOfData {
  const found = TELLING.filter(([form]) => asked === undefined || form === asked).flatMap(([form, ending]) =>
    names
      .filter((name) => name.endsWith(ending))
      .toSorted()
      .map((name): PlaceOfData => ({ form, at: path.join(folder, name.slice(0, -ending.length)) })),
  );
  const own = found.filter(({ at }) => path.basename(at) === path.basename(path.resolve(folder)));
  const [only, second] = own.length > 0 ? own : found;
  if (only === undefined) {
    const message = `the folder holds no data set${asked === undefined ? '' : ` of the form ${asked}`}`;
    throw new DataError([{ file: folder, message, cure: CURE }]);
  }
  if (second === undefined) return only;
  const message = `the folder holds ${found.length} data sets`;
  throw new DataError([{ file: folder, message, cure: `name one of ${found.map(({ at }) => at).join(', ')}` }]);
}
