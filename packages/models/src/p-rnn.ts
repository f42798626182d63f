// p-RNN: parallel recurrent networks, one for the items and one for each of their features; what predicts is all of their states end to
// end (Hidasi, Quadrana, Karatzoglou & Tikk, RecSys 2016). Scores are then the sum of those of every subnet: state
// h `states`, hidden-to-output weights W `items` (of the items' subnet) and `NAME.output`. An id enters as one-hot vector, so that its rows of
// the input weights are looked up: `itemSubnet.input`, `fields.NAME`; several values add up; numbers and vectors are multiplied.
// The text of the paper could not be looked up: its variants with shared output weights and with products of states are not here, and the
// number of epochs of a residual turn is an option. Units are those of `gru4rec`.
import { concat, type Tensor } from '@difsr/graph';
import { declareGru, embed, gru, gruStates, type Initializer, type Pooling, type Scope } from '@difsr/nn';
import * as z from 'zod';
import { sideShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { fieldEmbedding, sideFields, withUsers } from './fields.js';
import { itemTable } from './item-table.js';
import type { ModelSchema, Turns } from './model.js';
import { fieldDeviation, glorotDeviation, recurrentShape, type RecurrentConfig } from './recurrent.js';

const strategies = ['simultaneous', 'alternating', 'residual', 'interleaved'] as const;

/** How the subnets of a p-RNN are trained: all at once, or in turns. */
export type PRnnStrategy = (typeof strategies)[number];

/** Options of a p-RNN. */
export interface PRnnConfig extends Omit<RecurrentConfig, 'stateSize'> {
  readonly pooling: Pooling;
  readonly strategy: PRnnStrategy;
  readonly turnEpochs: number;
}

const { stateSize: _, ...shape } = recurrentShape;
const ITEMS = 'items';

/** The p-RNN model. Input weights start by Glorot's normal, all others by Glorot's uniform. */
export const pRnn: ModelDefinition<PRnnConfig> = {
  name: 'p-rnn',
  description: 'parallel recurrent networks over items and over each of their features, trained at once or in turns',
  source:
    'Hidasi et al., Parallel Recurrent Neural Network Architectures for Feature-rich Session-based Recommendations, RecSys 2016',
  config: z.strictObject({
    ...shape,
    hiddenSize: z.number().int().min(1).describe('width of the state of every subnet').default(64),
    hiddenDropout: z.number().min(0).max(0.95).describe('dropout on the states that predict').default(0.3),
    pooling: sideShape.pooling,
    strategy: z
      .enum(strategies)
      .describe(
        'all subnets at once; one for an epoch while the others are fixed; one after the other, each beginning beside the finished ones; or one for a step',
      )
      .default('simultaneous'),
    turnEpochs: z
      .number()
      .int()
      .min(1)
      .describe(
        'of the residual strategy: epochs of each subnet; the last one is trained as long as the run goes on. Early stopping counts through turns: its patience should be longer than one',
      )
      .default(10),
  }),
  presets: {
    small: { model: { hiddenSize: 64, layers: 1, maxLength: 50, hiddenDropout: 0.3 } },
    paper: { model: { hiddenSize: 256, layers: 1, maxLength: 50, hiddenDropout: 0.3 } },
  },
  build: (context) => {
    const { scope, config, schema, items, itemRows } = context;
    const { hiddenSize: d, layers, pooling, hiddenDropout, strategy } = config;
    const width = 3 * d; // of all gates
    const states = (subnet: Scope, own: Tensor): Tensor => {
      const [recurrent, above] = [subnet.child('recurrent'), subnet.child('above')];
      const first = gruStates(own, recurrent.parameter('weight', [width, d], GLOROT));
      return layers === 1 ? first : gru(first, declareGru(above, d, d, { layers: layers - 1, initializer: GLOROT }));
    };
    const subnet = scope.child('itemSubnet');
    const deviation = glorotDeviation(itemRows, width);
    const input = subnet.child('input').parameter('weight', [itemRows, width], { kind: 'normal', deviation });
    const ofItems = states(subnet, withUsers(context, embed(input, items), { width, deviation }));
    // A subnet whose turn has not come yet adds nothing to the ensemble.
    const unseen: Initializer = strategy === 'residual' ? { kind: 'zeros' } : GLOROT;
    const sides = sideFields(schema, config).map((field) => {
      const own = scope.child('fieldSubnets').child(field.name);
      const embedded = fieldEmbedding(context, field, { width, pooling, deviation: fieldDeviation(field, width) });
      return {
        states: states(own, embedded),
        output: own.child('output').parameter('weight', [schema.items + 1, d], unseen),
      };
    });
    const { table } = itemTable(context, glorotDeviation(itemRows, d));
    return {
      hidden: scope.dropout(concat([ofItems, ...sides.map((side) => side.states)], -1), hiddenDropout, 'states'),
      itemTable: concat([table, ...sides.map(({ output }) => output)], 1),
    };
  },
  turns: (config, schema) =>
    config.strategy === 'simultaneous' ? undefined : turnsOf(config.strategy, config, schema),
};

const GLOROT: Initializer = { kind: 'glorot-uniform' };

/** The subnet of the items first, then those of fields in their order. */
function turnsOf(strategy: Exclude<PRnnStrategy, 'simultaneous'>, config: PRnnConfig, schema: ModelSchema): Turns {
  const names = sideFields(schema, config).map(({ name }) => name);
  // A field may be named as the group of the items.
  const groups = [ITEMS, ...names.map((name) => `field.${name}`)];
  const place: { readonly [S in typeof strategy]: (at: { readonly epoch: number; readonly step: number }) => number } =
    {
      alternating: ({ epoch }) => epoch % groups.length,
      residual: ({ epoch }) => Math.min(Math.floor(epoch / config.turnEpochs), groups.length - 1),
      interleaved: ({ step }) => step % groups.length,
    };
  return {
    groups,
    groupOf: (parameter) => {
      // Names of fields may begin alike: the longest that fits is meant.
      const own = names.filter((name) =>
        ['fields', 'fieldSubnets'].some((kind) => parameter.startsWith(`${kind}.${name}.`)),
      );
      const [found] = own.toSorted((a, b) => b.length - a.length);
      return found === undefined ? ITEMS : `field.${found}`;
    },
    on: (group, at) => groups[place[strategy](at)] === group,
  };
}
