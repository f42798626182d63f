// DIF attention as a function on tfjs tensors: checks what it is given, finds or makes the traced graph, runs it.
import { checkOptions, needed, option, type OptionRule, type OptionRules } from '@difsr/errors';
import { fillMask, quantisedRate, streamId } from '@difsr/graph';
import { tensor, Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Fusion, FusionForm } from '../graph-options.js';
import { AttentionError } from '../error.js';
import { described, requireTensor } from './errors.js';
import { INPUTS, traced, type TraceConfig, type TraceMask } from './traced.js';

/** Which keys a query may look at. */
export type DifAttentionMask =
  | {
      /** Later keys are hidden. Default false. */
      readonly causal?: boolean;
      /** bool `[b, n]`, false at padding, which is hidden as a key. */
      readonly valid?: Tensor;
      readonly additive?: never;
      readonly visible?: never;
    }
  | {
      /** float32 `[b|1, 1, n|1, n]`, added to the scaled scores: 0 where a query may look, a large negative number elsewhere. A constant to the gradient. */
      readonly additive: Tensor;
      /** bool of such a shape, true where a query may look: read by `concat` and `gate`; default: where `additive` is above -5000. */
      readonly visible?: Tensor;
      readonly causal?: never;
      readonly valid?: never;
    };

/** Sources, weights and settings of one call. */
export interface DifAttentionOptions {
  /** Side sources, float32 `[b|1, n, width_j]`, each of its own width. */
  readonly sides: readonly Tensor[];
  /** Position embeddings, float32: a table `[rows, width]` of n rows or more, or `[1, n, width]`, or `[b, n, width]`. */
  readonly position?: Tensor;
  readonly heads: number;
  /** How the sources' scores become one. Default `sum`. */
  readonly fusion?: Fusion;
  /** Of `concat` and `gate`: `causal-safe` (default) trains at all positions; `reference` is the published code's. */
  readonly form?: FusionForm;
  /** Default: every query looks at every key. */
  readonly mask?: DifAttentionMask;
  /** By name, as `difAttentionWeights` gives them; any tensors will do. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Dropout on the attention probabilities; the same seed drops the same entries, so count the seed up. */
  readonly dropout?: { readonly rate: number; readonly seed: number };
  /** Factor on the fused scores. Default `1 / sqrt(d / heads)`. */
  readonly scale?: number;
}

/**
 * DIF attention (Xie et al., SIGIR 2022, eq. 8-10) on the active tfjs device: every source has a query and a key of its own,
 * their scores are fused, values come from the item stream alone. tf.grad, tf.variableGrads and optimizers go through it, to
 * the items, the sides, the positions and all weights (first derivatives).
 *
 * @param item float32 `[b, n, d]`
 * @returns float32 `[b, n, d]`, after the output projection; no residual, no normalization.
 * @throws AttentionError that names the tensor, its shape and what was expected.
 * @example
 * ```ts
 * const weights = difAttentionWeights({ width: 64, sides: [16], position: 64, heads: 2 });
 * const context = difAttention(item, { sides: [genre], position, heads: 2, mask: { causal: true, valid }, weights });
 * ```
 */
