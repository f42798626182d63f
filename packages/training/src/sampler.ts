// Epoch plans: which windows form which training step, as a pure function of (sequences, seed, epoch). Every target of
// every user is in exactly one step with the weight 1 / slots of a step, whatever the buckets. Batches are built on demand,
// in any order, so that a run resumes inside an epoch by asking for a later step.
// An index with `!` is in range by construction.
import type { SequenceStore } from '@difsr/data';
import { type Plan, planSteps, type PlanOptions } from './plan.js';

export { SamplerError } from './windows.js';
export type { BatchForm, PlanOptions } from './plan.js';

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
}

/** The inputs of one training step. Rows start at column 0 and are padded with 0 on the right. */
export interface TrainingBatch {
  readonly rows: number;
  readonly length: number;
  /** `[rows * length]` item ids, 0 = padding. */
  readonly items: Int32Array;
  /** `[rows]` items per row. */
  readonly lengths: Int32Array;
  /** `[slots]` flat input position, row * length + column, whose next item is the target; 0 in unused slots. */
  readonly targetPositions: Int32Array;
  /** `[slots]` the item to predict; 1, a valid id, in unused slots. */
  readonly targetItems: Int32Array;
  /** `[slots]` 1 / slots per target, 0 in unused slots. */
  readonly weights: Float32Array;
  /** Slots in use: the first `realTargets`. */
  readonly realTargets: number;
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
  /** Builds the batch of a step in [0, steps): fresh arrays, equal at every call. Throws SamplerError out of range. */
  batch(step: number): TrainingBatch;
}

/** The steps of one epoch over sequences that are read when they are needed. */
export interface StoredEpochPlan extends Omit<EpochPlan, 'batch'> {
  /**
   * Reads and builds the batch of a step in [0, steps): fresh arrays, equal at every call.
   * @throws SamplerError out of range; DataError where the sequences cannot be read.
   */
  batch(step: number): Promise<TrainingBatch>;
}

/**
 * Plans one epoch. Windows are shuffled within their length bucket; a bucket fills whole steps; what is left over moves up
 * into the next longer bucket, so that only the last step of the last one is not full; then the steps are shuffled.
 * @throws SamplerError for sizes that cannot work and for sequences without a single target.
 * @example
 * const plan = planEpoch({ sequences, maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'all-positions' });
 * for (let step = 0; step < plan.steps; step++) train(plan.batch(step));
 */
export function planEpoch(options: EpochOptions): EpochPlan {
  const { offsets, items } = options.sequences;
  const plan = planSteps({ begins: offsets.subarray(0, -1), ends: offsets.subarray(1) }, options);
  const { steps, targets, slots, bucketLengths, table } = plan;
  return {
    steps,
    targets,
    slots,
    bucketLengths,
    batch: (step) => {
      const { windows } = plan.step(step);
      const starts = Array.from(windows, (window) => table.begin[window]!);
      return buildBatch(plan, step, items, starts);
    },
  };
}

/**
 * The same plan over sequences that may lie on disk: equal sequences give equal batches, wherever they are.
 * @throws SamplerError as {@link planEpoch}.
 * @example
 * const plan = planStoredEpoch({ store: sequenceStore(dataset), maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'prefix' });
 * for (let step = 0; step < plan.steps; step++) train(await plan.batch(step));
 */
export function planStoredEpoch(options: StoredEpochOptions): StoredEpochPlan {
  const { store } = options;
  const plan = planSteps(store.split.train, options);
  const { steps, targets, slots, bucketLengths, table } = plan;
  return {
    steps,
    targets,
    slots,
    bucketLengths,
    batch: async (step) => {
      const { windows } = plan.step(step);
      const begins = Array.from(windows, (window) => table.begin[window]!);
      // The item behind the last input is its target.
      const lengths = Array.from(windows, (window) => table.length[window]! + 1);
      const items = await store.read(begins, lengths);
      let at = 0;
      const starts = lengths.map((length) => (at += length) - length);
      return buildBatch(plan, step, items, starts);
    },
  };
}

/** The batch of a step; row r has its first input at `items[starts[r]]`. */
function buildBatch(plan: Plan, step: number, source: Int32Array, starts: readonly number[]): TrainingBatch {
  const { table, slots } = plan;
  const { length, windows } = plan.step(step);
  const rows = windows.length;
  const items = new Int32Array(rows * length);
  const lengths = new Int32Array(rows);
  const targetPositions = new Int32Array(slots);
  const targetItems = new Int32Array(slots).fill(1);
  const weights = new Float32Array(slots);
  let slot = 0;
  windows.forEach((window, row) => {
    const begin = starts[row]!;
    const inputs = table.length[window]!;
    items.set(source.subarray(begin, begin + inputs), row * length);
    lengths[row] = inputs;
    for (let column = inputs - table.targets[window]!; column < inputs; column++, slot++) {
      targetPositions[slot] = row * length + column;
      targetItems[slot] = source[begin + column + 1]!;
    }
  });
  weights.fill(1 / slots, 0, slot);
  return { rows, length, items, lengths, targetPositions, targetItems, weights, realTargets: slot };
}
