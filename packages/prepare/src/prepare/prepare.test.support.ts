// What the tests of the pipeline share: a folder of their own, a description in few words, and data sets as plain values to compare.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import type { DescriptionInput } from '../description/types.js';
import { type Engine, type EngineOptions, openEngine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { type Manifest, PREPARED_FILES } from '../prepared/manifest.js';
import { loadPrepared } from '../prepared/read.js';
import { type Dataset, itemCategories, type Vocabulary } from '@difsr/data';
import { prepareDataset, type PrepareOptions } from './prepare.js';

let shared: Engine | undefined;

/** Lends one engine to all preparations and inspections of a file of tests: of a few rows, to open and close one takes a third of their time. */
export function shareEngine(): void {
  beforeAll(async () => {
    shared = await openEngine({ threads: 1 });
  });
  afterAll(async () => {
    await shared?.close();
    shared = undefined;
  });
}

/** What to run on: the engine that the tests of a file share, or one of its own. */
export function onEngine(): EngineOptions {
  return shared === undefined ? { threads: 1 } : { engine: shared };
}

/** A folder that is gone after the test. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-prepare-test-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A description without its name. */
export type Described = Omit<DescriptionInput, 'name'> & { readonly name?: string };

/** Writes texts as files into a folder of their own. */
export async function writeTexts(texts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await testFolder();
  for (const [name, text] of Object.entries(texts)) await writeFile(path.join(folder, name), text);
  return folder;
}

/** What a preparation gave. */
export interface Prepared {
  readonly manifest: Manifest;
  readonly dataset: Dataset;
  /** The folder that was written. */
  readonly out: string;
}

/** Prepares the files of `base` and loads the result. */
export async function prepareIn(
  base: string,
  description: Described,
  options: Partial<PrepareOptions> = {},
): Promise<Prepared> {
  const out = options.out ?? path.join(base, 'out');
  const checked = descriptionSchema.parse({ name: 'test', ...description });
  const manifest = await prepareDataset(checked, { base, ...onEngine(), ...options, out });
  return { manifest, dataset: await loadPrepared(out, onEngine()), out };
}

/** Prepares texts and loads the result. */
export async function prepareTexts(
  texts: Readonly<Record<string, string>>,
  description: Described,
  options: Partial<PrepareOptions> = {},
): Promise<Prepared> {
  return prepareIn(await writeTexts(texts), description, options);
}

/** Everything of a data set that must be equal whichever way it was loaded: loaders of raw files know no other fields than categories of items. */
export function essence(dataset: Dataset): unknown {
  const { users, items, sequences, times, itemNames } = dataset;
  const tokens = ({ tokens: own, size }: Vocabulary): unknown => ({ own, size });
  return {
    users: tokens(users),
    items: tokens(items),
    sequences,
    times,
    fields: itemCategories(dataset).map((field) => ({ ...field, vocabulary: tokens(field.vocabulary) })),
    itemNames,
  };
}

/** The sequences in words: per user its items, in order. */
export function histories({ users, items, sequences }: Dataset): Record<string, string[]> {
  const { offsets } = sequences;
  return Object.fromEntries(
    users.tokens
      .slice(1)
      .map((user, index) => [
        user,
        Array.from(sequences.items.subarray(offsets[index], offsets[index + 1]), (item) => items.tokens[item] ?? ''),
      ]),
  );
}

/** The values of a field in words: per item, items without one left out. */
export function valuesOf(dataset: Dataset, name: string): Record<string, string[]> {
  const { items } = dataset;
  const field = itemCategories(dataset).find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`no field ${name}`);
  return Object.fromEntries(
    items.tokens
      .slice(1)
      .map((item, index): [string, string[]] => [
        item,
        Array.from(
          field.values.subarray(field.offsets[index + 1], field.offsets[index + 2]),
          (value) => field.vocabulary.tokens[value] ?? '',
        ),
      ])
      .filter(([, values]) => values.length > 0),
  );
}

/** The interactions as they stand in the file; columns of `log` (interactions), `users` and `items` (their rows). */
export async function written(out: string, ...columns: readonly string[]): Promise<unknown[][]> {
  const engine = await openEngine(onEngine());
  const table = (name: string): string => `read_parquet(${sqlText(path.join(out, name))}, file_row_number = true)`;
  try {
    const rows = await engine.rows(
      `SELECT ${columns.map((column, index) => `${column} AS c${index}`).join(', ')} FROM ${table(PREPARED_FILES.interactions)} AS log JOIN ${table(PREPARED_FILES.users)} AS users ON users.id = log.user JOIN ${table(PREPARED_FILES.items)} AS items ON items.id = log.item ORDER BY log.file_row_number`,
    );
    return rows.map((row) => columns.map((_, index) => row[`c${index}`]));
  } finally {
    await engine.close();
  }
}

/** Rows of a file of the prepared form. */
export async function rowsOf(
  out: string,
  file: keyof typeof PREPARED_FILES,
  columns: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const engine = await openEngine(onEngine());
  try {
    return await engine.rows(`SELECT ${columns} FROM read_parquet(${sqlText(path.join(out, PREPARED_FILES[file]))})`);
  } finally {
    await engine.close();
  }
}
