// ICAI-SR: vectors of items and of the values of their attributes come from their neighbours in the graph of both, and beside the sequence of
// items each attribute has one of its own, which is trained to predict the next item, too (Yuan et al., SIGIR 2021).
// Item-attribute aggregation `aggregation`, item sequential model `itemSequence`, attribute sequential models `fieldSequences.NAME`; rows of items
// `items`, of values `fields.NAME`. The text of the paper could not be looked up: which form was chosen, and why, is in decision 0094.
import {
  add,
  broadcast,
  cast,
  concat,
  constant,
  equal,
  expandDims,
  gather,
  iota,
  mul,
  not,
  reduceMax,
  reduceSum,
  softmax,
  sub,
  type Tensor,
} from '@difsr/graph';
import { declareGru, declareLinear, embed, gru, linear, pooledEmbedding, type Pooling, type Scope } from '@difsr/nn';
import * as z from 'zod';
import {
  checkHeads,
  ofField,
  perField,
  sideShape,
  transformerPresets,
  transformerShape,
  UNNAMED_LOSS,
  type TransformerConfig,
} from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { plainAttention } from './family.js';
import { isCategorical, type CategoricalSchema } from './field-schema.js';
import { itemFieldsOf, valueNeighbours, valuesOf, withUsers } from './fields.js';
import { itemTable } from './item-table.js';
import { last } from './last.js';
import type { BuildContext, Companion } from './model.js';
import { positionEmbedding } from './positions.js';

/** Options of ICAI-SR. Values have the width of items. */
export interface IcaiSrConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
  readonly sequence: 'sasrec' | 'gru';
  readonly neighbours: number;
  readonly sequenceLoss: number | Readonly<Record<string, number>>;
}

/** The ICAI-SR model. */
export const icaiSr: ModelDefinition<IcaiSrConfig> = {
  name: 'icai-sr',
  description:
    'items and attributes aggregated over their graph, with a sequence of each attribute beside that of items',
  source: 'Yuan et al., ICAI-SR: Item Categorical Attribute Integrated Sequential Recommendation, SIGIR 2021',
  config: z.strictObject({
    ...transformerShape,
    pooling: sideShape.pooling.describe(
      "how the values of a multi-valued field become one vector of its attribute's sequence",
    ),
    sequence: z
      .enum(['sasrec', 'gru'])
      .describe(
        'what reads sequences: self-attention, or recurrent units (which have no heads, innerSize and attentionDropout)',
      )
      .default('sasrec'),
    neighbours: z.number().int().min(1).describe('items of each value that make its vector, at most').default(16),
    sequenceLoss: perField(
      "weight of the loss of an attribute's sequence, 0 leaves it out",
      z.number().min(0),
      UNNAMED_LOSS,
    ).default(1),
  }),
  presets: transformerPresets(),
  check: checkHeads,
  sideOptions: ({ fields, sequenceLoss }) => ({ fields, perField: { sequenceLoss } }),
  build: (context) => {
    const { scope, config, schema, items, knownItems } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const attributes = attributesOf(context);
    const vectors = scope.tabulated
      ? embed(itemVectors(context, attributes, rows, iota(schema.items + 1)), items)
      : itemVectors(context, attributes, embed(rows, items), knownItems);
    return {
      hidden: sequenceOf(context, scope.child('itemSequence'), vectors),
      itemTable: table,
      companions: attributes.flatMap((attribute): Companion[] => {
        const { name } = attribute.field;
        const factor = ofField(config.sequenceLoss, name, UNNAMED_LOSS);
        if (factor === 0) return [];
        const hidden = (): Tensor => {
          const values = valuesOf(scope, schema, attribute.field, knownItems);
          const input = pooledEmbedding(valueVectors(context, attribute, rows), values, config.pooling);
          return sequenceOf(context, scope.child('fieldSequences').child(name), input);
        };
        return [{ name: `sequence.${name}`, factor, hidden }];
      }),
    };
  },
};

/** A categorical attribute of items, and the rows of its values. */
interface Attribute {
  readonly field: CategoricalSchema;
  /** `[values, d]`. */
  readonly table: Tensor;
}

