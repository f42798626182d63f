// The family's attentions as parts of a model: what becomes of the input, and what every layer does with the stream. Causal or bidirectional
// is the encoder's matter, so that each member fits into SASRec as into BERT4Rec.
import { add, at, broadcast } from '@difsr/graph';
import {
  declareAttention,
  declareDif,
  declareStreamFusion,
  difAttention,
  fusedDifAttention,
  fuseStreams,
  novaAttention,
  vanillaAttention,
  type DifWeights,
  type Fusion,
  type FusionForm,
} from '@difsr/attention';
import { observeAttention, observeSource } from './observed.js';
import { attributeLoss, declareLinear, widthOf, type Pooling, type Scope } from '@difsr/nn';
import type { Tensor } from '@difsr/graph';
import { DEFAULT_SIDE_WIDTH, ofField, UNNAMED_LOSS, type TransformerConfig } from './config.js';
import type { LayerAttention } from './encoder.js';
import { isCategorical, ownerOf, type FieldSchema } from './field-schema.js';
import { fieldEmbedding, fieldSource, sideFields, valuesOf, type EmbeddingOptions } from './fields.js';
import type { AuxiliaryLoss, BuildContext } from './model.js';
import { placesFromEnd, positionEmbedding, positionTable } from './positions.js';

/** A member of the family in a model. */
export interface Member {
  /** `[batch, length, d]`: what goes into the first layer, before its LayerNorm and dropout. */
  readonly input: Tensor;
  readonly attention: LayerAttention;
}

/** Options of members that read side information. */
export interface FusedConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
  readonly fusion: Fusion;
}

/** Options of DIF attention. */
export interface DifConfig extends FusedConfig {
  /** See {@link FusionForm}; `causal-safe` can train on all positions. */
  readonly fusionForm: FusionForm;
  readonly sideWidth: number | Readonly<Record<string, number>>;
}

/** Options of attribute predictors. */
export interface PredictorConfig extends TransformerConfig {
  /** lambda; 0 leaves a field's predictor out. */
  readonly attributeLoss: number | Readonly<Record<string, number>>;
}

function positionsOf(context: BuildContext<TransformerConfig>): Tensor {
  const { scope, items, config } = context;
  const positions = positionEmbedding(context);
  // Whoever watches sees those of each row apart; otherwise one may serve all.
  const rows = [at(items.shape, 0), at(items.shape, 1), config.hiddenSize];
  return observeSource(scope, { kind: 'position' }, () => broadcast(positions, rows)) ?? positions;
}

/** Embedded items and fields, told of as the sources that they are. */
function itemsOf({ scope }: BuildContext<TransformerConfig>, embedded: Tensor): Tensor {
  observeSource(scope, { kind: 'item' }, () => embedded);
  return embedded;
}

function fieldOf(context: BuildContext<FusedConfig>, field: FieldSchema, options: EmbeddingOptions): Tensor {
  const embedded = fieldEmbedding(context, field, options);
  observeSource(context.scope, { kind: 'field', field: field.name }, () => embedded);
  return embedded;
}

/** Attention over the stream alone. */
export function plainAttention({ hiddenSize, heads, initializerRange }: TransformerConfig): LayerAttention {
  return (own, stream, options) =>
    observeAttention(
      own,
      vanillaAttention(stream, declareAttention(own, hiddenSize, heads, initializerRange), options),
    );
}

/** Items and positions, no side information. `embedded [batch, length, d]`. */
export function vanilla(context: BuildContext<TransformerConfig>, embedded: Tensor): Member {
  return { input: add(itemsOf(context, embedded), positionsOf(context)), attention: plainAttention(context.config) };
}

/** Early fusion: items and `fields` become one stream before the first layer, so that queries, keys and values see all. */
export function earlyFusion(
  context: BuildContext<FusedConfig>,
  embedded: Tensor,
  fields: readonly FieldSchema[],
): Member {
  const { scope, config } = context;
  const { hiddenSize: d, initializerRange: deviation, pooling } = config;
  const streams = [
    itemsOf(context, embedded),
    ...fields.map((field) => fieldOf(context, field, { width: d, pooling, deviation })),
  ];
  const fusion = declareStreamFusion(
    scope.child('fusion'),
    config.fusion,
    d,
    streams.map(() => d),
    deviation,
  );
  return { input: add(fuseStreams(streams, fusion), positionsOf(context)), attention: plainAttention(config) };
}

