// What is measured with: a data set, a model of it, and the steps of its training.
import type { Dataset } from '@difsr/data';
import { given } from '@difsr/errors';
import { sizeOf } from '@difsr/graph';
import { resolveRun } from '@difsr/library/parts';
import type { TrainedModel } from '@difsr/models';
import { trainingSteps, type RunConfig, type TrainingSteps } from '@difsr/training';
import type { DataOfResult, ModelOfResult } from '../measure/result.js';
import type { SharedOptions } from './options.js';

/** Data and model of a benchmark. */
export interface Workload {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly steps: TrainingSteps;
  readonly data: DataOfResult;
  readonly model: ModelOfResult;
}

/** What names a workload. */
export type WorkloadOptions = Pick<SharedOptions, 'data' | 'users' | 'items' | 'model' | 'preset' | 'quick'>;

/** Users of the generated data with `--quick`. */
export const QUICK_USERS = 80;
/** Epochs that learning rates are laid out over: more than any benchmark trains. */
const EPOCHS = 10_000;

/** How the generated data set is made. */
export function generatedOf({ users, items, quick }: WorkloadOptions): {
  readonly users?: number;
  readonly items?: number;
} {
  return given({ users: users ?? (quick === true ? QUICK_USERS : undefined), items });
}

/**
 * Opens the data set, in memory, and the model as it starts.
 *
 * @throws UsageError for a model or preset that there is none of; DataError for data that cannot be used; RunError for a model that is counted.
 */
export async function openWorkload(options: WorkloadOptions): Promise<Workload> {
  const { data: path, model, preset } = options;
  const { config, own } = await resolveRun({
    preset,
    values: { data: { path }, model: { name: model }, training: { epochs: EPOCHS } },
  });
  const { openDataset } = await import('@difsr/prepare');
  const { dataset } = await openDataset(path, {
    streaming: 'off',
    ...(path === 'generated' ? { generated: generatedOf(options) } : {}),
  });
  if ('store' in dataset) throw new TypeError('streaming is off, and sequences were left on disk');
  const steps = await trainingSteps({
    config,
    dataset,
    ...(own.definition === undefined ? {} : { model: own.definition }),
  });
  return {
    config,
    dataset,
    steps,
    data: dataOf(dataset, path),
    model: {
      name: steps.model.name,
      preset,
      parameters: steps.task.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    },
  };
}

/** What a result says of its data. */
export function dataOf(dataset: Dataset, path: string): DataOfResult {
  const { name, users, items, sequences } = dataset;
  // Number 0 of both vocabularies is nobody and nothing.
  return { name, path, users: users.size - 1, items: items.size - 1, interactions: sequences.items.length };
}

/** The model with the weights that it starts with, which cost what trained ones do. */
export function untrained({ steps, dataset }: Workload): TrainedModel {
  return {
    folder: 'the untrained model',
    model: steps.model,
    items: { tokens: dataset.items.tokens, counts: Int32Array.from(steps.counts) },
    fields: Object.fromEntries(
      dataset.fields.flatMap((field) => ('vocabulary' in field ? [[field.name, field.vocabulary.tokens]] : [])),
    ),
    tensors: { ...steps.tensors },
  };
}
