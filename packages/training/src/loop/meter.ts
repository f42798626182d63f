// What an epoch adds up as it goes: steps, losses, targets, and its seconds without those that checkpoints took.
import type { EpochRecord, TrainingEvent } from '../events.js';
import type { RunState } from './checkpoint.js';
import type { StepValues } from './stepper.js';

/** The size of a step: its targets, and the slots that they lie in. A target weighs 1 / slots. */
export interface StepSize {
  readonly targets: number;
  readonly slots: number;
}

/** What an epoch is measured against. */
export interface MeterOptions {
  /** Steps and targets of the whole epoch. */
  readonly steps: number;
  readonly targets: number;
  /** Names of the losses that steps report; `loss` is the total. */
  readonly losses: readonly string[];
  /** What the epoch took before it was resumed. */
  readonly earlierSeconds: number;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/** The part of an epoch's record that is known before it is evaluated. */
export type EpochTotals = Pick<EpochRecord, 'epoch' | 'losses' | 'seconds' | 'positionsPerSecond'>;

/** Measures an epoch from a state, which may be in its middle. */
export class EpochMeter {
  readonly #start: RunState;
  readonly #options: MeterOptions;
  readonly #now: () => number;
  readonly #begun: number;
  readonly #sums: Record<string, number>;
  #paused = 0;
  #steps: number;
  /** Of the steps that this process has sent off. */
  #sent = 0;
  #trained: number;

  constructor(start: RunState, options: MeterOptions) {
    this.#start = start;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#begun = this.#now();
    this.#sums = { ...start.lossSums };
    this.#steps = start.step;
    // Checkpoints within an epoch have not always counted its targets: then they are those of the plan, once it is over.
    this.#trained = start.targets ?? (start.step === 0 ? 0 : Number.NaN);
  }

  /** Steps of the epoch that are done. */
  get steps(): number {
    return this.#steps;
  }

  /** Counts a step that is sent off. */
  begin({ targets }: StepSize): void {
    this.#sent += targets;
  }

  /** Counts a step that is done. Gives what is told of it. */
  finish(values: StepValues, { targets, slots }: StepSize): TrainingEvent {
    const { steps, losses } = this.#options;
    this.#steps++;
    for (const name of losses) this.#sums[name] = (this.#sums[name] ?? 0) + (values[name]?.data[0] ?? 0) * slots;
    this.#trained += targets;
    const seconds = this.#secondsHere();
    const share = (this.#steps - this.#start.step) / Math.max(1, steps - this.#start.step);
    return {
      kind: 'step',
      epoch: this.#start.epoch + 1,
      step: this.#steps,
      steps,
      // A step that is not full sums over fewer targets: what is shown is the mean over those that it has.
      loss: ((values['loss']?.data[0] ?? Number.NaN) * slots) / Math.max(1, targets),
      positionsPerSecond: this.#sent / seconds,
      secondsLeft: (seconds * (1 - share)) / share,
    };
  }

  /** Leaves out milliseconds that were not spent on training. */
  pause(milliseconds: number): void {
    this.#paused += milliseconds;
  }

  /** What the epoch has taken so far, before a resume included. */
  seconds(): number {
    return this.#options.earlierSeconds + this.#secondsHere();
  }

  /** Where the run stands. */
  state(): RunState {
    const { step, globalStep } = this.#start;
    return {
      ...this.#start,
      step: this.#steps,
      globalStep: globalStep + this.#steps - step,
      lossSums: { ...this.#sums },
      targets: this.#trained,
    };
  }

  /** Of an epoch whose steps are all done: its state and its totals. */
  complete(): { readonly state: RunState; readonly totals: EpochTotals } {
    const seconds = this.seconds();
    if (Number.isNaN(this.#trained)) this.#trained = this.#options.targets;
    const trained = this.#trained;
    return {
      state: this.state(),
      totals: {
        epoch: this.#start.epoch + 1,
        losses: Object.fromEntries(Object.entries(this.#sums).map(([name, sum]) => [name, sum / trained])),
        seconds,
        positionsPerSecond: trained / seconds,
      },
    };
  }

  #secondsHere(): number {
    return (this.#now() - this.#begun - this.#paused) / 1000;
  }
}
