// Epoch plans: which windows form which training step, as a pure function of (sequences, seed, epoch). Every target of
// every user is in exactly one step with the weight 1 / targetsPerStep, whatever the buckets. Batches are built on demand,
// in any order, so that a run resumes inside an epoch by asking for a later step.
// An index with `!` is in range by construction.
import { permutation, streamId } from '@difsr/graph';
import { chooseBuckets } from './buckets.js';
import { prefixWindows, SamplerError, trainingWindows } from './windows.js';

export { SamplerError } from './windows.js';

/** Rows of item ids in compressed form: sequence s is `items[offsets[s] .. offsets[s + 1])`, oldest first (as in @difsr/data). */
export interface Sequences {
  readonly offsets: Int32Array;
  readonly items: Int32Array;
}

/** `all-positions`: a loss at every position of a window. `prefix`: the reference's rows, a loss at the last position only. */
export type BatchForm = 'all-positions' | 'prefix';

/** What {@link planEpoch} cuts into steps, and how. */
export interface EpochOptions {
  readonly sequences: Sequences;
  /** Longest input row. */
  readonly maxLength: number;
  /** Target slots of a step, all used but for a few; at least `maxLength` in the form `all-positions`. */
  readonly targetsPerStep: number;
  readonly seed: number;
  /** Counted from 0. */
  readonly epoch: number;
  readonly form: BatchForm;
  /** Most row lengths in use (default 10). The form `prefix` has one: `maxLength`. */
  readonly maxBuckets?: number;
}

/** The inputs of one training step. Rows start at column 0 and are padded with 0 on the right. */
export interface TrainingBatch {
  readonly rows: number;
  readonly length: number;
  /** `[rows * length]` item ids, 0 = padding. */
  readonly items: Int32Array;
  /** `[rows]` items per row. */
  readonly lengths: Int32Array;
  /** `[targetsPerStep]` flat input position, row * length + column, whose next item is the target; 0 in unused slots. */
  readonly targetPositions: Int32Array;
  /** `[targetsPerStep]` the item to predict; 1, a valid id, in unused slots. */
  readonly targetItems: Int32Array;
  /** `[targetsPerStep]` 1 / targetsPerStep per target, 0 in unused slots. */
  readonly weights: Float32Array;
  /** Slots in use: the first `realTargets`. */
  readonly realTargets: number;
}

/** The steps of one epoch. */
export interface EpochPlan {
  readonly steps: number;
  /** Targets of the whole epoch. */
  readonly targets: number;
  /** Row lengths in use, ascending. */
  readonly bucketLengths: readonly number[];
  /** Builds the batch of a step in [0, steps): fresh arrays, equal at every call. Throws SamplerError out of range. */
  batch(step: number): TrainingBatch;
}

/** Windows of all users as columns: one number each instead of an object each. */
interface WindowTable {
  readonly count: number;
  /** Index of the window's first input in `sequences.items`. */
  readonly begin: Int32Array;
  /** Inputs of the window. */
  readonly length: Int32Array;
  /** Targets of the window: its last inputs are the ones that have one. */
  readonly targets: Int32Array;
}

/** The windows of one step, by number, and the length of its rows. */
interface StepPlan {
  readonly length: number;
  readonly windows: readonly number[];
}

const DEFAULT_BUCKETS = 10;
/** Rows of a step hold at most this many positions per target slot: overlapping windows have fewer targets than inputs. */
const POSITIONS_PER_TARGET = 2;
/** How many of the following windows are tried for the slots that the next one is too long for. */
const LOOK_AHEAD = 64;

/**
 * Plans one epoch. Windows are shuffled within their length bucket; a bucket fills whole steps; what is left over moves up
 * into the next longer bucket, so that only the last step of the last one is not full; then the steps are shuffled.
 * @throws SamplerError for sizes that cannot work and for sequences without a single target.
 * @example
 * const plan = planEpoch({ sequences, maxLength: 50, targetsPerStep: 2048, seed: 1, epoch: 0, form: 'all-positions' });
 * for (let step = 0; step < plan.steps; step++) train(plan.batch(step));
 */
export function planEpoch(options: EpochOptions): EpochPlan {
  const { sequences, targetsPerStep, form } = options;
  checkOptions(options);
  const table = cutAll(options);
  const targets = sum(table.targets);
  if (targets === 0) {
    const users = sequences.offsets.length - 1;
    throw new SamplerError(
      `None of the ${users} sequences has two items, so there is nothing to train. Cure: loosen the filter or check the user column.`,
    );
  }
  const bucketLengths = form === 'prefix' ? [options.maxLength] : bucketsOf(table, options);
  const steps = fillSteps(table, bucketLengths, options);
  const order = permutation(
    { seed: options.seed, step: options.epoch, stream: streamId('sampler.steps') },
    steps.length,
  );
  return {
    steps: steps.length,
    targets,
    bucketLengths,
    batch(step: number): TrainingBatch {
      const plan = steps[order[step] ?? -1];
      if (plan === undefined) {
        throw new SamplerError(
          `This epoch has the steps 0 to ${steps.length - 1}, got ${step}. Cure: plan the next epoch.`,
        );
      }
      return buildBatch(plan, table, sequences, targetsPerStep);
    },
  };
}

