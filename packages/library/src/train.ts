// train: configuration, data, backend, training; the run's folder holds all of it.
import { sequenceStore } from '@difsr/data';
import { checkOptions, chooseByName, given, option, type OptionRules } from '@difsr/errors';
import { isTimeField, modelOf, type ModelDefinition } from '@difsr/models';
import {
  deviceNames,
  fieldsNamed,
  outlineSchema,
  readRunConfig,
  sideColumns,
  pretrainingOf,
  trainInStages,
  type DataConfig,
  type EvaluationConfig,
  type OwnModel,
  type DistillationConfig,
  type PretrainingConfig,
  type RunConfig,
  type TrainOutcome,
  type TrainingConfig,
  warning,
} from '@difsr/training';
import { openBackend, type BackendChoice } from './backend.js';
import { isTree, type Tree } from './config/layers.js';
import { trainOwn } from './config/own-model.js';
import { resolveRun } from './config/resolve.js';
import { closeData, loadData, requireTrainable, type TrainingData } from './data/open.js';
import { summaryOf } from './data/summary.js';
import { UsageError } from './errors.js';
import type { TrainEvent } from './events.js';
import { aborts, backendRules } from './options.js';
import { nextFreeFolder, removeUnstarted, requireFreeFolder } from './run-path.js';
import { cutOffWarning } from './warnings.js';

/** The model of a run: its name, the file or definition of one of your own, and its options by their names. */
export interface ModelSettings {
  readonly name?: string | ModelDefinition | undefined;
  readonly [option: string]: unknown;
}

/** What happens beside the configuration of a run. */
export interface TrainControl {
  /** The run folder. Default: `runs/DATASET-MODEL-N`, the first that is free. */
  readonly out?: string | undefined;
  /** The run whose weights are taken to begin with, item by item and value by value. Default: none. */
  readonly init?: string | undefined;
  /** Aborting it saves a checkpoint, and ends with the reason `interrupted`; before the training has begun, it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The epoch after which the run ends with the reason `paused`, where it has not ended before; `resume` goes on with it, bit for bit. Default: none. */
  readonly pauseAfter?: number | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
}

/** The configuration of a run, in sections and by short names; docs/configuration.md lists every option. */
export interface TrainOptions extends TrainControl, BackendChoice {
  /** The path of the data set, or that section. Default: the generated data set. */
  readonly data?: string | Partial<DataConfig> | undefined;
  /** The model's name, definition or file, or that section. Default: `dif-sr`. */
  readonly model?: string | ModelDefinition | ModelSettings | undefined;
  readonly training?: Partial<TrainingConfig> | undefined;
  readonly evaluation?: Partial<EvaluationConfig> | undefined;
  /** What weights are pre-trained as before (`s3-rec`), or that section. Default: by the model, which most have none. */
  readonly pretraining?: string | Partial<PretrainingConfig> | undefined;
  /** Folders of runs on the same data that the model learns from beside the data, or that section. Default: none. */
  readonly distillation?: readonly string[] | Partial<DistillationConfig> | undefined;
  /** Most passes over the data; short for `training: { epochs }`. */
  readonly epochs?: number | undefined;
  /** Of everything random; short for `training: { seed }`. */
  readonly seed?: number | undefined;
  /** What is configured where nothing else is said. Default: `small`. */
  readonly preset?: string | undefined;
  /** A configuration file (YAML), whose values count where these options say nothing. */
  readonly config?: string | undefined;
}

const RULES: OptionRules<TrainOptions> = {
  ...backendRules,
  data: option.given,
  model: option.given,
  training: option.given,
  evaluation: option.given,
  pretraining: option.given,
  distillation: option.given,
  epochs: option.whole(1),
  seed: option.whole(0),
  preset: option.text,
  config: option.text,
  out: option.text,
  init: option.text,
  signal: aborts,
  pauseAfter: option.whole(1),
  onEvent: option.callable,
};

/** A configuration with its defaults filled in, and the definition where the model is one of the caller's own. */
export interface ResolvedRun {
  readonly config: RunConfig;
  readonly own: OwnModel;
}

/**
 * Trains a model and writes the folder of the run.
 *
 * @returns how it ended, the run's folder and, of a finished run, its metrics beside those of the popular items
 * @throws UsageError for an option or a folder that cannot be used; DataError for data that cannot; BackendError where the device
 * does not work here; RunError where the training fails. What was saved can be resumed.
 * @example
 * ```ts
 * const { run, metrics } = await train({
 *   data: 'data/shop',
 *   model: { name: 'dif-sr', fields: ['brand'] },
 *   epochs: 20,
 *   out: 'runs/shop',
 *   onEvent: (event) => event.kind === 'epoch' && console.log(event.record.epoch, event.record.valid['ndcg@10']),
 * });
 * ```
 */
