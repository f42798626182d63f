// The next item: every position predicts the item behind it (all positions of a sequence at once, or one row per prefix), by
// softmax over all items or against one sampled negative.
import { add, gather, input, mul, randomInts, streamId, type Tensor } from '@difsr/graph';
import { itemLoss, pairwiseLoss, type Scope } from '@difsr/nn';
import type { AuxiliaryLoss, Encoding, ModelInstance } from '../definition.js';
import { classBias } from '../item-table.js';
import { scoring } from '../scoring.js';
import {
  integers,
  itemsInput,
  type Draw,
  type Objective,
  type ObjectiveBatch,
  type ObjectiveLoss,
  type Windows,
} from './objective.js';

/**
 * Next item. Inputs: `items` int32 [batch, length], `targetPositions` int32 [targets] (row * length + column), `targetItems`
 * int32 [targets], `weights` [targets]; with the pairwise loss also `negativeItems` int32 [targets].
 */
export const nextItem: Objective = {
  name: 'next-item',
  forms: ['all-positions', 'prefix'],
  spare: 0,
  extraItems: 0,
  inputsPerStep: (slots) => slots,
  loss: (model, scope) => {
    const encoding = model.build(scope, itemsInput(model));
    const targets = input('targetItems', ['targets'], 'int32');
    const weights = input('weights', ['targets']);
    const reached = gather(encoding.hidden, input('targetPositions', ['targets'], 'int32'), 2); // [targets, d]
    return withAuxiliary(itemLossOf(model, scope, encoding, reached, targets, weights), encoding.auxiliary, {
      reached,
      targets,
      weights,
    });
  },
  batch: nextItemBatch,
  query: (_, items) => items,
};

/** The loss of some targets, as the model's configuration has it. */
export function itemLossOf(
  { config, schema }: ModelInstance,
  scope: Scope,
  encoding: Encoding,
  reached: Tensor,
  targets: Tensor,
  weights: Tensor,
): Tensor {
  const { hidden, table } = scoring(encoding, reached, classBias(scope, schema, config));
  if (config.loss !== 'pairwise') return itemLoss(hidden, table, targets, weights, config.paddingClass ?? false);
  const negatives = input('negativeItems', ['targets'], 'int32');
  return pairwiseLoss(hidden, gather(table, targets), gather(table, negatives), weights);
}

/** Adds what trains beside the item loss. */
export function withAuxiliary(
  item: Tensor,
  auxiliary: readonly AuxiliaryLoss[] | undefined,
  at: { readonly reached: Tensor; readonly targets: Tensor; readonly weights: Tensor },
): ObjectiveLoss {
  const parts: Record<string, Tensor> = { 'loss.item': item };
  let loss = item;
  for (const { name, factor, loss: own } of auxiliary ?? []) {
    const value = own(at.reached, at.targets, at.weights);
    parts[`loss.${name}`] = value;
    loss = add(loss, mul(value, factor));
  }
  return { loss, parts };
}

// An index with `!` is in range by construction.
function nextItemBatch(model: ModelInstance, windows: Windows, draw: Draw): ObjectiveBatch {
  const { length, slots, starts, inputs, targets: perRow } = windows;
  const rows = starts.length;
  const items = new Int32Array(rows * length);
  const targetPositions = new Int32Array(slots);
  const targetItems = new Int32Array(slots).fill(1); // a valid id in unused slots
  const weights = new Float32Array(slots);
  let slot = 0;
  for (let row = 0; row < rows; row++) {
    const [begin, count] = [starts[row]!, inputs[row]!];
    items.set(windows.items.subarray(begin, begin + count), row * length);
    for (let column = count - perRow[row]!; column < count; column++, slot++) {
      targetPositions[slot] = row * length + column;
      targetItems[slot] = windows.items[begin + column + 1]!;
    }
  }
  weights.fill(1 / slots, 0, slot);
  return {
    feeds: {
      items: integers(items, [rows, length]),
      targetPositions: integers(targetPositions, [slots]),
      targetItems: integers(targetItems, [slots]),
      weights: { dtype: 'float32', shape: [slots], data: weights },
      ...(model.config.loss === 'pairwise'
        ? { negativeItems: integers(sampleNegatives(targetItems, model.schema.items, draw), [slots]) }
        : {}),
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

/** One item per target, uniform over all other items. */
function sampleNegatives(targets: Int32Array, items: number, { seed, step }: Draw): Int32Array {
  const drawn = randomInts({ seed, step, stream: streamId('negatives') }, targets.length, Math.max(1, items - 1));
  return drawn.map((value, i) => (value + 1 >= (targets[i] ?? 0) ? Math.min(value + 2, items) : value + 1));
}
