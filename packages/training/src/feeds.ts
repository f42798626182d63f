// From a batch to what a program is fed: ids and weights as tensors, dropout masks as descriptions.
import {
  bindShape,
  optimizerScalars,
  randomInts,
  streamId,
  type Feeds,
  type HostTensor,
  type OptimizerConfig,
} from '@difsr/graph';
import type { MaskSpec } from '@difsr/nn';
import type { TrainingConfig } from './config.js';
import type { TrainingBatch } from './sampler.js';
import type { ScheduleConfig } from './schedule.js';

/** An int32 tensor around `data`. */
export const integers = (data: Int32Array, shape: readonly number[]): HostTensor => ({ dtype: 'int32', shape, data });
/** A float scalar. */
export const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

/** The optimizer that a configuration describes. */
export function optimizerOf(config: TrainingConfig): OptimizerConfig {
  const { optimizer, beta1, beta2, epsilon, momentum, weightDecay: decay } = config;
  return optimizer === 'sgd' ? { kind: 'sgd', momentum, decay } : { kind: optimizer, beta1, beta2, epsilon, decay };
}

/** The learning-rate schedule that a configuration describes. */
export function scheduleOf({ schedule, learningRate: rate, warmupSteps }: TrainingConfig): ScheduleConfig {
  return { ...schedule, rate, warmupSteps };
}

/** What one optimizer step needs beside its batch. */
export interface StepFeeds {
  readonly masks: readonly MaskSpec[];
  readonly optimizer: OptimizerConfig;
  readonly seed: number;
  /** Optimizer steps so far, over all epochs; this is step `globalStep` + 1. */
  readonly globalStep: number;
  readonly learningRate: number;
  /** Number of items, for sampling negatives; absent where the loss samples none. */
  readonly negatives?: number;
}

/** Everything that a training step reads, a pure function of the batch and (seed, step). */
export function trainingFeeds(batch: TrainingBatch, step: StepFeeds): Feeds {
  const { rows, length, targetItems } = batch;
  const sizes = new Map([
    ['batch', rows],
    ['length', length],
    ['targets', targetItems.length],
  ]);
  const feeds: Record<string, Feeds[string]> = {
    items: integers(batch.items, [rows, length]),
    targetPositions: integers(batch.targetPositions, [targetItems.length]),
    targetItems: integers(targetItems, [targetItems.length]),
    weights: { dtype: 'float32', shape: [targetItems.length], data: batch.weights },
  };
  for (const { name, shape, rate } of step.masks) {
    feeds[name] = {
      mask: { seed: step.seed, step: step.globalStep, stream: streamId(name) },
      rate,
      shape: bindShape(shape, sizes),
    };
  }
  const scalars = optimizerScalars(step.optimizer, step.globalStep + 1, step.learningRate);
  for (const [name, value] of Object.entries(scalars)) feeds[name] = scalar(value);
  if (step.negatives !== undefined)
    feeds['negativeItems'] = integers(sampleNegatives(targetItems, step.negatives, step), [targetItems.length]);
  return feeds;
}

/** One item per target, uniform over all other items. */
function sampleNegatives(targets: Int32Array, items: number, { seed, globalStep }: StepFeeds): Int32Array {
  const drawn = randomInts(
    { seed, step: globalStep, stream: streamId('negatives') },
    targets.length,
    Math.max(1, items - 1),
  );
  return drawn.map((value, i) => (value + 1 >= (targets[i] ?? 0) ? Math.min(value + 2, items) : value + 1));
}
