// What a model is trained for, and how it is asked afterwards: loss, batch form, draws and the input at inference belong
// together. The training loop, evaluation, recommending and export know this interface and no objective by name.
import { RunError } from '../run-error.js';
import { bindShape, streamId, type Feeds, type HostTensor, type Tensor } from '@difsr/graph';
import type { MaskSpec, Scope } from '@difsr/nn';
import type { ModelInputs, TraceableModel } from '../model.js';
import type { ItemLaw } from './item-law.js';
import { encodedWidth, inputName, noValues, valuesTensor, type SideValues } from '../inputs.js';

/** One row per sequence with several targets, or one row per target. */
export type BatchForm = 'all-positions' | 'prefix';

/** Consecutive items of some sequences, a row each, as they were read: what is input and what target is the objective's. */
export interface Windows {
  /** Columns that the rows of this step have at most. */
  readonly length: number;
  /** Row r: `inputs[r]` items from `items[starts[r]]` on, oldest first, and one more, which comes next. */
  readonly items: Int32Array;
  readonly starts: Int32Array;
  readonly inputs: Int32Array;
  /** The last so many inputs of a row are new in this epoch; those before them are there as context. */
  readonly targets: Int32Array;
  /** Target slots that the step has. */
  readonly slots: number;
  /** What the model reads of each interaction beside its item: aligned with `items`. */
  readonly events?: readonly SideValues[];
  /** What it reads of the user of each row. */
  readonly users?: readonly SideValues[];
  /** Where the first input of each row stands among all interactions. */
  readonly begins?: readonly number[];
  /** Of a training that learns from others: items that they would have at the place of an interaction. */
  readonly soft?: SoftTargets;
}

/** Items drawn from what teachers predict, as many for each interaction that is a target. */
export interface SoftTargets {
  readonly draws: number;
  /** Those of an interaction, by its place among all. */
  readonly of: (interaction: number) => Int32Array;
}

/** What a loss is traced with beside the model. */
export interface LossExtras {
  /** Share of the loss that goes by soft targets, and how many there are of each target. */
  readonly soft?: { readonly weight: number; readonly draws: number };
}

/** What everything that is drawn for one step is a function of. */
export interface Draw {
  readonly seed: number;
  /** Optimizer steps before this one, over all epochs. */
  readonly step: number;
  /** Items by their training interactions, for negatives by popularity. */
  readonly popularity?: () => ItemLaw;
}

/** The inputs of one step. */
export interface ObjectiveBatch {
  readonly feeds: Feeds;
  /** Sizes of the symbols, for the dropout masks. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Targets that weigh something. */
  readonly targets: number;
  /** Target slots; each target weighs 1 / slots. */
  readonly slots: number;
}

/** The traced loss. */
export interface ObjectiveLoss {
  /** Scalar: item loss + sum of factor * auxiliary loss. */
  readonly loss: Tensor;
  /** `loss.item`, `loss.attribute.FIELD`: unweighted parts. */
  readonly parts: Readonly<Record<string, Tensor>>;
  /** Where something is lost over parameters, whatever the targets: the loss without that, and the parts that are of it. */
  readonly ofTargets?: { readonly loss: Tensor; readonly others: readonly string[] };
}

/** The inputs of the slots along an axis. */
export interface SlotInputs {
  /** Where the slots are: `row * length + column`. */
  readonly positions: readonly string[];
  /** What they weigh. */
  readonly weights: string;
}

/** The slots of an objective that has nothing but targets. */
export const TARGET_SLOTS: Objective['places'] = { targets: { positions: ['targetPositions'], weights: 'weights' } };

