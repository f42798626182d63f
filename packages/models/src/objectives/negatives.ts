// Sampled negatives: items that a loss compares a target with. Every draw is a number of a declared stream that is turned into an item by
// arithmetic; nothing is tried again, so a user who has nearly every item costs as much as any other.
import { fillWords, streamId, type Feeds, type HostTensor } from '@difsr/graph';
import { lossOf } from '../losses.js';
import type { CommonConfig } from '../model.js';
import { RunError } from '../run-error.js';
import { listedLaw, uniformLaw, without, type Drawing, type ItemLaw } from './item-law.js';
import { integers, type Draw, type Windows } from './objective.js';

/** Targets of a step, in their slots; slots behind them are unused. */
export interface SlottedTargets {
  readonly items: Int32Array;
  readonly used: number;
  /** The row of a slot's target. */
  readonly rowOf: (slot: number) => number;
}

/**
 * What a loss that samples is fed; nothing for another: `negativeItems` int32 `[targets, k]`, 0 = none, or where they are shared
 * `[negatives]` with `negativePresent` bool `[targets, negatives]`; of the sampled softmax with `negativeLogCounts` `[negatives]`, the
 * logarithm of how often each is expected. Negatives of a target are never items of its row; of the sampled softmax, which estimates
 * the sum over all items, never the target.
 *
 * @throws RunError where negatives go by popularity and the draw knows none.
 */
export function negativeFeeds(
  { config, schema }: { readonly config: CommonConfig; readonly schema: { readonly items: number } },
  windows: Rows,
  targets: SlottedTargets,
  draw: Draw,
): Feeds {
  const { name, sampling } = lossOf(config);
  if (sampling === undefined) return {};
  const { from, shared, count } = sampling;
  const slots = targets.items.length;
  const step = targets.items.subarray(0, targets.used);
  const LAWS = {
    uniform: () => uniformLaw(schema.items),
    popularity: () => popularityOf(draw),
    'in-batch': () => listedLaw(step),
  } as const;
  if (count !== undefined && !shared)
    return { negativeItems: integers(negativesOfEach(windows, targets, LAWS[from](), count, draw), [slots, count]) };
  // Drawn once a step, or the targets of the step themselves.
  const items = new Int32Array(count ?? slots);
  if (count === undefined) items.set(step);
  else {
    const law = LAWS[from]();
    numbersBelow(draw, count, () => law.total).forEach((number, i) => (items[i] = law.at(number)));
  }
  const drawn = { negativeItems: integers(items, [items.length]) };
  if (name !== 'sampled-softmax') return { ...drawn, negativePresent: withoutRows(items, windows, targets) };
  const law = from === 'uniform' ? LAWS.uniform() : popularityOf(draw);
  const times = count ?? targets.used;
  const logCounts = Float32Array.from(items, (item) =>
    item === 0 ? 0 : Math.log((times * Math.max(1, law.upTo(item) - law.upTo(item - 1))) / law.total),
  );
  return { ...drawn, negativeLogCounts: { dtype: 'float32', shape: [items.length], data: logCounts } };
}

/** Rows of a step, as they were read. */
export type Rows = Pick<Windows, 'items' | 'starts' | 'inputs'>;

/** The items of a row: its inputs and the one behind them. */
export function itemsOf({ items, starts, inputs }: Rows, row: number): Int32Array {
  return items.subarray(starts[row]!, starts[row]! + inputs[row]! + 1); // in range by construction
}

/** Which of the shared negatives are not of a target's row: bool `[targets, negatives]`. */
function withoutRows(negatives: Int32Array, rows: Rows, targets: SlottedTargets): HostTensor {
  const data = new Uint8Array(targets.items.length * negatives.length);
  const present = new Uint8Array(negatives.length);
  for (let slot = 0, row = -1; slot < targets.used; slot++) {
    if (targets.rowOf(slot) !== row) {
      row = targets.rowOf(slot);
      const own = new Set(itemsOf(rows, row));
      negatives.forEach((item, i) => (present[i] = Number(!own.has(item))));
    }
    data.set(present, slot * negatives.length);
  }
  return { dtype: 'bool', shape: [targets.items.length, negatives.length], data };
}

/** `each` negatives for every target, none of its row; 0 where its row has every item of the law. */
export function negativesOfEach(
  rows: Rows,
  targets: SlottedTargets,
  law: ItemLaw,
  each: number,
  draw: Draw,
): Int32Array {
  const drawings: Drawing[] = [];
  for (let slot = 0, row = -1; slot < targets.used; slot++) {
    const before = drawings[slot - 1];
    if (before !== undefined && targets.rowOf(slot) === row) drawings.push(before);
    else {
      row = targets.rowOf(slot);
      drawings.push(without(law, [...new Set(Int32Array.from(itemsOf(rows, row)).sort())]));
    }
  }
  const negatives = new Int32Array(targets.items.length * each);
  const of = (i: number): Drawing => drawings[Math.floor(i / each)]!; // in range by construction
  numbersBelow(draw, targets.used * each, (i) => of(i).total).forEach((number, i) => {
    if (of(i).total > 0) negatives[i] = of(i).at(number);
  });
  return negatives;
}

/** Whole numbers, number i below `bound(i)`; 0 where the bound is 0. */
function numbersBelow({ seed, step }: Draw, count: number, bound: (i: number) => number): Float64Array {
  const words = fillWords({ seed, step, stream: streamId('negatives') }, new Uint32Array(count));
  return Float64Array.from(words, (word, i) => Math.floor((word / 2 ** 32) * bound(i)));
}

function popularityOf({ popularity }: Draw): ItemLaw {
  const law = popularity?.();
  if (law === undefined || law.total === 0)
    throw new RunError({
      what: 'negatives go by popularity, and the draw knows none',
      cure: 'give draw.popularity: () => countedLaw(counts), with the training interactions of every item',
    });
  return law;
}
