// What the steps of a training are made of, without a run folder: for those who time a step, or compute it in another way.
import { checkOptions, needed, option, type OptionRules, setting, text } from '@difsr/errors';
import { sequenceStore, type Dataset, type SequenceStore, type StoredDataset } from '@difsr/data';
import type { Feeds, HostTensor, TrainingStepOptions } from '@difsr/graph';
import {
  countedLaw,
  modelOf,
  rankingTask,
  trainingTask,
  type ItemLaw,
  type ModelDefinition,
  type ModelInstance,
  type TrainingTask,
} from '@difsr/models';
import type { RunConfig } from '../config.js';
import { fedSteps } from './fed-steps.js';
import { RunError } from '../run-error.js';
import { featureTables, trainingCounts } from '../run/run-folder.js';
import { planOf } from '../sampling/plan.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import { required } from './session.js';
import { itemTables } from '../side/item-tables.js';
import { neighbourTables } from '../side/neighbour-tables.js';
import { sideReader, type SideReader } from '../side/side-reader.js';
import { fieldsNamed, sideSchema } from '../side/side-schema.js';
import { requireForm, stepOf } from './trainer.js';
import { startingValues } from '../weights/starting-values.js';

/** What {@link trainingSteps} needs. */
export interface TrainingStepsOptions {
  readonly config: RunConfig;
  /** In memory, or with its sequences on disk. Not closed here. */
  readonly dataset: Dataset | StoredDataset;
  /** The definition of `config.model`, where it is not a model of this project. */
  readonly model?: ModelDefinition;
}

/** One step of a training: what its program is fed, and how much it trains. */
export interface FedStep {
  /** Batch, dropout masks and the optimizer's scalars. */
  readonly feeds: Feeds;
  /** Symbols of the batch, such as `batch` and `length`, by name. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Targets that are trained; `slots` has those that only fill up. */
  readonly targets: number;
}

/** The steps of a training. */
export interface TrainingSteps {
  readonly model: ModelInstance;
  readonly store: SequenceStore;
  /** Reads what the model is fed beside items, where it is. */
  readonly sides: SideReader | undefined;
  readonly task: TrainingTask;
  /** What `trainingStep` of @difsr/graph makes a graph of. */
  readonly step: TrainingStepOptions;
  /** Parameters as they start, and the tables of the data that training and ranking read. The optimizer's state is not in it: zeros. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  /** Of the first epoch; others may have a step more or less. */
  readonly stepsPerEpoch: number;
  /** Targets of every epoch. */
  readonly targetsPerEpoch: number;
  /**
   * The steps of an epoch, which counts from 0, in order; windows are read ahead.
   *
   * @throws DataError where the sequences cannot be read.
   */
  epoch(epoch: number): AsyncGenerator<FedStep, void, undefined>;
}

const OPTIONS: OptionRules<TrainingStepsOptions> = {
  config: needed(option.given),
  dataset: needed(option.given),
  model: option.given,
};

/**
 * The steps that `train` would take, each as what its program is fed. Dropout, order and learning rates are those of a run of this
 * configuration that starts anew.
 *
 * @throws RunError for a model that is counted, which has no steps, and for options that it does not know; the model's own errors.
 * @example
 * ```ts
 * const steps = await trainingSteps({ config, dataset });
 * const { graph, state, updates } = trainingStep(steps.step);
 * const zeros = Object.fromEntries([...state].map(([name, shape]) => [name, zerosOf(shape)]));
 * const variables = await backend.createVariables({ ...steps.tensors, ...zeros });
 * const program = await backend.compile(graph, { variables, updates });
 * for await (const { feeds } of steps.epoch(0)) await program.run(feeds);
 * ```
 */
export async function trainingSteps(options: TrainingStepsOptions): Promise<TrainingSteps> {
  checkOptions('trainingSteps', options, OPTIONS, RunError);
  const { config, dataset } = options;
  const { training } = config;
  const store = sequenceStore(dataset);
  const own = { definition: options.model };
  const counts = await trainingCounts(dataset, store);
  const plain = await sideSchema(dataset, store, fieldsNamed(config.model));
  const { schema, tables } = await itemTables(dataset, plain, modelOf(config.model, plain, own).config, () =>
    Promise.resolve(counts),
  );
  const model = modelOf(config.model, schema, own);
  if (model.count !== undefined)
    throw new RunError({
      what: `${model.name} is counted: it has no training steps`,
      cure: text`take a model that is trained, such as ${setting('model', 'dif-sr')}`,
    });
  requireForm(model, training.form);
  if (config.distillation !== undefined)
    throw new RunError({
      what: 'the steps of a run that learns from others need what these predict, which only a run has',
      option: 'distillation.runs',
      cure: text`leave ${setting('distillation.runs')} out`,
    });
  const task = trainingTask(model);
  const features = { ...featureTables(dataset, plain), ...tables, ...neighbourTables(dataset, task.constants) };
  const read = [...task.constants, ...rankingTask(model, { maskSeen: false }).constants];
  const sides = sideReader(dataset, store, model.reads);
  const { steps, targets } = planStoredEpoch({ store, epoch: 0, ...planOf(model, training) });
  let law: ItemLaw | undefined;
  const popularity = (): ItemLaw => (law ??= countedLaw(counts));
  const source = { model, store, sides, task, training, stepsPerEpoch: steps, popularity };

  async function* epoch(number: number): AsyncGenerator<FedStep, void, undefined> {
    const fed = fedSteps(source, { epoch: number, step: 0, globalStep: number * steps });
    try {
      for (let step = 0; step < fed.steps; step++) {
        const { batch, feeds } = await fed.take(step);
        yield { feeds, sizes: batch.sizes, targets: batch.targets };
      }
    } finally {
      await fed.settled();
    }
  }

  return {
    model,
    store,
    sides,
    task,
    step: stepOf(task, training),
    tensors: {
      ...startingValues(task, { seed: training.seed, tables: features, counts }),
      ...Object.fromEntries(read.map(({ name }) => [name, required(features, name)])),
    },
    counts,
    stepsPerEpoch: steps,
    targetsPerEpoch: targets,
    epoch,
  };
}
