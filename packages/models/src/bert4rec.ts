// BERT4Rec: bidirectional self-attention, trained to fill in masked items, with any attention of the family; with `dif` it is the second
// integration of the DIF-SR paper. Symbols of Sun et al., CIKM 2019, and names here: H^l `layers[l]` (eq. 1-6), E `table`, P positions,
// W^P b^P `transform` and b^O `itemBias` (eq. 7), rho `maskRatio`.
import { gelu, type Tensor } from '@difsr/graph';
import { declareLinear, declareNorm, embed, layerNorm, linear, type Scope } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, difShape, predictorShape, sideShape, transformerPresets, transformerShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import {
  attributePredictors,
  decoupled,
  earlyFusion,
  nonInvasive,
  vanilla,
  type DifConfig,
  type Member,
  type PredictorConfig,
} from './family.js';
import { sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { last } from './last.js';
import type { BuildContext } from './model.js';
import { maskedItem } from './objectives/masked-item.js';
import { commonNames } from './reference-names.js';

/** Attentions of the family that BERT4Rec can have. */
export const bert4recAttentions = ['vanilla', 'early-fusion', 'nova', 'dif'] as const;
type AttentionName = (typeof bert4recAttentions)[number];

/** Options of BERT4Rec. */
export interface Bert4RecConfig extends Omit<DifConfig, 'fusionForm'>, PredictorConfig {
  readonly attention: AttentionName;
  /** `transform`: eq. 7 with a bias of its own for every item; `plain`: scores are products with the item table. */
  readonly output: 'transform' | 'plain';
  readonly maskRatio: number;
}

/** What each attention makes of the embedded items: a missing one does not compile. */
const MEMBERS: {
  readonly [A in AttentionName]: (context: BuildContext<Bert4RecConfig & DifConfig>, embedded: Tensor) => Member;
} = {
  vanilla,
  'early-fusion': (context, embedded) => earlyFusion(context, embedded, sideFields(context.schema, context.config)),
  nova: nonInvasive,
  dif: decoupled,
};

/** LN(gelu(H^L W^P + b^P)), eq. 7 up to its product with E; the norm is of the published implementations. */
function transform(
  scope: Scope,
  hidden: Tensor,
  { hiddenSize: d, initializerRange, layerNormEpsilon }: Bert4RecConfig,
): Tensor {
  const own = scope.child('transform');
  return layerNorm(
    gelu(linear(hidden, declareLinear(own, d, d, initializerRange))),
    declareNorm(own.child('norm'), d),
    layerNormEpsilon,
  );
}

/** The BERT4Rec model. */
export const bert4rec: ModelDefinition<Bert4RecConfig> = {
  name: 'bert4rec',
  description: 'bidirectional self-attention, trained to fill in masked items; with any attention of the family',
  source: 'Sun et al., BERT4Rec, CIKM 2019; with dif the second integration of Xie et al., SIGIR 2022',
  config: z.strictObject({
    ...transformerShape,
    ...sideShape,
    attention: z
      .enum(bert4recAttentions)
      .describe('how layers attend: without side information, or with it fused early, non-invasively or decoupled')
      .default('vanilla'),
    output: z
      .enum(['transform', 'plain'])
      .describe('what is scored: a transformed state with a bias for every item (eq. 7), or the state itself')
      .default('transform'),
    maskRatio: z
      .number()
      .gt(0)
      .lt(1)
      .describe('rho, the share of the items of a sequence that are masked in training')
      .default(0.2),
    sideWidth: difShape.sideWidth,
    attributeLoss: predictorShape.attributeLoss.removeDefault().default(0),
  }),
  presets: transformerPresets(),
  check: checkHeads,
  objective: ({ maskRatio }) => maskedItem({ ratio: maskRatio }),
  build: (context) => {
    const { scope, config, schema, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const causalSafe = { ...context, config: { ...config, fusionForm: 'causal-safe' as const } };
    const { input, attention } = MEMBERS[config.attention](causalSafe, embed(rows, items));
    const layers = encode(scope, embedInput(context, input), items, config, attention, { causal: false });
    const plain = config.output === 'plain';
    return {
      hidden: plain ? last(layers) : transform(scope, last(layers), config),
      layers,
      itemTable: table,
      ...(plain ? {} : { itemBias: scope.child('items').parameter('bias', [schema.items + 1], { kind: 'zeros' }) }),
      auxiliary: attributePredictors(context),
    };
  },
  sideOptions: ({ fields, sideWidth, attributeLoss }) => ({ fields, perField: { sideWidth, attributeLoss } }),
  referenceNames: (config) =>
    commonNames(config)
      .layer('transform', 'output_ffn')
      .layer('transform.norm', 'output_ln')
      .add('items.bias', 'output_bias').entries,
};
