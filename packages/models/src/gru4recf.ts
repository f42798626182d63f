// GRU4RecF: gated recurrent units over items beside others over their features; a dense layer makes what predicts of both states. This is
// RecBole's form of the parallel networks of Hidasi et al. (RecSys 2016), trained all at once; `p-rnn` has those of the paper.
// E `items`; `itemGru` over items, `fieldGru` over the embeddings of all fields of a place end to end; `dense` over both states.
import { concat } from '@difsr/graph';
import { declareGru, declareLinear, embed, gru, linear, type Pooling } from '@difsr/nn';
import * as z from 'zod';
import { sideShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { fieldEmbedding, publishedOrder, sideFields, withUsers } from './fields.js';
import { itemTable } from './item-table.js';
import {
  fieldDeviation,
  glorotDeviation,
  recurrentNames,
  recurrentPresets,
  recurrentShape,
  type RecurrentConfig,
} from './recurrent.js';
import { fieldNamesShared, NameMap } from './reference-names.js';

/** Options of GRU4RecF. Fields have the width of items. */
export interface Gru4RecFConfig extends RecurrentConfig {
  readonly pooling: Pooling;
}

/** The GRU4RecF model. Weights start as in RecBole: embeddings and the dense layer by Glorot's normal, units within 1 / sqrt(width of the state). */
export const gru4recf: ModelDefinition<Gru4RecFConfig> = {
  name: 'gru4recf',
  description: 'gated recurrent units over items beside others over their features',
  source: 'Hidasi et al., Parallel Recurrent Neural Network Architectures, RecSys 2016, as RecBole has it',
  config: z.strictObject({ ...recurrentShape, pooling: sideShape.pooling }),
  presets: recurrentPresets,
  build: (context) => {
    const { scope, config, schema, items, itemRows } = context;
    const { hiddenSize: d, stateSize, layers, pooling, hiddenDropout } = config;
    const deviation = glorotDeviation(itemRows, d);
    const { rows, table } = itemTable(context, deviation);
    const units = (name: string, inputs: number): Parameters<typeof gru>[1] =>
      declareGru(scope.child(name), inputs, stateSize, {
        layers,
        initializer: { kind: 'uniform', bound: 1 / Math.sqrt(stateSize) },
      });
    const input = scope.dropout(
      withUsers(context, embed(rows, items), { width: d, deviation }),
      hiddenDropout,
      'input',
    );
    const fields = publishedOrder(sideFields(schema, config));
    const embedded = fields.map((field) =>
      fieldEmbedding(context, field, { width: d, pooling, deviation: fieldDeviation(field, d) }),
    );
    // Data without fields leaves the items alone.
    const states = [
      gru(input, units('itemGru', d)),
      ...(fields.length === 0 ? [] : [gru(concat(embedded, -1), units('fieldGru', fields.length * d))]),
    ];
    const inputs = states.length * stateSize;
    const dense = declareLinear(scope.child('dense'), inputs, d, glorotDeviation(inputs, d));
    return { hidden: linear(concat(states, -1), dense), itemTable: table };
  },
  referenceNames: (config, schema) => {
    const names = new NameMap().add('items.weight', 'item_embedding.weight').layer('dense', 'dense_layer');
    recurrentNames(names, 'itemGru', 'item_gru_layers', config.layers);
    recurrentNames(names, 'fieldGru', 'feature_gru_layers', config.layers);
    return fieldNamesShared(names, sideFields(schema, config)).entries;
  },
};
