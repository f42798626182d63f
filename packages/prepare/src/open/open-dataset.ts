// One door to every form of data set: whatever is at a path is read, or prepared on the way and kept in the cache, and opened.
import { DifsrError, given, nearestName, option, type OptionRules, setting, text } from '@difsr/errors';
import { totalmem } from 'node:os';
import {
  DataError,
  type Dataset,
  type Field,
  generateDataset,
  type GenerateOptions,
  type ReportEntry,
  type StoredDataset,
} from '@difsr/data';
import { checkOptions, GENERATE_RULES } from '@difsr/data/internal';
import type { CategoryText } from '../category-text.js';
import { ENGINE_RULES, type EngineOptions, openEngine } from '../engine/engine.js';
import type { Findings } from '../inspect/findings.js';
import { COLUMN_RULES, type NamedColumns } from '../inspect/roles.js';
import { type Cached, type CachedInput, prepareCached } from '../prepare/cached.js';
import type { PrepareEvent } from '../prepare/prepare.js';
import { openPrepared } from '../prepared/open.js';
import { dataMemory, loadPrepared, readManifest } from '../prepared/read.js';
import { missingFile } from '../files.js';
import { packedOrNot } from '../inspect/files.js';
import { S3REC_ATTRIBUTES } from '../sources/endings.js';
import { existingRawFolder, readRecipe } from '../recipes.js';
import { type DatasetForm, type DatasetFormat, formAt, type PlaceOfData } from './forms.js';

/** How a data set is opened. */
export interface OpenDatasetOptions extends EngineOptions {
  /** Default: told from the path and what is there. */
  readonly format?: DatasetFormat;
  /**
   * The fields that are kept, in this order; `[]` for none. Default: all that are prepared or suggest themselves; of atomic files the
   * categories of items, as the field's literature has it.
   */
  readonly fields?: readonly string[];
  /** Of files without a description: what is known about their columns. */
  readonly columns?: NamedColumns;
  /** Of files without a description: fewest interactions of a user. */
  readonly userMin?: number;
  /** Of files without a description: fewest interactions of an item. */
  readonly itemMin?: number;
  /** Of atomic files: cells of quoted names as `names`, or as `fragments` between blanks. */
  readonly categoryText?: CategoryText;
  /** Whether sequences stay on disk: `auto` (default) where in memory they would take more than a quarter of the machine's. */
  readonly streaming?: 'auto' | 'on' | 'off';
  /** Default: `DIFSR_CACHE/data`, else `XDG_CACHE_HOME/difsr/data`, else `~/.cache/difsr/data`. */
  readonly cache?: string;
  /** Of a recipe: the folder of its raw files. Default: `data/raw/NAME`. */
  readonly raw?: string;
  /** The process of the generated data set. */
  readonly generated?: GenerateOptions;
  /** Called with what files were prepared into, before that is opened. Without it the report of the data set tells what was inferred. */
  readonly onPrepared?: (prepared: PreparedOnTheWay) => void;
  /** Called at every step of a preparation. */
  readonly progress?: (event: PrepareEvent) => void;
  /** Stops a preparation; nothing is left of it. */
  readonly signal?: AbortSignal;
}

const OPEN_RULES: OptionRules<OpenDatasetOptions> = {
  ...ENGINE_RULES,
  format: option.text,
  fields: option.list(option.text),
  columns: option.object(COLUMN_RULES),
  userMin: option.number,
  itemMin: option.number,
  categoryText: option.oneOf('names', 'fragments'),
  streaming: option.oneOf('auto', 'on', 'off'),
  cache: option.text,
  raw: option.text,
  generated: option.object(GENERATE_RULES),
  onPrepared: option.callable,
  progress: option.callable,
  signal: option.given,
};

/** Files as they were prepared on the way. */
export interface PreparedOnTheWay {
  /** The prepared folder in the cache. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly reused: boolean;
  /** Of files without a description: what was inferred. */
  readonly findings?: Findings;
}

