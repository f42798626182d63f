// Where a run starts: in an empty folder, or where an earlier process left off.
import { warning } from '../events.js';
import { call, placeholder, setting, text, type Text } from '@difsr/errors';
import { readdir, rm } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { SequenceStore } from '@difsr/data';
import { sizeOf, type HostTensor } from '@difsr/graph';
import { checkTensors, type ModelSchema, type TrainingTask } from '@difsr/models';
import { environmentChanges, readCheckpoint, writeCheckpoint, type Environment, type RunState } from './checkpoint.js';
import type { RunConfig } from '../config.js';
import { EARLY_STOPPING_START } from './early-stopping.js';
import { FileWriteError, makeFolder, readLines, removeTemporaries, writeFileAtomic } from '@difsr/files';
import { requireSameInit, takeInitialWeights } from '../weights/initial-weights.js';
import type { InitialWeights } from '../weights/taken.js';
import { requireSameData } from '../run/other-data.js';
import { recordOwnModel, requireOwnModel } from '../run/own-model.js';
import { resumedState } from './resume.js';
import { settingsOf } from './settings.js';
import { RunError } from '../run-error.js';
import {
  readRunConfig,
  readVocabulary,
  RUN_FILES,
  tokensOf,
  vocabularyOf,
  writeJson,
  type RunVocabulary,
} from '../run/run-folder.js';
import type { TrainOptions } from './session.js';
import { startingValues } from '../weights/starting-values.js';

/** Tensors and position to start from. */
export interface Start {
  readonly tensors: Record<string, HostTensor>;
  readonly state: RunState;
  /** Training time of the epoch in progress before this session. */
  readonly seconds: number;
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  /** Of a new run that begins from another one. */
  readonly initial?: InitialWeights;
}

/** What a run starts with. */
export interface StartOptions {
  readonly options: TrainOptions;
  /** With the model's defaults filled in. */
  readonly config: RunConfig;
  readonly store: SequenceStore;
  readonly task: TrainingTask;
  /** Shapes of the optimizer's state. */
  readonly optimizer: ReadonlyMap<string, readonly number[]>;
  /** Of the first epoch. */
  readonly stepsPerEpoch: number;
  /** Counts training interactions by item id. */
  readonly counts: () => Promise<readonly number[]>;
  /** Of a run that goes on. */
  readonly found: FoundRun | undefined;
  /** What the model is told of the data. */
  readonly schema: ModelSchema;
  /** Tables of the data that parameters may start as. */
  readonly tables: Readonly<Record<string, HostTensor>>;
  /** Fields whose numbers are scaled as another run, which this one begins from, has it. */
  readonly scales: readonly string[];
}

/** What a run left that can be gone on with. */
export interface FoundRun extends Pick<Start, 'tensors' | 'state' | 'seconds'> {
  /** The configuration in the folder, of the session before. */
  readonly saved: RunConfig;
  readonly vocabulary: RunVocabulary;
}

/**
 * The checkpoint to go on from, undefined where none was written yet. Checked before anything is made of the configuration: whether the data is the
 * run's.
 *
 * @throws RunError where the folder is no run, its files are broken, or the data is other data.
 */
export async function findRun(
  { out, config, dataset, onEvent, model, modelFile, init }: TrainOptions,
  store: SequenceStore,
): Promise<FoundRun | undefined> {
  const saved = await readRunConfig(out); // says what is wrong with a folder that is no run
  await requireOwnModel(out, { definition: model, file: modelFile });
  await removeTemporaries(out); // of a process that was killed while writing
  const begun = await readdir(out);
  if (!begun.includes(RUN_FILES.optimizer) && !begun.includes(RUN_FILES.history)) {
    if (!begun.includes(RUN_FILES.pretraining))
      onEvent?.(warning('the run has no checkpoint yet: it starts from the beginning'));
    return undefined;
  }
  await requireSameInit(out, init);
  const { tensors, state, seconds } = await readCheckpoint(out);
  const vocabulary = await readVocabulary(out);
  if (vocabulary.fingerprint !== state.fingerprint)
    throw new RunError({
      where: join(out, RUN_FILES.optimizer),
      what: `is of another data set than ${RUN_FILES.vocabulary}: the files are not of one run`,
      cure: 'copy the whole folder of the run',
    });
  await requireSameData(out, config.data.path, { dataset, store }, vocabulary);
  return { saved, tensors, state, seconds, vocabulary };
}

/** A new run in an empty folder, or where an earlier process left off. */
export async function startingState(given: StartOptions): Promise<Start> {
  const { options, config, found } = given;
  const { out, resume } = options;
  if (found === undefined) {
    if (resume !== true) await requireEmpty(out);
    return options.init === undefined ? newRun(given) : runFrom(options.init, given);
  }
  const start = await loadState(given, found);
  await writeJson(out, RUN_FILES.config, config);
  // Results of fewer epochs are not those of this run any more.
  if (!start.state.done)
    for (const file of [RUN_FILES.metrics, RUN_FILES.ranks]) await rm(join(out, file), { force: true });
  return start;
}

