// Raw files as a data set: what --data names is prepared on the fly, strictly, and kept in a cache (see prepareCached).
import { readdir, stat } from 'node:fs/promises';
import { DataError, type ReportEntry } from '@difsr/data';
import type { Findings } from '@difsr/prepare';
import { shellWord, type DataConfig } from '@difsr/training';
import type { TrainingData } from './prepared.js';

/** Forms that are prepared; atomic and S3-Rec files have readers of their own. */
const RAW_FORMATS = ['csv', 'jsonl', 'json', 'python', 'parquet', 'duckdb'] as const;
type RawFormat = (typeof RAW_FORMATS)[number];

/** Endings of files that other readers take. */
const OTHERS = /\.(inter|item|user|txt)$|_item2attributes\.json$/i;

/** Raw files as they were prepared. */
export interface PreparedRaw {
  /** Of files without a description: what was inferred. */
  readonly findings: Findings | undefined;
  /** The folder in the cache. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly reused: boolean;
}

/** Whether a path holds raw files or is a description, going by format and names. */
export async function isRaw({ path, format }: DataConfig): Promise<boolean> {
  if (format !== undefined) return rawFormat(format) !== undefined;
  if (isDescription(path)) return true;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return /[*?[\]{}]/.test(path);
  if (!found.isDirectory()) return !OTHERS.test(path);
  const names = await readdir(path).catch(() => []);
  return (
    names.some((name) => /\.(csv|tsv|jsonl|ndjson|json|parquet)(\.gz|\.zst)?$/i.test(name) || name.includes('=')) &&
    !names.some((name) => name === 'dataset.json' || /\.inter$|_item2attributes\.json$/.test(name))
  );
}

/**
 * Prepares raw files into the cache.
 *
 * @throws DataError for every kind of bad input: it is strict
 */
export async function prepareRaw(config: DataConfig): Promise<PreparedRaw> {
  const { path, format, userColumn: user, itemColumn: item, timeColumn: time, userMin, itemMin } = config;
  // The query engine is native: loaded by those who need it.
  const { prepareCached } = await import('@difsr/prepare');
  const filters = { ...(userMin === undefined ? {} : { userMin }), ...(itemMin === undefined ? {} : { itemMin }) };
  if (isDescription(path)) refuseOptions(config);
  const input = isDescription(path)
    ? { description: path }
    : { interactions: path, format: format === undefined ? undefined : rawFormat(format) };
  const { findings, folder, reused } = await prepareCached(input, { columns: { user, item, time }, filters }).catch(
    (error: unknown) => {
      throw inTermsOfRuns(error, path);
    },
  );
  return { findings, folder, reused };
}

/** The data set whose report also tells what was inferred, for those who show nothing else. */
export function withReport<T extends TrainingData>(dataset: T, prepared: PreparedRaw): T {
  return { ...dataset, report: [...reportOf(prepared), ...dataset.report] };
}

/** Cures name options of "difsr data prepare"; a run is configured otherwise. */
function inTermsOfRuns(error: unknown, path: string): unknown {
  if (!(error instanceof DataError)) return error;
  const problems = error.problems.map((problem) => ({
    ...problem,
    cure: problem.cure
      .replaceAll(/--(user|item) \(\w+\)/g, '--set data.$1Column=NAME')
      .replaceAll(/filters\.(user|item)Min \(--\w+-min (\d+)\)/g, 'data.$1Min ($2)')
      .replaceAll(/--time \(time\)/g, '--set data.timeColumn=NAME')
      .replaceAll(/--time none/g, '--set data.timeColumn=none')
      .replace(
        /^(.*--time-format .*)$/,
        `$1 of difsr data prepare ${shellWord(path).replaceAll('$', '$$$$')}, and train on what it writes`,
      ),
  }));
  return new DataError(problems, error.total);
}

function isDescription(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

function rawFormat(format: string): RawFormat | undefined {
  return RAW_FORMATS.find((known) => known === format);
}

/** A description says itself what it keeps: an option beside it would be ignored in silence. */
function refuseOptions(config: DataConfig): void {
  const keys = ['userMin', 'itemMin', 'userColumn', 'itemColumn', 'timeColumn', 'categoryText'] as const;
  const given = keys.find((key) => config[key] !== undefined);
  if (given === undefined) return;
  throw new DataError([
    {
      file: config.path,
      value: `data.${given}`,
      message: 'is for files without a description: the description says that itself',
      cure: 'edit the description, and leave the option out',
    },
  ]);
}

function reportOf({ findings }: PreparedRaw): ReportEntry[] {
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