/** An opened data set. */
export interface OpenedDataset {
  readonly form: DatasetForm;
  /** In memory, or with its sequences on disk. */
  readonly dataset: Dataset | StoredDataset;
  /** Of forms that were prepared on the way. */
  readonly prepared?: PreparedOnTheWay;
  /** Closes the files of a data set that has any. */
  readonly close: () => Promise<void>;
}

/**
 * Opens whatever data set is at a path: a prepared folder, a description, files (csv, jsonl, parquet, duckdb, patterns, folders of
 * partitions), atomic files, S3-Rec files, the name of a recipe whose files were pulled, or `generated`. What is not prepared yet is
 * prepared strictly and kept in the cache.
 *
 * @param location path, pattern, name of a recipe, or `generated`
 * @throws DataError for every kind of bad input
 * @throws DatasetOptionError for options that the form cannot follow
 * @throws MissingPackageError where DuckDB is not installed; generated data needs none
 * @example
 * const { dataset, prepared, close } = await openDataset('clicks.csv', { userMin: 5 });
 * prepared?.findings?.columns; // what each column was taken for, and why
 * await close();
 */
export async function openDataset(location: string, options: OpenDatasetOptions = {}): Promise<OpenedDataset> {
  checkOptions('openDataset', options, OPEN_RULES);
  const place = await formAt(location, options.format);
  refuseOptions(place, options);
  return OPENERS[place.form](place, options);
}

type Opener = (place: PlaceOfData, options: OpenDatasetOptions) => Promise<OpenedDataset>;

/** One way per form: a missing one does not compile. */
const OPENERS: { readonly [F in DatasetForm]: Opener } = {
  prepared: (place, options) => openFolder(place, place.at, options),
  description: (place, options) => prepareAndOpen(place, { description: place.at }, options),
  recipe: async (place, options) => {
    const base = await existingRawFolder(place.at, options.raw);
    return prepareAndOpen(place, { description: await readRecipe(place.at), base }, options);
  },
  files: (place, options) => prepareAndOpen(place, { interactions: place.at, format: place.source }, options),
  atomic: async (place, options) => {
    const input = { interactions: `${place.at}.inter`, format: 'atomic' } as const;
    return categoriesOfItems(place.at, await prepareAndOpen(place, input, options), options);
  },
  s3rec: async (place, options) => {
    if (options.fields?.length !== 0) await requireAttributes(place.at);
    return prepareAndOpen(place, { interactions: `${place.at}.txt`, format: 's3rec' }, options);
  },
  generated: async (_place, { generated, fields }) =>
    inMemory('generated', withFields(generateDataset(generated), 'generated', fields)),
};

/** Options by the forms that can follow them; the others are followed by all. */
const FOLLOWED: Partial<Readonly<Record<keyof OpenDatasetOptions, readonly DatasetForm[]>>> = {
  columns: ['files', 'atomic'],
  userMin: ['files', 'atomic', 's3rec'],
  itemMin: ['files', 'atomic', 's3rec'],
  categoryText: ['atomic'],
  raw: ['recipe'],
  generated: ['generated'],
};

/** Why a form cannot follow an option, and what to do. */
const INSTEAD: Readonly<Record<DatasetForm, readonly [why: string, cure: string]>> = {
  prepared: [
    'has no meaning for a prepared data set',
    'leave it out; what is kept is said in the description with which the data set was prepared',
  ],
  description: [
    'is for files without a description: the description says that itself',
    'edit the description, and leave the option out',
  ],
  recipe: [
    'is for files without a description: the recipe says that itself',
    'leave the option out, or prepare the files without the recipe',
  ],
  files: ['has no meaning for these files', 'leave it out'],
  atomic: ['has no meaning for atomic files', 'leave it out'],
  s3rec: ['has no meaning for S3-Rec files', 'leave it out'],
  generated: ['has no meaning for generated data', 'leave it out'],
};

/** An option that the form of a data set cannot follow: ignored in silence it would be a wrong result. */
export class DatasetOptionError extends DifsrError {
  override readonly name = 'DatasetOptionError';
  readonly value: unknown;
  /** What is wrong with it, without its name: `has no meaning for a prepared data set`. */
  readonly why: string;

