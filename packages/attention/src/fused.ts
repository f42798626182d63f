// DIF attention rewritten for inference. Every line is algebra on `difAttention` of family.ts, which it is tested against:
//
//   sum      scale * sum_s (E_s Q_s + p_s)(E_s K_s + r_s)^T: the scale goes into Q and p; r_s adds the same to a whole row of
//            scores, which the softmax does not see, and vanishes; the sum is one product of the concatenated heads
//            [E_1 Q_1, .., R Q] [E_1 K_1, .., R K]^T where that costs less than adding score matrices
//   values   probabilities sum to 1, so the bias of the values goes through W_O into the bias of the output
//   tables   E_s = T_s[ids], so E_s Q_s = (T_s Q_s)[ids]: one product per catalogue instead of one per batch
//   position its scores do not depend on the batch: they join the causal mask as one bias
//
// What depends on weights and tables alone is split off by `hoist` of @difsr/graph and computed once.
// Symbols: E_s `source`, T_s `table`, Q_s p_s `weights.query`, K_s r_s `weights.key`, R `item`.
import { add, at, concat, gather, GraphError, matmul, mul, reshape, slice, softmax, transpose } from '@difsr/graph';
import type { Dim, Tensor } from '@difsr/graph';
import { linear, widthOf, type LinearWeights } from '@difsr/nn';
import { fuse } from './fusion.js';
import { checkGraphOptions, fusedRules, type FusedOptions, type SumLayout } from './graph-options.js';
import type { DifWeights } from './family.js';
import { headSize, mergeHeads, splitHeads, type SourceWeights, type ValueWeights } from './scores.js';

/** Where the vectors of a source are: given, or rows of a table. */
export type FusedSource = { readonly values: Tensor } | { readonly table: Tensor; readonly ids: Tensor };

/** Where the vectors of positions are. */
export type PositionSource = FusedSource | { readonly table: Tensor };

/** Sources of the fused kernel. */
export interface FusedSources {
  /** values `[b, n, width_j]`, or a table `[rows, width_j]` with ids int32 `[b, n]` */
  readonly sides: readonly FusedSource[];
  /** values `[1 or b, n, width]`, or a table `[>= n, width]`: with ids int32 `[b, n]`, or without, where its first n rows count */
  readonly position?: PositionSource;
}

/** Rows (batch x length) up to which the number of operations counts for more than what they move. */
const FEW_ROWS = 256;

/**
 * The layout that measuring showed to be faster (docs/performance.md): adding costs a pass over `[b, h, n, n]` per side
 * source, concatenating costs copies of all queries and keys but takes fewer operations.
 */
export function sumLayout(shape: {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly width: number;
  readonly sides: readonly number[];
}): SumLayout {
  if (shape.batch * shape.length <= FEW_ROWS) return 'concatenated';
  const adding = 3 * shape.heads * shape.length * shape.sides.length;
  const concatenating = 4 * [shape.width, ...shape.sides].reduce((a, b) => a + b, 0);
  return adding > concatenating ? 'concatenated' : 'added';
}

