// A training step: loss, gradients, optimizer; parameters and state go in and come out. One graph, or two with gradients in between.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { input, mul } from './build.js';
import { createGraph } from './graph.js';
import { optimizerRule, optimizerStep, type OptimizerConfig } from './optimizers.js';
import { knownShape, type Parameter, type TrainedParameter } from './parameter.js';
import { optimize } from './passes.js';
import { GraphError } from './types.js';
import type { Graph, Tensor } from './signatures.js';
import { gradientOf } from './vjp.js';

/**
 * Loss scale of training in float16: the gradients of attention over side information, some 1e-8 to 1e-6 each, come out
 * within 0.3 % of float32's, and those of a loss per target stay far below float16's largest number.
 */
export const FLOAT16_LOSS_SCALE: number = 2 ** 14;

/** What a training step does to variables. */
export interface StepVariables {
  /** For {@link CompileOptions.updates}: variable -> output. */
  readonly updates: Readonly<Record<string, string>>;
  /** Optimizer variables to create as zeros. */
  readonly state: ReadonlyMap<string, readonly number[]>;
}

/** A compiled-to-be training step. */
export interface TrainingStep extends StepVariables {
  /** Outputs: the reported values, `gradientNorm`, and `next.NAME` for every variable. */
  readonly graph: Graph;
}

/** A training step as two graphs. What goes from the one to the other is `gradient.NAME` of every trained parameter. */
export interface SplitTrainingStep extends StepVariables {
  /** Reads parameters and a batch. Outputs: the loss, the reported values, and the gradients. */
  readonly gradient: Graph;
  /** Reads the gradients, parameters, optimizer variables and scalars. Outputs: `gradientNorm`, and `next.NAME` for every variable. */
  readonly update: Graph;
  /** `gradient.NAME` -> shape, to feed them or to create variables for them. */
  readonly gradients: ReadonlyMap<string, readonly number[]>;
}

/** What a training step is made of. */
export interface TrainingStepOptions {
  readonly loss: Tensor;
  readonly parameters: readonly Parameter[];
  readonly optimizer: OptimizerConfig;
  readonly clipNorm?: number;
  readonly reported?: Readonly<Record<string, Tensor>>;
  readonly lossScale?: number;
}

const OPTIONS: OptionRules<TrainingStepOptions> = {
  loss: needed(option.given),
  parameters: needed(option.list(option.given)),
  optimizer: needed(optimizerRule),
  clipNorm: option.positive,
  reported: option.record(option.given),
  lossScale: option.positive,
};

/**
 * Builds the training step of a scalar loss as one graph.
 *
 * @param options `reported`: further scalars to return with each run (parts of the loss). `lossScale`: the loss is multiplied
 * by this number before it is differentiated, and the gradients by its inverse, so that small ones survive on a backend that
 * computes in float16; take {@link FLOAT16_LOSS_SCALE} there. Powers of two change nothing in float32.
 * @throws GraphError where a trainable parameter does not reach the loss.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  checkOptions('trainingStep', options, OPTIONS, GraphError);
  const { gradientNorm, next, ...variables } = updateOf(options, withGradients(options));
  return {
    graph: optimize(createGraph({ loss: options.loss, ...options.reported, gradientNorm, ...next })),
    ...variables,
  };
}

/**
 * Builds the training step of a scalar loss as two graphs, for those who do something with gradients in between: add those
 * of other workers, keep some back, or look at them. One after the other they compute what {@link trainingStep} computes.
 *
 * A loss that is a sum over targets, each times its weight, can be taken apart: where each part feeds its targets with the
 * weights that they have in the whole step, losses, reported sums and gradients of the parts add up to those of the whole.
 *
 * @throws GraphError where a trainable parameter does not reach the loss.
 * @example
 * ```ts
 * const { gradient, update, updates } = splitTrainingStep({ loss, parameters, optimizer });
 * const differ = await backend.compile(gradient, { variables });
 * const updater = await backend.compile(update, { variables, updates });
 * const { loss: _, ...gradients } = await differ.run(batch);
 * await updater.run({ ...gradients, ...scalars }); // scalars: optimizerScalars
 * ```
 */
export function splitTrainingStep(options: TrainingStepOptions): SplitTrainingStep {
  checkOptions('splitTrainingStep', options, OPTIONS, GraphError);
  const trained = withGradients(options);
  const nameOf = ({ name }: TrainedParameter): string => `gradient.${name}`;
  const taken = trained.map((parameter) => ({
    ...parameter,
    gradient: input(nameOf(parameter), knownShape(parameter)),
  }));
  const { gradientNorm, next, ...variables } = updateOf(options, taken);
  const gradients = Object.fromEntries(trained.map((parameter) => [nameOf(parameter), parameter.gradient]));
  return {
    gradient: optimize(createGraph({ loss: options.loss, ...options.reported, ...gradients })),
    update: optimize(createGraph({ gradientNorm, ...next })),
    gradients: new Map(trained.map((parameter) => [nameOf(parameter), knownShape(parameter)])),
    ...variables,
  };
}

/** The trainable parameters with their gradients. */
function withGradients({ loss, parameters, lossScale = 1 }: TrainingStepOptions): TrainedParameter[] {
  const trained = parameters.filter(({ trainable }) => trainable);
  const gradients = gradientOf(
    lossScale === 1 ? loss : mul(loss, lossScale),
    new Map(trained.map(({ name, tensor }) => [name, tensor])),
  );
  return trained.map((parameter) => {
    const gradient = gradients.get(parameter.name);
    if (gradient === undefined) throw new GraphError(`no gradient for "${parameter.name}"`);
    return { ...parameter, gradient: lossScale === 1 ? gradient : mul(gradient, 1 / lossScale) };
  });
}

/** The optimizer's part: new values as outputs `next.NAME`. */
function updateOf(
  { optimizer, clipNorm }: TrainingStepOptions,
  trained: readonly TrainedParameter[],
): StepVariables & { readonly gradientNorm: Tensor; readonly next: Readonly<Record<string, Tensor>> } {
  const { updates, state, gradientNorm } = optimizerStep(optimizer, trained, clipNorm);
  return {
    gradientNorm,
    next: Object.fromEntries([...updates].map(([name, tensor]) => [`next.${name}`, tensor])),
    updates: Object.fromEntries([...updates.keys()].map((name) => [name, `next.${name}`])),
    state,
  };
}
