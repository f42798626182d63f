// Training from the first step to the written results, resumable at every step. The order of writes
// is what makes a kill harmless: best model, then history line, then the checkpoint that says so.
import { checkOptions, joined, needed, option, type OptionRules, setting, text } from '@difsr/errors';
import { totalmem } from 'node:os';
import { sequenceStore, type SequenceStore } from '@difsr/data';
import {
  FLOAT16_LOSS_SCALE,
  sizeOf,
  trainingStep,
  type Backend,
  type HostTensor,
  type Feeds,
  type TrainingStepOptions,
} from '@difsr/graph';
import {
  countedLaw,
  ModelConfigError,
  findModel,
  modelOf,
  Owned,
  rankingTask,
  trainingTask,
  type BatchForm,
  type ItemLaw,
  type ModelInstance,
  type TrainingTask,
} from '@difsr/models';
import { attributeTables } from '../side/attribute-tables.js';
import type { RunState } from './checkpoint.js';
import { runConfigSchema, type RunConfig } from '../config.js';
import { counted, countedConfig, countedEpoch } from './counted.js';
import { trainEpoch } from './epoch.js';
import { finishEpoch, finishRun } from './finish.js';
import { createEvaluator } from '../evaluation/evaluate.js';
import { type RunMetrics, warning } from '../events.js';
import { optimizerOf, scheduleOf } from './feeds.js';
import { schemaOfRun } from '../weights/initial-weights.js';
import { itemTables } from '../side/item-tables.js';
import { neighbourTables } from '../side/neighbour-tables.js';
import { requireSameSettings, settingsOf, type RunSettings } from './settings.js';
import { RunError } from '../run-error.js';
import { featureTables, toldOf, trainingCounts, type RunVocabulary } from '../run/run-folder.js';
import { planOf } from '../sampling/plan.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import { checkSchedule } from './schedule.js';
import { sideReader } from '../side/side-reader.js';
import { withScalesOf, type ScaledSchema } from '../side/kept-scales.js';
import { fieldsNamed, sideSchema } from '../side/side-schema.js';
import { required, save, type Session, type TrainOptions } from './session.js';
import { findRun, startingState, type Start } from './start.js';
import { turnsMissed } from './turns.js';
import { recipeOf, startReplicas } from '../replicas/start.js';
import type { StepValues } from './stepper.js';
import { drawsOf, softTargets } from '../distillation/soft-targets.js';
import { unusedFields } from '../side/unused-fields.js';

/** How a training ended. */
export interface TrainOutcome {
  readonly reason: 'finished' | 'early-stopping' | 'interrupted' | 'paused';
  readonly run: string;
  /** Of a training that has come to its end. */
  readonly metrics?: RunMetrics;
}

const OPTIONS: OptionRules<TrainOptions> = {
  config: needed(option.given),
  dataset: needed(option.given),
  backend: needed(option.given),
  model: option.given,
  modelFile: option.given,
  out: needed(option.text),
  init: option.text,
  resume: option.flag,
  signal: option.instance('an AbortSignal', AbortSignal),
  pauseAfter: option.whole(1),
  onEvent: option.callable,
};

/**
 * Trains a model and writes the run folder.
 *
 * @throws RunError where the folder is in use or does not fit, or the loss is not finite; FileWriteError where it cannot be written.
 */
