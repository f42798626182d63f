// A run folder as a trained model: its files read, checked against each other, and joined with the definition of its model.
import { join } from 'node:path';
import { readTrainedModel } from '@difsr/models';
import type { RunMetrics } from '../events.js';
import { requireOwnModel, type OwnModel } from './own-model.js';
import { readJson, readRunConfig, readVocabulary, RUN_FILES, type Run } from './run-folder.js';
import { readBytes } from './tensors.js';

/**
 * Opens a trained run for inference.
 *
 * @param own The definition, where the run was trained with a model of somebody else; with its file, the hash is compared.
 * @throws RunError where a file is missing, truncated, foreign or does not fit the others.
 * @example
 * ```ts
 * const run = await openRun('runs/clicks');
 * run.model.name; // 'dif-sr'
 * ```
 */
export async function openRun(folder: string, own: OwnModel = {}): Promise<Run> {
  const config = await readRunConfig(folder);
  await requireOwnModel(folder, own);
  const vocabulary = await readVocabulary(folder);
  const model = await readBytes(join(folder, RUN_FILES.model));
  const trained = readTrainedModel({ config, vocabulary, model }, folder, own);
  const metrics = await readJson(folder, RUN_FILES.metrics);
  return {
    ...trained,
    config,
    vocabulary,
    // Written by the trainer alone, atomically.
    ...(metrics === undefined ? {} : { metrics: metrics as RunMetrics }),
  };
}