/** DIF attention as `difAttention` of the same arguments computes it, in fewer operations: item `[b, n, d]` -> `[b, n, d]`. No dropout: it is for inference. */
export function fusedDifAttention(
  item: Tensor,
  sources: FusedSources,
  weights: DifWeights,
  options: FusedOptions,
): Tensor {
  checkGraphOptions('fusedDifAttention', options, fusedRules);
  const { heads, mask, form = 'causal-safe', layout = 'added' } = options;
  const n = at(item.shape, 1);
  const { scale = 1 / Math.sqrt(headSize(widthOf(item), heads)) } = options;
  const sides = weights.sides.map((own, j) => {
    const source = sources.sides[j];
    if (source === undefined)
      throw new GraphError(`${sources.sides.length} side sources against weights for ${weights.sides.length}`);
    return { source, own };
  });
  const position = sources.position && weights.position && { source: sources.position, own: weights.position };
  if (weights.fusion.fusion === 'sum') {
    const scaled = (own: SourceWeights): SourceWeights => unseen(own, scale);
    const parts = [...sides, { source: { values: item }, own: weights.item }].map(({ source, own }) => ({
      query: splitHeads(project(source, scaled(own).query), heads),
      key: splitHeads(project(source, scaled(own).key), heads),
    }));
    const content =
      layout === 'concatenated'
        ? product(join(parts.map(({ query }) => query)), join(parts.map(({ key }) => key)))
        : parts.map(({ query, key }) => product(query, key)).reduce((a, b) => add(a, b));
    const placed = position && positionScores(position.source, scaled(position.own), heads, n);
    // Where no sequence has a mask of its own, positions and mask are one small matrix per head.
    const biased =
      placed === undefined
        ? add(content, mask.additive)
        : at(mask.additive.shape, 0) === 1
          ? add(content, add(placed, mask.additive))
          : add(add(content, placed), mask.additive);
    return answer(softmax(biased), item, weights, heads);
  }
  const rows = [...sides, { source: { values: item }, own: weights.item }].map(({ source, own }) =>
    product(splitHeads(project(source, own.query), heads), splitHeads(project(source, own.key), heads)),
  );
  if (position !== undefined) rows.push(positionScores(position.source, position.own, heads, n));
  const fused = mul(fuse(rows, weights.fusion, mask, form), scale);
  return answer(softmax(add(fused, mask.additive)), item, weights, heads);
}

/** Values by probability, heads merged, projected. Probabilities sum to 1, so a value's bias passes through and joins the output's. */
function answer(probabilities: Tensor, item: Tensor, { value, output }: ValueWeights, heads: number): Tensor {
  const values = splitHeads(linear(item, { weight: value.weight }), heads);
  const context = mergeHeads(matmul(probabilities, values));
  if (value.bias === undefined) return linear(context, output);
  const row = at(value.bias.shape, 0);
  const through = reshape(matmul(reshape(value.bias, [1, row]), output.weight, { transB: true }), [
    at(output.weight.shape, 0),
  ]);
  return linear(context, { ...output, bias: output.bias === undefined ? through : add(through, output.bias) });
}

/** The scale inside the query, and no key bias: the softmax does not see it. */
function unseen({ query, key }: SourceWeights, scale: number): SourceWeights {
  const scaled: LinearWeights = { weight: mul(query.weight, scale) };
  return {
    query: query.bias === undefined ? scaled : { ...scaled, bias: mul(query.bias, scale) },
    key: { weight: key.weight },
  };
}

/** A linear map of a source: of its vectors, or of its table before rows are taken. */
function project(source: FusedSource, weights: LinearWeights): Tensor {
  return 'values' in source ? linear(source.values, weights) : gather(linear(source.table, weights), source.ids);
}

/** `[b, h, n, s]` twice to `[b, h, n, n]` */
function product(query: Tensor, key: Tensor): Tensor {
  return matmul(query, key, { transB: true });
}

/** Heads of several sources side by side: `[b, h, n, s_j]` each to `[b, h, n, sum s_j]`. */
function join(heads: readonly Tensor[]): Tensor {
  return heads.length === 1 ? at(heads, 0) : concat(heads, 3);
}

/** Scores of positions, `[1 or b, h, n, n]`. Those of a table without ids are computed whole, which does not depend on the run, and cut. */
function positionScores(source: PositionSource, weights: SourceWeights, heads: number, n: Dim): Tensor {
  if ('values' in source || 'ids' in source)
    return product(splitHeads(project(source, weights.query), heads), splitHeads(project(source, weights.key), heads));
  const rows = at(source.table.shape, 0);
  const split = (projection: LinearWeights): Tensor => {
    const projected = linear(source.table, projection);
    return transpose(reshape(projected, [1, rows, heads, widthOf(projected) / heads]), [0, 2, 1, 3]);
  };
  return slice(slice(product(split(weights.query), split(weights.key)), 2, 0, n), 3, 0, n);
}
