// The loss of targets at places of the rows: a hidden state for each, by softmax over all items or against sampled negatives, and what
// trains beside it. Objectives differ in what they feed it.
import { given, setting, text } from '@difsr/errors';
import { and, equal, expandDims, gather, input, matmul, mul, add, not, reduceSum, type Tensor } from '@difsr/graph';
import {
  binaryLoss,
  bprLoss,
  calibratedExponent,
  itemLoss,
  sampledSoftmaxLoss,
  softTargetLoss,
  type SampledScores,
  type Scope,
} from '@difsr/nn';
import type { Encoding, TraceableModel } from '../model.js';
import { declareInputs } from '../inputs.js';
import { classBias } from '../item-table.js';
import { lossOf, type LossChoice, type LossName } from '../losses.js';
import { queriesOf, scoresOfItems, scoring } from '../scoring.js';
import { ModelConfigError } from '../model-error.js';
import type { LossExtras, ObjectiveLoss } from './objective.js';

/**
 * Traces the model and its loss. Inputs: `items` int32 [batch, length], `targetPositions` int32 [targets] (row * length + column),
 * `targetItems` int32 [targets], `weights` [targets], and what `negativeFeeds` gives (negatives.ts).
 */
export function lossOfTargets(model: TraceableModel, scope: Scope, { soft }: LossExtras = {}): ObjectiveLoss {
  const encoding = model.build(scope, declareInputs(model));
  const targets = input('targetItems', ['targets'], 'int32');
  const weights = input('weights', ['targets']);
  const positions = input('targetPositions', ['targets'], 'int32');
  const reach = (hidden: Tensor): Tensor => gather(hidden, positions, 2); // [targets, d]
  const reached = reach(encoding.hidden);
  const inputs = sharedInputs();
  const item = itemLossOf(model, scope, encoding, { reached, targets, weights, inputs });
  const terms: Term[] = [
    ...(soft === undefined ? [] : [softTerm(model, scope, encoding, { reached, targets, weights, inputs }, soft)]),
    ...(encoding.auxiliary ?? []).map(({ name, factor, loss: own, ofParameters = false }) => ({
      name: `loss.${name}`,
      value: own(reached, targets, weights),
      factor,
      ofParameters,
    })),
    ...(encoding.companions ?? []).map(({ name, factor, hidden }) => ({
      name: `loss.${name}`,
      value: itemLossOf(model, scope, encoding, { reached: reach(hidden()), targets, weights, inputs }),
      factor,
      ofParameters: false,
    })),
  ];
  const sum = (some: readonly Term[]): Tensor =>
    some.reduce((all, { value, factor }) => add(all, mul(value, factor)), item);
  const others = terms.filter(({ ofParameters }) => ofParameters);
  return {
    loss: sum(terms),
    parts: { 'loss.item': item, ...Object.fromEntries(terms.map(({ name, value }) => [name, value])) },
    ...(others.length === 0
      ? {}
      : {
          ofTargets: {
            loss: sum(terms.filter(({ ofParameters }) => !ofParameters)),
            others: others.map(({ name }) => name),
          },
        }),
  };
}

/** A part of the loss beside that of items. */
interface Term {
  readonly name: string;
  readonly value: Tensor;
  readonly factor: number;
  readonly ofParameters: boolean;
}

/** The part of the loss that goes by what others predict. @throws ModelConfigError where scores of a few items do not make the loss */
function softTerm(
  model: TraceableModel,
  scope: Scope,
  encoding: Encoding,
  of: Targets,
  { weight, draws }: NonNullable<LossExtras['soft']>,
): Term {
  const loss = model.config.loss ?? 'cross-entropy';
  if (loss !== 'cross-entropy' || model.config.seenBias === true)
    throw new ModelConfigError({
      what:
        loss === 'cross-entropy'
          ? 'what others predict says nothing of items that are scored apart because a history has them'
          : text`what others predict is a distribution over all items, and the loss ${loss} is none of one`,
      option: loss === 'cross-entropy' ? 'model.seenBias' : 'model.loss',
      cure: text`train without ${setting('distillation.runs')}, or ${loss === 'cross-entropy' ? text`without ${setting('model.seenBias')}` : text`by ${setting('model.loss', 'cross-entropy')}`}`,
    });
  const { hidden, table } = scoring(
    encoding,
    queriesOf(encoding, of.reached),
    classBias(scope, model.schema, model.config),
  );
  const drawn = of.inputs('softItems', ['targets', draws], 'int32');
  return {
    name: 'loss.soft',
    value: softTargetLoss(hidden, table, of.targets, of.weights, drawn),
    factor: weight,
    ofParameters: false,
  };
}

