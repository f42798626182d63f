// Losses over gathered targets. Every target carries a weight, so that a step's loss is a plain
// weighted sum: 1/(targets per step) makes it a mean, 0 hides padding.
import {
  add,
  at,
  cast,
  div,
  equal,
  exp,
  expandDims,
  gather,
  gatherLast,
  GraphError,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  reduceMax,
  reduceSum,
  select,
  sigmoid,
  size,
  slice,
  softplus,
  stopGradient,
  sub,
  tableCrossEntropy,
  type Tensor,
} from '@difsr/graph';
import { linear, type LinearWeights } from './layers.js';

/** What {@link itemLoss} takes beside its operands. */
export interface ItemLossOptions {
  /** Whether row 0 is one of the classes, as in the published code. Default false. */
  readonly paddingClass?: boolean;
  /** Classes whose scores get a bias: `items` int32 [targets, n], each once and 0 for none, `bias` [1]. */
  readonly seen?: { readonly items: Tensor; readonly bias: Tensor };
}

/**
 * Softmax cross-entropy over an item table.
 *
 * @param hidden [targets, d] @param table [items+1, d] @param targets int32 [targets] @param weights [targets]
 * @returns scalar: sum of weight * loss.
 */
export function itemLoss(
  hidden: Tensor,
  table: Tensor,
  targets: Tensor,
  weights: Tensor,
  { paddingClass = false, seen }: ItemLossOptions = {},
): Tensor {
  const plain = tableCrossEntropy(hidden, table, targets, paddingClass ? 0 : 1);
  const losses = seen === undefined ? plain : withSeen(plain, { hidden, table, targets }, seen);
  return reduceSum(mul(losses, weights));
}

/**
 * The cross-entropy where seen classes have a bias b, out of the one where they have none: with P the probability of all seen classes
 * without it, log sum_j exp(s_j + b [seen]) = log sum_j exp(s_j) + log((1 - P) + exp(b) P).
 */
function withSeen(
  plain: Tensor,
  { hidden, table, targets }: { readonly hidden: Tensor; readonly table: Tensor; readonly targets: Tensor },
  { items, bias }: NonNullable<ItemLossOptions['seen']>,
): Tensor {
  const target = reduceSum(mul(hidden, gather(table, targets)), [1]);
  const total = expandDims(add(plain, target), 1); // log sum_j exp(s_j), [targets, 1]
  const scores = reduceSum(mul(expandDims(hidden, 1), gather(table, items)), [2]); // [targets, n]
  const there = cast(not(equal(items, 0)), 'float32');
  const shares = mul(exp(minimum(sub(scores, total), 0)), there);
  const seen = minimum(reduceSum(shares, [1]), 1); // P, which rounding may carry above 1
  const isTarget = reduceSum(cast(equal(items, expandDims(targets, 1)), 'float32'), [1]);
  return sub(add(plain, log(add(sub(1, seen), mul(exp(bias), seen)))), mul(isTarget, bias));
}

/**
 * What a softmax cross-entropy against other items than the target adds: with z the logarithm of the sum over all classes, the loss of
 * the target is `z - s_t`, that of drawn items in the mean `z - mean s_i`, and this is the difference `s_t - mean s_i` of the two. Where the
 * items are draws from a teacher's distribution, its expectation makes the loss that against the whole distribution (Hinton et al., 2015).
 *
 * @param hidden [targets, d] @param table [items+1, d] @param targets int32 [targets] @param weights [targets]
 * @param drawn int32 [targets, draws], all of them items.
 * @returns scalar: sum of weight * difference.
 */
export function softTargetLoss(hidden: Tensor, table: Tensor, targets: Tensor, weights: Tensor, drawn: Tensor): Tensor {
  const target = reduceSum(mul(hidden, gather(table, targets)), [1]);
  // The mean of products is the product with the mean of the rows.
  const rows = mul(reduceSum(gather(table, drawn), [1]), div(1, cast(size(at(drawn.shape, 1)), 'float32')));
  return reduceSum(mul(sub(target, reduceSum(mul(hidden, rows), [1])), weights));
}

/** Scores that a loss with sampled negatives compares. */
export interface SampledScores {
  /** `[targets]` */
  readonly positive: Tensor;
  /** `[targets, k]` */
  readonly negative: Tensor;
  /** bool `[targets, k]`: which of them there are; others do not count. */
  readonly present: Tensor;
}

/**
 * Bayesian personalized ranking (Rendle et al., UAI 2009): the mean over the negatives of -log(1e-10 + sigmoid(positive - negative));
 * the constant as in RecBole. A target without negatives has no loss.
 *
 * @param weights [targets]
 * @returns scalar: sum of weight * loss.
 */
