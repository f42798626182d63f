// One epoch: batches in order, steps two in flight (stepper), what they add up to (meter), a checkpoint now and then (checkpointer).
import { setting, text } from '@difsr/errors';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Feeds } from '@difsr/graph';
import type { EpochRecord } from '../events.js';
import { DivergedError } from '../run-error.js';
import type { RunState } from './checkpoint.js';
import { Checkpointer } from './checkpointer.js';
import { fedSteps } from './fed-steps.js';
import { EpochMeter, type StepSize } from './meter.js';
import { save, type Session } from './session.js';
import { Stepper, type StepValues } from './stepper.js';

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
  const { options, task, emit } = session;
  const { training } = options.config;
  const fed = fedSteps({ ...session, training }, start);
  const meter = new EpochMeter(start, {
    steps: fed.steps,
    targets: fed.targets,
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
    for (let step = start.step; step < fed.steps; step++) {
      if (options.signal?.aborted === true) {
        await settle();
        return { interrupted: true, state: meter.state(), seconds: meter.seconds() };
      }
      const { batch, feeds } = await fed.take(step);
      const size = { targets: batch.targets, slots: batch.slots };
      meter.begin(size);
      await stepper.begin(feeds, size);
      if (step + 1 < fed.steps && checkpointer.due()) {
        await settle();
        meter.pause(await checkpointer.save());
      }
      await nextTurn(); // signals, timers and progress bars get their turn on every backend
    }
    await settle();
  } finally {
    await stepper.settled();
    await fed.settled();
    delay.disable();
  }
  const { state, totals } = meter.complete();
  return {
    interrupted: false,
    state: fed.updates === undefined ? state : { ...state, updates: fed.updates },
    record: { ...totals, longestPauseMilliseconds: delay.max / 1e6, learningRate: fed.rate(fed.steps - 1) },
  };
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