function attributesOf({ scope, schema, config }: BuildContext<IcaiSrConfig>): readonly Attribute[] {
  const { hiddenSize: d, initializerRange: deviation } = config;
  return itemFieldsOf(schema, config)
    .filter(isCategorical)
    .map((field) => {
      const own = scope.child('fields').child(field.name);
      return { field, table: own.parameter('weight', [field.values, d], { kind: 'normal', deviation }) };
    });
}
/**
 * Vectors of items out of their own and those of their values: `own [.., d]`, `ids [..] -> [.., d]`. First over the values of each attribute,
 * then over itself and the attributes that it has a value of.
 */
function itemVectors(
  context: BuildContext<IcaiSrConfig>,
  attributes: readonly Attribute[],
  own: Tensor,
  ids: Tensor,
): Tensor {
  const { scope, schema } = context;
  const around = attributes.map(({ field, table }) => {
    const values = valuesOf(scope, schema, field, ids);
    const present = known(values);
    const vector = attend(context, `${field.name}.values`, own, { vectors: gather(table, values), present });
    return { vector, present: reduceMax(present, [-1], true) };
  });
  // Data without attributes leaves the items as they are.
  if (around.length === 0) return own;
  const itself = broadcast(constant(1), [...own.shape.slice(0, -1), 1]);
  return attend(context, 'attributes', own, {
    vectors: concat(
      [own, ...around.map(({ vector }) => vector)].map((vector) => expandDims(vector, -2)),
      -2,
    ),
    present: concat([itself, ...around.map((each) => each.present)], -1),
  });
}

/** Vectors of a field's values out of their own and those of items that have them: `[values, d]`, of the rows of items. */
function valueVectors(context: BuildContext<IcaiSrConfig>, { field, table }: Attribute, rows: Tensor): Tensor {
  const items = valueNeighbours(context.scope, field, context.config.neighbours);
  return attend(context, `${field.name}.items`, table, {
    vectors: concat([expandDims(table, 1), gather(rows, items)], 1),
    present: concat([broadcast(constant(1), [field.values, 1]), known(items)], 1),
  });
}

/** 1 where there is an id, 0 where there is none. */
function known(ids: Tensor): Tensor {
  return cast(not(equal(ids, 0)), 'float32');
}

/** The neighbours of some vectors. */
interface Neighbours {
  /** `[.., k, d]`. */
  readonly vectors: Tensor;
  /** `[.., k]`, 1 or 0. */
  readonly present: Tensor;
}

/** Each query's neighbours that are there, weighted by a softmax over its scores of them: `[.., d]`, zeros where there is none. */
function attend(
  { scope, config }: BuildContext<IcaiSrConfig>,
  name: string,
  queries: Tensor,
  { vectors, present }: Neighbours,
): Tensor {
  const { hiddenSize: d, initializerRange } = config;
  const own = declareLinear(scope.child('aggregation').child(name), d, d, initializerRange, { bias: false });
  const products = reduceSum(mul(expandDims(linear(queries, own), -2), vectors), [-1]);
  const scores = add(mul(products, 1 / Math.sqrt(d)), mul(sub(present, 1), 1e9));
  const shares = mul(softmax(scores), present);
  return reduceSum(mul(expandDims(shares, -1), vectors), [-2]);
}

/** A sequence model of its own: what follows each place of `x [batch, length, d]`. */
function sequenceOf(context: BuildContext<IcaiSrConfig>, scope: Scope, x: Tensor): Tensor {
  const { items, config } = context;
  const { hiddenSize: d, initializerRange: deviation, layers, hiddenDropout } = config;
  const own = { ...context, scope };
  if (config.sequence === 'gru') {
    const input = scope.dropout(withUsers(own, x, { width: d, deviation }), hiddenDropout, 'input');
    return gru(input, declareGru(scope, d, d, { layers }));
  }
  const positions = positionEmbedding(own);
  return last(encode(scope, embedInput(own, add(x, positions)), items, config, plainAttention(config)));
}
