// The loss of targets at places of the rows: a hidden state for each, by softmax over all items or against one sampled negative,
// and what trains beside it. Objectives differ in what they feed it.
import { add, gather, input, mul, type Tensor } from '@difsr/graph';
import { itemLoss, pairwiseLoss, type Scope } from '@difsr/nn';
import type { Encoding, TraceableModel } from '../model.js';
import { declareInputs } from '../inputs.js';
import { classBias } from '../item-table.js';
import { scoring } from '../scoring.js';
import type { ObjectiveLoss } from './objective.js';

/**
 * Traces the model and its loss. Inputs: `items` int32 [batch, length], `targetPositions` int32 [targets] (row * length + column),
 * `targetItems` int32 [targets], `weights` [targets]; with the pairwise loss also `negativeItems` int32 [targets].
 */
export function lossOfTargets(model: TraceableModel, scope: Scope): ObjectiveLoss {
  const encoding = model.build(scope, declareInputs(model));
  const targets = input('targetItems', ['targets'], 'int32');
  const weights = input('weights', ['targets']);
  const reached = gather(encoding.hidden, input('targetPositions', ['targets'], 'int32'), 2); // [targets, d]
  const item = itemLossOf(model, scope, encoding, { reached, targets, weights });
  const parts: Record<string, Tensor> = { 'loss.item': item };
  let loss = item;
  for (const { name, factor, loss: own } of encoding.auxiliary ?? []) {
    const value = own(reached, targets, weights);
    parts[`loss.${name}`] = value;
    loss = add(loss, mul(value, factor));
  }
  return { loss, parts };
}

interface Targets {
  readonly reached: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
}

/** As the model's configuration has it. */
function itemLossOf(
  { config, schema }: TraceableModel,
  scope: Scope,
  encoding: Encoding,
  { reached, targets, weights }: Targets,
): Tensor {
  const { hidden, table } = scoring(encoding, reached, classBias(scope, schema, config));
  if (config.loss !== 'pairwise') return itemLoss(hidden, table, targets, weights, config.paddingClass ?? false);
  const negatives = input('negativeItems', ['targets'], 'int32');
  return pairwiseLoss(hidden, gather(table, targets), gather(table, negatives), weights);
}
