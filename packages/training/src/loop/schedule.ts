// Learning-rate schedules: the rate of a step as a pure function of its number, so that a resumed run needs no state.
import { DifsrError, setting, text } from '@difsr/errors';

/** A linear rise from nearly 0 to the rate over the first steps; the rest of the schedule follows after it. */
interface WithWarmup {
  /** Rate that the schedule starts from (after the warm-up). Above 0. */
  readonly rate: number;
  /** Steps of the linear rise (default 0). */
  readonly warmupSteps?: number;
}

/** The same rate at every step. */
export interface ConstantSchedule extends WithWarmup {
  readonly kind: 'constant';
}

/** Half a cosine from the rate down to `rate * finalFraction` at the last step of the run. */
export interface CosineSchedule extends WithWarmup {
  readonly kind: 'cosine';
  /** In [0, 1], default 0. */
  readonly finalFraction?: number;
}

/** The rate times `gamma` after every `every` steps. */
export interface StepSchedule extends WithWarmup {
  readonly kind: 'step';
  /** Steps between two decays, at least 1. */
  readonly every: number;
  /** In (0, 1]. */
  readonly gamma: number;
}

/** How the learning rate changes over a run; `kind` names the form. */
export type ScheduleConfig = ConstantSchedule | CosineSchedule | StepSchedule;

/** A schedule with values that make no sense. Names the value, what is allowed and the cure. */
export class ScheduleError extends DifsrError {
  override readonly name = 'ScheduleError';
}

const KINDS: { readonly [K in ScheduleConfig['kind']]: true } = { constant: true, cosine: true, step: true };

/**
 * The learning rate of step `step` (from 0) of a run of `totalSteps`. A run may go on beyond them: a cosine then stays at
 * its end.
 * @param place Where the step lies between the first and the last of `totalSteps`, where that is not its number (`placeInRun`): a cosine follows
 * it, while warm-up and `step` decay count steps.
 * @throws ScheduleError for a configuration or a step that makes no sense.
 * @example learningRate({ kind: 'cosine', rate: 1e-3, warmupSteps: 100 }, 50, 1000); // 0.00051
 */
export function learningRate(config: ScheduleConfig, step: number, totalSteps: number, place: number = step): number {
  checkSchedule(config, totalSteps);
  checkCount('step', step, Number.isInteger(step) && step >= 0, 'a whole number of at least 0', 'count steps from 0');
  const { rate, warmupSteps = 0 } = config;
  if (step < warmupSteps) return (rate * (step + 1)) / (warmupSteps + 1);
  return rate * decay(config, step - warmupSteps, Math.max(0, place - warmupSteps), totalSteps - warmupSteps);
}

/**
 * Where a step lies in a run whose epochs differ a little in steps (left-overs of buckets depend on the shuffle): each epoch is
 * stretched to `stepsPerEpoch`, so that the run has one total, every step lies behind the one before, and the last one at the end. Where
 * epochs do not differ it is the number of the step in the run.
 * `step` counts from 0 in its epoch, which has `steps`; `epoch` counts from 0.
 * @example placeInRun({ epoch: 1, step: 10, steps: 11 }, 10); // 19: the last of the second epoch
 */
export function placeInRun(
  { epoch, step, steps }: { readonly epoch: number; readonly step: number; readonly steps: number },
  stepsPerEpoch: number,
): number {
  const last = stepsPerEpoch - 1;
  return epoch * stepsPerEpoch + (steps > 1 ? (step * last) / (steps - 1) : last);
}

/** The factor of the rate `step` steps after the warm-up, at `place` of `steps` in all. */
function decay(config: ScheduleConfig, step: number, place: number, steps: number): number {
  switch (config.kind) {
    case 'constant':
      return 1;
    case 'cosine': {
      const { finalFraction = 0 } = config;
      // The last step (steps - 1) is the one at the bottom of the cosine.
      const progress = steps > 1 ? Math.min(1, place / (steps - 1)) : 0;
      return finalFraction + (1 - finalFraction) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
    case 'step':
      return config.gamma ** Math.floor(step / config.every);
  }
}

/**
 * Checks a schedule before a run starts.
 * @throws ScheduleError that names the first wrong value.
 * @example checkSchedule({ kind: 'step', rate: 1e-3, every: 1000, gamma: 0.5 }, 20_000);
 */
export function checkSchedule(config: ScheduleConfig, totalSteps: number): void {
  const { rate, warmupSteps = 0 } = config;
  const count = (value: number): boolean => Number.isInteger(value) && value >= 0;
  checkOption('rate', rate, Number.isFinite(rate) && rate > 0, 'a number above 0', 'start with 0.001');
  checkCount(
    'totalSteps',
    totalSteps,
    count(totalSteps) && totalSteps > 0,
    'a whole number of at least 1',
    'pass epochs times steps per epoch',
  );
  checkOption(
    'warmupSteps',
    warmupSteps,
    count(warmupSteps) && warmupSteps < totalSteps,
    `a whole number in [0, ${totalSteps}), the steps of the run`,
    'warm up over less than the whole run',
  );
  switch (config.kind) {
    case 'constant':
      return;
    case 'cosine': {
      const { finalFraction = 0 } = config;
      return checkOption(
        'finalFraction',
        finalFraction,
        finalFraction >= 0 && finalFraction <= 1,
        'a number in [0, 1]',
        'leave it out to end at 0',
      );
    }
    case 'step':
      checkOption(
        'every',
        config.every,
        count(config.every) && config.every > 0,
        'a whole number of at least 1',
        'give the steps between two decays',
      );
      return checkOption(
        'gamma',
        config.gamma,
        config.gamma > 0 && config.gamma <= 1,
        'a number in (0, 1]',
        'halve the rate with 0.5',
      );
    default:
      throw unknownKind(config);
  }
}

/** Configurations come from files: a kind that the types rule out can still arrive. */
function unknownKind(config: never): ScheduleError {
  const kinds = Object.keys(KINDS).join(', ');
  return new ScheduleError({
    option: 'training.schedule.kind',
    what: text`${setting('training.schedule')} ${JSON.stringify(config)} is of no known kind`,
    cure: text`set ${setting('training.schedule.kind')} to one of ${kinds}`,
  });
}

/** Values of a schedule by the options of a run that give them. */
const OPTIONS = {
  rate: 'training.learningRate',
  warmupSteps: 'training.warmupSteps',
  finalFraction: 'training.schedule.finalFraction',
  every: 'training.schedule.every',
  gamma: 'training.schedule.gamma',
} as const;

function checkOption(name: keyof typeof OPTIONS, value: number, sound: boolean, allowed: string, cure: string): void {
  const option = OPTIONS[name];
  if (!sound) throw new ScheduleError({ option, what: text`${setting(option)} is ${allowed}, got ${value}`, cure });
}

/** Of what is given beside the schedule. */
function checkCount(name: string, value: number, sound: boolean, allowed: string, cure: string): void {
  if (!sound) throw new ScheduleError({ what: `${name} is ${allowed}, got ${value}`, cure });
}