export function difAttention(item: Tensor, options: DifAttentionOptions): Tensor3D {
  requireTensor(
    'item',
    item,
    { dtype: 'float32', shape: [undefined, undefined, undefined] },
    'float32 [batch, length, width]',
  );
  const [batch = 0, length = 0, width = 0] = item.shape;
  checkOptions('difAttention', options, OPTIONS, AttentionError);
  const { sides, position, weights, fusion = 'sum', form = 'causal-safe', dropout, scale, heads } = options;
  if (width % heads !== 0) throw new AttentionError(`heads is a divisor of the item's width ${width}, got ${heads}`);
  const config: TraceConfig = {
    width,
    heads,
    sides: sides.map((side, j) => sourceOf(`sides[${j}]`, side, batch, length)),
    ...(position === undefined ? {} : { position: positionOf(position, batch, length) }),
    fusion,
    form,
    maxLength: maxLengthOf(weights, fusion, form, length),
    mask: maskOf(options.mask, fusion, batch, length),
    dropout: dropout === undefined ? 0 : quantisedRate(dropout.rate),
    ...(scale === undefined ? {} : { scale }),
  };
  const { parameters, run } = traced(config);
  checkWeights(weights, parameters, config);
  const inputs: Record<string, Tensor> = { ...weights, [INPUTS.item]: item };
  sides.forEach((side, j) => (inputs[INPUTS.side(j)] = side));
  if (position !== undefined) inputs[INPUTS.position] = position;
  addMask(inputs, options.mask, fusion);
  if (config.dropout === 0 || dropout === undefined) return run(inputs) as Tensor3D; // of the item's shape
  const keep = keepMask(dropout.seed, config.dropout, [batch, heads, length, length]);
  try {
    return run({ ...inputs, [INPUTS.dropout]: keep }) as Tensor3D; // of the item's shape
  } finally {
    keep.dispose();
  }
}

/** A tensor of tfjs; what it must be beside that is checked where it is used. */
const tensorRule = option.instance('a tensor of tfjs', Tensor);

const PATTERN: OptionRules<Pick<Extract<DifAttentionMask, { readonly causal?: boolean }>, 'causal' | 'valid'>> = {
  causal: option.flag,
  valid: tensorRule,
};
const ADDED: OptionRules<Pick<Extract<DifAttentionMask, { readonly additive: Tensor }>, 'additive' | 'visible'>> = {
  additive: needed(tensorRule),
  visible: tensorRule,
};

/** A mask is a pattern or numbers; what belongs to the other form would do nothing. */
const maskRule: OptionRule = (value, path) => {
  const given = (key: string): boolean =>
    typeof value === 'object' && value !== null && Reflect.get(value, key) !== undefined;
  if (!given('additive') && !given('visible')) return option.object(PATTERN)(value, path);
  const pattern = Object.keys(PATTERN).find(given);
  return pattern === undefined
    ? option.object(ADDED)(value, path)
    : {
        option: path,
        what: `${path} takes causal and valid, or additive and visible, got "${pattern}" beside the latter`,
        cure: 'put it into the numbers of additive',
      };
};

const OPTIONS: OptionRules<DifAttentionOptions> = {
  sides: needed(option.list(tensorRule)),
  position: tensorRule,
  heads: needed(option.whole(1)),
  fusion: option.oneOf('sum', 'concat', 'gate'),
  form: option.oneOf('causal-safe', 'reference'),
  mask: maskRule,
  weights: needed(option.record(tensorRule)),
  dropout: option.object<NonNullable<DifAttentionOptions['dropout']>>({
    rate: needed(option.share),
    seed: needed(option.whole(0)),
  }),
  scale: option.finite,
};

function sourceOf(name: string, source: Tensor, batch: number, length: number): TraceConfig['sides'][number] {
  const text = `float32 [${batch}, ${length}, width] as the item is, of a width of its own (or [1, ${length}, width])`;
  requireTensor(name, source, { dtype: 'float32', shape: [[batch, 1], [length], undefined] }, text);
  return { width: source.shape[2] ?? 0, shared: source.shape[0] !== batch };
}

function positionOf(position: Tensor, batch: number, length: number): NonNullable<TraceConfig['position']> {
  if (position.shape.length !== 2) return sourceOf('position', position, batch, length);
  const [rows = 0, width = 0] = position.shape;
  if (position.dtype !== 'float32' || rows < length)
    throw new AttentionError(
      `position is ${described(position)}, expected float32 [rows, width] with at least the ${length} rows of a sequence`,
    );
  return { width, shared: true, rows };
}

