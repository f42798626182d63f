// GRU4Rec: gated recurrent units over the items of a history (Hidasi et al., ICLR 2016), as RecBole has it: items are embedded, and a dense
// layer brings the state back to their width. E `items`; W, U of the units `gru.layers.K.input`, `gru.layers.K.recurrent`; `dense`.
// Of the paper's training there is the pairwise loss (BPR); its sessions in parallel are windows here, as for every model.
import { declareGru, embed, gru, linear } from '@difsr/nn';
import * as z from 'zod';
import type { ModelDefinition } from './definition.js';
import { withUsers } from './fields.js';
import { itemTable } from './item-table.js';
import {
  glorotDeviation,
  recurrentNames,
  recurrentPresets,
  recurrentShape,
  type RecurrentConfig,
} from './recurrent.js';
import { NameMap } from './reference-names.js';

/** Options of GRU4Rec. */
export type Gru4RecConfig = RecurrentConfig;

/** The GRU4Rec model. Weights start as in RecBole: items by Glorot's normal, units by Glorot's uniform, the dense layer within 1 / sqrt(its inputs). */
export const gru4rec: ModelDefinition<Gru4RecConfig> = {
  name: 'gru4rec',
  description: 'gated recurrent units over items',
  source: 'Hidasi et al., Session-based Recommendations with Recurrent Neural Networks, ICLR 2016',
  config: z.strictObject(recurrentShape),
  presets: recurrentPresets,
  build: (context) => {
    const { scope, config, items, itemRows } = context;
    const { hiddenSize: d, stateSize, layers, hiddenDropout } = config;
    const deviation = glorotDeviation(itemRows, d);
    const { rows, table } = itemTable(context, deviation);
    const input = scope.dropout(
      withUsers(context, embed(rows, items), { width: d, deviation }),
      hiddenDropout,
      'input',
    );
    const states = gru(input, declareGru(scope.child('gru'), d, stateSize, { layers }));
    const [dense, bound] = [scope.child('dense'), 1 / Math.sqrt(stateSize)];
    const hidden = linear(states, {
      weight: dense.parameter('weight', [d, stateSize], { kind: 'uniform', bound }),
      bias: dense.parameter('bias', [d], { kind: 'uniform', bound }, { decay: false }),
    });
    return { hidden, itemTable: table };
  },
  referenceNames: ({ layers }) =>
    recurrentNames(new NameMap().add('items.weight', 'item_embedding.weight'), 'gru', 'gru_layers', layers).layer(
      'dense',
      'dense',
    ).entries,
};
