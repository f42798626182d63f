// Soft targets of a run: drawn once, kept in its folder, so that it is resumed without its teachers.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostTensor } from '@difsr/graph';
import type { SoftTargets } from '@difsr/models';
import { openRun } from '../run/open-run.js';
import { RUN_FILES, type Run } from '../run/run-folder.js';
import { readTensors, writeTensors } from '../run/tensors.js';
import { RunError } from '../run-error.js';
import { drawSoftTargets, drawsOfEach, type DrawOptions } from './draw.js';

const NAME = 'draws';

/** Draws of each target, of so many teachers. */
export function drawsOf({ draws, runs }: { readonly draws: number; readonly runs: readonly string[] }): number {
  return drawsOfEach(draws, runs.length) * runs.length;
}

/** What soft targets are of. */
export interface SoftTargetsOptions extends Omit<DrawOptions, 'teachers' | 'draws'> {
  readonly distillation: { readonly runs: readonly string[]; readonly draws: number };
  /** The folder of the run that learns. */
  readonly out: string;
}

/** Those that the folder has, or new ones. Undefined where it was aborted. @throws RunError as `drawSoftTargets` */
export async function softTargets({
  distillation,
  out,
  ...options
}: SoftTargetsOptions): Promise<SoftTargets | undefined> {
  const file = join(out, RUN_FILES.soft);
  const width = drawsOf(distillation);
  const there = await stat(file).catch(() => undefined);
  if (there !== undefined)
    return checked(file, (await readTensors(file)).tensors[NAME], options.store.interactions, width);
  const teachers: Run[] = [];
  for (const run of distillation.runs) teachers.push(await openRun(run));
  const drawn = await drawSoftTargets({ ...options, teachers, draws: distillation.draws });
  if (drawn === undefined) return undefined;
  await writeTensors(file, { [NAME]: drawn });
  return checked(file, drawn, options.store.interactions, width);
}

function checked(file: string, drawn: HostTensor | undefined, interactions: number, draws: number): SoftTargets {
  const data = drawn?.data;
  if (!(data instanceof Int32Array) || String(drawn?.shape) !== String([interactions, draws]))
    throw new RunError({
      where: file,
      what: `holds no ${draws} draws for each of ${interactions} interactions`,
      cure: 'remove the file, so that they are drawn again',
    });
  return { draws, of: (interaction) => data.subarray(interaction * draws, (interaction + 1) * draws) };
}