async function newRun(given: StartOptions): Promise<Start> {
  const { options, config } = given;
  await recordOwnModel(options.out, { definition: options.model, file: options.modelFile });
  await writeJson(options.out, RUN_FILES.config, config); // from here on the folder can be resumed
  return freshState(given, await firstValues(given));
}

/** A run that begins from another one: its first checkpoint holds what it took, so that it is resumed without the other. */
async function runFrom(init: string, given: StartOptions): Promise<Start> {
  const { options, config, store, schema, scales } = given;
  const { out, model: definition } = options;
  const { tensors, initial } = await takeInitialWeights(init, {
    model: config.model,
    definition,
    schema,
    scales,
    tokens: { items: options.dataset.items.tokens, fields: await tokensOf(options.dataset, store, schema) },
    values: await firstValues(given),
  });
  await recordOwnModel(out, { definition, file: options.modelFile });
  const start = await freshState(given, tensors);
  await writeJson(out, RUN_FILES.init, initial);
  await writeCheckpoint(out, start.tensors, start.state, 0);
  await writeJson(out, RUN_FILES.config, config); // from here on the folder can be resumed
  return { ...start, initial };
}

/** Initial values without another run. */
async function firstValues({ config, task, counts, tables }: StartOptions): Promise<Record<string, HostTensor>> {
  return startingValues(task, { seed: config.training.seed, tables, counts: await counts() });
}

async function freshState(
  { options, config, store, optimizer, counts, schema }: StartOptions,
  parameters: Readonly<Record<string, HostTensor>>,
): Promise<Start> {
  const { out, dataset } = options;
  const vocabulary = await vocabularyOf(dataset, schema, store, await counts());
  await writeJson(out, RUN_FILES.vocabulary, vocabulary);
  const zeros = [...optimizer].map(([name, shape]): [string, HostTensor] => [
    name,
    { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) },
  ]);
  return {
    tensors: { ...parameters, ...Object.fromEntries(zeros) },
    seconds: 0,
    counts: vocabulary.counts,
    state: {
      version: 1,
      epoch: 0,
      step: 0,
      globalStep: 0,
      lossSums: {},
      targets: 0,
      earlyStopping: EARLY_STOPPING_START,
      bestValid: {},
      done: false,
      settings: settingsOf(config),
      environment: environmentOf(options),
      fingerprint: vocabulary.fingerprint,
    },
  };
}

async function loadState(
  { options, config, optimizer, task, stepsPerEpoch }: StartOptions,
  { saved, tensors, state, seconds, vocabulary }: FoundRun,
): Promise<Start> {
  const { out, onEvent } = options;
  const warn = (message: Text): void => onEvent?.(warning(message));
  const file = join(out, RUN_FILES.optimizer);
  checkTensors(file, tensors, [...task.parameters, ...[...optimizer].map(([name, shape]) => ({ name, shape }))]);
  const before = state.settings?.training.epochs ?? saved.training.epochs;
  const resumed = resumedState(out, state, config, before, stepsPerEpoch, warn);
  const environment = environmentOf(options);
  const changes = environmentChanges(state.environment, environment);
  if (changes.length > 0)
    warn(`resumed under other conditions, results will differ in the last bits: ${changes.join(', ')}`);
  await dropLaterHistory(out, state.epoch);
  const settings = settingsOf(config);
  return { tensors, seconds, counts: vocabulary.counts, state: { ...resumed, settings, environment } };
}

/** Removes history lines of epochs that the checkpoint does not know (killed between line and checkpoint). */
async function dropLaterHistory(out: string, epochs: number): Promise<void> {
  const file = join(out, RUN_FILES.history);
  const lines = await readLines(file);
  if (lines.length > epochs)
    await writeFileAtomic(
      file,
      lines
        .slice(0, epochs)
        .map((line) => `${line}\n`)
        .join(''),
    );
}

/** @throws RunError where a folder cannot be made, or has something in it. */
export async function requireEmpty(out: string): Promise<void> {
  await makeFolder(out).catch((error: unknown) => {
    throw new RunError(
      {
        where: out,
        what: `cannot be created (${error instanceof FileWriteError ? error.code : String(error)})`,
        cure: text`choose another folder (${setting('out')})`,
      },
      { cause: error },
    );
  });
  const existing = await readdir(out);
  if (existing.includes(RUN_FILES.config))
    throw new RunError({
      where: out,
      what: 'already holds a run',
      cure: text`${call('resume', [out])} goes on with it; ${setting('out', placeholder('NAME'))} starts another`,
    });
  if (existing.length > 0)
    throw new RunError({
      where: out,
      what: `not empty (${existing.slice(0, 3).join(', ')})`,
      cure: text`choose another folder (${setting('out')})`,
    });
}

function environmentOf({ backend, config }: TrainOptions): Environment {
  return {
    backend: backend.precision === 'float16' ? `${backend.name} in float16` : backend.name,
    device: backend.device,
    threads: config.threads ?? availableParallelism(),
    ...(config.training.replicas === 1 ? {} : { replicas: config.training.replicas }),
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
  };
}
