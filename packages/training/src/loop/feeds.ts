// From an objective's batch to what a program is fed: its tensors, dropout masks as descriptions, the optimizer's scalars.
import { optimizerScalars, type Feeds, type GroupTurn, type HostTensor, type OptimizerConfig } from '@difsr/graph';
import { maskFeeds, type Draw, type ObjectiveBatch } from '@difsr/models';
import type { MaskSpec } from '@difsr/nn';
import type { TrainingConfig } from '../config.js';
import type { ScheduleConfig } from './schedule.js';

/** A float scalar. */
const scalar = (value: number): HostTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) });

/** The optimizer that a configuration describes. */
export function optimizerOf(config: TrainingConfig): OptimizerConfig {
  const { optimizer: kind, beta1, beta2, epsilon, momentum, weightDecay: decay, averageDecay } = config;
  const common = { decay, averageDecay };
  return kind === 'sgd' ? { kind, momentum, ...common } : { kind, beta1, beta2, epsilon, ...common };
}

/** The learning-rate schedule that a configuration describes. */
export function scheduleOf({ schedule, learningRate: rate, warmupSteps }: TrainingConfig): ScheduleConfig {
  return { ...schedule, rate, warmupSteps };
}

/** What one optimizer step needs beside its batch. */
export interface StepFeeds {
  readonly masks: readonly MaskSpec[];
  readonly optimizer: OptimizerConfig;
  readonly draw: Draw;
  readonly learningRate: number;
  /** Of a model that is trained in turns. */
  readonly turns?: readonly GroupTurn[] | undefined;
}

/** Everything that a training step reads, a pure function of the batch and (seed, step). */
export function trainingFeeds(
  { feeds, sizes }: ObjectiveBatch,
  { masks, optimizer, draw, learningRate, turns }: StepFeeds,
): Feeds {
  const scalars = Object.entries(optimizerScalars(optimizer, draw.step + 1, learningRate, turns));
  return {
    ...feeds,
    ...maskFeeds(masks, sizes, draw),
    ...Object.fromEntries(scalars.map(([name, value]) => [name, scalar(value)])),
  };
}
