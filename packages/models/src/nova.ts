// NOVA: non-invasive attention. In every layer the stream fused with side information and positions
// makes queries and keys; values come from the item stream (Liu et al., AAAI 2021, eq. 5-9).
import { broadcast } from '@difsr/graph';
import { declareAttention, declareStreamFusion, fuseStreams, novaAttention, type Fusion } from '@difsr/attention';
import { embed, widthOf, type Pooling } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, transformerPresets, transformerShape, sideShape, type TransformerConfig } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { fieldEmbedding, positionEmbedding, sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, fieldNamesPerField } from './reference-names.js';
import { last } from './last.js';

/** Options of NOVA; `fusion` is the paper's add (`sum`), concat or gating. Fields have the width of the stream. */
export interface NovaConfig extends TransformerConfig {
  readonly fields?: readonly string[] | undefined;
  readonly pooling: Pooling;
  readonly fusion: Fusion;
}

/** The NOVA model. */
export const nova: ModelDefinition<NovaConfig> = {
  name: 'nova',
  description: 'side information in queries and keys only, fused before scoring',
  source: 'Liu et al., Noninvasive Self-attention for Side Information Fusion in Sequential Recommendation, AAAI 2021',
  config: z.strictObject({
    ...transformerShape,
    ...sideShape,
    fusion: z
      .enum(['sum', 'concat', 'gate'])
      .describe('how the stream and side information are fused for queries and keys')
      .default('gate'),
  }),
  presets: transformerPresets(),
  check: checkHeads,
  build: (context) => {
    const { scope, config, schema, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { hiddenSize: d, heads, initializerRange: deviation } = config;
    const fields = sideFields(schema, config);
    const embedded = embed(rows, items);
    const side = [
      ...fields.map((field) => fieldEmbedding(context, field, { width: d, pooling: config.pooling, deviation })),
      broadcast(positionEmbedding(scope, items, config.maxLength, d, deviation), embedded.shape),
    ];
    const layers = encode(scope, embedInput(context, embedded), items, config, (own, stream, options) => {
      const streams = [stream, ...side];
      const fusion = declareStreamFusion(own.child('fusion'), config.fusion, d, streams.map(widthOf), deviation);
      return novaAttention(stream, fuseStreams(streams, fusion), declareAttention(own, d, heads, deviation), options);
    });
    return { hidden: last(layers), layers, itemTable: table };
  },
  referenceNames: (config, schema) => fieldNamesPerField(commonNames(config), sideFields(schema, config)).entries,
};
