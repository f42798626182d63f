// Results of the convergence runs: their file, and the table in which they are reported.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { meanInterval } from '@difsr/metrics';
import type { Metrics, ModelOptions, TrainOptions } from './train.js';

/** Everything that a run depends on but the seed. */
export type Settings = Omit<ModelOptions & TrainOptions, 'seed' | 'onEpoch'>;

export type ExampleName = 'sasrec' | 'bert4rec';
export type Version = 'before' | 'after';

/** One training. */
export interface Run {
  readonly model: ExampleName;
  readonly version: Version;
  readonly seed: number;
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly valid: Metrics;
  readonly test: Metrics;
}

/** A results file. */
export interface Results {
  readonly environment: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string | number>>;
  readonly settings: Readonly<Record<ExampleName, Settings>>;
  readonly runs: readonly Run[];
}

/** Where results of a data set are collected while runs go on (`runs`, not committed), and where they are published. */
export function resultsFile(dataset: string, stage: 'runs' | 'results'): string {
  return fileURLToPath(new URL(`../../${stage}/${dataset}.json`, import.meta.url));
}

/** Reads a file of results; undefined where there is none yet. */
export function readResults(file: string): Results | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results; // written by writeResults alone, whole or not at all
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file of results, whole or not at all. */
export function writeResults(file: string, results: Results): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}

const NAMES: Readonly<Record<ExampleName, string>> = { sasrec: 'SASRec', bert4rec: 'BERT4Rec' };
const METRICS: Readonly<Record<keyof Metrics, string>> = { ndcg: 'NDCG@10', recall: 'Recall@10' };

/** Before and after as a Markdown table, with what the change gave (mean over seeds and its 95 % margin) in plain words. */
export function resultsTable(runs: readonly Run[]): string {
  const rows = (['sasrec', 'bert4rec'] as const).flatMap((model) =>
    (['ndcg', 'recall'] as const).map((metric) => rowOf(runs, model, metric)),
  );
  return [
    '| model | metric | plain | with genres | change, 95 % interval | seeds |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function rowOf(runs: readonly Run[], model: ExampleName, metric: keyof Metrics): string {
  const of = (version: Version): Map<number, number> =>
    new Map(
      runs.filter((run) => run.model === model && run.version === version).map((run) => [run.seed, run.test[metric]]),
    );
  const [before, after] = [of('before'), of('after')];
  const seeds = [...before.keys()].filter((seed) => after.has(seed));
  const cells = (change: string): string =>
    `| ${NAMES[model]} | ${METRICS[metric]} | ${text([...before.values()])} | ${text([...after.values()])} | ${change} | ${seeds.length} |`;
  if (seeds.length < 2) return cells('too few runs');
  const { mean, margin } = meanInterval(seeds.map((seed) => (after.get(seed) ?? NaN) - (before.get(seed) ?? NaN)));
  const verdict = Math.abs(mean) > margin ? (mean > 0 ? 'better' : 'worse') : 'within the noise of the seeds';
  return cells(`${mean < 0 ? '-' : '+'}${Math.abs(mean).toFixed(4)} ± ${margin.toFixed(4)}: ${verdict}`);
}

function text(values: readonly number[]): string {
  if (values.length === 0) return 'not run';
  const { mean, deviation } = meanInterval(values);
  return values.length === 1 ? mean.toFixed(4) : `${mean.toFixed(4)} (sd ${deviation.toFixed(4)})`;
}
