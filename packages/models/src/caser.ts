// Caser: convolutions over the last L items as an image of L rows and d columns, and what a user wants at all times (Tang & Wang, WSDM 2018).
// L `maxLength`; E the image `image`; F^k `horizontal` filters of each height 1..L, F~^k `vertical` ones; z `features` behind the first dense layer;
// P_u the user's embedding. As in published code (RecBole), a second dense layer takes [z, P_u], and what it gives is scored as in the other models.
// A row shorter than L has padding behind its items, whose rows of the image are row 0 of the item table.
import { setting, text } from '@difsr/errors';
import {
  add,
  at,
  broadcast,
  concat,
  constant,
  expandDims,
  matmul,
  mul,
  pad,
  reduceMax,
  reduceSum,
  relu,
  reshape,
  slice,
  sqrt,
  transpose,
  type Tensor,
} from '@difsr/graph';
import { declareLinear, embed, linear, type Scope } from '@difsr/nn';
import * as z from 'zod';
import { size, trainedShape, type TrainedConfig } from './config.js';
import type { ModelDefinition, Preset } from './definition.js';
import { withUsers } from './fields.js';
import { itemTable } from './item-table.js';
import type { BuildContext } from './model.js';
import { glorotDeviation } from './recurrent.js';
import { NameMap } from './reference-names.js';

/** Options of Caser. */
export interface CaserConfig extends TrainedConfig {
  readonly horizontalFilters: number;
  readonly verticalFilters: number;
  readonly userEmbedding: boolean;
  readonly hiddenDropout: number;
  readonly normLoss: number;
}

/** Both presets differ in the width alone; L as the authors' own code names it. */
const preset = (hiddenSize: number): Preset => ({
  model: { hiddenSize, maxLength: 5, horizontalFilters: 16, verticalFilters: 4, hiddenDropout: 0.5 },
  training: { form: 'prefix' },
});

/** What every horizontal filter gives at every place of an image is one product with this: each filter at each place, as a column of `[L * d, places * filters]`. */
function laidOut(filters: Tensor, length: number, d: number): Tensor {
  const [count, height] = [at(filters.shape, 0), Number(at(filters.shape, 1))];
  const column = transpose(reshape(filters, [count, height * d]), [1, 0]);
  return concat(
    Array.from({ length: length - height + 1 }, (_, place) => pad(column, 0, place * d, length * d)),
    1,
  );
}

/** The largest value of each horizontal filter over the image, by height: `image [batch, L, d] -> [batch, L * filters]`. */
function horizontalFeatures(image: Tensor, heights: readonly ConvolutionWeights[]): Tensor {
  const [batch, length, d] = [at(image.shape, 0), heights.length, Number(at(image.shape, 2))];
  const values = matmul(
    reshape(image, [batch, length * d]),
    concat(
      heights.map(({ weight }) => laidOut(weight, length, d)),
      1,
    ),
  );
  let from = 0;
  return concat(
    heights.map(({ weight, bias }, i) => {
      const [places, filters] = [length - i, Number(at(weight.shape, 0))];
      const own = slice(values, 1, from, (from += places * filters));
      // A bias is the same at all places, so that it may be added to the largest value.
      return relu(add(reduceMax(reshape(own, [batch, places, filters]), [1]), bias));
    }),
    1,
  );
}

interface ConvolutionWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Starts as PyTorch's convolutions do, within 1 / sqrt(the numbers under a filter). */
function declareConvolution(scope: Scope, shape: readonly number[]): ConvolutionWeights {
  const bound = 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1));
  return {
    weight: scope.parameter('weight', shape, { kind: 'uniform', bound }),
    bias: scope.parameter('bias', shape.slice(0, 1), { kind: 'uniform', bound }, { decay: false }),
  };
}

/** The rows of users start at zero: a user without training interactions stays there, where one who is unknown is. */
function userRows({ scope, schema, userId, config }: BuildContext<CaserConfig>): {
  readonly table: Tensor;
  readonly own: Tensor;
} {
  const ids = userId();
  const table = scope
    .child('users')
    .parameter('weight', [(schema.users ?? 0) + 1, config.hiddenSize], { kind: 'zeros' });
  return { table, own: embed(table, ids, { freezePadding: true }) };
}

