// Which windows form which training step, in at most 16 bytes per window: columns of numbers, no object per window or user.
// An index with `!` is in range by construction.
import { checkOptions, needed, option, type OptionRules, setting, text } from '@difsr/errors';
import { positions, type Positions, type SequenceRanges } from '@difsr/data';
import { permutation, streamId } from '@difsr/graph';
import type { BatchForm, ModelInstance } from '@difsr/models';
import { chooseBuckets } from './buckets.js';
import type { TrainingConfig } from '../config.js';
import { eachWindow, SamplerError } from './windows.js';

/** How sequences are cut into steps. */
export interface PlanOptions {
  /** Longest input row. */
  readonly maxLength: number;
  /** Target slots of a step, all used but for a few; at least `maxLength` in the form `all-positions`. An epoch of fewer targets has as many slots as targets. */
  readonly targetsPerStep: number;
  readonly seed: number;
  /** Counted from 0. */
  readonly epoch: number;
  readonly form: BatchForm;
  /** Most row lengths in use (default 10). The form `prefix` has one: `maxLength`. */
  readonly maxBuckets?: number;
}

/** Rules of {@link PlanOptions}; {@link planSteps} says more of sizes. */
const PLAN: OptionRules<PlanOptions> = {
  maxLength: needed(option.given),
  targetsPerStep: needed(option.given),
  seed: needed(option.finite),
  epoch: needed(option.given),
  form: needed(option.oneOf('all-positions', 'prefix')),
  maxBuckets: option.given,
};

/**
 * Checks what a planner takes beside `rules` of its own.
 * @throws SamplerError for options that it does not know, and for values that are none.
 */
export function checkPlan<T extends PlanOptions>(
  where: string,
  options: T,
  rules: OptionRules<Omit<T, keyof PlanOptions>>,
): void {
  checkOptions<object>(where, options, { ...PLAN, ...rules }, SamplerError);
}

/** Windows of all users as columns: one number each instead of an object each. */
export interface WindowTable {
  readonly count: number;
  /** Position of the window's first input. */
  readonly begin: Positions;
  /** Inputs of the window. */
  readonly length: Uint16Array | Int32Array;
  /** Targets of the window: its last inputs are the ones that have one. */
  readonly targets: Uint16Array | Int32Array;
}

/** How a run cuts sequences, whatever the epoch: as its configuration says and the model's objective needs. */
export function planOf(
  { config, objective }: ModelInstance,
  { targetsPerStep, seed, form }: TrainingConfig,
): Omit<PlanOptions, 'epoch'> {
  return {
    maxLength: config.maxLength - objective.spare,
    targetsPerStep: objective.inputsPerStep(targetsPerStep),
    seed,
    form,
  };
}

/** The windows of the steps of one epoch. */
export interface Plan {
  readonly steps: number;
  /** Targets of the whole epoch. */
  readonly targets: number;
  /** Target slots of a step: `targetsPerStep`, but never more than the targets there are. */
  readonly slots: number;
  readonly bucketLengths: readonly number[];
  readonly table: WindowTable;
  /** The windows of a step, by number, and the length of its rows. @throws SamplerError out of range */
  step(step: number): { readonly length: number; readonly windows: Int32Array };
}

const DEFAULT_BUCKETS = 10;
/** Rows of a step hold at most this many positions per target slot: overlapping windows have fewer targets than inputs. */
const POSITIONS_PER_TARGET = 2;
/** How many of the following windows are tried for the slots that the next one is too long for. */
const LOOK_AHEAD = 64;
/** `permutation` counts in 31 bits. */
const MOST_WINDOWS = 2 ** 31 - 1;

/**
 * Plans one epoch over sequences that are ranges of a column.
 * @throws SamplerError for sizes that cannot work and for sequences without a single target.
 */