export async function train(options: TrainOptions): Promise<TrainOutcome> {
  checkOptions('train', options, OPTIONS, RunError);
  const { config, dataset, backend } = options;
  const store = sequenceStore(dataset);
  const found = options.resume === true ? await findRun(options, store) : undefined;
  const own = { definition: options.model };
  // All training items are read for it: once, and late, as most mistakes in options are found without it.
  let counting: Promise<readonly number[]> | undefined;
  const counts = async (): Promise<readonly number[]> =>
    found?.vocabulary.counts ?? (counting ??= trainingCounts(dataset, store));
  const { schema: plain, scales } = found === undefined ? await newSchema(options, store) : ofRun(found.vocabulary);
  const { schema, tables } = await itemTables(dataset, plain, modelOf(config.model, plain, own).config, counts);
  const model = modelOf(config.model, schema, own);
  requireForm(model, config.training.form);
  const size = config.training.replicas;
  if (size > 1) recipeOf(backend, size); // before anything is written
  if (model.count !== undefined && options.init !== undefined)
    throw new RunError({
      what: `${model.name} is counted: there are no weights that it could begin with`,
      cure: text`leave ${setting('init', options.init)} out`,
    });
  const named: RunConfig = { ...config, model: { ...model.config, name: model.name } };
  const resolved = model.count === undefined ? named : countedConfig(named);
  const { distillation } = resolved;
  if (distillation !== undefined) requireTaught(model);
  const task = trainingTask(
    model,
    distillation === undefined ? {} : { soft: { weight: distillation.weight, draws: drawsOf(distillation) } },
  );
  for (const unused of unusedFields(model, task)) options.onEvent?.(warning(unused));
  requireFits(task.parameters);
  requireSameSettings(options.out, found?.state.settings, settingsOf(resolved), defaultSettings(options));
  const once = await counted(model, store, counts);
  const stepOptions = stepOf(task, config.training, backend);
  const step = once === undefined ? trainingStep(stepOptions) : undefined;
  const around = neighbourTables(dataset, task.constants);
  const features = { ...featureTables(dataset, plain), ...tables, ...around, ...once?.tables };
  const byName = (constants: TrainingTask['constants']): Record<string, HostTensor> =>
    Object.fromEntries(constants.map(({ name }) => [name, required(features, name)]));
  const used = byName(task.constants);
  const kept = byName(rankingTask(model, { maskSeen: false }).constants);
  // Only its numbers are kept: an epoch makes its own plan.
  const { targets, steps, slots } =
    once === undefined
      ? planStoredEpoch({ store, epoch: 0, ...planOf(model, config.training) })
      : { targets: 0, steps: 0, slots: 0 };
  if (once === undefined) checkSchedule(scheduleOf(config.training), config.training.epochs * steps); // before anything is written
  for (const missed of turnsMissed(model, config.training.epochs, steps)) options.onEvent?.(warning(missed));
  const start = await startingState({
    options,
    config: resolved,
    store,
    task,
    optimizer: step?.state ?? new Map(),
    stepsPerEpoch: steps,
    counts,
    schema: toldOf(plain, model),
    tables: features,
    scales,
    found,
  });
  const owned = new Owned();
  try {
    const variables = owned.add(await backend.createVariables({ ...start.tensors, ...used, ...kept }));
    const state = [...(step?.state.keys() ?? [])];
    const replicas =
      step === undefined || size === 1
        ? undefined
        : owned.add(
            await startReplicas({
              size,
              backend,
              task,
              objective: model.objective,
              step: stepOptions,
              variables,
              state,
              tables: used,
            }),
          );
    const program =
      step === undefined || replicas !== undefined
        ? undefined
        : owned.add(await backend.compile(step.graph, { variables, updates: step.updates, label: 'train' }));
    const trainer = replicas ?? program;
    const soft =
      distillation === undefined || start.state.done
        ? undefined
        : await softTargets({
            distillation,
            dataset,
            store,
            path: config.data.path,
            backend,
            seed: config.training.seed,
            out: options.out,
            signal: options.signal,
            emit: (event) => options.onEvent?.(event),
          });
    if (distillation !== undefined && soft === undefined && !start.state.done)
      return { reason: 'interrupted', run: options.out };
    const { test: _, ...protocol } = config.evaluation;
    const sides = sideReader(dataset, store, model.reads);
    const evaluator = owned.add(await createEvaluator({ backend, variables, model, sides, ...protocol }));
    let law: ItemLaw | undefined;
    const session: Session = {
      options: { ...options, config: resolved },
      model,
      store,
      soft,
      sides,
      task,
      variables,
      settle: async () => {
        if (replicas !== undefined) await variables.write(await replicas.read());
      },
      trained: Object.keys(start.tensors),
      parameters: task.parameters.map(({ name }) => name),
      features: { ...kept, ...attributeTables(dataset) },
      targets,
      targetsPerStep: slots,
      stepsPerEpoch: steps,
      counts: start.counts,
      popularity: () => (law ??= countedLaw(start.counts)),
      counted: once,
      evaluator,
      emit: (event) => options.onEvent?.(event),
      environment: start.state.environment,
      fingerprint: start.state.fingerprint,
    };
    return await run(session, start, trainer);
  } finally {
    await owned.dispose();
  }
}

/** One step: loss, gradients, optimizer. */
export function stepOf(
  task: TrainingTask,
  training: RunConfig['training'],
  { precision }: Pick<Backend, 'precision'> = {},
): TrainingStepOptions {
  return {
    loss: task.loss,
    parameters: task.trained,
    optimizer: optimizerOf(training),
    reported: task.parts,
    ...(precision === 'float16' ? { lossScale: FLOAT16_LOSS_SCALE } : {}),
    ...(training.clipNorm === undefined ? {} : { clipNorm: training.clipNorm }),
  };
}

/** What a model is told of the data: of another run, where it begins with its weights, what numbers are divided by. */
async function newSchema({ config, dataset, init }: TrainOptions, store: SequenceStore): Promise<ScaledSchema> {
  const schema = await sideSchema(dataset, store, fieldsNamed(config.model));
  return withScalesOf(init === undefined ? undefined : await schemaOfRun(init), schema);
}

/** A run goes on with what it was told, whatever else a later version finds in the data. */
function ofRun({ schema }: RunVocabulary): ScaledSchema {
  return { schema, scales: [] };
}