/** The length of all numbers of a tensor as one vector; its gradient at zero is zero. */
function norm(x: Tensor): Tensor {
  return sqrt(add(reduceSum(mul(x, x)), constant(1e-24)));
}

/** The Caser model. Weights start as in RecBole but for the users'. */
export const caser: ModelDefinition<CaserConfig> = {
  name: 'caser',
  description: "convolutions over the last items, and the user's embedding",
  source: 'Tang & Wang, Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding, WSDM 2018',
  config: z.strictObject({
    hiddenSize: size('width d of items and users').default(64),
    maxLength: size('L, the last items that are looked at; time and memory grow with its cube').default(5),
    horizontalFilters: size('horizontal filters of each height from 1 to maxLength').default(16),
    verticalFilters: size('vertical filters, weighted sums of the last items').default(4),
    userEmbedding: z
      .boolean()
      .describe('an embedding of each user: the run keeps the ids of users then; who is none of them has zeros')
      .default(true),
    hiddenDropout: z.number().min(0).max(0.95).describe('dropout on what the filters give').default(0.5),
    normLoss: z
      .number()
      .min(0)
      .describe('factor of the lengths of all weight matrices and tables, added to the loss')
      .default(1e-4),
    ...trainedShape,
  }),
  presets: { small: preset(64), paper: preset(256) },
  fullRows: () => true,
  leaks: () => ({
    what: 'caser gives one state for a row, that of its last items: not all positions can train at once',
    option: 'training.form',
    cure: text`${setting('training.form', 'prefix')}, as its presets have it`,
  }),
  build: (context) => {
    const { scope, config, items } = context;
    const { hiddenSize: d, maxLength: length, horizontalFilters, verticalFilters, normLoss } = config;
    const { rows, table } = itemTable(context, 1 / d);
    const image = withUsers(context, embed(rows, items, { freezePadding: true }), { width: d, deviation: 1 / d });
    const vertical = declareConvolution(scope.child('vertical'), [verticalFilters, length]);
    const heights = Array.from({ length }, (_, i) =>
      declareConvolution(scope.child(`horizontal.${i}`), [horizontalFilters, i + 1, d]),
    );
    const batch = at(image.shape, 0);
    const sums = add(matmul(vertical.weight, image), reshape(vertical.bias, [verticalFilters, 1])); // [batch, filters, d]
    const found = concat([reshape(sums, [batch, verticalFilters * d]), horizontalFeatures(image, heights)], 1);
    const dense = (name: string, inputs: number): ReturnType<typeof declareLinear> =>
      declareLinear(scope.child(name), inputs, d, glorotDeviation(inputs, d));
    const first = dense('features', verticalFilters * d + length * horizontalFilters);
    const features = relu(linear(scope.dropout(found, config.hiddenDropout, 'features'), first));
    const user = config.userEmbedding ? userRows(context) : undefined;
    const second = dense('joined', user === undefined ? d : 2 * d);
    const joined = relu(linear(user === undefined ? features : concat([features, user.own], 1), second));
    const weights = [rows, vertical.weight, first.weight, second.weight, ...heights.map(({ weight }) => weight)];
    const normed = [...weights, ...(user === undefined ? [] : [user.table])];
    return {
      // The state is the whole row's, wherever one looks.
      hidden: broadcast(expandDims(joined, 1), [batch, length, d]),
      itemTable: table,
      ...(normLoss === 0
        ? {}
        : {
            auxiliary: [
              {
                name: 'norms',
                factor: normLoss,
                loss: () => normed.map(norm).reduce((a, b) => add(a, b)),
                ofParameters: true,
              },
            ],
          }),
    };
  },
  referenceNames: ({ maxLength, userEmbedding }) => {
    const names = new NameMap()
      .add('items.weight', 'item_embedding.weight')
      .layer('vertical', 'conv_v')
      .layer('features', 'fc1')
      .layer('joined', 'fc2');
    if (userEmbedding) names.add('users.weight', 'user_embedding.weight');
    for (let i = 0; i < maxLength; i++) names.layer(`horizontal.${i}`, `conv_h.${i}`);
    return names.entries;
  },
};
