// SASRec: self-attention over items and positions, no side information.
// E `items`, P `positions`; F^(l) `layers[l]` (Kang & McAuley, ICDM 2018, eq. 1-8, post-norm as RecBole).
import { add } from '@difsr/graph';
import { declareAttention, vanillaAttention } from '@difsr/attention';
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { commonShape } from './config.js';
import type { CommonConfig, ModelDefinition } from './definition.js';
import { embedInput, encode, itemTable } from './encoder.js';
import { positionEmbedding } from './fields.js';
import { commonNames } from './reference-names.js';
import { last } from './last.js';

/** Options of SASRec. */
export type SasRecConfig = CommonConfig;

/** The SASRec model. */
export const sasrec: ModelDefinition<SasRecConfig> = {
  name: 'sasrec',
  description: 'self-attention over items and positions',
  source: 'Kang & McAuley, Self-Attentive Sequential Recommendation, ICDM 2018',
  config: z.strictObject(commonShape),
  build: (scope, config, schema, items) => {
    const table = itemTable(scope, schema.items, config);
    const { hiddenSize: d, heads, initializerRange: deviation } = config;
    const input = add(embed(table, items), positionEmbedding(scope, items, config.maxLength, d, deviation));
    const layers = encode(scope, embedInput(scope, input, config), items, config, (own, stream, options) =>
      vanillaAttention(stream, declareAttention(own, d, heads, deviation), options),
    );
    return { hidden: last(layers), layers, itemTable: table, auxiliary: [] };
  },
  fixedLength: () => false,
  referenceNames: (config) => commonNames(config).entries,
  frozen: () => false,
};
