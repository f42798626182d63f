// What may change between the checkpoint of a run and its resumption, and what then follows for the schedule. Everything
// else is refused by name: a run that mixes two configurations is neither.
import type { RunState } from './checkpoint.js';
import type { EvaluationConfig, RunConfig, TrainingConfig } from '../config.js';
import { scheduleOf } from './feeds.js';
import { RunError } from '../run-error.js';
import { learningRate, placeInRun } from './schedule.js';

/** The part of a configuration that results depend on: not where the data is, what computes, or how often is saved. */
export interface RunSettings {
  readonly model: RunConfig['model'];
  readonly training: Omit<TrainingConfig, 'checkpointSeconds'>;
  readonly evaluation: Omit<EvaluationConfig, 'batchSize'>;
}

/** The settings of a configuration. */
export function settingsOf({ model, training, evaluation }: RunConfig): RunSettings {
  const { checkpointSeconds: _, ...trained } = training;
  const { batchSize: __, ...evaluated } = evaluation;
  return { model, training: trained, evaluation: evaluated };
}

/**
 * Checks that a run goes on with the configuration that it was begun with; the number of epochs aside.
 *
 * @param defaults What options are where nothing is said.
 * @throws RunError naming what differs.
 */
export function requireSameSettings(
  folder: string,
  before: RunSettings | undefined,
  now: RunSettings,
  defaults: RunSettings,
): void {
  if (before === undefined) return; // a checkpoint of a version that did not keep them
  // An option that a checkpoint does not know came later: it was trained as the default has it.
  const [old, current] = [new Map([...leaves(defaults), ...leaves(before)]), leaves(now)];
  const changed = [...new Set([...old.keys(), ...current.keys()])].filter(
    (key) => key !== 'training.epochs' && old.get(key) !== current.get(key),
  );
  if (changed.length === 0) return;
  const list = changed.map((key) => `${key} is ${current.get(key) ?? 'not set'}, was ${old.get(key) ?? 'not set'}`);
  const again = changed.flatMap((key) => (current.has(key) ? [`--set ${key}=${current.get(key)}`] : []));
  throw new RunError(
    `${folder}: config.json is not the configuration that this run was begun with: ${list.join('; ')}. Its first epochs would be of one, the others of the other. Cure: put the old value${changed.length === 1 ? '' : 's'} back into config.json, or start a new run${again.length === 0 ? '' : ` with ${again.join(' ')}`}`,
  );
}

/** The values of nested plain objects as JSON, by dotted path. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map(value === undefined ? [] : [[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [...leaves(child, path === '' ? key : `${path}.${key}`)]),
  );
}

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
  warn: (message: string) => void,
): RunState {
  const { epochs } = training;
  const { epoch, step, done, reason } = state;
  if (epochs === before) return state;
  const anew = `start a new run with --epochs ${epochs}`;
  if (done && reason === 'early-stopping')
    throw new RunError(
      `${folder}: has ended: it stopped early after epoch ${epoch}, because none was better than epoch ${state.earlyStopping.bestEpoch ?? epoch} for ${state.earlyStopping.waited} epochs (training.earlyStopping.patience); ${epochs} epochs would not be trained. Cure: start a new run with more patience, such as --set training.earlyStopping.patience=${2 * training.earlyStopping.patience}, or 0 to never stop early`,
    );
  const least = step > 0 ? epoch + 1 : epoch;
  if (epochs < least)
    throw new RunError(
      `${folder}: epoch ${least} is ${step > 0 ? 'begun' : 'trained'} already, and the best one may be any of them: the run cannot end after ${epochs}. Cure: leave --epochs out, give at least ${least}, or ${anew}`,
    );
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
      `the cosine schedule is now laid out over ${epochs} epochs instead of ${before}: the learning rate goes on at ${rate(epochs, { epoch, step }, state.globalStep)}, it was ${rate(before, last, state.globalStep - 1)}. The result is not that of a run of ${epochs} epochs; for that, ${anew}`,
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
