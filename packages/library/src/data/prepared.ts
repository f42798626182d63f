// A prepared folder as a run's data set: in memory, or with its sequences left on disk where memory would be short.
// The query engine is native: it is loaded by those who need it.
import { access } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { DataError, type Dataset, type ReportEntry, type StoredDataset } from '@difsr/data';
import { nearestName } from '@difsr/errors';
import type { DataConfig } from '@difsr/training';
import { UsageError } from '../errors.js';

/** A data set in memory, or one whose sequences stay on disk. */
export type TrainingData = Dataset | StoredDataset;

/** Data may take this share of the machine's memory; the rest is for the model, its optimizer and the backend. */
const SHARE = 1 / 4;

/** Options of the configuration that a prepared folder can follow; the others were settled when it was prepared. */
const PREPARED_KEYS: ReadonlySet<string> = new Set(['path', 'format', 'fields', 'streaming']);

/** Whether a path is a prepared folder. */
export async function isPreparedFolder(path: string): Promise<boolean> {
  return access(join(path, 'dataset.json')).then(
    () => true,
    () => false,
  );
}

/** Refuses options that only mean something while files are prepared. @throws UsageError */
export function requirePreparedOptions(config: DataConfig): void {
  const [wrong] = Object.entries(config).filter(([key, value]) => value !== undefined && !PREPARED_KEYS.has(key));
  if (wrong === undefined) return;
  throw new UsageError(
    `data.${wrong[0]}: ${JSON.stringify(wrong[1])} has no meaning for a prepared data set (${config.path})`,
    'leave it out; what is kept is said in the description with which the data set was prepared',
  );
}

/**
 * Opens a prepared folder. Close it with `closeData`.
 *
 * @throws DataError where the folder is broken or has no such field
 */
export async function openPreparedFolder(
  folder: string,
  { fields, streaming = 'auto' }: Pick<DataConfig, 'fields' | 'streaming'>,
): Promise<TrainingData> {
  const { dataMemory, loadPrepared, openPrepared, readManifest } = await import('@difsr/prepare');
  const needed = dataMemory(await readManifest(folder));
  const limit = memory() * SHARE;
  const streams = streaming === 'on' || (streaming === 'auto' && needed > limit);
  if (!streams) return withFields(await loadPrepared(folder), folder, fields);
  const note: ReportEntry = {
    kind: 'noted',
    what: 'sequences stay on disk',
    count: 0,
    why:
      streaming === 'on'
        ? 'data.streaming is on'
        : `in memory the data would take ${gigabytes(needed)}, more than a quarter of this machine's; data.streaming=off loads it all the same`,
  };
  const opened = await openPrepared(folder);
  try {
    return withFields({ ...opened, report: [...opened.report, note] }, folder, fields);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Closes the files of a data set that has any. */
export async function closeData(dataset: TrainingData): Promise<void> {
  if ('store' in dataset) await dataset.close();
}

/** The same data set with the fields that are asked for, in that order, and no others. */
export function withFields<T extends TrainingData>(
  dataset: T,
  folder: string,
  wanted: readonly string[] | undefined,
): T {
  if (wanted === undefined) return dataset;
  // Of a data set on disk, fields of interactions are columns of its store.
  const columns = 'store' in dataset ? dataset.store.columns.filter(({ kind }) => kind !== 'time') : [];
  const fields = wanted.flatMap((name) => {
    const found = dataset.fields.filter((field) => field.name === name);
    if (found.length > 0 || columns.some((column) => column.name === name)) return found;
    const known = [...dataset.fields, ...columns].map((field) => field.name);
    const near = nearestName(name, known);
    throw new DataError([
      {
        file: folder,
        value: name,
        message: `is no field of the data set; there ${known.length === 0 ? 'is none' : `are ${known.join(', ')}`}`,
        cure: near === undefined ? 'ask for one of them, or for no fields' : `did you mean ${near}?`,
      },
    ]);
  });
  if (!('store' in dataset)) return { ...dataset, fields };
  const kept = dataset.store.columns.filter(({ name, kind }) => kind === 'time' || wanted.includes(name));
  return { ...dataset, fields, store: { ...dataset.store, columns: kept } };
}

/** Bytes that this process may use: of the machine, or of the container around it. */
function memory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}