function checkOptions({ maxLength, targetsPerStep, form, epoch, maxBuckets = DEFAULT_BUCKETS }: EpochOptions): void {
  const least = form === 'prefix' ? 1 : maxLength;
  if (!Number.isInteger(targetsPerStep) || targetsPerStep < least) {
    throw new SamplerError(
      `targetsPerStep is a whole number of at least ${least}${least > 1 ? ' (maxLength: a window is never split)' : ''}, ` +
        `got ${targetsPerStep}. Cure: raise targetsPerStep or lower maxLength.`,
    );
  }
  if (!Number.isInteger(maxBuckets) || maxBuckets < 1) {
    throw new SamplerError(`maxBuckets is a whole number of at least 1, got ${maxBuckets}. Cure: leave it out.`);
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new SamplerError(`epoch is a whole number of at least 0, got ${epoch}. Cure: count epochs from 0.`);
  }
}

function cutAll({ sequences, maxLength, form }: EpochOptions): WindowTable {
  const { offsets, items } = sequences;
  const cut = form === 'prefix' ? prefixWindows : trainingWindows;
  // A window has at least one target, so there are fewer windows than items.
  const begin = new Int32Array(items.length);
  const length = new Int32Array(items.length);
  const targets = new Int32Array(items.length);
  let count = 0;
  for (let user = 0; user + 1 < offsets.length; user++) {
    const first = offsets[user] ?? 0;
    for (const window of cut((offsets[user + 1] ?? 0) - first, maxLength)) {
      begin[count] = first + window.start;
      length[count] = window.end - window.start;
      targets[count] = window.end - window.firstTarget + 1;
      count++;
    }
  }
  return { count, begin: begin.slice(0, count), length: length.slice(0, count), targets: targets.slice(0, count) };
}

function bucketsOf({ count, length }: WindowTable, options: EpochOptions): number[] {
  const histogram = new Float64Array(options.maxLength + 1);
  for (let w = 0; w < count; w++) histogram[length[w]!] = (histogram[length[w]!] ?? 0) + 1;
  return chooseBuckets(histogram, {
    maxBuckets: options.maxBuckets ?? DEFAULT_BUCKETS,
    overhead: options.targetsPerStep / 4, // about half a step is left over, and padded by about half in the next bucket
  });
}

function fillSteps(table: WindowTable, bucketLengths: readonly number[], options: EpochOptions): StepPlan[] {
  const members: number[][] = bucketLengths.map(() => []);
  const bucketOf = new Int32Array(options.maxLength + 1);
  for (let length = 0, b = 0; length <= options.maxLength; length++) {
    while (b + 1 < bucketLengths.length && length > (bucketLengths[b] ?? 0)) b++;
    bucketOf[length] = b;
  }
  for (let w = 0; w < table.count; w++) members[bucketOf[table.length[w]!]!]?.push(w);

  const steps: StepPlan[] = [];
  let leftOver: number[] = [];
  bucketLengths.forEach((length, b) => {
    const candidates = [...(members[b] ?? []), ...leftOver];
    const key = { seed: options.seed, step: options.epoch, stream: streamId(`sampler.bucket.${b}`) };
    const queue = permutation(key, candidates.length).map((i) => candidates[i] ?? 0);
    leftOver = [];
    for (let next = 0; next < queue.length;) {
      const group = takeGroup(queue, next, length, table, options);
      next += group.length;
      // The group that took all the rest may have room for more: the next bucket tries again.
      if (next < queue.length || b === bucketLengths.length - 1) steps.push({ length, windows: group });
      else leftOver = group;
    }
  });
  return steps;
}

/** Takes windows from `queue[next ..]` until the target slots or the positions of a step are used up, at least one. */
function takeGroup(
  queue: Int32Array,
  next: number,
  length: number,
  table: WindowTable,
  options: EpochOptions,
): number[] {
  const { targetsPerStep, form } = options;
  const maxRows =
    form === 'prefix' ? Infinity : Math.max(1, Math.floor((POSITIONS_PER_TARGET * targetsPerStep) / length));
  const group: number[] = [];
  let room = targetsPerStep;
  for (let at = next; at < queue.length && group.length < maxRows && room > 0; at++) {
    const last = Math.min(queue.length, at + LOOK_AHEAD);
    let found = at;
    while (found < last && table.targets[queue[found]!]! > room) found++;
    if (found === last) break;
    const window = queue[found]!;
    queue[found] = queue[at]!; // the one that did not fit waits for the next step
    queue[at] = window;
    group.push(window);
    room -= table.targets[window]!;
  }
  return group;
}

function buildBatch(plan: StepPlan, table: WindowTable, sequences: Sequences, slots: number): TrainingBatch {
  const { length, windows } = plan;
  const rows = windows.length;
  const items = new Int32Array(rows * length);
  const lengths = new Int32Array(rows);
  const targetPositions = new Int32Array(slots);
  const targetItems = new Int32Array(slots).fill(1);
  const weights = new Float32Array(slots);
  let slot = 0;
  windows.forEach((window, row) => {
    const begin = table.begin[window]!;
    const inputs = table.length[window]!;
    items.set(sequences.items.subarray(begin, begin + inputs), row * length);
    lengths[row] = inputs;
    for (let column = inputs - table.targets[window]!; column < inputs; column++, slot++) {
      targetPositions[slot] = row * length + column;
      targetItems[slot] = sequences.items[begin + column + 1]!;
    }
  });
  weights.fill(1 / slots, 0, slot);
  return { rows, length, items, lengths, targetPositions, targetItems, weights, realTargets: slot };
}

function sum(array: Int32Array): number {
  return array.reduce((total, entry) => total + entry, 0);
}
