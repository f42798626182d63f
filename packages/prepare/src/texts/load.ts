// loadDataset: finds out what a path holds, reads its files, and hands the common table to build.ts.
import { nearestName, setting, type Text, text } from '@difsr/errors';
import path from 'node:path';
import {
  buildDataset,
  DataError,
  type Dataset,
  type FilterOptions,
  generateDataset,
  type GenerateOptions,
  type RawData,
} from '@difsr/data';
import { checkOptions, FILTER_KINDS, GENERATE_KINDS, type OptionKinds, optionsOf } from '@difsr/data/internal';
import { missingFile, namesIn, pathKind, readText } from '../files.js';
import { ATOMIC_KINDS, type AtomicOptions, parseAtomicFiles } from './recbole.js';
import { type NamedText, parseS3Rec, S3REC_FIELD } from './s3rec.js';

/** The forms that can be loaded. */
export const DATA_FORMATS = ['s3rec', 'recbole', 'generated'] as const;
/** One of {@link DATA_FORMATS}. */
export type DataFormat = (typeof DATA_FORMATS)[number];

/** How a data set is loaded. Filters default to none, columns and fields to what the files suggest. */
export interface LoadOptions extends FilterOptions, AtomicOptions {
  /** Inferred from the path by default. */
  readonly format?: DataFormat;
  /** The process of the generated data set; only read for that format. */
  readonly generated?: GenerateOptions;
}

const LOAD_KINDS: OptionKinds<LoadOptions> = {
  format: 'text',
  ...FILTER_KINDS,
  ...ATOMIC_KINDS,
  generated: GENERATE_KINDS,
};

/** A format and the path without the endings of its files. */
interface Location {
  readonly format: DataFormat;
  readonly prefix: string;
}

const ATTRIBUTES_ENDING = '_item2attributes.json';
const CURE_PATH =
  'give DIR/NAME for NAME.txt with NAME_item2attributes.json (s3rec), a folder or DIR/NAME with NAME.inter (recbole), or "generated"';

/**
 * Loads a data set.
 *
 * - `s3rec`: `DIR/NAME` or `DIR/NAME.txt`, with `NAME_item2attributes.json` beside it (not read where `fields` is `[]`);
 * - `recbole`: a folder that holds `NAME.inter`, or `DIR/NAME` or one of its files; `.item` and `.user` are optional;
 * - `generated`: the path `generated`.
 *
 * @param location path of the data set
 * @throws DataError for every kind of bad input, with all problems of a file
 * @example
 * const dataset = await loadDataset('data/ml-100k', { userMin: 5, itemMin: 5 });
 * dataset.report; // what was dropped, inferred and noticed
 */
export async function loadDataset(location: string, options: LoadOptions = {}): Promise<Dataset> {
  checkOptions('loadDataset', options, LOAD_KINDS);
  const { format, prefix } = await locate(location, options.format);
  return await READERS[format](prefix, options);
}

/** One reader per format: a missing one is a compile error. */
const READERS: { readonly [F in DataFormat]: (prefix: string, options: LoadOptions) => Promise<Dataset> } = {
  s3rec: async (prefix, options) =>
    buildDataset(await readS3Rec(prefix, options), optionsOf<FilterOptions>(options, FILTER_KINDS)),
  recbole: async (prefix, options) =>
    buildDataset(await readAtomicFiles(prefix, options), optionsOf<FilterOptions>(options, FILTER_KINDS)),
  generated: async (_prefix, options) => generateDataset(options.generated),
};

async function readS3Rec(prefix: string, { fields }: LoadOptions): Promise<RawData> {
  const wrong = fields?.find((name) => name !== S3REC_FIELD);
  if (wrong !== undefined) {
    const cure = `ask for "${S3REC_FIELD}", or for no fields`;
    throw new DataError([
      { file: `${prefix}${ATTRIBUTES_ENDING}`, value: wrong, message: 'is not a field of this form', cure },
    ]);
  }
  const sequences = await named(`${prefix}.txt`);
  if (fields?.length === 0) return parseS3Rec(path.basename(prefix), sequences);
  const attributes = await named(
    `${prefix}${ATTRIBUTES_ENDING}`,
    text`load the data set without attributes (${setting('fields', [])})`,
  );
  return parseS3Rec(path.basename(prefix), sequences, attributes);
}