/** See the head of the module. */
export interface Objective {
  readonly name: string;
  /** The batch forms that it can be trained in. */
  readonly forms: readonly BatchForm[];
  /** Columns behind a history that it fills when it asks for what comes next, such as one for [MASK]. */
  readonly spare: number;
  /** Rows of the item table behind the items that it needs, such as one for [MASK]. */
  readonly extraItems: number;
  /** Inputs that a step of so many target slots takes. */
  readonly inputsPerStep: (slots: number) => number;
  /** Slots of a batch by their axis, for who deals rows out to several workers. */
  readonly places: Readonly<Record<string, SlotInputs>>;
  /** Rows come in so many kinds, row r of each kind (`kind * rows + r`) for one sequence: they stay together. Default 1. */
  readonly rowKinds?: number;
  /** Traces the model and its loss on inputs that {@link batch} feeds. */
  readonly loss: (model: TraceableModel, scope: Scope, extras?: LossExtras) => ObjectiveLoss;
  /** The inputs of a step: a pure function of its windows and of what it is drawn by. */
  readonly batch: (model: TraceableModel, windows: Windows, draw: Draw) => ObjectiveBatch;
  /** Histories padded with 0 on the right, as what the model is asked; of the same shapes. */
  readonly query: (model: TraceableModel, inputs: ModelInputs) => ModelInputs;
}

/** An int32 tensor around `data`. */
export const integers = (data: Int32Array, shape: readonly number[]): HostTensor => ({ dtype: 'int32', shape, data });

/** The dropout masks of a step, described. */
export function maskFeeds(masks: readonly MaskSpec[], sizes: ReadonlyMap<string, number>, { seed, step }: Draw): Feeds {
  return Object.fromEntries(
    masks.map(({ name, shape, rate }) => [
      name,
      { mask: { seed, step, stream: streamId(name) }, rate, shape: bindShape(shape, sizes) },
    ]),
  );
}

/** Where the interactions of rows begin, and what is known of them. */
export interface SideWindows extends Pick<Windows, 'starts' | 'events' | 'users'> {
  /** That values are aligned with. */
  readonly interactions: number;
}

/**
 * What is fed beside items, of windows as they were read.
 *
 * @param count Interactions of a row that are laid out.
 * @param hidden Places (row * length + column) whose events are not shown.
 * @throws RunError where the windows lack values that the model reads, or values are not aligned with items.
 */
export function windowFeeds(
  { reads }: Pick<TraceableModel, 'reads'>,
  windows: Windows,
  length: number,
  count: (row: number) => number,
  hidden: readonly number[] = [],
): Feeds {
  const given = new Set([...(windows.events ?? []), ...(windows.users ?? [])].map(({ field }) => inputName(field)));
  const lacking = [...reads.events, ...reads.users].find((field) => !given.has(inputName(field)));
  if (lacking !== undefined)
    throw new RunError({
      what: `the model reads "${lacking.name}", and the windows hold no values of it`,
      cure: 'plan the epoch with planStoredEpoch({ store, sides: sideReader(dataset, store, model.reads), .. })',
    });
  return sideFeeds({ ...windows, interactions: windows.items.length }, length, count, hidden);
}

/**
 * What is fed beside items: the values of the first interactions of each window, in rows of `length` places, and those of its user.
 *
 * @param count Interactions of a row that are laid out.
 * @param hidden Places (row * length + column) whose events are not shown.
 */
export function sideFeeds(
  { interactions, starts, events = [], users = [] }: SideWindows,
  length: number,
  count: (row: number) => number,
  hidden: readonly number[] = [],
): Feeds {
  const rows = starts.length;
  const feeds: Record<string, HostTensor> = {};
  for (const { field, data } of events) {
    const width = encodedWidth(field);
    if (data.length !== interactions * width)
      throw new RunError({
        what: `the values of "${field.name}" are ${data.length} numbers for ${interactions} interactions of ${width}`,
        cure: 'align them with items',
      });
    const laid = noValues(field, rows * length);
    starts.forEach((start, row) =>
      laid.set(data.subarray(start * width, (start + count(row)) * width), row * length * width),
    );
    for (const place of hidden) laid.fill(0, place * width, (place + 1) * width);
    feeds[inputName(field)] = valuesTensor(field, laid, [rows, length]);
  }
  for (const { field, data } of users) feeds[inputName(field)] = valuesTensor(field, data, [rows]);
  return feeds;
}
