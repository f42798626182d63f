// One epoch: batches in order, steps two in flight (stepper), what they add up to (meter), a checkpoint now and then (checkpointer).
import { setting, text } from '@difsr/errors';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Feeds } from '@difsr/graph';
import type { EpochRecord } from '../events.js';
import { DivergedError } from '../run-error.js';
import { planOf } from '../sampling/plan.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import type { RunState } from './checkpoint.js';
import { Checkpointer } from './checkpointer.js';
import { optimizerOf, scheduleOf, trainingFeeds } from './feeds.js';
import { EpochMeter, type StepSize } from './meter.js';
import { learningRate, placeInRun } from './schedule.js';
import { save, type Session } from './session.js';
import { Stepper, type StepValues } from './stepper.js';
import { turnsOfEpoch } from './turns.js';

/** What is known of an epoch before it is evaluated. */
export type TrainedEpoch = Omit<EpochRecord, 'valid' | 'evaluationSeconds' | 'peakMemoryBytes'>;

/** An epoch that is complete, or was interrupted. */
export type EpochOutcome =
  | { readonly interrupted: true; readonly state: RunState; readonly seconds: number }
  | { readonly interrupted: false; readonly state: RunState; readonly record: TrainedEpoch };

/** Trains from `start.step` to the end of the epoch, or until the signal; `earlierSeconds` is what the epoch took before a resume. */
export async function trainEpoch(
  session: Session,
  start: RunState,
  earlierSeconds: number,
  run: (feeds: Feeds) => Promise<StepValues>,
): Promise<EpochOutcome> {
  const { options, model, store, sides, soft, task, emit } = session;
  const { training } = options.config;
  const plan = planStoredEpoch({ store, sides, soft, epoch: start.epoch, ...planOf(model, training) });
  const batches = new ReadAhead((step) => plan.windows(step), plan.steps);
  const optimizer = optimizerOf(training);
  const globalStep = (step: number): number => start.globalStep + step - start.step;
  const turns = turnsOfEpoch(model.turns, start, plan.steps);
  const rate = rateOf(session, start.epoch, plan.steps, globalStep);
  const meter = new EpochMeter(start, {
    steps: plan.steps,
    targets: plan.targets,
    losses: ['loss', ...Object.keys(task.parts)],
    earlierSeconds,
  });
  const stepper = new Stepper<StepSize>(run, (values, size) => {
    requireFinite(values, start.epoch, meter.steps, training.learningRate);
    emit(meter.finish(values, size));
  });
  const settle = async (): Promise<void> => {
    await stepper.drain();
    await session.settle();
  };
  const checkpointer = new Checkpointer(training.checkpointSeconds, () =>
    save(session, meter.state(), meter.seconds()),
  );
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();

  try {
    for (let step = start.step; step < plan.steps; step++) {
      if (options.signal?.aborted === true) {
        await settle();
        return { interrupted: true, state: meter.state(), seconds: meter.seconds() };
      }
      const draw = { seed: training.seed, step: globalStep(step), popularity: session.popularity };
      const batch = model.objective.batch(model, await batches.take(step), draw);
      const size = { targets: batch.targets, slots: batch.slots };
      meter.begin(size);
      const own = { masks: task.masks, optimizer, draw, learningRate: rate(step), turns: turns?.at(step) };
      await stepper.begin(trainingFeeds(batch, own), size);
      if (step + 1 < plan.steps && checkpointer.due()) {
        await settle();
        meter.pause(await checkpointer.save());
      }
      await nextTurn(); // signals, timers and progress bars get their turn on every backend
    }
    await settle();
  } finally {
    await stepper.settled();
    await batches.settled();
    delay.disable();
  }
  const { state, totals } = meter.complete();
  return {
    interrupted: false,
    state: turns === undefined ? state : { ...state, updates: turns.updates },
    record: { ...totals, longestPauseMilliseconds: delay.max / 1e6, learningRate: rate(plan.steps - 1) },
  };
}

/** The learning rate of a step of an epoch. */
function rateOf(
  { options, stepsPerEpoch }: Session,
  epoch: number,
  steps: number,
  globalStep: (step: number) => number,
): (step: number) => number {
  const { training } = options.config;
  const schedule = scheduleOf(training);
  const total = training.epochs * stepsPerEpoch;
  return (step) => learningRate(schedule, globalStep(step), total, placeInRun({ epoch, step, steps }, stepsPerEpoch));
}

/** @throws RunError for a loss that is not finite: the parameters are not, either. */
function requireFinite(values: StepValues, epoch: number, stepsDone: number, rate: number): void {
  const loss = values['loss']?.data[0];
  if (loss !== undefined && Number.isFinite(loss)) return;
  throw new DivergedError({
    what: `the loss is ${loss} at epoch ${epoch + 1}, step ${stepsDone + 1}: training has diverged`,
    cure: text`a lower learning rate (it is ${rate}) or gradient clipping (${setting('training.clipNorm', 1)})`,
  });
}
