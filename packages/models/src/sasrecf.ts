// SASRecF: early fusion. Item and field embeddings become one stream before the first layer, so
// queries, keys and values all see side information (RecBole's feature-level SASRec).
import { add } from '@difsr/graph';
import { declareAttention, declareStreamFusion, fuseStreams, vanillaAttention, type Fusion } from '@difsr/attention';
import { embed, type Pooling } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, transformerPresets, transformerShape, sideShape, type TransformerConfig } from './config.js';
import type { ModelDefinition } from './definition.js';
import type { FieldSchema } from './field-schema.js';
import { embedInput, encode } from './encoder.js';
import { fieldEmbedding, positionEmbedding, sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, fieldNamesShared } from './reference-names.js';
import { last } from './last.js';

/** Options of SASRecF; `fusion` says how the input embeddings are fused. Fields have the width of the stream. */
export interface SasRecFConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
  readonly fusion: Fusion;
}

/** RecBole's order: single-valued fields first, then those of several values, then those of numbers. */
function ordered(fields: readonly FieldSchema[]): FieldSchema[] {
  const of = (kind: FieldSchema['kind']): FieldSchema[] => fields.filter((field) => field.kind === kind);
  return [...of('categorical'), ...of('multi-categorical'), ...of('numeric'), ...of('vector')];
}

/** The SASRecF model. */
export const sasrecf: ModelDefinition<SasRecFConfig> = {
  name: 'sasrecf',
  description: 'SASRec with side information fused into its input',
  source: 'early fusion as in RecBole; compared in Xie et al., SIGIR 2022',
  config: z.strictObject({
    ...transformerShape,
    ...sideShape,
    fusion: z.enum(['sum', 'concat', 'gate']).describe('how item and field embeddings are fused').default('concat'),
  }),
  presets: transformerPresets(),
  check: checkHeads,
  build: (context) => {
    const { scope, config, schema, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { hiddenSize: d, heads, initializerRange: deviation } = config;
    const fields = ordered(sideFields(schema, config));
    const streams = [
      embed(rows, items),
      ...fields.map((field) => fieldEmbedding(context, field, { width: d, pooling: config.pooling, deviation })),
    ];
    const fusion = declareStreamFusion(
      scope.child('fusion'),
      config.fusion,
      d,
      streams.map(() => d),
      deviation,
    );
    const input = add(fuseStreams(streams, fusion), positionEmbedding(scope, items, config.maxLength, d, deviation));
    const layers = encode(scope, embedInput(context, input), items, config, (own, stream, options) =>
      vanillaAttention(stream, declareAttention(own, d, heads, deviation), options),
    );
    return { hidden: last(layers), layers, itemTable: table };
  },
  referenceNames: (config, schema) =>
    fieldNamesShared(commonNames(config), sideFields(schema, config)).layer('fusion.projection', 'concat_layer')
      .entries,
};