  /** @param option by its name in {@link OpenDatasetOptions}, e.g. `columns.user` */
  constructor(where: string, option: string, value: unknown, why: string, cure: string) {
    super({ where, what: `${option}: ${JSON.stringify(value)} ${why}`, option, cure });
    this.value = value;
    this.why = why;
  }
}

/**
 * Refuses options that the form of a data set cannot follow, for whoever reads it in a way of their own.
 *
 * @throws DatasetOptionError
 */
export function refuseOptions({ form, at }: PlaceOfData, options: OpenDatasetOptions): void {
  const [why, cure] = INSTEAD[form];
  for (const [name, value] of Object.entries(options)) {
    const forms = Object.entries(FOLLOWED).find(([option]) => option === name)?.[1];
    if (forms === undefined || value === undefined || forms.includes(form)) continue;
    const parts = Object.entries(typeof value === 'object' && value !== null ? value : { '': value });
    const said = parts.find(([, each]) => each !== undefined);
    if (said === undefined) continue;
    const own = [name, said[0]].filter((part) => part !== '').join('.');
    throw new DatasetOptionError(at, own, said[1], why, cure);
  }
  if (options.streaming === 'on' && form === 'generated')
    throw new DatasetOptionError(
      at,
      'streaming',
      'on',
      'needs a prepared data set',
      'prepare the files and open what was written, or leave streaming out',
    );
}

async function prepareAndOpen(
  place: PlaceOfData,
  input: CachedInput,
  options: OpenDatasetOptions,
): Promise<OpenedDataset> {
  // One engine prepares and reads.
  const engine = options.engine ?? (await openEngine(options));
  try {
    const { userMin, itemMin, cache, columns, categoryText, progress, signal } = options;
    const filters = given({ userMin, itemMin });
    const cached = { engine, filters, ...given({ cache, columns, categoryText, progress, signal }) };
    const prepared = onTheWay(await prepareCached(input, cached));
    options.onPrepared?.(prepared);
    const opened = await openFolder(place, prepared.folder, { ...options, engine }, prepared.findings);
    const { dataset } = opened;
    const report = options.onPrepared === undefined ? [...inferred(prepared), ...dataset.report] : dataset.report;
    return { ...opened, dataset: { ...dataset, report, format: WORDS[place.form] ?? dataset.format }, prepared };
  } finally {
    if (engine !== options.engine) await engine.close();
  }
}

/** What a data set is called after the form of its files, where that is not `prepared`. */
const WORDS: Partial<Readonly<Record<DatasetForm, DatasetFormat>>> = { atomic: 'recbole', s3rec: 's3rec' };

/** What was inferred about files, as lines of a report. */
function inferred({ findings }: PreparedOnTheWay): ReportEntry[] {
  const columns = (findings?.columns ?? [])
    .filter(({ role, source }) => role !== 'unused' && source === 'interactions')
    .map(({ column, role, kind, why }): ReportEntry => ({
      kind: 'inferred',
      what: `column "${column}" is ${role === 'field' ? `a ${kind ?? ''} field` : `the ${role}`}`,
      count: 0,
      why,
    }));
  return [...(findings?.report ?? []).filter(({ kind }) => kind === 'noted'), ...columns];
}

function onTheWay({ folder, reused, findings }: Cached): PreparedOnTheWay {
  return { folder, reused, ...(findings === undefined ? {} : { findings }) };
}

/** Data may take this share of the machine's memory; the rest is for the model, its optimizer and the backend. */
const SHARE = 1 / 4;