export function planSteps(sequences: SequenceRanges, options: PlanOptions): Plan {
  checkSizes(options);
  const table = cutAll(sequences, options);
  let targets = 0;
  for (const entry of table.targets) targets += entry;
  if (targets === 0) {
    const users = sequences.begins.length;
    throw new SamplerError({
      what: `None of the ${users} sequences has two items, so there is nothing to train`,
      cure: 'loosen the filter or check the user column',
    });
  }
  const bucketLengths = options.form === 'prefix' ? [options.maxLength] : bucketsOf(table, options);
  const { windows, begins, lengths } = fillSteps(table, bucketLengths, options);
  const key = { seed: options.seed, step: options.epoch, stream: streamId('sampler.steps') };
  const order = permutation(key, begins.length);
  return {
    steps: begins.length,
    targets,
    // Windows are laid out for the slots that were asked for: with fewer, rows would be short where padding is long.
    slots: Math.min(options.targetsPerStep, targets),
    bucketLengths,
    table,
    step: (step) => {
      const place = order[step];
      if (place === undefined) {
        throw new SamplerError({
          what: `This epoch has the steps 0 to ${begins.length - 1}, got ${step}`,
          cure: 'plan the next epoch',
        });
      }
      return {
        length: lengths[place]!,
        windows: windows.subarray(begins[place]!, begins[place + 1] ?? windows.length),
      };
    },
  };
}

function checkSizes({ maxLength, targetsPerStep, form, epoch, maxBuckets = DEFAULT_BUCKETS }: PlanOptions): void {
  const least = form === 'prefix' ? 1 : maxLength;
  if (!Number.isInteger(targetsPerStep) || targetsPerStep < least) {
    throw new SamplerError({
      option: 'targetsPerStep',
      what: text`${setting('targetsPerStep')} is a whole number of at least ${least}${least > 1 ? text` (${setting('maxLength')}: a window is never split)` : ''}, got ${targetsPerStep}`,
      cure: text`raise ${setting('targetsPerStep')} or lower ${setting('maxLength')}`,
    });
  }
  if (!Number.isInteger(maxBuckets) || maxBuckets < 1) {
    throw new SamplerError({
      what: `maxBuckets is a whole number of at least 1, got ${maxBuckets}`,
      cure: 'leave it out',
    });
  }
  if (!Number.isSafeInteger(epoch) || epoch < 0) {
    throw new SamplerError({
      what: `epoch is a whole number of at least 0, got ${epoch}`,
      cure: 'count epochs from 0',
    });
  }
}

/** Cuts twice, the first time to count: columns of the right size from the start need no copy. */
function cutAll({ begins, ends }: SequenceRanges, { maxLength, form }: PlanOptions): WindowTable {
  const users = begins.length;
  let count = 0;
  let highest = 0;
  for (let user = 0; user < users; user++) {
    eachWindow(ends[user]! - begins[user]!, maxLength, form, () => count++);
    highest = Math.max(highest, ends[user]!);
  }
  if (count > MOST_WINDOWS) {
    throw new SamplerError({
      what: `An epoch has at most ${MOST_WINDOWS} windows, these sequences have ${count}`,
      cure: text`a larger ${setting('maxLength')}, or ${setting('training.form', 'all-positions')}`,
    });
  }
  const column = (): Uint16Array | Int32Array => (maxLength < 2 ** 16 ? new Uint16Array(count) : new Int32Array(count));
  const table = { count, begin: positions(count, highest), length: column(), targets: column() };
  let at = 0;
  for (let user = 0; user < users; user++) {
    const first = begins[user]!;
    eachWindow(ends[user]! - first, maxLength, form, (start, end, firstTarget) => {
      table.begin[at] = first + start;
      table.length[at] = end - start;
      table.targets[at] = end - firstTarget + 1;
      at++;
    });
  }
  return table;
}

function bucketsOf({ count, length }: WindowTable, options: PlanOptions): number[] {
  const histogram = new Float64Array(options.maxLength + 1);
  for (let w = 0; w < count; w++) histogram[length[w]!] = (histogram[length[w]!] ?? 0) + 1;
  return chooseBuckets(histogram, {
    maxBuckets: options.maxBuckets ?? DEFAULT_BUCKETS,
    overhead: options.targetsPerStep / 4, // about half a step is left over, and padded by about half in the next bucket
  });
}

