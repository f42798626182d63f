// The next item: every position predicts the item behind it (all positions of a sequence at once, or one row per prefix), by
// softmax over all items or against sampled negatives.
import type { TraceableModel } from '../model.js';
import {
  integers,
  TARGET_SLOTS,
  windowFeeds,
  type Draw,
  type Objective,
  type ObjectiveBatch,
  type Windows,
} from './objective.js';
import { negativeFeeds } from './negatives.js';
import { RunError } from '../run-error.js';
import { seenFeed } from '../seen.js';
import { lossOfTargets } from './target-loss.js';

/** Next item. Its inputs are those of `lossOfTargets` (target-loss.ts). */
export const nextItem: Objective = {
  name: 'next-item',
  forms: ['all-positions', 'prefix'],
  spare: 0,
  extraItems: 0,
  places: TARGET_SLOTS,
  inputsPerStep: (slots) => slots,
  loss: lossOfTargets,
  batch: nextItemBatch,
  query: (_, inputs) => inputs,
};

// An index with `!` is in range by construction.
function nextItemBatch(model: TraceableModel, windows: Windows, draw: Draw): ObjectiveBatch {
  const { length, slots, starts, inputs, targets: perRow } = windows;
  const rows = starts.length;
  const items = new Int32Array(rows * length);
  const targetPositions = new Int32Array(slots);
  const targetItems = new Int32Array(slots).fill(1); // a valid id in unused slots
  const weights = new Float32Array(slots);
  const rowOf = new Int32Array(slots);
  let slot = 0;
  for (let row = 0; row < rows; row++) {
    const [begin, count] = [starts[row]!, inputs[row]!];
    items.set(windows.items.subarray(begin, begin + count), row * length);
    for (let column = count - perRow[row]!; column < count; column++, slot++) {
      targetPositions[slot] = row * length + column;
      targetItems[slot] = windows.items[begin + column + 1]!;
      rowOf[slot] = row;
    }
  }
  weights.fill(1 / slots, 0, slot);
  return {
    feeds: {
      items: integers(items, [rows, length]),
      ...windowFeeds(model, windows, length, (row) => inputs[row]!),
      targetPositions: integers(targetPositions, [slots]),
      targetItems: integers(targetItems, [slots]),
      weights: { dtype: 'float32', shape: [slots], data: weights },
      ...(model.config.seenBias === true ? seenFeed(items, targetPositions, slot, length) : {}),
      ...softFeed(windows, slots),
      ...negativeFeeds(model, windows, { items: targetItems, used: slot, rowOf: (own) => rowOf[own]! }, draw),
    },
    sizes: new Map([
      ['batch', rows],
      ['length', length],
      ['targets', slots],
    ]),
    targets: slot,
    slots,
  };
}

/**
 * Which interactions the targets of some windows are, by their places among all, in the order of target slots.
 *
 * @throws RunError for windows that do not say where their rows begin
 */
export function targetInteractions({ begins, inputs, targets }: Windows): number[] {
  return Array.from(inputs).flatMap((count, row) => {
    const begin = begins?.[row];
    if (begin === undefined) throw new RunError('these windows do not say where their rows begin');
    const own = targets[row]!;
    return Array.from({ length: own }, (_, i) => begin + count - own + i + 1);
  });
}

/** The input `softItems` int32 [slots, draws]; slots without a target have any item. */
function softFeed(windows: Windows, slots: number): { readonly softItems?: ReturnType<typeof integers> } {
  const { soft } = windows;
  if (soft === undefined) return {};
  const items = new Int32Array(slots * soft.draws).fill(1);
  targetInteractions(windows).forEach((interaction, slot) => items.set(soft.of(interaction), slot * soft.draws));
  return { softItems: integers(items, [slots, soft.draws]) };
}
