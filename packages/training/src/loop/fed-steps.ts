// The steps of one epoch as what a program is fed, in order and read ahead: for the training itself and for who times or computes them in
// another way.
import type { Feeds } from '@difsr/graph';
import type { ItemLaw, ModelInstance, ObjectiveBatch, SoftTargets, TrainingTask } from '@difsr/models';
import type { SequenceStore } from '@difsr/data';
import type { TrainingConfig } from '../config.js';
import { planOf } from '../sampling/plan.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import type { SideReader } from '../side/side-reader.js';
import type { RunState } from './checkpoint.js';
import { optimizerOf, scheduleOf, trainingFeeds } from './feeds.js';
import { learningRate, placeInRun } from './schedule.js';
import { turnsOfEpoch } from './turns.js';

/** What the steps of all epochs are made of. */
export interface StepSource {
  readonly model: ModelInstance;
  readonly store: SequenceStore;
  readonly sides: SideReader | undefined;
  readonly soft?: SoftTargets | undefined;
  readonly task: Pick<TrainingTask, 'masks'>;
  readonly training: TrainingConfig;
  /** Of the first epoch; what the schedule is laid out over, times epochs. */
  readonly stepsPerEpoch: number;
  readonly popularity: () => ItemLaw;
}

/** The steps of one epoch. */
export interface FedSteps {
  readonly steps: number;
  readonly targets: number;
  /** Of a model that is trained in turns: how often each group has been trained once the epoch is over. */
  readonly updates: Readonly<Record<string, number>> | undefined;
  readonly rate: (step: number) => number;
  /** A step; the ones behind it are read meanwhile. @throws DataError where the sequences cannot be read */
  take(step: number): Promise<{ readonly batch: ObjectiveBatch; readonly feeds: Feeds }>;
  /** Resolves when nothing is being read any more. */
  settled(): Promise<void>;
}

/** @param place Where the epoch is gone on with; its own step counts from 0. */
export function fedSteps(
  { model, store, sides, soft, task, training, stepsPerEpoch, popularity }: StepSource,
  place: Pick<RunState, 'epoch' | 'step' | 'globalStep' | 'updates'>,
): FedSteps {
  const { epoch } = place;
  const plan = planStoredEpoch({ store, sides, soft, epoch, ...planOf(model, training) });
  const batches = new ReadAhead((step) => plan.windows(step), plan.steps);
  const optimizer = optimizerOf(training);
  const schedule = scheduleOf(training);
  const turns = turnsOfEpoch(model.turns, place, plan.steps);
  const globalStep = (step: number): number => place.globalStep + step - place.step;
  const rate = (step: number): number =>
    learningRate(
      schedule,
      globalStep(step),
      training.epochs * stepsPerEpoch,
      placeInRun({ epoch, step, steps: plan.steps }, stepsPerEpoch),
    );
  return {
    steps: plan.steps,
    targets: plan.targets,
    updates: turns?.updates,
    rate,
    take: async (step) => {
      const draw = { seed: training.seed, step: globalStep(step), popularity };
      const batch = model.objective.batch(model, await batches.take(step), draw);
      const own = { masks: task.masks, optimizer, draw, learningRate: rate(step), turns: turns?.at(step) };
      return { batch, feeds: trainingFeeds(batch, own) };
    },
    settled: async () => batches.settled(),
  };
}