export function bprLoss({ positive, negative, present }: SampledScores, weights: Tensor): Tensor {
  const margin = sub(expandDims(positive, 1), negative);
  const counted = cast(present, 'float32');
  const sum = reduceSum(mul(neg(log(add(sigmoid(margin), 1e-10))), counted), [1]);
  return reduceSum(mul(div(sum, maximum(reduceSum(counted, [1]), 1)), weights));
}

/**
 * Binary cross-entropy of a target and its negatives (SASRec, Kang & McAuley, ICDM 2018), -beta log sigmoid(positive) - sum log(1 -
 * sigmoid(negative)); with beta of {@link calibratedExponent} it is gBCE.
 *
 * @param weights [targets]
 * @param beta Exponent of the positive probability, 1 for BCE.
 * @returns scalar: sum of weight * loss.
 */
export function binaryLoss({ positive, negative, present }: SampledScores, weights: Tensor, beta = 1): Tensor {
  const against = reduceSum(mul(softplus(negative), cast(present, 'float32')), [1]);
  return reduceSum(mul(add(mul(softplus(neg(positive)), beta), against), weights));
}

/**
 * The exponent beta of gBCE (Petrov & Macdonald, gSASRec, RecSys 2023): alpha (t (1 - 1/alpha) + 1/alpha), where alpha is the share of the
 * other items that is sampled. t 0 gives 1, t 1 gives alpha.
 *
 * @example calibratedExponent({ negatives: 256, items: 12102, calibration: 0.75 });
 */
export function calibratedExponent({
  negatives,
  items,
  calibration: t,
}: {
  readonly negatives: number;
  readonly items: number;
  readonly calibration: number;
}): number {
  const alpha = Math.min(1, negatives / Math.max(1, items - 1));
  return alpha * (t * (1 - 1 / alpha) + 1 / alpha);
}

/**
 * Softmax over sampled items as an estimate of that over all: log(exp(positive) + sum exp(negative - logCount)) - positive. With logCount
 * the logarithm of how often an item is expected among the negatives, the sum is right in expectation (Bengio & Senecal, IEEE Trans.
 * Neural Networks 2008; logQ correction, Yi et al., RecSys 2019). The target is there whatever is drawn, so its own score is not
 * corrected, and where it is drawn as well it does not count twice.
 *
 * @param logCount [k], shared by all targets; large where there is no item.
 * @returns scalar: sum of weight * loss.
 */
export function sampledSoftmaxLoss(
  { positive, negative, present }: SampledScores,
  logCount: Tensor,
  weights: Tensor,
): Tensor {
  const corrected = select(present, sub(negative, logCount), -1e9);
  const own = expandDims(positive, 1);
  const most = stopGradient(maximum(own, reduceMax(corrected, [1], true))); // [targets, 1]
  const total = add(exp(sub(own, most)), reduceSum(exp(sub(corrected, most)), [1], true));
  const loss = sub(add(log(total), most), own);
  return reduceSum(mul(loss, expandDims(weights, 1)));
}

/**
 * Auxiliary attribute predictor (DIF-SR, eq. 13-14): binary cross-entropy of every value of a field
 * against those of the target item, averaged over the values; class 0 ("none") takes no part.
 * Written as `sum softplus(z) - sum_{a in values} z_a`, so no dense multi-hot target exists.
 *
 * @param hidden [targets, d] @param predictor weight [values, d], bias [values]
 * @param valueIds int32 [targets, k] values of the target item, each once, 0 = none.
 * @returns scalar: sum of weight * loss.
 */
export function attributeLoss(hidden: Tensor, predictor: LinearWeights, valueIds: Tensor, weights: Tensor): Tensor {
  const values = at(predictor.weight.shape, 0);
  if (typeof values !== 'number' || values < 2)
    throw new GraphError(`an attribute predictor needs at least one value beside "none", got ${values}`);
  const real: LinearWeights = {
    weight: slice(predictor.weight, 0, 1, values),
    ...(predictor.bias === undefined ? {} : { bias: slice(predictor.bias, 0, 1, values) }),
  };
  return reduceSum(mul(mul(ofLabels(linear(hidden, real), valueIds), 1 / (values - 1)), weights));
}

/**
 * Binary cross-entropy of every value of a field against those of an item, summed over the values.
 *
 * @param logits [targets, values]: of the values 1.. (0 is none and has no logit)
 * @param valueIds int32 [targets, k] values of the item, each once, 0 = none.
 * @returns scalar: sum of weight * loss.
 */
export function multiLabelLoss(logits: Tensor, valueIds: Tensor, weights: Tensor): Tensor {
  return reduceSum(mul(ofLabels(logits, valueIds), weights));
}

/** `[targets]` */
function ofLabels(logits: Tensor, valueIds: Tensor): Tensor {
  const present = not(equal(valueIds, 0));
  const chosen = gatherLast(logits, select(present, sub(valueIds, 1), 0));
  const positive = reduceSum(mul(chosen, cast(present, 'float32')), [-1]);
  return sub(reduceSum(softplus(logits), [-1]), positive);
}
