// Items that a history has already: one learned number on their scores, whatever the item. Where nobody takes anything twice it does what
// leaving them out does; where people come back for the same it recommends them again.
import { text, setting } from '@difsr/errors';
import { cast, equal, expandDims, less, reduceSum, type HostTensor, type Tensor } from '@difsr/graph';
import type { Scope } from '@difsr/nn';
import type { CommonConfig } from './model.js';
import { ModelConfigError } from './model-error.js';
import { integers, type Objective } from './objectives/objective.js';
import { lossOf } from './losses.js';

/** @throws ModelConfigError where a model is trained for something that has no place for it. */
export function requireSeenFits(config: CommonConfig, { name }: Pick<Objective, 'name'>): void {
  if (config.seenBias !== true) return;
  const loss = lossOf(config).name;
  if (loss !== 'cross-entropy')
    throw new ModelConfigError({
      what: text`the loss ${loss} compares a target with a sample of items, and does not see which of all were seen`,
      option: 'model.seenBias',
      cure: text`leave ${setting('model.seenBias')} out, or choose ${setting('model.loss', 'cross-entropy')}`,
    });
  if (name === 'masked-item')
    throw new ModelConfigError({
      what: 'a masked item stands between others: what of them was seen before it is not said',
      option: 'model.seenBias',
      cure: text`leave ${setting('model.seenBias')} out, or take a model that predicts the next item`,
    });
}

/** The number, 0 at first: `[1]`. */
export function declareSeenBias(scope: Scope): Tensor {
  return scope.child('seen').parameter('bias', [1], { kind: 'zeros' }, { decay: false });
}

/** Whether rows have some items, as 0 or 1: `items` int32 [batch, length], `candidates` int32 [batch, n] -> [batch, n]. */
export function isSeen(items: Tensor, candidates: Tensor): Tensor {
  const same = cast(equal(expandDims(candidates, 2), expandDims(items, 1)), 'float32');
  return cast(less(0, reduceSum(same, [2])), 'float32');
}

/**
 * The input `seenItems`, int32 [slots, length]: the items of each target's row up to the place that predicts it, each once, 0 behind them.
 *
 * @param items Rows of `length` places. @param positions Of the targets, `row * length + column`. @param used Targets; slots behind them have none.
 */
export function seenFeed(
  items: Int32Array,
  positions: Int32Array,
  used: number,
  length: number,
): { readonly seenItems: HostTensor } {
  const data = new Int32Array(positions.length * length);
  let [row, upTo] = [-1, -1];
  let distinct = new Set<number>();
  for (let slot = 0; slot < used; slot++) {
    const position = positions[slot] ?? 0;
    const begin = position - (position % length);
    // Targets of a row follow each other: what the place before has seen is seen here, too.
    if (begin !== row || position < upTo) [row, upTo, distinct] = [begin, begin, new Set()];
    for (; upTo <= position; upTo++) distinct.add(items[upTo] ?? 0);
    distinct.delete(0);
    let at = slot * length;
    for (const item of distinct) data[at++] = item;
  }
  return { seenItems: integers(data, [positions.length, length]) };
}
