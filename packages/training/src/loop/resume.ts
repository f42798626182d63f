// Another number of epochs is the one thing that may change between the checkpoint of a run and its resumption: what follows of it.
import { setting, type Text, text } from '@difsr/errors';
import type { RunState } from './checkpoint.js';
import type { RunConfig, TrainingConfig } from '../config.js';
import { scheduleOf } from './feeds.js';
import { RunError } from '../run-error.js';
import { learningRate, placeInRun } from './schedule.js';

/**
 * Where a run goes on that may have been given another number of epochs since its checkpoint.
 *
 * @param before Epochs that it had.
 * @param stepsPerEpoch Steps of its first epoch.
 * @param warn Hears of what follows for the learning rate.
 * @throws RunError where it cannot have so many.
 */
export function resumedState(
  folder: string,
  state: RunState,
  { training }: RunConfig,
  before: number,
  stepsPerEpoch: number,
  warn: (message: Text) => void,
): RunState {
  const { epochs } = training;
  const { epoch, step, done, reason } = state;
  if (epochs === before) return state;
  if (done && reason === 'early-stopping')
    throw new RunError({
      where: folder,
      what: `has ended: it stopped early after epoch ${epoch}, because none was better than epoch ${state.earlyStopping.bestEpoch ?? epoch} for ${state.earlyStopping.waited} epochs (training.earlyStopping.patience); ${epochs} epochs would not be trained`,
      cure: text`start a new run with more patience, such as ${setting('training.earlyStopping.patience', 2 * training.earlyStopping.patience)}, or 0 to never stop early`,
    });
  const least = step > 0 ? epoch + 1 : epoch;
  if (epochs < least)
    throw new RunError({
      where: folder,
      what: `epoch ${least} is ${step > 0 ? 'begun' : 'trained'} already, and the best one may be any of them: the run cannot end after ${epochs}`,
      cure: text`leave ${setting('epochs')} out, give at least ${least}, or start a new run with ${setting('epochs', epochs)}`,
    });
  if (epochs === epoch) {
    if (!done) warn(`training ends here, after ${epoch} of ${before} epochs${ofSchedule(training.schedule.kind)}`);
    return { ...state, done: true, reason: reason ?? 'finished' };
  }
  if (training.schedule.kind === 'cosine' && state.globalStep > 0) {
    const rate = (total: number, at: { readonly epoch: number; readonly step: number }, globalStep: number): number =>
      shortened(
        learningRate(
          scheduleOf(training),
          globalStep,
          total * stepsPerEpoch,
          placeInRun({ ...at, steps: stepsPerEpoch }, stepsPerEpoch),
        ),
      );
    const last = step > 0 ? { epoch, step: step - 1 } : { epoch: epoch - 1, step: stepsPerEpoch - 1 };
    warn(
      text`the cosine schedule is now laid out over ${epochs} epochs instead of ${before}: the learning rate goes on at ${rate(epochs, { epoch, step }, state.globalStep)}, it was ${rate(before, last, state.globalStep - 1)}. The result is not that of a run of ${epochs} epochs; for that, start a new run with ${setting('epochs', epochs)}`,
    );
  }
  const { reason: _, ...rest } = state;
  return { ...rest, done: false };
}

function shortened(rate: number): number {
  return Number(rate.toPrecision(2));
}

function ofSchedule(kind: TrainingConfig['schedule']['kind']): string {
  return kind === 'cosine' ? ', before its cosine schedule has ended' : '';
}
