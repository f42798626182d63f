// Epoch plans: which windows form which training step, as a pure function of (sequences, seed, epoch). Every target of
// every user is in exactly one step, whatever the buckets. Windows are read on demand, in any order, so that a run resumes
// inside an epoch by asking for a later step; what is made of them is the objective's.
// An index with `!` is in range by construction.
import { given, needed, option } from '@difsr/errors';
import type { SequenceStore } from '@difsr/data';
import type { SoftTargets, Windows } from '@difsr/models';
import { checkPlan, type Plan, planSteps, type PlanOptions } from './plan.js';
import type { SideReader } from '../side/side-reader.js';

export { SamplerError } from './windows.js';
export type { PlanOptions } from './plan.js';

/** Rows of item ids in compressed form: sequence s is `items[offsets[s] .. offsets[s + 1])`, oldest first (as in @difsr/data). */
export interface Sequences {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

/** What {@link planEpoch} cuts into steps, and how. */
export interface EpochOptions extends PlanOptions {
  readonly sequences: Sequences;
}

/** What {@link planStoredEpoch} cuts into steps, and how. */
export interface StoredEpochOptions extends PlanOptions {
  /** Sequences in memory or on disk; its training sequences are cut. */
  readonly store: SequenceStore;
  /** Reads what the model is fed beside items, where it is. */
  readonly sides?: SideReader | undefined;
  /** Of a training that learns from others. */
  readonly soft?: SoftTargets | undefined;
}

/** The steps of one epoch. */
export interface EpochPlan {
  readonly steps: number;
  /** Targets of the whole epoch. */
  readonly targets: number;
  /** Target slots of a step: `targetsPerStep`, but never more than the targets there are. */
  readonly slots: number;
  /** Row lengths in use, ascending. */
  readonly bucketLengths: readonly number[];
  /** The windows of a step in [0, steps), equal at every call. Throws SamplerError out of range. */
  windows(step: number): Windows;
}

/** The steps of one epoch over sequences that are read when they are needed. */
export interface StoredEpochPlan extends Omit<EpochPlan, 'windows'> {
  /**
   * Reads the windows of a step in [0, steps), equal at every call.
   * @throws SamplerError out of range; DataError where the sequences cannot be read.
   */
  windows(step: number): Promise<Windows>;
}

/**
 * Plans one epoch. Windows are shuffled within their length bucket; a bucket fills whole steps; what is left over moves up
 * into the next longer bucket, so that only the last step of the last one is not full; then the steps are shuffled.
 * Its windows are of items alone: for a model that reads more of interactions or users (`model.reads`) take {@link planStoredEpoch} with `sides`.
 * @throws SamplerError for sizes that cannot work, options that it does not know, and sequences without a single target.
 * @example
 * const plan = planEpoch({ sequences, maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'all-positions' });
 * for (let step = 0; step < plan.steps; step++) train(objective.batch(model, plan.windows(step), { seed: 1, step }));
 */
export function planEpoch(options: EpochOptions): EpochPlan {
  checkPlan('planEpoch', options, { sequences: needed(option.given) });
  const { offsets, items } = options.sequences;
  const plan = planSteps({ begins: offsets.subarray(0, -1), ends: offsets.subarray(1) }, options);
  const { steps, targets, slots, bucketLengths, table } = plan;
  return {
    steps,
    targets,
    slots,
    bucketLengths,
    windows: (step) => {
      const { windows } = plan.step(step);
      return windowsOf(
        plan,
        step,
        items,
        Int32Array.from(windows, (window) => table.begin[window]!),
      );
    },
  };
}

/**
 * The same plan over sequences that may lie on disk: equal sequences give equal batches, wherever they are.
 * @throws SamplerError as {@link planEpoch}.
 * @example
 * const plan = planStoredEpoch({ store: sequenceStore(dataset), maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'prefix' });
 * for (let step = 0; step < plan.steps; step++) train(objective.batch(model, await plan.windows(step), { seed: 1, step }));
 * @example
 * // For a model that reads columns of interactions or users.
 * planStoredEpoch({ store, sides: sideReader(dataset, store, model.reads), maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'prefix' });
 */
export function planStoredEpoch(options: StoredEpochOptions): StoredEpochPlan {
  checkPlan('planStoredEpoch', options, { store: needed(option.given), sides: option.given, soft: option.given });
  const { store, sides, soft } = options;
  const plan = planSteps(store.split.train, options);
  const { steps, targets, slots, bucketLengths, table } = plan;
  return {
    steps,
    targets,
    slots,
    bucketLengths,
    windows: async (step) => {
      const { windows } = plan.step(step);
      const begins = Array.from(windows, (window) => table.begin[window]!);
      // The item behind the last input is its target.
      const lengths = Array.from(windows, (window) => table.length[window]! + 1);
      const items = await store.read(begins, lengths);
      let at = 0;
      const starts = Int32Array.from(lengths, (length) => (at += length) - length);
      const read = { ...windowsOf(plan, step, items, starts), begins, ...given({ soft }) };
      if (sides === undefined) return read;
      return { ...read, events: await sides.events(begins, lengths), users: sides.users(begins) };
    },
  };
}

/** The windows of a step; row r has its first input at `items[starts[r]]`. */
function windowsOf(plan: Plan, step: number, items: Int32Array, starts: Int32Array): Windows {
  const { table, slots } = plan;
  const { length, windows } = plan.step(step);
  return {
    length,
    items,
    starts,
    inputs: Int32Array.from(windows, (window) => table.length[window]!),
    targets: Int32Array.from(windows, (window) => table.targets[window]!),
    slots,
  };
}
