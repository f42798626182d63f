// NOVA: non-invasive attention. In every layer the stream fused with side information and positions
// makes queries and keys; values come from the item stream (Liu et al., AAAI 2021, eq. 5-9).
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, transformerPresets, transformerShape, sideShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { nonInvasive, type FusedConfig } from './family.js';
import { sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, fieldNamesPerField } from './reference-names.js';
import { last } from './last.js';

/** Options of NOVA; `fusion` is the paper's add (`sum`), concat or gating. Fields have the width of the stream. */
export type NovaConfig = FusedConfig;

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
    const { scope, config, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { input, attention } = nonInvasive(context, embed(rows, items));
    const layers = encode(scope, embedInput(context, input), items, config, attention);
    return { hidden: last(layers), layers, itemTable: table };
  },
  referenceNames: (config, schema) => fieldNamesPerField(commonNames(config), sideFields(schema, config)).entries,
};
