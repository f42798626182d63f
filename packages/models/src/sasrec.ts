// SASRec: self-attention over items and positions, no side information.
// E `items`, P `positions`; F^(l) `layers[l]` (Kang & McAuley, ICDM 2018, eq. 1-8, post-norm as RecBole).
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, predictorShape, transformerPresets, transformerShape } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { attributePredictors, vanilla, type PredictorConfig } from './family.js';
import { itemTable } from './item-table.js';
import { commonNames } from './reference-names.js';
import { last } from './last.js';

/** Options of SASRec; attribute predictors beside it are DIF-SR's other half. */
export type SasRecConfig = PredictorConfig;

/** The SASRec model. */
export const sasrec: ModelDefinition<SasRecConfig> = {
  name: 'sasrec',
  description: 'self-attention over items and positions',
  source: 'Kang & McAuley, Self-Attentive Sequential Recommendation, ICDM 2018',
  config: z.strictObject({
    ...transformerShape,
    attributeLoss: predictorShape.attributeLoss.removeDefault().default(0),
  }),
  presets: transformerPresets(),
  check: checkHeads,
  build: (context) => {
    const { scope, config, items } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { input, attention } = vanilla(context, embed(rows, items));
    const layers = encode(scope, embedInput(context, input), items, config, attention);
    return { hidden: last(layers), layers, itemTable: table, auxiliary: attributePredictors(context) };
  },
  sideOptions: ({ fields, attributeLoss }) => ({ fields, perField: { attributeLoss } }),
  referenceNames: (config) => commonNames(config).entries,
};