export async function train(options: TrainOptions = {}): Promise<TrainOutcome> {
  checkOptions('train', options, RULES, UsageError);
  const { preset, config, out, init, signal, pauseAfter, onEvent } = options;
  const { values, definition } = valuesOf(options);
  const run = await resolveRun({ preset, config, values, definition });
  return trainResolved(run, { out, init, signal, pauseAfter, onEvent });
}

/** The options as the sections of a configuration. */
function valuesOf(options: TrainOptions): { readonly values: Tree; readonly definition: ModelDefinition | undefined } {
  const { data, model, training, evaluation, pretraining, distillation } = options;
  const { epochs, seed, backend, device, threads, precision } = options;
  const section = typeof data === 'string' ? { path: data } : data;
  const settings: ModelSettings = typeof model === 'string' || isDefinition(model) ? { name: model } : { ...model };
  const { name, ...modelOptions } = settings;
  const definition = isDefinition(name) ? name : undefined;
  const values = {
    data: section,
    model: { ...modelOptions, name: definition?.name ?? name },
    training: { ...training, ...given({ epochs, seed }) },
    evaluation,
    pretraining: typeof pretraining === 'string' ? { model: pretraining } : pretraining,
    distillation: isList(distillation) ? { runs: distillation } : distillation,
    backend,
    device,
    threads,
    precision,
  };
  return { values: said(values), definition };
}

function isDefinition(model: unknown): model is ModelDefinition {
  return typeof model === 'object' && model !== null && 'build' in model && 'config' in model;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** What is said, at every depth of sections. */
function said(values: Tree): Tree {
  return Object.fromEntries(
    Object.entries(given(values)).map(([key, value]) => [key, isTree(value) ? said(value) : value]),
  );
}

/** The same with a configuration that has been resolved; data that is lent has been loaded by it, and stays open. */
export async function trainResolved(
  { config, own }: ResolvedRun,
  { out, init, signal, pauseAfter, onEvent = () => undefined }: TrainControl,
  lent?: TrainingData,
): Promise<TrainOutcome> {
  // What costs nothing is checked before data is read and a device is woken up.
  if (out !== undefined) await requireFreeFolder(out);
  for (const other of [init, ...(config.distillation?.runs ?? [])]) if (other !== undefined) await readRunConfig(other);
  const { path } = config.data;
  const dataset =
    lent ??
    (await loadData(config.data, {
      signal,
      onPrepared: (prepared) => onEvent({ kind: 'prepared', path, ...prepared }),
    }));
  try {
    signal?.throwIfAborted();
    requireTrainable(dataset, path);
    requireModel(config, dataset, own);
    onEvent({ kind: 'data', ...summaryOf(dataset) });
    const wide = cutOffWarning(config.evaluation.ks, dataset.items.size - 1);
    if (wide !== undefined) onEvent(warning(wide));
    const folder = out ?? (await nextFreeFolder(`${dataset.name}-${config.model.name}`));
    if (out === undefined) await requireFreeFolder(folder);
    return await trainInto(folder, dataset, { config, own }, { init, signal, pauseAfter, onEvent });
  } finally {
    if (lent === undefined) await closeData(dataset);
  }
}

async function trainInto(
  out: string,
  dataset: TrainingData,
  { config, own }: ResolvedRun,
  {
    init,
    signal,
    pauseAfter,
    onEvent,
  }: Required<Pick<TrainControl, 'init' | 'signal' | 'pauseAfter'>> & { onEvent: (event: TrainEvent) => void },
): Promise<TrainOutcome> {
  const backend = await openBackend(config, (message) => onEvent({ kind: 'note', message }));
  try {
    signal?.throwIfAborted(); // until here there is no folder
    return await trainInStages({
      // The run remembers the device that was used, so that resuming takes the same one.
      config: { ...config, device: deviceOf(backend.device) },
      dataset,
      backend,
      out,
      onEvent,
      ...trainOwn(own),
      ...(signal === undefined ? {} : { signal }),
      ...(init === undefined ? {} : { init }),
      ...(pauseAfter === undefined ? {} : { pauseAfter }),
    });
  } catch (error) {
    await removeUnstarted(out);
    throw error;
  } finally {
    await backend.dispose();
  }
}

/** Checks the model's options against the data before a folder is made. */
export function requireModel(config: RunConfig, dataset: TrainingData, { definition }: OwnModel): void {
  const store = sequenceStore(dataset);
  const fields = new Map(sideColumns(dataset, store).map((field) => [field.name, field]));
  const names = fieldsNamed(config.model);
  for (const name of names ?? [])
    if (!isTimeField(name)) chooseByName('field', name, fields, UsageError, 'model.fields');
  const schema = outlineSchema(dataset, store, names);
  modelOf(config.model, schema, { definition });
  const before = pretrainingOf(config, definition);
  if (before !== undefined) modelOf(before.model, schema);
}

/** A device's name as configurations know it. */
function deviceOf(name: string): RunConfig['device'] {
  return deviceNames.find((known) => known === name) ?? 'auto';
}
