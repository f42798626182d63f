// SASRecF: early fusion. Item and field embeddings become one stream before the first layer, so
// queries, keys and values all see side information (RecBole's feature-level SASRec).
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, transformerPresets, transformerShape, sideShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { earlyFusion, type FusedConfig } from './family.js';
import { publishedOrder, sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, fieldNamesShared } from './reference-names.js';
import { last } from './last.js';

/** Options of SASRecF; `fusion` says how the input embeddings are fused. Fields have the width of the stream. */
export type SasRecFConfig = FusedConfig;

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
    const { input, attention } = earlyFusion(context, embed(rows, items), publishedOrder(sideFields(schema, config)));
    const layers = encode(scope, embedInput(context, input), items, config, attention);
    return { hidden: last(layers), layers, itemTable: table };
  },
  referenceNames: (config, schema) =>
    fieldNamesShared(commonNames(config), sideFields(schema, config)).layer('fusion.projection', 'concat_layer')
      .entries,
};