async function openFolder(
  { form, at }: PlaceOfData,
  folder: string,
  options: OpenDatasetOptions,
  findings?: Findings,
): Promise<OpenedDataset> {
  const { fields, streaming = 'auto', cache, memoryLimit, threads, tempDirectory, engine } = options;
  const needed = dataMemory(await readManifest(folder));
  const reading = given({ memoryLimit, threads, tempDirectory, engine });
  const streams = streaming === 'on' || (streaming === 'auto' && needed > memory() * SHARE);
  if (!streams) return inMemory(form, withFields(await loadPrepared(folder, reading), at, fields, findings));
  const note: ReportEntry = {
    kind: 'noted',
    what: 'sequences stay on disk',
    count: 0,
    why:
      streaming === 'on'
        ? 'streaming is on'
        : `in memory the data would take ${(needed / 1e9).toPrecision(3)} GB, more than a quarter of this machine's; streaming off loads it all the same`,
  };
  const opened = await openPrepared(folder, { ...reading, ...given({ cache }) });
  try {
    const dataset = withFields({ ...opened, report: [...opened.report, note] }, at, fields, findings);
    return { form, dataset, close: () => dataset.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** S3-Rec files without the attributes are taken only where no fields are asked for: a model of side information would have none. */
async function requireAttributes(at: string): Promise<void> {
  const file = `${at}${S3REC_ATTRIBUTES}`;
  if ((await packedOrNot(`${at}.txt`)) === undefined || (await packedOrNot(file)) !== undefined) return;
  throw await missingFile(file, text`load the data set without attributes (${setting('fields', [])})`);
}

/**
 * What atomic files are known for: item categories as side information. What users and interactions carry besides is prepared, and
 * kept where it is asked for.
 */
function categoriesOfItems(at: string, opened: OpenedDataset, { fields }: OpenDatasetOptions): OpenedDataset {
  const { dataset } = opened;
  if (fields !== undefined) return opened;
  const isKept = ({ owner, kind }: Field): boolean =>
    owner === 'item' && (kind === 'categorical' || kind === 'multi-categorical');
  const kept = dataset.fields.filter(isKept).map(({ name }) => name);
  const others = namesOfFields(dataset).filter((name) => !kept.includes(name));
  if (others.length === 0) return opened;
  const why = `of atomic files the categories of items are side information; for others name the fields, e.g. ${[...kept, ...others].join(', ')}`;
  const note: ReportEntry = { kind: 'noted', what: `fields left out: ${others.join(', ')}`, count: others.length, why };
  const chosen = withFields({ ...dataset, report: [...dataset.report, note] }, at, kept);
  return { ...opened, dataset: chosen };
}

function inMemory(form: DatasetForm, dataset: Dataset): OpenedDataset {
  return { form, dataset, close: async () => undefined };
}

/** The same data set with the fields that are asked for, in that order, and no others. */
function withFields<T extends Dataset | StoredDataset>(
  dataset: T,
  file: string,
  wanted?: readonly string[],
  findings?: Findings,
): T {
  if (wanted === undefined) return dataset;
  const known = namesOfFields(dataset);
  const fields = wanted.flatMap((name) => {
    if (known.includes(name)) return dataset.fields.filter((field) => field.name === name);
    const near = nearestName(name, known);
    const message = `is no field of the data set; there ${known.length === 0 ? 'is none' : `are ${known.join(', ')}`}`;
    const unused = findings?.columns.find(({ column, role }) => column === name && role === 'unused');
    const cure =
      unused !== undefined
        ? `column ${JSON.stringify(name)} is not used: ${unused.why}; to use it all the same, describe the files (dataset.yaml) with it as a field`
        : near === undefined
          ? 'ask for one of them, or for no fields'
          : `did you mean ${near}?`;
    throw new DataError([{ file, value: name, message, cure }]);
  });
  if (!('store' in dataset)) return { ...dataset, fields };
  const kept = dataset.store.columns.filter(({ name, kind }) => kind === 'time' || wanted.includes(name));
  return { ...dataset, fields, store: { ...dataset.store, columns: kept } };
}

/** Of a data set on disk, fields of interactions are columns of its store. */
function namesOfFields(dataset: Dataset | StoredDataset): string[] {
  const columns = 'store' in dataset ? dataset.store.columns.filter(({ kind }) => kind !== 'time') : [];
  return [...dataset.fields, ...columns].map(({ name }) => name);
}

/** Bytes that this process may use: of the machine, or of the container around it. */
function memory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
