// A process that opens something for the first time, and says how long that took: started by `difsr-bench load`, once a visit.
import process from 'node:process';
import type { BackendName, DeviceName } from '../engine/open.js';

/** What it is to open. */
export type Opening =
  | {
      readonly kind: 'data set';
      readonly path: string;
      /** Of the generated data. */
      readonly generated: { readonly users?: number; readonly items?: number } | undefined;
    }
  | {
      readonly kind: 'recommender';
      readonly run: string;
      readonly backend: BackendName;
      readonly device: DeviceName;
      readonly threads: number;
      readonly history: readonly string[];
    };

/** What it found: milliseconds of each stage, its code included. */
export interface Opened {
  readonly stages: Readonly<Record<string, number>>;
  /** Largest resident memory of the process. */
  readonly peakMemoryBytes: number;
}

async function open(opening: Opening): Promise<Opened['stages']> {
  const begun = performance.now();
  if (opening.kind === 'data set') {
    const { openDataset } = await import('@difsr/prepare');
    const { path, generated } = opening;
    await openDataset(path, generated === undefined ? {} : { generated });
    return { 'data set': performance.now() - begun };
  }
  const { openRecommender } = await import('@difsr/library');
  const { run, backend, device, threads, history } = opening;
  const recommender = await openRecommender(run, { backend, device, threads });
  const opened = performance.now();
  await recommender.recommend(history);
  const answered = performance.now();
  await recommender.dispose();
  return { recommender: opened - begun, 'first answer': answered - opened };
}

// The argument is what `difsr-bench load` made of an Opening.
const stages = await open(JSON.parse(process.argv[2] ?? '') as Opening);
const found: Opened = { stages, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(found)}\n`);
