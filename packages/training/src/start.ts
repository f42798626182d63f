// Where a run starts: in an empty folder, or where an earlier process left off.
import { readdir } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { schemaOf, type SequenceStore } from '@difsr/data';
import { sizeOf, type HostTensor } from '@difsr/graph';
import { checkTensors, type TrainingTask } from '@difsr/models';
import { initialValues } from '@difsr/nn';
import { shellWord } from './shell-word.js';
import { environmentChanges, readCheckpoint, type Environment, type RunState } from './checkpoint.js';
import type { RunConfig } from './config.js';
import { EARLY_STOPPING_START } from './early-stopping.js';
import { FileWriteError, makeFolder, readLines, removeTemporaries, writeFileAtomic } from './files.js';
import { RunError } from './run-error.js';
import { fingerprint, readRunConfig, RUN_FILES, vocabularyOf, writeJson } from './run-folder.js';
import type { TrainOptions } from './session.js';

/** Tensors and position to start from. */
export interface Start {
  readonly tensors: Record<string, HostTensor>;
  readonly state: RunState;
  /** Training time of the epoch in progress before this session. */
  readonly seconds: number;
}

/** A new run in an empty folder, or where an earlier process left off. */
export async function startingState(
  options: TrainOptions,
  config: RunConfig,
  store: SequenceStore,
  task: TrainingTask,
  optimizer: ReadonlyMap<string, readonly number[]>,
): Promise<Start> {
  const { out, resume, onEvent } = options;
  if (resume !== true) {
    await requireEmpty(out);
    await writeJson(out, RUN_FILES.config, config); // first of all files: from here on the folder can be resumed
    return freshState(options, config, store, task, optimizer);
  }
  await readRunConfig(out); // says what is wrong with a folder that is no run
  await removeTemporaries(out); // of a process that was killed while writing
  const begun = await readdir(out);
  if (!begun.includes(RUN_FILES.optimizer) && !begun.includes(RUN_FILES.history)) {
    onEvent?.({ kind: 'warning', message: 'the run has no checkpoint yet: it starts from the beginning' });
    return freshState(options, config, store, task, optimizer);
  }
  const start = await loadState(options, store, optimizer, task);
  await writeJson(out, RUN_FILES.config, config);
  return start;
}

async function freshState(
  options: TrainOptions,
  config: RunConfig,
  store: SequenceStore,
  task: TrainingTask,
  optimizer: ReadonlyMap<string, readonly number[]>,
): Promise<Start> {
  const { out, dataset } = options;
  const vocabulary = await vocabularyOf(dataset, schemaOf(dataset), store);
  await writeJson(out, RUN_FILES.vocabulary, vocabulary);
  const zeros = [...optimizer].map(([name, shape]): [string, HostTensor] => [
    name,
    { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) },
  ]);
  return {
    tensors: { ...initialValues(task.parameters, config.training.seed), ...Object.fromEntries(zeros) },
    seconds: 0,
    state: {
      version: 1,
      epoch: 0,
      step: 0,
      globalStep: 0,
      lossSums: {},
      earlyStopping: EARLY_STOPPING_START,
      bestValid: {},
      done: false,
      environment: environmentOf(options),
      fingerprint: vocabulary.fingerprint,
    },
  };
}

async function loadState(
  options: TrainOptions,
  store: SequenceStore,
  optimizer: ReadonlyMap<string, readonly number[]>,
  task: TrainingTask,
): Promise<Start> {
  const { out, dataset, config } = options;
  const { tensors, state, seconds } = await readCheckpoint(out);
  const file = join(out, RUN_FILES.optimizer);
  checkTensors(file, tensors, [...task.parameters, ...[...optimizer].map(([name, shape]) => ({ name, shape }))]);
  if ((await fingerprint(dataset, store)) !== state.fingerprint) {
    throw new RunError(
      `${out}: the data set "${config.data.path}" is not the one that this run was trained on (vocabulary or interactions differ). Cure: restore the files, or start a new run with --out`,
    );
  }
  const environment = environmentOf(options);
  const changes = environmentChanges(state.environment, environment);
  if (changes.length > 0)
    options.onEvent?.({
      kind: 'warning',
      message: `resumed under other conditions, results will differ in the last bits: ${changes.join(', ')}`,
    });
  await dropLaterHistory(out, state.epoch);
  // More epochs than before: a run that had ended goes on.
  const done = state.done && !(state.reason === 'finished' && state.epoch < config.training.epochs);
  return { tensors, seconds, state: { ...state, done, environment } };
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

async function requireEmpty(out: string): Promise<void> {
  await makeFolder(out).catch((error: unknown) => {
    throw new RunError(
      `${out}: cannot be created (${error instanceof FileWriteError ? error.code : String(error)}). Cure: choose another folder with --out`,
      { cause: error },
    );
  });
  const existing = await readdir(out);
  if (existing.includes(RUN_FILES.config))
    throw new RunError(
      `${out}: already holds a run. Cure: difsr resume ${shellWord(out)} goes on with it; --out NAME starts another`,
    );
  if (existing.length > 0)
    throw new RunError(
      `${out}: not empty (${existing.slice(0, 3).join(', ')}). Cure: choose another folder with --out`,
    );
}

function environmentOf({ backend, config }: TrainOptions): Environment {
  return {
    backend: backend.precision === 'float16' ? `${backend.name} in float16` : backend.name,
    device: backend.device,
    threads: config.threads ?? availableParallelism(),
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
  };
}
