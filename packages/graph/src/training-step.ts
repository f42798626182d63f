// A training step as one graph: loss, gradients, optimizer; parameters and state go in and come out.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { mul } from './build.js';
import { createGraph } from './graph.js';
import { optimizerRule, optimizerStep, type OptimizerConfig } from './optimizers.js';
import { optimize } from './passes.js';
import { GraphError } from './types.js';
import type { Graph, Tensor } from './signatures.js';
import { gradientOf } from './vjp.js';

/** A parameter of a model: the input tensor that carries it. */
export interface Parameter {
  readonly name: string;
  readonly tensor: Tensor;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** A frozen parameter is read but gets no gradient. */
  readonly trainable: boolean;
}

/**
 * Loss scale of training in float16: the gradients of attention over side information, some 1e-8 to 1e-6 each, come out
 * within 0.3 % of float32's, and those of a loss per target stay far below float16's largest number.
 */
export const FLOAT16_LOSS_SCALE: number = 2 ** 14;

/** A compiled-to-be training step. */
export interface TrainingStep {
  /** Outputs: the reported values, `gradientNorm`, and `next.NAME` for every variable. */
  readonly graph: Graph;
  /** For {@link CompileOptions.updates}: variable -> output. */
  readonly updates: Readonly<Record<string, string>>;
  /** Optimizer variables to create as zeros. */
  readonly state: ReadonlyMap<string, readonly number[]>;
}

/** What {@link trainingStep} is made of. */
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
 * Builds the training step of a scalar loss.
 *
 * @param options `reported`: further scalars to return with each run (parts of the loss). `lossScale`: the loss is multiplied
 * by this number before it is differentiated, and the gradients by its inverse, so that small ones survive on a backend that
 * computes in float16; take {@link FLOAT16_LOSS_SCALE} there. Powers of two change nothing in float32.
 * @throws GraphError where a trainable parameter does not reach the loss.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  checkOptions('trainingStep', options, OPTIONS, GraphError);
  const { loss, lossScale = 1 } = options;
  const trained = options.parameters.filter(({ trainable }) => trainable);
  const gradients = gradientOf(
    lossScale === 1 ? loss : mul(loss, lossScale),
    new Map(trained.map(({ name, tensor }) => [name, tensor])),
  );
  const withGradients = trained.map((parameter) => {
    const gradient = gradients.get(parameter.name);
    if (gradient === undefined) throw new GraphError(`no gradient for "${parameter.name}"`);
    return { ...parameter, gradient: lossScale === 1 ? gradient : mul(gradient, 1 / lossScale) };
  });
  const { updates, state, gradientNorm } = optimizerStep(options.optimizer, withGradients, options.clipNorm);
  const next = Object.fromEntries([...updates].map(([name, tensor]) => [`next.${name}`, tensor]));
  return {
    graph: optimize(createGraph({ loss, ...options.reported, gradientNorm, ...next })),
    updates: Object.fromEntries([...updates.keys()].map((name) => [name, `next.${name}`])),
    state,
  };
}
