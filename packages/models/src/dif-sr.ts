// DIF-SR: decoupled side information fusion. Every field and the position have queries and keys of
// their own in every layer; scores are fused; values come from the item stream; attribute predictors
// train beside the item loss (Xie et al., SIGIR 2022). Symbols: R `stream`, E^{ic}_j `sides`, P `position`,
// d_j `sideWidth`, F `fusion`, lambda `attributeLoss`, W_f b_f `predictors`.
import { setting, text } from '@difsr/errors';
import {
  difAttention,
  declareDif,
  fusedDifAttention,
  type DifWeights,
  type Fusion,
  type FusionForm,
} from '@difsr/attention';
import { attributeLoss, declareLinear, embed, type Pooling, type Scope } from '@difsr/nn';
import * as z from 'zod';
import {
  checkHeads,
  transformerPresets,
  transformerShape,
  ofField,
  perField,
  sideShape,
  type TransformerConfig,
} from './config.js';
import type { ModelDefinition } from './definition.js';
import type { AuxiliaryLoss } from './model.js';
import { isCategorical, ownerOf } from './field-schema.js';
import { embedInput, encode, type LayerAttention } from './encoder.js';
import {
  fieldEmbedding,
  fieldSource,
  positionEmbedding,
  positionTable,
  sideFields,
  valuesOf,
  type EmbeddingOptions,
} from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, difAttentionNames, fieldNamesPerField } from './reference-names.js';
import { last } from './last.js';

/** Options of DIF-SR. */
export interface DifSrConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
  readonly fusion: Fusion;
  /** See {@link FusionForm}; `causal-safe` can train on all positions. */
  readonly fusionForm: FusionForm;
  readonly sideWidth: number | Readonly<Record<string, number>>;
  /** lambda; 0 leaves a field's predictor out. */
  readonly attributeLoss: number | Readonly<Record<string, number>>;
  readonly freezeSide: boolean;
}

const DEFAULT_SIDE_WIDTH = 64;
/** lambda of fields that `attributeLoss` does not name, where it names some. */
const UNNAMED_LOSS = 0;

/** As published, concat and gate mix whole rows of scores, hidden ones included. */
const fusesWholeRows = ({ fusion, fusionForm }: DifSrConfig): boolean => fusion !== 'sum' && fusionForm === 'reference';

/** The DIF-SR model. */
export const difSr: ModelDefinition<DifSrConfig> = {
  name: 'dif-sr',
  description: 'side information fused in the attention scores, with attribute predictors',
  source: 'Xie, Zhou & Kim, Decoupled Side Information Fusion for Sequential Recommendation, SIGIR 2022',
  config: z.strictObject({
    ...transformerShape,
    ...sideShape,
    fusionForm: z
      .enum(['causal-safe', 'reference'])
      .describe(
        'how concat and gate treat hidden scores: as zero (any length), or as the published code does (prefix form only)',
      )
      .default('causal-safe'),
    sideWidth: perField('width of side embeddings', z.number().int().min(1), DEFAULT_SIDE_WIDTH).default(
      DEFAULT_SIDE_WIDTH,
    ),
    attributeLoss: perField(
      "lambda, the weight of the attribute predictors' loss; 0 leaves them out",
      z.number().min(0),
      UNNAMED_LOSS,
    ).default(5),
    freezeSide: z
      .boolean()
      .describe('leave side embeddings at their initial values, as the published code does by mistake')
      .default(false),
  }),
  presets: transformerPresets({
    small: { sideWidth: 64, fusion: 'sum', attributeLoss: 5 },
    paper: { sideWidth: 64, fusion: 'gate', attributeLoss: 10 },
  }),
  check: checkHeads,
  build: (context) => {
    const { scope, config, schema, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { hiddenSize: d, heads, maxLength, fusion, initializerRange: deviation } = config;
    const fields = sideFields(schema, config);
    const widths = fields.map((field) => ofField(config.sideWidth, field.name, DEFAULT_SIDE_WIDTH));
    const { fusionForm: form, pooling } = config;
    const embedding = (j: number): EmbeddingOptions => ({ width: widths[j] ?? DEFAULT_SIDE_WIDTH, pooling, deviation });
    const declare = (own: Scope): DifWeights =>
      declareDif(own, { width: d, sides: widths, position: d, heads, fusion, maxLength, deviation });
    const overTables = (): LayerAttention => {
      const sides = fields.map((field, j) => fieldSource(context, field, embedding(j)));
      const position = { table: positionTable(scope, maxLength, d, deviation) };
      return (own, stream, { heads: h, mask, scale }) => {
        const how = { heads: h, mask, form, ...(scale === undefined ? {} : { scale }) };
        return { output: fusedDifAttention(stream, { sides, position }, declare(own), how) };
      };
    };
    const overVectors = (): LayerAttention => {
      const sides = fields.map((field, j) => fieldEmbedding(context, field, embedding(j)));
      positionTable(scope, maxLength, d, deviation); // declared before the weights of the layers
      return (own, stream, options) => {
        const weights = declare(own);
        // Made anew by every layer: one for all would add its gradients in another order, and train other last bits.
        const position = positionEmbedding(scope, items, maxLength, d, deviation);
        return difAttention(stream, { sides, position }, weights, { ...options, form });
      };
    };
    const attention = scope.tabulated ? overTables() : overVectors();
    // Padding scores reach the output where whole rows are fused, as in the published code, which keeps its padding row from learning by it.
    const embedded = embed(rows, items, { freezePadding: form === 'reference' });
    const readsPadding = fusesWholeRows(config);
    const layers = encode(scope, embedInput(context, embedded), items, config, attention, { readsPadding });
    const auxiliary = fields.flatMap((field): AuxiliaryLoss[] => {
      // What is predicted is which values the next item has.
      if (!isCategorical(field) || ownerOf(field) !== 'item') return [];
      const factor = ofField(config.attributeLoss, field.name, UNNAMED_LOSS);
      if (factor === 0 || field.values < 2) return [];
      const predictor = declareLinear(scope.child('predictors').child(field.name), d, field.values, deviation);
      return [
        {
          name: `attribute.${field.name}`,
          factor,
          loss: (hidden, targets, weights) =>
            attributeLoss(hidden, predictor, valuesOf(scope, schema, field, targets), weights),
        },
      ];
    });
    return { hidden: last(layers), layers, itemTable: table, auxiliary };
  },
  fullRows: fusesWholeRows,
  leaks: (config) =>
    fusesWholeRows(config)
      ? {
          option: 'model.fusionForm',
          what: 'model.fusionForm "reference" lets scores of later items leak when all positions train at once',
          cure: text`${setting('training.form', 'prefix')}, or ${setting('model.fusionForm', 'causal-safe')}`,
        }
      : undefined,
  sideOptions: ({ fields, sideWidth, attributeLoss: lambda }) => ({
    fields,
    perField: { sideWidth, attributeLoss: lambda },
  }),
  referenceNames: (config, schema) => {
    const fields = sideFields(schema, config);
    const names = fieldNamesPerField(commonNames(config), fields);
    for (let k = 0; k < config.layers; k++)
      difAttentionNames(names, `layers.${k}.attention.`, `trm_encoder.layer.${k}.multi_head_attention.`, fields.length);
    fields.forEach((field, j) => names.layer(`predictors.${field.name}`, `ap.${j}`));
    return names.entries;
  },
  frozen: ({ freezeSide }, name) => freezeSide && name.startsWith('fields.'),
};