/** Settings where nothing is said, the model's as far as it has defaults. */
function defaultSettings({ config, model }: TrainOptions): RunSettings {
  const { name } = config.model;
  const parsed = (model ?? findModel(name))?.config.safeParse({});
  return settingsOf({ ...runConfigSchema.parse({}), model: { ...parsed?.data, name } });
}

/** @throws RunError for a model that learns nothing from what others predict */
function requireTaught({ name, count, objective }: ModelInstance): void {
  if (count === undefined && objective.name === 'next-item') return;
  throw new RunError({
    what:
      count === undefined
        ? `${name} is trained for "${objective.name}", and what others predict is the next item`
        : `${name} is counted: it learns from nobody`,
    option: 'distillation.runs',
    cure: text`leave ${setting('distillation.runs')} out, or take a model that predicts the next item`,
  });
}

/** A batch form that the model and its objective can be trained in. @throws RunError */
export function requireForm({ name, objective, leaks }: ModelInstance, form: BatchForm): void {
  if (leaks !== undefined && form === 'all-positions') throw new RunError(leaks);
  if (!objective.forms.includes(form))
    throw new RunError({
      what: `${name} is trained for its objective "${objective.name}", which has no form "${form}"`,
      cure: joined(
        objective.forms.map((each) => setting('training.form', each)),
        ' or ',
      ),
    });
}

/** A model that is larger than the memory is a mistake in its options, and is told as one. */
function requireFits(parameters: readonly { readonly name: string; readonly shape: readonly number[] }[]): void {
  const bytes = 4 * parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (bytes <= totalmem()) return;
  const [largest] = parameters.toSorted((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
  const gigabytes = (count: number): string => `${(count / 1e9).toPrecision(3)} GB`;
  const sizes = ['model.hiddenSize', 'model.innerSize', 'model.sideWidth'] as const;
  throw new ModelConfigError({
    what: `the model's parameters take ${gigabytes(bytes)}, this machine has ${gigabytes(totalmem())} (the largest is ${largest?.name} [${largest?.shape.join(', ')}])`,
    option: 'model',
    cure: text`lower ${joined(
      sizes.map((size) => setting(size)),
      ', ',
    )} or ${setting('model.maxLength')}, or filter items (${setting('data.itemMin')})`,
  });
}

/** @param trainer Runs a training step; none of a model that is counted. */
async function run(
  session: Session,
  start: Start,
  trainer: { run(feeds: Feeds): Promise<StepValues> } | undefined,
): Promise<TrainOutcome> {
  const { options, store, emit } = session;
  const { config, out, signal, pauseAfter = Infinity } = options;
  const { training } = config;
  let { state, seconds } = start;
  const stopped = (reason: 'interrupted' | 'paused'): TrainOutcome => {
    emit({ kind: 'end', reason, epoch: state.epoch, best: bestOf(state) });
    return { reason, run: out };
  };
  emit({
    kind: 'start',
    run: out,
    model: session.model.name,
    backend: options.backend.name,
    device: options.backend.device,
    parameters: session.task.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    users: store.users,
    targets: session.targets,
    targetsPerStep: session.targetsPerStep,
    stepsPerEpoch: session.stepsPerEpoch,
    epochs: training.epochs,
    metric: training.earlyStopping.metric,
    ...(session.counted === undefined ? {} : { counted: session.counts.reduce((sum, count) => sum + count, 0) }),
    ...(state.done && state.reason !== undefined ? { over: state.reason } : {}),
    ...(state.globalStep > 0 ? { resumedAt: { epoch: state.epoch + 1, step: state.step + 1 } } : {}),
  });
  for (const said of state.done ? [] : (session.counted?.said ?? [])) emit(warning(said));
  if (start.initial !== undefined) emit({ kind: 'initial-weights', ...start.initial });
  while (!state.done) {
    if (state.epoch >= pauseAfter) return stopped('paused');
    const outcome =
      trainer === undefined
        ? countedEpoch(state, session.counted?.seconds ?? 0)
        : await trainEpoch(session, state, seconds, async (feeds) => trainer.run(feeds));
    seconds = 0;
    state = outcome.state;
    if (outcome.interrupted) {
      await save(session, state, outcome.seconds);
      return stopped('interrupted');
    }
    state = await finishEpoch(session, state, outcome.record);
    if (signal?.aborted === true && !state.done) return stopped('interrupted');
  }
  const metrics = await finishRun(session, state);
  const reason = state.reason ?? 'finished';
  emit({ kind: 'end', reason, epoch: state.epoch, best: bestOf(state) });
  return { reason, run: out, metrics };
}

/** The best epoch so far, 0 before the first has ended. */
function bestOf({ earlyStopping }: RunState): number {
  return earlyStopping.bestEpoch ?? 0;
}
