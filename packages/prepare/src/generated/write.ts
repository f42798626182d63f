// Writes the generated data set to files, of any size: block by block, each written before the next is made, whole or not at all.
import { type OptionRules, codeOf, needed, option, setting, text } from '@difsr/errors';
import { DataError, GENERATED_FORMATS, type GeneratedFormat, type GenerateOptions } from '@difsr/data';
import {
  buildCatalogue,
  checkOptions,
  GENERATE_RULES,
  type GenerateSettings,
  generateSettings,
} from '@difsr/data/internal';
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { makeFolder } from '../folders.js';
import { catalogueText, FORMAT_NAMES, generatedDescription } from './catalogue.js';
import { generatedLog } from './log.js';
import { ROW_TEXTS, rowWriter } from './rows.js';

/** How the generated data set is written. */
export interface GenerateFilesOptions extends GenerateOptions {
  /** The folder to write. It must not exist, or be empty. */
  readonly out: string;
  /** Default csv. */
  readonly format?: GeneratedFormat;
  /**
   * Interactions to aim at: users and items that are not given follow from it, as many users as have so many by the mean, and one item per
   * 100 interactions (but no fewer than 1,500, no more than a million). The number written differs by chance, by 0.02 % at 100 million.
   */
  readonly interactions?: number;
  /** Called after every block with the interactions so far, and about how many there will be. */
  readonly progress?: (event: GenerateEvent) => void;
  /** Stops the work; nothing is left of it. */
  readonly signal?: AbortSignal;
}

const FILES_RULES: OptionRules<GenerateFilesOptions> = {
  ...GENERATE_RULES,
  out: needed(option.text),
  format: option.text,
  interactions: option.number,
  progress: option.callable,
  signal: option.given,
};

/** How far the writing is. */
export interface GenerateEvent {
  /** Interactions that are written. */
  readonly written: number;
  /** About how many there will be. */
  readonly expected: number;
}

/** What was written. */
export interface GeneratedFiles {
  /** Users, all of whom have interactions. */
  readonly users: number;
  /** Items of the catalogue. */
  readonly items: number;
  /** Rows of the log. */
  readonly interactions: number;
  /** The log. */
  readonly log: string;
  /** The catalogue. */
  readonly catalogue: string;
  /** dataset.yaml, which `prepareDataset` and `difsr data prepare` take. */
  readonly description: string;
}

const DESCRIPTION = 'dataset.yaml';
const FEWEST_ITEMS = 1500;
const MOST_ITEMS = 1_000_000;
const INTERACTIONS_PER_ITEM = 100;

/**
 * Writes log, catalogue and description of the data set that `generateDataset` gives for the same settings. The log is in order of time, with
 * the rows of users mixed; memory is that of the catalogue and of some 100,000 users, whatever the number of interactions.
 *
 * @throws DataError if a setting is out of its bounds, or something is in the folder already
 * @example
 * const { interactions, description } = await generateFiles({ out: 'shop', interactions: 1e8, format: 'parquet' });
 */
export async function generateFiles(options: GenerateFilesOptions): Promise<GeneratedFiles> {
  checkOptions('generateFiles', options, FILES_RULES);
  const { out, format = 'csv', signal } = options;
  const settings = sized(options);
  signal?.throwIfAborted();
  if (!GENERATED_FORMATS.includes(format)) throw unknownFormat(format);
  const folder = path.resolve(out);
  await refuseFull(folder, out);
  const partial = `${folder}.partial-${randomBytes(4).toString('hex')}`;
  await makeFolder(partial);
  try {
    const interactions = await writeAll(partial, format, settings, options);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    const names = FORMAT_NAMES[format];
    return {
      users: settings.users,
      items: settings.items,
      interactions,
      log: path.join(out, names.interactions),
      catalogue: path.join(out, names.items),
      description: path.join(out, DESCRIPTION),
    };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // A statement that was stopped fails with words of its own.
    signal?.throwIfAborted();
    throw error;
  }
}