/** `concat` and `gate` have a weight per column: theirs say how long a sequence may be. */
function maxLengthOf(
  weights: DifAttentionOptions['weights'],
  fusion: Fusion,
  form: FusionForm,
  length: number,
): number {
  if (fusion === 'sum') return 1; // of no consequence
  const name = fusion === 'concat' ? 'fusion.projection.weight' : 'fusion.hidden.weight';
  const weight = weights[name];
  if (weight === undefined)
    throw new AttentionError(
      `weights have no "${name}", which fusion "${fusion}" needs: make them with difAttentionWeights({ .., fusion: '${fusion}' })`,
    );
  const maxLength = weight.shape[0] ?? 0;
  if (length > maxLength || (form === 'reference' && length !== maxLength))
    throw new AttentionError(
      `item has sequences of ${length}, but weight "${name}" [${weight.shape.join(', ')}] is made for ${
        form === 'reference' ? 'exactly' : 'at most'
      } ${maxLength}${form === 'reference' ? ': pad them, or use form "causal-safe"' : ': make the weights with a larger maxLength'}`,
    );
  return maxLength;
}

function maskOf(mask: DifAttentionMask | undefined, fusion: Fusion, batch: number, length: number): TraceMask {
  if (mask === undefined) return { kind: 'pattern', causal: false, valid: false };
  if (mask.additive !== undefined) {
    const repeated = maskAxes('mask.additive', mask.additive, 'float32', batch, length);
    const visible = mask.visible && maskAxes('mask.visible', mask.visible, 'bool', batch, length);
    // A sum mixes no columns: what may be seen is in the numbers that are added.
    return { kind: 'additive', repeated, ...(visible === undefined || fusion === 'sum' ? {} : { visible }) };
  }
  const { causal = false, valid } = mask;
  if (valid === undefined) return { kind: 'pattern', causal, valid: false };
  const cure = `bool [${batch}, ${length}], such as tf.notEqual(items, 0)`;
  requireTensor('mask.valid', valid, { dtype: 'bool', shape: [[batch], [length]] }, cure);
  return { kind: 'pattern', causal, valid: true };
}

function maskAxes(name: string, mask: Tensor, dtype: 'float32' | 'bool', batch: number, length: number): boolean[] {
  const text = `${dtype} [${batch}, 1, ${length}, ${length}]; an axis may be 1`;
  requireTensor(name, mask, { dtype, shape: [[batch, 1], [1], [length, 1], [length, 1]] }, text);
  return [batch, 1, length, length].map((size, axis) => mask.shape[axis] !== size);
}

function addMask(inputs: Record<string, Tensor>, mask: DifAttentionMask | undefined, fusion: Fusion): void {
  if (mask === undefined) return;
  if (mask.additive === undefined) {
    if (mask.valid !== undefined) inputs[INPUTS.valid] = mask.valid;
    return;
  }
  inputs[INPUTS.additive] = mask.additive;
  if (mask.visible !== undefined && fusion !== 'sum') inputs[INPUTS.visible] = mask.visible;
}

function checkWeights(
  weights: DifAttentionOptions['weights'],
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
  { width, heads, sides, position, fusion }: TraceConfig,
): void {
  const position_ = position === undefined ? '' : `, position: ${position.width}`;
  const widths = sides.map((side) => side.width).join(', ');
  const cure = `make them with difAttentionWeights({ width: ${width}, sides: [${widths}]${position_}, heads: ${heads}, fusion: '${fusion}' })`;
  for (const { name, shape } of parameters) {
    const weight = weights[name];
    if (weight === undefined)
      throw new AttentionError(`weights have no "${name}" [${shape.join(', ')}], which these sources need: ${cure}`);
    if (weight.dtype !== 'float32' || String(weight.shape) !== String(shape))
      throw new AttentionError(
        `weight "${name}" is ${described(weight)}, expected float32 [${shape.join(', ')}] for these sources: ${cure}`,
      );
  }
  const names = new Set(parameters.map(({ name }) => name));
  const extra = Object.keys(weights).find((name) => !names.has(name));
  if (extra !== undefined)
    throw new AttentionError(`weights hold "${extra}", for which there is no source or fusion: ${cure}`);
}

function keepMask(seed: number, rate: number, shape: [number, number, number, number]): Tensor {
  const bytes = new Uint8Array(shape.reduce((a, b) => a * b));
  return tensor(fillMask({ seed, step: 0, stream: streamId('attention') }, rate, bytes), shape, 'bool');
}
