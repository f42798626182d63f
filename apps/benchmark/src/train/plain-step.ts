// A training step as somebody would write it who has ONNX's operators and nothing of ours: scores of all targets over all items at once,
// their softmax, and no pass over the graph. What our cross-entropy in chunks and our passes are worth is the ratio to it.
import {
  add,
  at,
  cast,
  createGraph,
  equal,
  exp,
  expandDims,
  gradientOf,
  iota,
  log,
  matmul,
  mul,
  optimizerStep,
  reduceMax,
  reduceSum,
  rewrite,
  slice,
  stopGradient,
  sub,
  type NodeOf,
  type Tensor,
  type TrainingStep,
  type TrainingStepOptions,
} from '@difsr/graph';

/**
 * The step of {@link trainingStep}, with the cross-entropy spelled out and without `optimize`: the same losses and updates.
 *
 * @throws GraphError as `trainingStep`
 */
export function plainStep(options: TrainingStepOptions): TrainingStep {
  const { loss, parameters, optimizer, clipNorm, reported = {} } = options;
  const { outputs } = rewrite(createGraph({ loss, ...reported }), (node, rebuilt) =>
    node.op === 'tableCrossEntropy' ? [spelledOut(node)] : rebuilt,
  );
  const plainLoss = outputs.get('loss') ?? loss;
  const trained = parameters.filter(({ trainable }) => trainable);
  const gradients = gradientOf(plainLoss, new Map(trained.map(({ name, tensor }) => [name, tensor])));
  const withGradients = trained.flatMap((parameter) => {
    const gradient = gradients.get(parameter.name);
    return gradient === undefined ? [] : [{ ...parameter, gradient }];
  });
  const { updates, state, gradientNorm } = optimizerStep(optimizer, withGradients, clipNorm);
  return {
    graph: createGraph({
      ...Object.fromEntries(outputs),
      gradientNorm,
      ...Object.fromEntries([...updates].map(([name, tensor]) => [`next.${name}`, tensor])),
    }),
    updates: Object.fromEntries([...updates.keys()].map((name) => [name, `next.${name}`])),
    state,
  };
}

/** `logsumexp(h E^T) - h E[target]` per row, with the scores of all rows in memory: `[targets, classes]`. */
function spelledOut({ inputs: [h, table, targets], attributes: { firstClass } }: NodeOf<'tableCrossEntropy'>): Tensor {
  const classes = at(table.shape, 0);
  const scores = matmul(h, firstClass === 0 ? table : slice(table, 0, firstClass, classes), { transB: true });
  const most = stopGradient(reduceMax(scores, [1], true));
  const total = add(log(reduceSum(exp(sub(scores, most)), [1], true)), most); // [targets, 1]
  const columns = add(iota(at(scores.shape, 1)), firstClass); // the class of each column
  const isTarget = cast(equal(expandDims(columns, 0), expandDims(targets, 1)), 'float32');
  const own = reduceSum(mul(scores, isTarget), [1]);
  return sub(reduceSum(total, [1]), own);
}
