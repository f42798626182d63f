// Scores of one source, and what every member of the family does with fused scores.
// Symbols of the paper (Xie et al., SIGIR 2022) and names here: R `item`, E_j `side.values`, W_Q W_K W_V
// `query` `key` `value`, h `heads`, d_h `headSize`, F `fuse`, att_j `scores`.
import {
  add,
  at,
  broadcast,
  constant,
  GraphError,
  iota,
  less,
  matmul,
  mul,
  not,
  and,
  equal,
  expandDims,
  reshape,
  select,
  softmax,
  stopGradient,
  transpose,
  type Dim,
  type Tensor,
} from '@difsr/graph';
import { declareLinear, linear, widthOf, type LinearWeights, type Scope } from '@difsr/nn';
import {
  checkGraphOptions,
  maskRules,
  type AttendOptions,
  type AttentionMask,
  type MaskOptions,
} from './graph-options.js';

/** Query and key projections of one source of scores. */
export interface SourceWeights {
  readonly query: LinearWeights;
  readonly key: LinearWeights;
}

/** Value and output projections of the item stream. */
export interface ValueWeights {
  readonly value: LinearWeights;
  readonly output: LinearWeights;
}

/** Declares the query and key projections of a source: width -> heads * floor(width / heads). */
export function declareSource(
  scope: Scope,
  names: { readonly query: string; readonly key: string },
  width: number,
  heads: number,
  deviation: number,
): SourceWeights {
  const inner = heads * headSize(width, heads);
  return {
    query: declareLinear(scope.child(names.query), width, inner, deviation),
    key: declareLinear(scope.child(names.key), width, inner, deviation),
  };
}

/** Declares value and output projections. */
export function declareValue(scope: Scope, width: number, deviation: number): ValueWeights {
  return {
    value: declareLinear(scope.child('value'), width, width, deviation),
    output: declareLinear(scope.child('output'), width, width, deviation),
  };
}

/** floor(width / heads), at least 1. */
export function headSize(width: number, heads: number): number {
  const size = Math.floor(width / heads);
  if (size < 1) throw new GraphError(`width ${width} cannot be split into ${heads} heads: use at most ${width}`);
  return size;
}

/** `[b, n, h*s] -> [b, h, n, s]` */
export function splitHeads(x: Tensor, heads: number): Tensor {
  return transpose(reshape(x, [at(x.shape, 0), at(x.shape, 1), heads, headSize(widthOf(x), heads)]), [0, 2, 1, 3]);
}

/** `[b, h, n, s] -> [b, n, h*s]` */
export function mergeHeads(x: Tensor): Tensor {
  const size = at(x.shape, 3);
  const heads = at(x.shape, 1);
  if (typeof size !== 'number' || typeof heads !== 'number') throw new GraphError('heads and head size must be known');
  return reshape(transpose(x, [0, 2, 1, 3]), [at(x.shape, 0), at(x.shape, 2), heads * size]);
}

/**
 * A linear map whose bias adds the same to all that a softmax compares, so that the softmax cannot see it: the gradient of
 * that bias is zero in exact arithmetic. Here it is zero, not float32's round-off, which Adam would scale up to whole steps.
 */
export function unseenBias(weights: LinearWeights): LinearWeights {
  const { weight, bias } = weights;
  return bias === undefined ? weights : { weight, bias: add(stopGradient(bias), mul(bias, 0)) };
}

/**
 * att_j = (E_j W_Q)(E_j W_K)^T per head, not scaled: `[b|1, n, width] -> [b|1, h, n, n]`.
 *
 * @param options `toSoftmax`: the scores are at most added to others before the softmax, so a key's bias shifts whole rows.
 */
export function scores(
  source: Tensor,
  weights: SourceWeights,
  heads: number,
  options: { readonly toSoftmax?: boolean } = {},
): Tensor {
  const key = options.toSoftmax === true ? unseenBias(weights.key) : weights.key;
  return matmul(splitHeads(linear(source, weights.query), heads), splitHeads(linear(source, key), heads), {
    transB: true,
  });
}

/** The published code's "minus infinity". */
export const MASKED = -10000;

/**
 * Mask of sequences `[b, n]`: key j is visible to query i if it is no padding and, where `causal`, j <= i.
 *
 * @param length the dimension n
 * @param options `valid`: bool `[b, n]`, false at padding; left out where nothing is padding, and where padding comes last
 * in causal sequences: it then changes rows of padding alone.
 * @returns masks `[b, 1, n, n]`, without `valid` `[1, 1, n, n]`
 */
export function attentionMask(length: Dim, options: MaskOptions): AttentionMask {
  checkGraphOptions('attentionMask', options, maskRules);
  const { valid, causal } = options;
  const past = causal ? not(less(expandDims(iota(length), 1), expandDims(iota(length), 0))) : undefined; // [query, key]
  const allowed = past && reshape(past, [1, 1, length, length]);
  const real = valid && expandDims(expandDims(valid, 1), 1); // [b, 1, 1, n]
  const square = [valid === undefined ? 1 : at(valid.shape, 0), 1, length, length];
  const visible = allowed && real ? and(real, allowed) : (allowed ?? broadcast(real ?? constant(1, 'bool'), square));
  return { visible, additive: select(visible, 0, MASKED) };
}

/** Causal mask of right-padded sequences: key j is visible to query i if j <= i and item j is no padding. `items` int32 [b, n]. */
export function causalMask(items: Tensor): AttentionMask {
  return attentionMask(at(items.shape, 1), { valid: not(equal(items, 0)), causal: true });
}

/** Output and intermediate results of an attention. */
export interface Attention {
  /** `[b, n, d]`, after the output projection */
  readonly output: Tensor;
  /** `[b, h, n, n]`, fused and scaled, before the mask */
  readonly scores: Tensor;
  /** `[b, h, n, n]` */
  readonly probabilities: Tensor;
}

/** Output and intermediate results of DIF attention. */
export interface AttentionBySource extends Attention {
  /** Scores of each source, `[b|1, h, n, n]`, neither scaled nor masked. */
  readonly sources: {
    /** In the order of the side sources. */
    readonly sides: readonly Tensor[];
    readonly item: Tensor;
    readonly position?: Tensor;
  };
  /**
   * The fused, scaled scores with what the mask hides: the same as `scores`, but for a causal-safe `gate`, which counts hidden entries as
   * zero. Undefined for a causal-safe `concat`: its columns are mixed, and without the mask it would be another function.
   */
  readonly unmasked: () => Tensor | undefined;
}

/** `softmax(scale * scores + mask) (item W_V)`, heads merged, `W_O`. `scores [b, h, n, n], item [b, n, d]`. */
export function attend(
  fused: Tensor,
  item: Tensor,
  weights: ValueWeights,
  { heads, mask, scale, dropout }: AttendOptions,
): Attention {
  const values = splitHeads(linear(item, weights.value), heads);
  const scaled = mul(fused, scale ?? 1 / Math.sqrt(widthOf(values)));
  const probabilities = softmax(add(scaled, mask.additive));
  const context = matmul(dropout === undefined ? probabilities : dropout(probabilities), values);
  return { output: linear(mergeHeads(context), weights.output), scores: scaled, probabilities };
}
