// One epoch: batches in order, two steps in flight so that the backend never waits, a checkpoint now and then.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Feeds, HostTensor } from '@difsr/graph';
import type { RunState } from './checkpoint.js';
import type { EpochRecord } from '../events.js';
import { optimizerOf, scheduleOf, trainingFeeds } from './feeds.js';
import { RunError } from '../run-error.js';
import { planOf } from '../sampling/plan.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import { learningRate, placeInRun } from './schedule.js';
import { save, type Session } from './session.js';

/** An epoch that is complete, or was interrupted. */
export type EpochOutcome =
  | { readonly interrupted: true; readonly state: RunState; readonly seconds: number }
  | {
      readonly interrupted: false;
      readonly state: RunState;
      readonly record: Omit<EpochRecord, 'valid' | 'evaluationSeconds' | 'peakMemoryBytes'>;
    };

type Values = Record<string, HostTensor>;

/** Trains from `start.step` to the end of the epoch, or until the signal; `earlierSeconds` is what the epoch took before a resume. */
export async function trainEpoch(
  session: Session,
  start: RunState,
  earlierSeconds: number,
  run: (feeds: Feeds) => Promise<Values>,
): Promise<EpochOutcome> {
  const { options, model, store, sides, task, emit } = session;
  const { training } = options.config;
  const { seed } = training;
  const plan = planStoredEpoch({ store, sides, epoch: start.epoch, ...planOf(model, training) });
  const batches = new ReadAhead((step) => plan.windows(step), plan.steps);
  const optimizer = optimizerOf(training);
  const schedule = scheduleOf(training);
  /** Of a step of this epoch. */
  const rate = (step: number): number =>
    learningRate(
      schedule,
      start.globalStep + step - start.step,
      training.epochs * session.stepsPerEpoch,
      placeInRun({ epoch: start.epoch, step, steps: plan.steps }, session.stepsPerEpoch),
    );
  const sums: Record<string, number> = { ...start.lossSums };
  const inFlight: { readonly result: Promise<Values>; readonly targets: number; readonly slots: number }[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const secondsSoFar = (): number => earlierSeconds + (performance.now() - started - paused) / 1000;
  let paused = 0;
  let done = start.step;
  let targets = 0;
  // Checkpoints within an epoch have not always counted its targets: then they are those of the plan.
  let trained = start.targets ?? (start.step === 0 ? 0 : NaN);
  let lastCheckpoint = performance.now();

  const stateNow = (): RunState => ({
    ...start,
    step: done,
    globalStep: start.globalStep + done - start.step,
    lossSums: { ...sums },
    targets: trained,
  });
  const finishOne = async (): Promise<void> => {
    const next = inFlight.shift();
    if (next === undefined) return;
    const values = await next.result;
    done++;
    const loss = values['loss']?.data[0];
    if (loss === undefined || !Number.isFinite(loss)) {
      throw new RunError(
        `the loss is ${loss} at epoch ${start.epoch + 1}, step ${done}: training has diverged. Cure: a lower learning rate (it is ${training.learningRate}) or gradient clipping (--set training.clipNorm=1)`,
      );
    }
    for (const name of ['loss', ...Object.keys(task.parts)])
      sums[name] = (sums[name] ?? 0) + (values[name]?.data[0] ?? 0) * next.slots;
    trained += next.targets;
    const seconds = (performance.now() - started - paused) / 1000;
    const share = (done - start.step) / Math.max(1, plan.steps - start.step);
    emit({
      kind: 'step',
      epoch: start.epoch + 1,
      step: done,
      steps: plan.steps,
      // A step that is not full sums over fewer targets: what is shown is the mean over those that it has.
      loss: (loss * next.slots) / Math.max(1, next.targets),
      positionsPerSecond: targets / seconds,
      secondsLeft: (seconds * (1 - share)) / share,
    });
  };
  const drain = async (): Promise<void> => {
    while (inFlight.length > 0) await finishOne();
  };

  try {
    for (let step = start.step; step < plan.steps; step++) {
      if (options.signal?.aborted === true) {
        await drain();
        return { interrupted: true, state: stateNow(), seconds: secondsSoFar() };
      }
      const draw = { seed, step: start.globalStep + step - start.step };
      const batch = model.objective.batch(model, await batches.take(step), draw);
      const feeds = trainingFeeds(batch, { masks: task.masks, optimizer, draw, learningRate: rate(step) });
      const result = run(feeds);
      result.catch(() => undefined); // awaited in order below; a later failure must not count as unhandled before its turn
      inFlight.push({ result, targets: batch.targets, slots: batch.slots });
      targets += batch.targets;
      if (inFlight.length >= 2) await finishOne();
      if (
        training.checkpointSeconds > 0 &&
        (performance.now() - lastCheckpoint) / 1000 >= training.checkpointSeconds &&
        step + 1 < plan.steps
      ) {
        await drain();
        const pause = performance.now();
        await save(session, stateNow(), secondsSoFar());
        lastCheckpoint = performance.now();
        paused += lastCheckpoint - pause;
      }
      await nextTurn(); // signals, timers and progress bars get their turn on every backend
    }
    await drain();
  } catch (error) {
    await Promise.allSettled(inFlight.map(({ result }) => result));
    throw error;
  } finally {
    await batches.settled();
    delay.disable();
  }
  const seconds = secondsSoFar();
  if (Number.isNaN(trained)) trained = plan.targets;
  const losses = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / trained]));
  const state = stateNow();
  return {
    interrupted: false,
    state,
    record: {
      epoch: start.epoch + 1,
      losses,
      seconds,
      positionsPerSecond: trained / seconds,
      longestPauseMilliseconds: delay.max / 1e6,
      learningRate: rate(plan.steps - 1),
    },
  };
}
