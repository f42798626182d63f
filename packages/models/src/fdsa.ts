// FDSA: one stack of self-attention over items and one over their features; what predicts is made of both (Zhang et al., IJCAI 2019).
// The paper's parts and names here: vanilla attention over the features of a place `attendToFeatures`; the item-based and the feature-based
// self-attention block `itemLayers` and `featureLayers`; the fully-connected layer behind both `joined`. As published code has it, one LayerNorm serves both inputs and the output.
import { add, concat, mul, relu, slice, softmax, type Tensor } from '@difsr/graph';
import { declareLinear, embed, linear, type Pooling, type Scope } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, sideShape, transformerPresets, transformerShape, type TransformerConfig } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { plainAttention } from './family.js';
import { fieldEmbedding, sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { last } from './last.js';
import { fieldNamesShared, layerNames, NameMap } from './reference-names.js';
import { positionEmbedding } from './positions.js';

/** Options of FDSA. Fields have the width of the stream. */
export interface FdsaConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
}

/** Vanilla attention: the features of a place, `[batch, length, d]` each, weighted by a softmax over them. */
function attendToFeatures(scope: Scope, features: readonly Tensor[], d: number, deviation: number): Tensor {
  const hidden = declareLinear(scope.child('hidden'), d, d, deviation);
  const output = declareLinear(scope.child('output'), d, 1, deviation);
  const energies = features.map((feature) => linear(relu(linear(feature, hidden)), output));
  const weights = softmax(concat(energies, -1));
  return features.map((feature, j) => mul(slice(weights, -1, j, j + 1), feature)).reduce((a, b) => add(a, b));
}

/** The FDSA model. */
export const fdsa: ModelDefinition<FdsaConfig> = {
  name: 'fdsa',
  description: 'self-attention over items beside self-attention over their features',
  source: 'Zhang et al., Feature-level Deeper Self-Attention Network for Sequential Recommendation, IJCAI 2019',
  config: z.strictObject({ ...transformerShape, pooling: sideShape.pooling }),
  presets: transformerPresets(),
  check: checkHeads,
  build: (context) => {
    const { scope, config, schema, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { hiddenSize: d, pooling, initializerRange: deviation } = config;
    const positions = positionEmbedding(context);
    const streams = sideFields(schema, config).map((field) =>
      fieldEmbedding(context, field, { width: d, pooling, deviation }),
    );
    const stack = (name: 'itemLayers' | 'featureLayers', input: Tensor): Tensor => {
      const embedded = embedInput(context, add(input, positions), name);
      return last(encode(scope.child(name), embedded, items, config, plainAttention(config)));
    };
    // Data without fields leaves the items alone.
    const stacks = [
      stack('itemLayers', embed(rows, items)),
      ...(streams.length === 0
        ? []
        : [stack('featureLayers', attendToFeatures(scope.child('features'), streams, d, deviation))]),
    ];
    const joined = linear(concat(stacks, -1), declareLinear(scope.child('joined'), stacks.length * d, d, deviation));
    return { hidden: embedInput(context, joined, 'output'), itemTable: table };
  },
  referenceNames: (config, schema) => {
    const names = new NameMap()
      .add('items.weight', 'item_embedding.weight')
      .add('positions.weight', 'position_embedding.weight')
      .layer('norm', 'LayerNorm')
      .layer('features.hidden', 'feature_att_layer.projection.0')
      .layer('features.output', 'feature_att_layer.projection.2')
      .layer('joined', 'concat_layer');
    layerNames(names, 'itemLayers.', 'item_trm_encoder.', config.layers);
    layerNames(names, 'featureLayers.', 'feature_trm_encoder.', config.layers);
    return fieldNamesShared(names, sideFields(schema, config)).entries;
  },
};
