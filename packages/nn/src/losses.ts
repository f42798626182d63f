// Losses over gathered targets. Every target carries a weight, so that a step's loss is a plain
// weighted sum: 1/(targets per step) makes it a mean, 0 hides padding.
import {
  add,
  at,
  cast,
  equal,
  gatherLast,
  GraphError,
  log,
  mul,
  neg,
  not,
  reduceSum,
  select,
  sigmoid,
  slice,
  softplus,
  sub,
  tableCrossEntropy,
  type Tensor,
} from '@difsr/graph';
import { linear, type LinearWeights } from './layers.js';

/**
 * Softmax cross-entropy over an item table.
 *
 * @param hidden [targets, d] @param table [items+1, d] @param targets int32 [targets] @param weights [targets]
 * @param paddingClass whether row 0 is one of the classes, as in the published code.
 * @returns scalar: sum of weight * loss.
 */
export function itemLoss(
  hidden: Tensor,
  table: Tensor,
  targets: Tensor,
  weights: Tensor,
  paddingClass: boolean,
): Tensor {
  return reduceSum(mul(tableCrossEntropy(hidden, table, targets, paddingClass ? 0 : 1), weights));
}

/** Pairwise loss -log(1e-10 + sigmoid(positive - negative)) (BPR, Rendle et al., UAI 2009; the constant as in RecBole). */
export function pairwiseLoss(hidden: Tensor, positive: Tensor, negative: Tensor, weights: Tensor): Tensor {
  const margin = reduceSum(mul(hidden, sub(positive, negative)), [-1]);
  return reduceSum(mul(neg(log(add(sigmoid(margin), 1e-10))), weights));
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
  const logits = linear(hidden, real); // [targets, values - 1]
  const present = not(equal(valueIds, 0));
  const chosen = gatherLast(logits, select(present, sub(valueIds, 1), 0));
  const positive = reduceSum(mul(chosen, cast(present, 'float32')), [-1]);
  const perTarget = mul(sub(reduceSum(softplus(logits), [-1]), positive), 1 / (values - 1));
  return reduceSum(mul(perTarget, weights));
}
