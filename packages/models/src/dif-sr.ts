// DIF-SR: decoupled side information fusion. Every field and the position have queries and keys of
// their own in every layer; scores are fused; values come from the item stream; attribute predictors
// train beside the item loss (Xie et al., SIGIR 2022). Symbols: R `stream`, E^{ic}_j `sides`, P `position`,
// d_j `sideWidth`, F `fusion`, lambda `attributeLoss`, W_f b_f `predictors`.
import { setting, text } from '@difsr/errors';
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, difShape, predictorShape, sideShape, transformerPresets, transformerShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { attributePredictors, decoupled, fusesWholeRows, type DifConfig, type PredictorConfig } from './family.js';
import { sideFields } from './fields.js';
import { itemTable } from './item-table.js';
import { commonNames, difAttentionNames, fieldNamesPerField } from './reference-names.js';
import { last } from './last.js';

/** Options of DIF-SR. */
export interface DifSrConfig extends DifConfig, PredictorConfig {
  readonly freezeSide: boolean;
}

/** The DIF-SR model. */
export const difSr: ModelDefinition<DifSrConfig> = {
  name: 'dif-sr',
  description: 'side information fused in the attention scores, with attribute predictors',
  source: 'Xie, Zhou & Kim, Decoupled Side Information Fusion for Sequential Recommendation, SIGIR 2022',
  config: z.strictObject({
    ...transformerShape,
    ...sideShape,
    ...difShape,
    ...predictorShape,
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
    const { scope, config, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    // Padding scores reach the output where whole rows are fused, as in the published code, which keeps its padding row from learning by it.
    const embedded = embed(rows, items, { freezePadding: config.fusionForm === 'reference' });
    const { input, attention } = decoupled(context, embedded);
    const readsPadding = fusesWholeRows(config);
    const layers = encode(scope, embedInput(context, input), items, config, attention, { readsPadding });
    const auxiliary = attributePredictors(context);
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
