// What a trained model predicts at every place of a sequence, as a distribution over all items: what others learn from it.
import { constant, createGraph, gather, input, mul, or, reduceSum, select, softmax } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import { LOWEST, newColumns, paddingColumn } from './columns.js';
import type { ModelInstance } from './definition.js';
import { declareInputs } from './inputs.js';
import { RunError } from './run-error.js';
import { queriesOf, scoresOf } from './scoring.js';
import type { InferenceTask } from './tasks.js';

/**
 * Inputs `items` and what else the model reads, as its objective feeds them, and `targetPositions` int32 [targets]. Outputs `probabilities`
 * [targets, items + 1], 0 of padding and, where the model has item fields, of items without training interactions; and `check`, a scalar that
 * is finite only if all scores are.
 *
 * @throws RunError of a model that does not predict the next item at every place
 */
export function distributionTask(model: ModelInstance): InferenceTask {
  if (model.objective.name !== 'next-item' || model.config.seenBias === true)
    throw new RunError({
      what: `${model.name} is trained for "${model.objective.name}"${model.config.seenBias === true ? ' with seen items scored apart' : ''}: what it predicts at a place of a sequence is no distribution that others can learn from`,
      cure: 'learn from a model that predicts the next item by all items alike',
    });
  const scope = new Scope({ training: false });
  const encoding = model.build(scope, declareInputs(model));
  const reached = gather(encoding.hidden, input('targetPositions', ['targets'], 'int32'), 2);
  const scores = scoresOf(encoding, queriesOf(encoding, reached));
  const hasFields = (model.config.itemFields ?? 'none') !== 'none';
  const unknown = hasFields ? newColumns(model) : undefined;
  const never = unknown === undefined ? paddingColumn(model) : or(unknown.columns, paddingColumn(model));
  return {
    parameters: scope.parameters.map(({ spec }) => spec),
    constants: unknown === undefined ? scope.constants : [...scope.constants, unknown.table],
    masks: [],
    graph: createGraph({
      probabilities: softmax(select(never, constant(LOWEST), scores)),
      check: reduceSum(mul(reached, reached)),
    }),
  };
}
