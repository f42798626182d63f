// S3-Rec: SASRec whose weights are pre-trained on what sequences say of themselves: attributes, masked items, segments. The stage
// `pretrain` sees both sides and has the four tasks (objectives/self-supervised.ts), the stage `finetune` is causal and predicts the next
// item. E `items`, P `positions`, F^l `layers[l]` (Zhou et al., CIKM 2020, sec. 4).
import { slice } from '@difsr/graph';
import { embed } from '@difsr/nn';
import * as z from 'zod';
import { checkHeads, transformerPresets, transformerShape, type TransformerConfig } from './config.js';
import type { ModelDefinition } from './definition.js';
import { embedInput, encode } from './encoder.js';
import { vanilla } from './family.js';
import { itemTable } from './item-table.js';
import { last } from './last.js';
import { ModelConfigError } from './model-error.js';
import { nextItem } from './objectives/next-item.js';
import type { Objective } from './objectives/objective.js';
import { predictedFields, selfSupervised, selfSupervisedTasks } from './objectives/self-supervised.js';
import { commonNames } from './reference-names.js';

/** Options of S3-Rec. */
export interface S3RecConfig extends TransformerConfig {
  readonly stage: 'pretrain' | 'finetune';
  /** Share of items that pre-training masks. */
  readonly maskRatio: number;
  /** Weights of the tasks: associated attributes, masked items, masked attributes, segments. */
  readonly taskWeights: { readonly [T in (typeof selfSupervisedTasks)[number]]: number };
  readonly contrast: 'difference' | 'reference';
  /** Whether [MASK] is one of the classes. */
  readonly maskClass: boolean;
}

const weight = (meaning: string, value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).describe(meaning).default(value);

/** The S3-Rec model. */
export const s3Rec: ModelDefinition<S3RecConfig> = {
  name: 's3-rec',
  description: 'SASRec, pre-trained on attributes, masked items and segments of the sequences',
  source:
    'Zhou et al., S3-Rec: Self-Supervised Learning for Sequential Recommendation with Mutual Information Maximization, CIKM 2020',
  config: z.strictObject({
    ...transformerShape,
    stage: z
      .enum(['pretrain', 'finetune'])
      .describe('what this run is: pre-training on four tasks from both sides, or the next item')
      .default('finetune'),
    maskRatio: z.number().gt(0).lt(1).describe('of pre-training: share of the items that is masked').default(0.2),
    taskWeights: z
      .strictObject({
        aap: weight('associated attributes: the values of an item, of its place', 0.2),
        mip: weight('masked items', 1),
        map: weight('the values of masked items', 1),
        sp: weight('masked segments', 0.5),
      })
      .describe('of pre-training: weights of its tasks')
      .prefault({}),
    contrast: z
      .enum(['difference', 'reference'])
      .describe("of pre-training: log sigmoid of the difference of scores, as the authors' code, or RecBole's form")
      .default('difference'),
    maskClass: z
      .boolean()
      .describe('let [MASK] be one of the classes and of the negatives, as RecBole does')
      .default(false),
  }),
  presets: Object.fromEntries(
    Object.entries(transformerPresets()).map(([name, preset]) => [
      name,
      { ...preset, pretraining: { model: 's3-rec' } },
    ]),
  ),
  pretraining: {
    options: { stage: 'pretrain' },
    shared: [
      'hiddenSize',
      'innerSize',
      'layers',
      'heads',
      'maxLength',
      'hiddenDropout',
      'attentionDropout',
      'initializerRange',
      'layerNormEpsilon',
      'scale',
      'itemFields',
      'itemDropout',
      'fields',
      'numeric',
      'vectors',
      'maskRatio',
      'taskWeights',
      'contrast',
    ],
  },
  check: (config) => {
    checkHeads(config);
    if (config.stage === 'pretrain' && config.userFields !== 'none')
      throw new ModelConfigError({
        what: 'pre-training is of sequences and items, and is told nothing of users',
        option: 'model.userFields',
        cure: 'leave model.userFields out of the pre-training',
      });
    if (config.maskClass && config.loss !== 'cross-entropy')
      throw new ModelConfigError({
        what: `the loss ${config.loss} has no classes`,
        option: 'model.maskClass',
        cure: 'leave model.maskClass out, or choose model.loss=cross-entropy',
      });
  },
  objective: (config): Objective =>
    config.stage === 'pretrain'
      ? selfSupervised({
          ratio: config.maskRatio,
          weights: config.taskWeights,
          contrast: config.contrast,
          deviation: config.initializerRange,
        })
      : config.maskClass
        ? { ...nextItem, extraItems: 1 }
        : nextItem,
  build: (context) => {
    const { scope, config, items, itemRows, schema } = context;
    const { rows, table } = itemTable(context, config.initializerRange);
    const { input, attention } = vanilla(context, embed(rows, items));
    const causal = config.stage === 'finetune';
    const layers = encode(scope, embedInput(context, input), items, config, attention, { causal });
    return {
      hidden: last(layers),
      layers,
      itemTable: table,
      ...(config.maskClass ? { extraClasses: slice(rows, 0, schema.items + 1, itemRows) } : {}),
    };
  },
  referenceNames: (config, schema) => {
    const names = commonNames(config);
    for (const task of selfSupervisedTasks) names.layer(`tasks.${task}`, `${task}_norm`);
    let row = 0;
    for (const { name, values } of predictedFields({ schema, config })) {
      names.add(`attributes.${name}.weight`, 'feature_embedding.weight', [row, row + values - 1]);
      row += values - 1;
    }
    return names.entries;
  },
};