/** Inputs that several losses read: declared when the first of them asks. */
function sharedInputs(): typeof input {
  const declared = new Map<string, Tensor>();
  return (name, shape, dtype) => {
    const tensor = declared.get(name) ?? input(name, shape, dtype);
    declared.set(name, tensor);
    return tensor;
  };
}

interface Targets {
  /** Declares inputs that some losses have. */
  readonly inputs: typeof input;
  readonly reached: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
}

/** Products of hidden states with rows of a table. */
interface Products extends Targets, Pick<Encoding, 'seenBias'> {
  readonly hidden: Tensor;
  readonly table: Tensor;
}

/** As the model's configuration has it. */
function itemLossOf(model: TraceableModel, scope: Scope, encoding: Encoding, of: Targets): Tensor {
  const bias = classBias(scope, model.schema, model.config);
  return FORMULAS[model.config.loss ?? 'cross-entropy'](model, {
    ...of,
    ...scoring(encoding, queriesOf(encoding, of.reached), bias),
    ...given({ seenBias: encoding.seenBias }),
  });
}

/** What each loss makes of the products: a missing one does not compile. */
const FORMULAS: { readonly [L in LossName]: (model: TraceableModel, products: Products) => Tensor } = {
  'cross-entropy': ({ config }, { hidden, table, targets, weights, seenBias, inputs }) =>
    itemLoss(hidden, table, targets, weights, {
      paddingClass: config.paddingClass ?? false,
      ...(seenBias === undefined
        ? {}
        : { seen: { items: inputs('seenItems', ['targets', 'seen'], 'int32'), bias: seenBias } }),
    }),
  bpr: ({ config }, products) => bprLoss(againstNegatives(products, lossOf(config)), products.weights),
  bce: ({ config }, products) => binaryLoss(againstNegatives(products, lossOf(config)), products.weights),
  gbce: ({ config, schema }, products) => {
    const choice = lossOf(config);
    const { calibration, sampling } = choice;
    const beta = calibratedExponent({ negatives: sampling?.count ?? 1, items: schema.items, calibration });
    return binaryLoss(againstNegatives(products, choice), products.weights, beta);
  },
  'sampled-softmax': (_, products) => {
    const negatives = products.inputs('negativeItems', ['negatives'], 'int32');
    const isOther = not(equal(expandDims(products.targets, 1), expandDims(negatives, 0)));
    const present = and(isOther, expandDims(not(equal(negatives, 0)), 0));
    return sampledSoftmaxLoss(
      againstShared(products, negatives, present),
      products.inputs('negativeLogCounts', ['negatives']),
      products.weights,
    );
  },
};

/** Every target against its own negatives, or against those of the step that are not of its row. */
function againstNegatives(products: Products, { sampling }: LossChoice): SampledScores {
  if (sampling?.shared === true)
    return againstShared(
      products,
      products.inputs('negativeItems', ['negatives'], 'int32'),
      products.inputs('negativePresent', ['targets', 'negatives'], 'bool'),
    );
  const { hidden, table, targets } = products;
  const negatives = products.inputs('negativeItems', ['targets', sampling?.count ?? 1], 'int32');
  return {
    positive: reduceSum(mul(hidden, gather(table, targets)), [1]),
    negative: scoresOfItems({ itemTable: table }, hidden, negatives),
    present: not(equal(negatives, 0)),
  };
}

function againstShared({ hidden, table, targets }: Products, negatives: Tensor, present: Tensor): SampledScores {
  return {
    positive: reduceSum(mul(hidden, gather(table, targets)), [1]),
    negative: matmul(hidden, gather(table, negatives), { transB: true }),
    present,
  };
}
