// What the epochs of a run say: its learning curve, and what it took.
import { join } from 'node:path';
import { readLines } from '@difsr/files';
import { RUN_FILES, type EpochRecord } from '@difsr/training';
import type { CurvePoint } from './types.js';

/** The epochs of a run, and those of a pre-training before. */
export async function historyOf(
  folder: string,
): Promise<{ readonly history: readonly EpochRecord[]; readonly before: readonly EpochRecord[] }> {
  return { history: await epochsIn(folder), before: await epochsIn(join(folder, RUN_FILES.pretraining)) };
}

async function epochsIn(folder: string): Promise<EpochRecord[]> {
  const lines = await readLines(join(folder, RUN_FILES.history));
  return lines.map((line) => JSON.parse(line) as EpochRecord); // lines of our own training
}

/** Loss and validation metric by epoch. */
export function curveOf(history: readonly EpochRecord[], metric: string): CurvePoint[] {
  return history.map(({ epoch, losses, valid }) => ({
    epoch,
    loss: losses['loss'] ?? Number.NaN,
    valid: valid[metric] ?? Number.NaN,
  }));
}

/** Seconds of training and validation. */
export function secondsOf(history: readonly EpochRecord[]): number {
  return history.reduce((sum, each) => sum + each.seconds + each.evaluationSeconds, 0);
}

/** The most memory that a process of the run had, in bytes. */
export function peakOf(history: readonly EpochRecord[]): number {
  return Math.max(0, ...history.map((each) => each.peakMemoryBytes));
}