async function readAtomicFiles(prefix: string, options: LoadOptions): Promise<RawData> {
  const inter = await named(`${prefix}.inter`);
  const item = await namedIfThere(`${prefix}.item`);
  const user = await namedIfThere(`${prefix}.user`);
  const texts = { inter, ...(item === undefined ? {} : { item }), ...(user === undefined ? {} : { user }) };
  return parseAtomicFiles(path.basename(prefix), texts, optionsOf<AtomicOptions>(options, ATOMIC_KINDS));
}

async function named(file: string, cure?: Text): Promise<NamedText> {
  return { file, text: await readText(file, cure) };
}

async function namedIfThere(file: string): Promise<NamedText | undefined> {
  return (await pathKind(file)) === 'file' ? named(file) : undefined;
}

async function locate(location: string, format: DataFormat | undefined): Promise<Location> {
  if (format !== undefined && !DATA_FORMATS.includes(format)) {
    const nearest = nearestName(format, DATA_FORMATS);
    const cure = nearest === undefined ? `use one of ${DATA_FORMATS.join(', ')}` : `did you mean ${nearest}?`;
    throw new DataError([
      { file: location, value: format, message: `is no format; there are ${DATA_FORMATS.join(', ')}`, cure },
    ]);
  }
  const kind = await pathKind(location);
  if (format === 'generated' || (format === undefined && location === 'generated' && kind === 'missing')) {
    return { format: 'generated', prefix: location };
  }
  return kind === 'folder' ? locateInFolder(location, format) : locateFile(location, format);
}

/** A folder holds a data set if exactly one fits, or one bears the folder's name. */
async function locateInFolder(folder: string, format: DataFormat | undefined): Promise<Location> {
  const names = await namesIn(folder);
  const found: Location[] = [];
  const collect = (candidate: DataFormat, ending: string): void => {
    if (format !== undefined && format !== candidate) return;
    for (const name of names) {
      if (name.endsWith(ending))
        found.push({ format: candidate, prefix: path.join(folder, name.slice(0, -ending.length)) });
    }
  };
  collect('recbole', '.inter');
  collect('s3rec', ATTRIBUTES_ENDING);
  const own = found.filter(({ prefix }) => path.basename(prefix) === path.basename(path.resolve(folder)));
  const [only, second] = own.length > 0 ? own : found;
  if (only === undefined) {
    const message = `the folder holds no data set${format === undefined ? '' : ` of the form ${format}`}`;
    throw new DataError([{ file: folder, message, cure: CURE_PATH }]);
  }
  if (second !== undefined) {
    const message = `the folder holds ${found.length} data sets`;
    throw new DataError([
      { file: folder, message, cure: `name one of ${found.map(({ prefix }) => prefix).join(', ')}` },
    ]);
  }
  return only;
}

async function locateFile(location: string, format: DataFormat | undefined): Promise<Location> {
  const endings: readonly (readonly [DataFormat, string])[] = [
    ['recbole', '.inter'],
    ['recbole', '.item'],
    ['recbole', '.user'],
    ['s3rec', ATTRIBUTES_ENDING],
    ['s3rec', '.txt'],
  ];
  for (const [candidate, ending] of endings) {
    if (location.endsWith(ending) && (format ?? candidate) === candidate)
      return { format: candidate, prefix: location.slice(0, -ending.length) };
  }
  if (format !== undefined) return { format, prefix: location };
  if ((await pathKind(`${location}.inter`)) === 'file') return { format: 'recbole', prefix: location };
  if ((await pathKind(`${location}.txt`)) === 'file') return { format: 's3rec', prefix: location };
  if ((await pathKind(location)) === 'file') {
    throw new DataError([{ file: location, message: 'is not of a known form', cure: CURE_PATH }]);
  }
  throw await missingFile(location);
}