/** Non-invasive: the stream fused with side information and positions makes queries and keys; values are of the stream alone. */
export function nonInvasive(context: BuildContext<FusedConfig>, embedded: Tensor): Member {
  const { config, schema } = context;
  const { hiddenSize: d, heads, initializerRange: deviation, pooling } = config;
  const side = [
    ...sideFields(schema, config).map((field) => fieldOf(context, field, { width: d, pooling, deviation })),
    broadcast(positionsOf(context), embedded.shape),
  ];
  return {
    input: itemsOf(context, embedded),
    attention: (own, stream, options) => {
      const streams = [stream, ...side];
      const fusion = declareStreamFusion(own.child('fusion'), config.fusion, d, streams.map(widthOf), deviation);
      const weights = declareAttention(own, d, heads, deviation);
      return observeAttention(own, novaAttention(stream, fuseStreams(streams, fusion), weights, options));
    },
  };
}

/** Decoupled: every field and the position have queries and keys of their own in every layer, and scores are fused. */
export function decoupled(context: BuildContext<DifConfig>, embedded: Tensor): Member {
  const input = itemsOf(context, embedded);
  return { input, attention: context.scope.tabulated ? overTables(context) : overVectors(context) };
}

function embeddingOf({ pooling, sideWidth, initializerRange }: DifConfig, field: FieldSchema): EmbeddingOptions {
  return { width: ofField(sideWidth, field.name, DEFAULT_SIDE_WIDTH), pooling, deviation: initializerRange };
}

function declareFor({ schema, config }: BuildContext<DifConfig>): (own: Scope) => DifWeights {
  const { hiddenSize: d, heads, maxLength, fusion, initializerRange: deviation } = config;
  const sides = sideFields(schema, config).map((field) => embeddingOf(config, field).width);
  return (own) => declareDif(own, { width: d, sides, position: d, heads, fusion, maxLength, deviation });
}

/** Of inference: what fields and positions give scores of is computed once for all items. */
function overTables(context: BuildContext<DifConfig>): LayerAttention {
  const { items, schema, config } = context;
  const sides = sideFields(schema, config).map((field) => fieldSource(context, field, embeddingOf(config, field)));
  const table = positionTable(context);
  const position = config.positions === 'from-end' ? { table, ids: placesFromEnd(items) } : { table };
  const declare = declareFor(context);
  return (own, stream, { heads, mask, scale }) => {
    const how = { heads, mask, form: config.fusionForm, ...(scale === undefined ? {} : { scale }) };
    return { output: fusedDifAttention(stream, { sides, position }, declare(own), how) };
  };
}

function overVectors(context: BuildContext<DifConfig>): LayerAttention {
  const { schema, config } = context;
  const fields = sideFields(schema, config);
  const sides = fields.map((field) => fieldOf(context, field, embeddingOf(config, field)));
  positionTable(context); // declared before the weights of the layers
  const declare = declareFor(context);
  return (own, stream, options) => {
    const weights = declare(own);
    // Made anew by every layer: one for all would add its gradients in another order, and train other last bits.
    const position = positionsOf(context);
    const attended = difAttention(stream, { sides, position }, weights, { ...options, form: config.fusionForm });
    return observeAttention(
      own,
      attended,
      fields.map(({ name }) => name),
    );
  };
}

/** As published, concat and gate mix whole rows of scores, hidden ones included. */
export function fusesWholeRows({ fusion, fusionForm }: Pick<DifConfig, 'fusion' | 'fusionForm'>): boolean {
  return fusion !== 'sum' && fusionForm === 'reference';
}

/** A predictor of each field's values of the item that is predicted, trained beside it (Xie et al., SIGIR 2022, eq. 13-14). */
export function attributePredictors({ scope, schema, config }: BuildContext<PredictorConfig>): AuxiliaryLoss[] {
  return sideFields(schema, config).flatMap((field): AuxiliaryLoss[] => {
    // What is predicted is which values the next item has.
    if (!isCategorical(field) || ownerOf(field) !== 'item') return [];
    const factor = ofField(config.attributeLoss, field.name, UNNAMED_LOSS);
    if (factor === 0 || field.values < 2) return [];
    const own = scope.child('predictors').child(field.name);
    const predictor = declareLinear(own, config.hiddenSize, field.values, config.initializerRange);
    return [
      {
        name: `attribute.${field.name}`,
        factor,
        loss: (hidden, targets, weights) =>
          attributeLoss(hidden, predictor, valuesOf(scope, schema, field, targets), weights),
      },
    ];
  });
}
