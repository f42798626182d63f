// Masked items (cloze): some items of a sequence are replaced by [MASK], and predicted from both sides (Sun et al., BERT4Rec,
// CIKM 2019, sec. 3.6). What comes next is asked for by a [MASK] behind the history.
import { ModelConfigError } from '../model-error.js';
import {
  add,
  at,
  broadcast,
  cast,
  equal,
  expandDims,
  gatherLast,
  iota,
  less,
  minimum,
  not,
  reduceSum,
  select,
  size,
  streamId,
  sub,
  transpose,
  uniformAt,
  type Tensor,
} from '@difsr/graph';
import type { ModelInputs, TraceableModel } from '../model.js';
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
import { lossOfTargets } from './target-loss.js';

/** Slots are filled up to a multiple of this, so that the largest tensors have few sizes. */
const SLOT_STEP = 64;

/**
 * Masked items. Every item of a row is masked with probability `ratio`, at least one; each mask of a step weighs 1 / (slots of
 * the step). Inputs as those of the next item, where `targetPositions` are the masked places.
 *
 * @param options `ratio`: share of the items to mask, above 0 and below 1.
 * @throws ModelConfigError for another ratio.
 */
export function maskedItem({ ratio }: { readonly ratio: number }): Objective {
  if (!(ratio > 0 && ratio < 1))
    throw new ModelConfigError({
      where: 'maskedItem',
      option: 'ratio',
      what: `ratio is above 0 and below 1, got ${ratio}`,
      cure: 'take 0.2',
    });
  return {
    name: 'masked-item',
    forms: ['all-positions'],
    spare: 1,
    extraItems: 1,
    places: TARGET_SLOTS,
    inputsPerStep: (slots) => Math.max(1, Math.floor(slots / ratio)),
    loss: lossOfTargets,
    batch: (model, windows, draw) => maskedBatch(model, windows, draw, ratio),
    query: maskBehind,
  };
}

/** Slots for so many targets. */
export function upToStep(count: number): number {
  return Math.ceil(count / SLOT_STEP) * SLOT_STEP;
}

/** Id of [MASK]: the row behind the items. */
export function maskId(model: Pick<TraceableModel, 'schema'>): number {
  return model.schema.items + 1;
}

// An index with `!` is in range by construction.
function maskedBatch(model: TraceableModel, windows: Windows, draw: Draw, ratio: number): ObjectiveBatch {
  const { starts, inputs } = windows;
  const rows = starts.length;
  const length = windows.length + 1; // the item that comes next is one of the row
  const items = new Int32Array(rows * length);
  const key = { seed: draw.seed, step: draw.step, stream: streamId('masked') };
  const places: number[] = [];
  for (let row = 0; row < rows; row++) {
    const count = inputs[row]! + 1;
    items.set(windows.items.subarray(starts[row]!, starts[row]! + count), row * length);
    const first = places.length;
    for (let column = 0; column < count; column++) {
      const place = row * length + column;
      if (uniformAt(key, place) < ratio) places.push(place);
    }
    // A row without a mask would teach nothing: its place is drawn by a number that no column has used.
    const forced = uniformAt(key, rows * length + row);
    if (places.length === first) places.push(row * length + Math.floor(forced * count));
  }
  const slots = upToStep(places.length);
  const targetPositions = new Int32Array(slots);
  const targetItems = new Int32Array(slots).fill(1);
  places.forEach((place, slot) => {
    targetPositions[slot] = place;
    targetItems[slot] = items[place]!;
    items[place] = maskId(model);
  });
  return {
    feeds: {
      items: integers(items, [rows, length]),
      ...windowFeeds(model, windows, length, (row) => inputs[row]! + 1, places),
      targetPositions: integers(targetPositions, [slots]),
      targetItems: integers(targetItems, [slots]),
      weights: { dtype: 'float32', shape: [slots], data: new Float32Array(slots).fill(1 / slots, 0, places.length) },
      ...negativeFeeds(
        model,
        windows,
        { items: targetItems, used: places.length, rowOf: (slot) => Math.floor(places[slot]! / length) },
        draw,
      ),
    },
    sizes: new Map([
      ['batch', rows],
      ['length', length],
      ['targets', slots],
    ]),
    targets: places.length,
    slots,
  };
}

/** [MASK] behind the last item of each row; a row that is full loses its oldest item, and event, for it. */
function maskBehind(model: TraceableModel, { items, event, user }: ModelInputs): ModelInputs {
  const columns = at(items.shape, 1);
  const place = cast(expandDims(iota(columns), 0), 'float32'); // [1, n]
  const count = reduceSum(cast(not(equal(items, 0)), 'float32'), [1], true); // [b, 1]
  const last = sub(size(columns), 1);
  const later = cast(minimum(add(place, 1), last), 'int32');
  const isFull = less(last, count);
  const isMask = equal(place, minimum(count, last));
  const moved = (x: Tensor): Tensor => select(isFull, gatherLast(x, broadcast(later, x.shape)), x);
  return {
    items: select(isMask, maskId(model), moved(items)),
    // Values come last in an event, places where they are moved.
    event: (field) => {
      const values = event(field);
      if (values.shape.length === 2) return select(isMask, 0, moved(values));
      const turned = transpose(values, [0, 2, 1]); // [b, w, n]
      const [full, mask] = [expandDims(isFull, 1), expandDims(isMask, 1)];
      const shifted = select(full, gatherLast(turned, broadcast(expandDims(later, 1), turned.shape)), turned);
      return transpose(select(mask, 0, shifted), [0, 2, 1]);
    },
    user,
  };
}
