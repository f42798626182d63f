// NARM: recurrent states of a session, the last one beside those that attention picks out of all (Li et al., CIKM 2017), as RecBole has
// it. E `items`; the units `gru`; A_1 `last`, A_2 `earlier`, v `score` of the attention; B `decoder`: scores are products of items and
// decoded states. Every place attends to those up to itself, so that all positions train at once.
import {
  add,
  at,
  broadcast,
  cast,
  concat,
  expandDims,
  iota,
  less,
  matmul,
  mul,
  not,
  reshape,
  sigmoid,
} from '@difsr/graph';
import { declareGru, declareLinear, embed, gru, linear } from '@difsr/nn';
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

/** Options of NARM. */
export interface NarmConfig extends RecurrentConfig {
  readonly decoderDropout: number;
}

/** The NARM model. */
export const narm: ModelDefinition<NarmConfig> = {
  name: 'narm',
  description: 'gated recurrent units over items, and attention over their states',
  source: 'Li et al., Neural Attentive Session-based Recommendation, CIKM 2017',
  config: z.strictObject({
    ...recurrentShape,
    decoderDropout: z.number().min(0).max(0.95).describe('dropout on what is decoded').default(0.5),
  }),
  presets: recurrentPresets,
  build: (context) => {
    const { scope, config, items, itemRows } = context;
    const { hiddenSize: d, stateSize: h, layers, hiddenDropout } = config;
    const deviation = glorotDeviation(itemRows, d);
    const { rows, table } = itemTable(context, deviation);
    const embedded = withUsers(context, embed(rows, items), { width: d, deviation });
    const states = gru(
      scope.dropout(embedded, hiddenDropout, 'input'),
      declareGru(scope.child('gru'), d, h, { layers }),
    );
    const dense = (name: string, from: number, to: number) =>
      declareLinear(scope.child(name), from, to, glorotDeviation(from, to), { bias: false });
    // q(h_t, h_j) = v sigma(A_1 h_t + A_2 h_j), of every place j up to t (eq. 8): [batch, t, j].
    const last = linear(states, dense('last', h, h));
    const earlier = linear(states, dense('earlier', h, h));
    const [batch, n] = [at(states.shape, 0), at(states.shape, 1)];
    const pairs = sigmoid(add(expandDims(last, 2), expandDims(earlier, 1)));
    const energies = reshape(linear(pairs, dense('score', h, 1)), [batch, n, n]);
    const isPast = not(less(expandDims(iota(n), 1), expandDims(iota(n), 0)));
    const weights = mul(energies, broadcast(cast(isPast, 'float32'), energies.shape));
    const session = concat([matmul(weights, states), states], -1); // eq. 7 and 9: c_local beside c_global
    const hidden = linear(scope.dropout(session, config.decoderDropout, 'session'), dense('decoder', 2 * h, d));
    return { hidden, itemTable: table };
  },
  referenceNames: ({ layers }) =>
    recurrentNames(new NameMap().add('items.weight', 'item_embedding.weight'), 'gru', 'gru', layers)
      .add('last.weight', 'a_2.weight')
      .add('earlier.weight', 'a_1.weight')
      .add('score.weight', 'v_t.weight')
      .add('decoder.weight', 'b.weight').entries,
};
