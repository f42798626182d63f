// S3-Rec's four pre-training tasks, each of what sequences say of themselves (Zhou et al., CIKM 2020). The paper's symbols and names here:
// F_C^t `known` places, F_{m_t} masked places (the targets), e_i rows of the item table, e_a `attributes`, a segment and its context
// `segments`, W_AAP, W_MIP, W_MAP, W_SP `tasks.NAME`.
import {
  add,
  concat,
  gather,
  input,
  matmul,
  mul,
  neg,
  reduceSum,
  sigmoid,
  softplus,
  streamId,
  sub,
  uniformAt,
  type Feeds,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import { declareLinear, linear, multiLabelLoss, widthOf, type Scope } from '@difsr/nn';
import { isCategorical, type CategoricalSchema } from '../field-schema.js';
import { itemFieldsOf, valuesOf } from '../fields.js';
import { declareInputs } from '../inputs.js';
import type { TraceableModel } from '../model.js';
import { ModelConfigError } from '../model-error.js';
import { uniformLaw } from './item-law.js';
import { maskId, upToStep } from './masked-item.js';
import { itemsOf, negativesOfEach } from './negatives.js';
import {
  integers,
  TARGET_SLOTS,
  type Draw,
  type Objective,
  type ObjectiveBatch,
  type ObjectiveLoss,
  type Windows,
} from './objective.js';

/** The tasks, in the paper's order. */
export const selfSupervisedTasks = ['aap', 'mip', 'map', 'sp'] as const;
type Task = (typeof selfSupervisedTasks)[number];

/** Options of the objective. */
export interface SelfSupervisedOptions {
  /** Share of the items of a row that is masked; the last one always is. */
  readonly ratio: number;
  /** Weight of each task: associated attributes, masked items, masked attributes, segments. */
  readonly weights: { readonly [T in Task]: number };
  /**
   * What a right answer and a wrong one are compared by: -log sigmoid(right - wrong), as the authors' code has it, or as in RecBole
   * the cross-entropy of sigmoid(right) - sigmoid(wrong).
   */
  readonly contrast: 'difference' | 'reference';
  /** Deviation of initial weights. */
  readonly deviation: number;
}

/**
 * The four tasks. A step has rows of four kinds, a quarter each: sequences with masks; the same with a segment masked; the segment among
 * masks; and a segment of the step's other sequences in its place. Inputs: `items` int32 [batch, length]; `targetPositions`,
 * `targetItems`, `negativeItems` int32 [targets] and `weights` [targets] of masked places; `knownPositions`, `knownItems` int32 [known]
 * and `knownWeights` [known] of the others; `segments.contexts`, `segments.rights`, `segments.wrongs` int32 [segments], the last places of
 * their rows, and `segments.weights` [segments].
 */
export function selfSupervised(options: SelfSupervisedOptions): Objective {
  return {
    name: 'self-supervised',
    forms: ['all-positions', 'prefix'],
    spare: 1,
    extraItems: 1,
    places: {
      ...TARGET_SLOTS,
      known: { positions: ['knownPositions'], weights: 'knownWeights' },
      segments: {
        positions: ['segments.contexts', 'segments.rights', 'segments.wrongs'],
        weights: 'segments.weights',
      },
    },
    rowKinds: KINDS,
    inputsPerStep: (slots) => Math.max(1, Math.floor(slots / options.ratio)),
    loss: (model, scope) => tracedLoss(model, scope, options),
    batch: (model, windows, draw) => batchOf(model, windows, draw, options.ratio),
    query: (_, inputs) => inputs,
  };
}

/** The fields whose values are predicted. */
export function predictedFields({ schema, config }: Pick<TraceableModel, 'schema' | 'config'>): CategoricalSchema[] {
  return itemFieldsOf(schema, config)
    .filter(isCategorical)
    .filter(({ values }) => values > 1);
}

function tracedLoss(
  model: TraceableModel,
  scope: Scope,
  { weights: factors, contrast, deviation }: SelfSupervisedOptions,
): ObjectiveLoss {
  const { hidden, itemTable, extraClasses } = model.build(scope, declareInputs(model));
  const rows = extraClasses === undefined ? itemTable : concat([itemTable, extraClasses], 0);
  const d = widthOf(hidden);
  const tasks = scope.child('tasks');
  const asked = (task: Task, places: Tensor): Tensor =>
    linear(gather(hidden, places, 2), declareLinear(tasks.child(task), d, d, deviation));
  const attributes = predictedFields(model).map((field) => ({
    field,
    table: scope
      .child('attributes')
      .child(field.name)
      .parameter('weight', [field.values - 1, d], { kind: 'normal', deviation }),
  }));
  const attributesAt = (states: Tensor, ids: Tensor, weights: Tensor): Tensor[] =>
    attributes.map(({ field, table }) =>
      multiLabelLoss(matmul(states, table, { transB: true }), valuesOf(scope, model.schema, field, ids), weights),
    );
  const compared = (states: Tensor, right: Tensor, wrong: Tensor, weights: Tensor): Tensor => {
    const [r, w] = [right, wrong].map((other) => reduceSum(mul(states, other), [1])) as [Tensor, Tensor];
    const margin = contrast === 'difference' ? sub(r, w) : sub(sigmoid(r), sigmoid(w));
    return reduceSum(mul(softplus(neg(margin)), weights));
  };

  const targets = input('targetItems', ['targets'], 'int32');
  const [places, weights] = [input('targetPositions', ['targets'], 'int32'), input('weights', ['targets'])];
  const known = input('knownItems', ['known'], 'int32');
  const segments = (of: 'contexts' | 'rights' | 'wrongs'): Tensor => input(`segments.${of}`, ['segments'], 'int32');
  const losses: { readonly [T in Task]: () => Tensor[] } = {
    aap: () =>
      attributesAt(asked('aap', input('knownPositions', ['known'], 'int32')), known, input('knownWeights', ['known'])),
    mip: () => [
      compared(
        asked('mip', places),
        gather(rows, targets),
        gather(rows, input('negativeItems', ['targets'], 'int32')),
        weights,
      ),
    ],
    map: () => attributesAt(asked('map', places), targets, weights),
    sp: () => [
      compared(
        asked('sp', segments('contexts')),
        gather(hidden, segments('rights'), 2),
        gather(hidden, segments('wrongs'), 2),
        input('segments.weights', ['segments']),
      ),
    ],
  };
  const parts: Record<string, Tensor> = {};
  let total: Tensor | undefined;
  for (const task of selfSupervisedTasks) {
    if (factors[task] === 0) continue;
    const all = losses[task]();
    if (all.length === 0) continue; // attributes of data without any
    const part = all.reduce((sum, own) => add(sum, own));
    parts[`loss.${task}`] = part;
    total = total === undefined ? mul(part, factors[task]) : add(total, mul(part, factors[task]));
  }
  if (total === undefined)
    throw new ModelConfigError({ what: 'every task weighs 0', cure: 'give one of them a weight' });
  return { loss: total, parts };
}

/** Rows of a step, as they are laid out: kind k of row r is row `k * rows + r`. */
const KINDS = 4;

// An index with `!` is in range by construction.
function batchOf(model: TraceableModel, windows: Windows, draw: Draw, ratio: number): ObjectiveBatch {
  const { inputs } = windows;
  const rows = inputs.length;
  const length = windows.length + 1; // the item that comes next is one of the row
  const items = new Int32Array(KINDS * rows * length);
  const [masked, known] = [[] as number[], [] as number[]];
  const key = { seed: draw.seed, step: draw.step, stream: streamId('masked') };
  for (let row = 0; row < rows; row++) {
    const own = itemsOf(windows, row);
    items.set(own, row * length);
    for (let column = 0; column < own.length; column++) {
      const place = row * length + column;
      (column === own.length - 1 || uniformAt(key, place) < ratio ? masked : known).push(place);
    }
  }
  const [slots, others] = [upToStep(masked.length), upToStep(known.length)];
  const targetItems = itemsAt(items, masked, slots);
  const knownItems = itemsAt(items, known, others);
  for (const place of masked) items[place] = maskId(model);
  const targets = {
    items: targetItems,
    used: masked.length,
    rowOf: (slot: number) => Math.floor(masked[slot]! / length),
  };
  const weights = (count: number, used: number): HostTensor => ({
    dtype: 'float32',
    shape: [count],
    data: new Float32Array(count).fill(1 / slots, 0, used),
  });
  return {
    feeds: {
      ...segmentFeeds(model, windows, draw, { items, length, weight: 1 / slots }),
      items: integers(items, [KINDS * rows, length]),
      targetPositions: integers(filled(masked, slots), [slots]),
      targetItems: integers(targetItems, [slots]),
      negativeItems: integers(negativesOfEach(windows, targets, uniformLaw(model.schema.items), 1, draw), [slots]),
      weights: weights(slots, masked.length),
      knownPositions: integers(filled(known, others), [others]),
      knownItems: integers(knownItems, [others]),
      knownWeights: weights(others, known.length),
    },
    sizes: new Map([
      ['batch', KINDS * rows],
      ['length', length],
      ['targets', slots],
      ['known', others],
      ['segments', rows],
    ]),
    targets: masked.length,
    slots,
  };
}

function filled(values: readonly number[], size: number): Int32Array {
  const all = new Int32Array(size);
  all.set(values);
  return all;
}

/** The items at places, and a valid one in unused slots. */
function itemsAt(items: Int32Array, places: readonly number[], size: number): Int32Array {
  return new Int32Array(size).fill(1).map((one, slot) => (slot < places.length ? items[places[slot]!]! : one));
}

/** Lays out the rows of segments in `items`, and says where they end. A row of one item has no segment, and weighs nothing. */
function segmentFeeds(
  model: TraceableModel,
  windows: Windows,
  draw: Draw,
  { items, length, weight }: { readonly items: Int32Array; readonly length: number; readonly weight: number },
): Feeds {
  const rows = windows.inputs.length;
  const key = { seed: draw.seed, step: draw.step, stream: streamId('segments') };
  const below = (row: number, which: number, bound: number): number =>
    Math.floor(uniformAt(key, row * 3 + which) * bound);
  const ends = { contexts: new Int32Array(rows), rights: new Int32Array(rows), wrongs: new Int32Array(rows) };
  const weights = new Float32Array(rows);
  const all = windows.items;
  for (let row = 0; row < rows; row++) {
    const own = itemsOf(windows, row);
    const size = 1 + below(row, 0, own.length >> 1);
    const start = below(row, 1, own.length - size + 1);
    const elsewhere = all.length - own.length - size + 1;
    const laid = (kind: number, end: Int32Array): Int32Array => {
      const begin = (kind * rows + row) * length;
      end[row] = begin + own.length - 1;
      return items.subarray(begin, begin + own.length).fill(maskId(model));
    };
    const [context, right, wrong] = [laid(1, ends.contexts), laid(2, ends.rights), laid(3, ends.wrongs)];
    context.set(own);
    if (own.length < 2 || elsewhere < 1) continue;
    weights[row] = weight;
    context.fill(maskId(model), start, start + size);
    right.set(own.subarray(start, start + size), start);
    // Anywhere in the step but in the row itself: from its end on, around.
    const from = windows.starts[row]! + own.length + below(row, 2, elsewhere); // in range, and below, by construction
    for (let i = 0; i < size; i++) wrong[start + i] = all[(from + i) % all.length]!;
  }
  return {
    ...Object.fromEntries(Object.entries(ends).map(([kind, places]) => [`segments.${kind}`, integers(places, [rows])])),
    'segments.weights': { dtype: 'float32', shape: [rows], data: weights },
  };
}