/** Steps one after the other: step s has the windows from `begins[s]` to `begins[s + 1]` and rows of `lengths[s]`. */
interface Steps {
  readonly windows: Int32Array;
  readonly begins: readonly number[];
  readonly lengths: readonly number[];
}

/**
 * Shuffles each bucket and cuts it into steps. What the last step of a bucket does not fill moves up into the next one, whose members
 * follow directly behind it: all buckets are shuffled in place, in one array.
 */
function fillSteps(table: WindowTable, bucketLengths: readonly number[], options: PlanOptions): Steps {
  const { windows, starts } = byBucket(table, bucketLengths, options.maxLength);
  const begins: number[] = [];
  const lengths: number[] = [];
  let leftOver = 0;
  bucketLengths.forEach((length, b) => {
    const begin = starts[b]! - leftOver;
    const end = starts[b + 1]!;
    const members = end - starts[b]!;
    const key = { seed: options.seed, step: options.epoch, stream: streamId(`sampler.bucket.${b}`) };
    const shuffled = permutation(key, end - begin);
    // The members come first, then what was left over.
    for (let i = 0; i < shuffled.length; i++) {
      const from = shuffled[i]!;
      shuffled[i] = windows[from < members ? starts[b]! + from : begin + from - members]!;
    }
    windows.set(shuffled, begin);
    const queue = windows.subarray(begin, end);
    leftOver = 0;
    for (let next = 0; next < queue.length;) {
      const size = takeGroup(queue, next, length, table, options);
      // The group that took all the rest may have room for more: the next bucket tries again.
      if (next + size < queue.length || b === bucketLengths.length - 1) {
        begins.push(begin + next);
        lengths.push(length);
      } else leftOver = size;
      next += size;
    }
  });
  return { windows, begins, lengths };
}

/** Window numbers sorted by bucket, ascending within one; bucket b is `[starts[b], starts[b + 1])`. */
function byBucket(
  table: WindowTable,
  bucketLengths: readonly number[],
  maxLength: number,
): { readonly windows: Int32Array; readonly starts: readonly number[] } {
  const bucketOf = new Int32Array(maxLength + 1);
  for (let length = 0, b = 0; length <= maxLength; length++) {
    while (b + 1 < bucketLengths.length && length > (bucketLengths[b] ?? 0)) b++;
    bucketOf[length] = b;
  }
  const starts = Array.from({ length: bucketLengths.length + 1 }, () => 0);
  for (let w = 0; w < table.count; w++) starts[bucketOf[table.length[w]!]! + 1]!++;
  for (let b = 0; b < bucketLengths.length; b++) starts[b + 1]! += starts[b]!;
  const windows = new Int32Array(table.count);
  const next = [...starts];
  for (let w = 0; w < table.count; w++) windows[next[bucketOf[table.length[w]!]!]!++] = w;
  return { windows, starts };
}

/**
 * Takes windows from `queue[next ..]` until the target slots or the positions of a step are used up, at least one. They then stand at the
 * front, from `next` on.
 * @returns how many there are.
 */
function takeGroup(queue: Int32Array, next: number, length: number, table: WindowTable, options: PlanOptions): number {
  const { targetsPerStep, form } = options;
  const maxRows =
    form === 'prefix' ? Infinity : Math.max(1, Math.floor((POSITIONS_PER_TARGET * targetsPerStep) / length));
  let room = targetsPerStep;
  let at = next;
  for (; at < queue.length && at - next < maxRows && room > 0; at++) {
    const last = Math.min(queue.length, at + LOOK_AHEAD);
    let found = at;
    while (found < last && table.targets[queue[found]!]! > room) found++;
    if (found === last) break;
    const window = queue[found]!;
    queue[found] = queue[at]!; // the one that did not fit waits for the next step
    queue[at] = window;
    room -= table.targets[window]!;
  }
  return at - next;
}