/** The settings, with the sizes that follow from `interactions`. */
function sized({ interactions, ...given }: GenerateFilesOptions): GenerateSettings {
  const { out: _out, format: _format, progress: _progress, signal: _signal, ...process } = given;
  const settings = generateSettings(process);
  if (interactions === undefined) return settings;
  if (!Number.isInteger(interactions) || interactions < 1)
    throw new DataError([
      {
        file: 'generated',
        column: 'interactions',
        value: String(interactions),
        message: 'is not a whole number of at least 1',
        cure: 'set interactions to a whole number of at least 1',
      },
    ]);
  const mean = Math.max(settings.minLength, settings.meanLength);
  const items = Math.min(MOST_ITEMS, Math.max(FEWEST_ITEMS, Math.round(interactions / INTERACTIONS_PER_ITEM)));
  return generateSettings({ users: Math.max(1, Math.round(interactions / mean)), items, ...process });
}

async function writeAll(
  folder: string,
  format: GeneratedFormat,
  settings: GenerateSettings,
  { progress, signal }: GenerateFilesOptions,
): Promise<number> {
  const names = FORMAT_NAMES[format];
  const catalogue = buildCatalogue(settings.seed, settings.items);
  const text = format === 'parquet' ? { log: 'log.csv', items: 'items.jsonl' } : undefined;
  await writeFile(path.join(folder, text?.items ?? names.items), async (file) => {
    for (const piece of catalogueText(catalogue, format)) await file.appendFile(piece);
  });
  const expected = Math.round(settings.users * Math.max(settings.minLength, settings.meanLength));
  let written = 0;
  const rows = ROW_TEXTS[format === 'parquet' ? 'csv' : format];
  await writeFile(path.join(folder, text?.log ?? names.interactions), async (file) => {
    const bytesOf = rowWriter(rows);
    await file.appendFile(rows.header);
    for (const block of generatedLog(catalogue, settings)) {
      signal?.throwIfAborted();
      await file.appendFile(bytesOf(block));
      written += block.rows;
      progress?.({ written, expected: Math.max(expected, written) });
    }
  });
  if (text !== undefined) await toParquet(folder, text, signal);
  await writeFile(path.join(folder, DESCRIPTION), async (file) =>
    file.appendFile(generatedDescription(format, settings)),
  );
  return written;
}

/** Writes a file and sees to it that it is on the disk. */
async function writeFile(name: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(name, 'wx');
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Turns the text into Parquet, row after row, and removes it. */
async function toParquet(
  folder: string,
  text: { readonly log: string; readonly items: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const engine = await openEngine({ tempDirectory: folder });
  const stop = (): void => engine.interrupt();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    const { interactions, items } = FORMAT_NAMES.parquet;
    const copy = async (select: string, file: string): Promise<void> =>
      engine.run(`COPY (${select}) TO ${sqlText(path.join(folder, file))} (FORMAT parquet, COMPRESSION zstd)`);
    const log = sqlText(path.join(folder, text.log));
    await copy(
      `SELECT * FROM read_csv(${log}, auto_detect = false, header = true, delim = ',', quote = '', escape = '', columns = {'user': 'VARCHAR', 'item': 'VARCHAR', 'time': 'BIGINT'})`,
      interactions,
    );
    const catalogue = sqlText(path.join(folder, text.items));
    await copy(
      `SELECT * FROM read_json(${catalogue}, format = 'newline_delimited', columns = {'item': 'VARCHAR', 'name': 'VARCHAR', 'categories': 'VARCHAR[]', 'brand': 'VARCHAR'})`,
      items,
    );
  } finally {
    signal?.removeEventListener('abort', stop);
    await engine.close();
  }
  for (const file of Object.values(text)) await rm(path.join(folder, file));
}

/** What is there is not written over. */
async function refuseFull(folder: string, out: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    return ['a file'];
  });
  if (names.length === 0) return;
  throw new DataError([
    {
      file: out,
      message: 'exists and is not empty',
      cure: text`name another folder (${setting('out')}), or remove it`,
    },
  ]);
}

function unknownFormat(format: string): DataError {
  const allowed = GENERATED_FORMATS.join(', ');
  return new DataError([
    {
      file: 'generated',
      column: 'format',
      value: format,
      message: `is not one of ${allowed}`,
      cure: 'name one of them',
    },
  ]);
}
