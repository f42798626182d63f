// Options that models share, each with its meaning: the same schema validates, documents and fills in defaults.
import { setting, text } from '@difsr/errors';
import * as z from 'zod';
import type { Preset } from './definition.js';
import type { ItemFields, ModelConfig, NumericForm, UserFields, VectorForm } from './model.js';
import { lossShape, type LossName } from './losses.js';
import { ModelConfigError } from './model-error.js';

/** Width of a field's side embedding, where `sideWidth` names others. */
export const DEFAULT_SIDE_WIDTH = 64;
/** lambda of fields that `attributeLoss` does not name, where it names some. */
export const UNNAMED_LOSS = 0;

/** A number of something, at least one. */
export const size = (meaning: string): z.ZodNumber => z.number().int().min(1).describe(meaning);
const rate = (meaning: string): z.ZodNumber => z.number().min(0).max(0.95).describe(meaning);

/** Options of what every trained model has: rows of items, fields of the data, a loss. */
export interface TrainedConfig extends ModelConfig {
  readonly itemFields: ItemFields;
  readonly itemDropout: number;
  readonly numeric: NumericForm;
  readonly vectors: VectorForm;
  readonly userFields: UserFields;
  readonly loss: LossName;
  readonly paddingClass: boolean;
  readonly seenBias: boolean;
}

/** Options that transformers share. */
export interface TransformerConfig extends TrainedConfig {
  readonly innerSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly layerNormEpsilon: number;
  readonly scale: 'headSize' | 'hiddenSize';
  readonly positions: 'from-start' | 'from-end';
}

/** Refuses heads that do not divide the width. */
export function checkHeads({ hiddenSize, heads }: TransformerConfig): void {
  if (hiddenSize % heads !== 0)
    throw new ModelConfigError({
      what: text`${setting('model.heads')} ${heads} does not divide ${setting('model.hiddenSize')} ${hiddenSize}`,
      option: 'model.heads',
      cure: `choose heads among the divisors of ${hiddenSize}`,
    });
}

/** Shapes of the options that every trained model has. */
export const trainedShape: {
  readonly itemFields: z.ZodDefault<z.ZodEnum<{ none: 'none'; sum: 'sum'; mean: 'mean'; gate: 'gate' }>>;
  readonly itemDropout: z.ZodDefault<z.ZodNumber>;
  readonly fields: z.ZodOptional<z.ZodArray<z.ZodString>>;
  readonly numeric: z.ZodDefault<z.ZodEnum<{ projection: 'projection'; buckets: 'buckets' }>>;
  readonly vectors: z.ZodDefault<z.ZodEnum<{ frozen: 'frozen'; tuned: 'tuned' }>>;
  readonly userFields: z.ZodDefault<z.ZodEnum<{ none: 'none'; stream: 'stream' }>>;
  readonly seenBias: z.ZodDefault<z.ZodBoolean>;
} & typeof lossShape = {
  itemFields: z
    .enum(['none', 'sum', 'mean', 'gate'])
    .describe(
      'attributes in the item table: a row of its own alone, plus the sum or mean of the rows of its values, or plus the sum behind a learned gate',
    )
    .default('none'),
  itemDropout: rate(
    'with itemFields: share of the items whose own row is left out in a step, so that fields learn to rank items that have none',
  ).default(0.5),
  fields: z
    .array(z.string())
    .describe(
      'fields of the data set to use, in order; default: all that it has. Of the time of interactions there are also time.gap, time.weekday and time.hour, which are used where they are named',
    )
    .optional(),
  numeric: z
    .enum(['projection', 'buckets'])
    .describe('how numbers become vectors: by a learned projection, or each by its bucket of about equally many')
    .default('projection'),
  vectors: z
    .enum(['frozen', 'tuned'])
    .describe('whether vectors of items stay as the data has them (behind a learned projection), or are trained on')
    .default('frozen'),
  userFields: z
    .enum(['none', 'stream'])
    .describe('attributes of users: not used, or added to every input of the stream')
    .default('none'),
  seenBias: z
    .boolean()
    .describe(
      'a learned number on the scores of items that the history has already: below 0 where people take nothing twice, above where they come back',
    )
    .default(false),
  ...lossShape,
};

/** Shapes of the options that transformers share. */
export const transformerShape: {
  readonly hiddenSize: z.ZodDefault<z.ZodNumber>;
  readonly innerSize: z.ZodDefault<z.ZodNumber>;
  readonly layers: z.ZodDefault<z.ZodNumber>;
  readonly heads: z.ZodDefault<z.ZodNumber>;
  readonly maxLength: z.ZodDefault<z.ZodNumber>;
  readonly hiddenDropout: z.ZodDefault<z.ZodNumber>;
  readonly attentionDropout: z.ZodDefault<z.ZodNumber>;
  readonly initializerRange: z.ZodDefault<z.ZodNumber>;
  readonly layerNormEpsilon: z.ZodDefault<z.ZodNumber>;
  readonly scale: z.ZodDefault<z.ZodEnum<{ headSize: 'headSize'; hiddenSize: 'hiddenSize' }>>;
  readonly positions: z.ZodDefault<z.ZodEnum<{ 'from-start': 'from-start'; 'from-end': 'from-end' }>>;
} & typeof trainedShape = {
  hiddenSize: size('width d of the item stream').default(64),
  innerSize: size('inner width of the feed-forward blocks').default(256),
  layers: size('number of transformer layers').default(2),
  heads: size('attention heads; must divide hiddenSize').default(2),
  maxLength: size('longest sequence, in interactions; longer histories are windowed').default(50),
  hiddenDropout: rate('dropout on embeddings and sublayer outputs').default(0.5),
  attentionDropout: rate('dropout on attention probabilities').default(0.3),
  initializerRange: z.number().positive().describe('standard deviation of initial weights').default(0.02),
  layerNormEpsilon: z.number().min(1e-30).describe('epsilon inside the root of layer normalization').default(1e-12),
  scale: z
    .enum(['headSize', 'hiddenSize'])
    .describe(
      "what scores are divided by the root of: a head's width, as published code does, or hiddenSize, as eq. (5) and (10) of DIF-SR are printed",
    )
    .default('headSize'),
  positions: z
    .enum(['from-start', 'from-end'])
    .describe(
      'what positions are counted from: the first item that the model is shown, as the published code of DIF-SR does, or the last, as that of SASRec does (its rows are padded on the left)',
    )
    .default('from-start'),
  ...trainedShape,
};

/** Shapes of the options of models that read side information. */
export const sideShape: {
  readonly pooling: z.ZodDefault<z.ZodEnum<{ sum: 'sum'; mean: 'mean'; max: 'max' }>>;
  readonly fusion: z.ZodDefault<z.ZodEnum<{ sum: 'sum'; concat: 'concat'; gate: 'gate' }>>;
} = {
  pooling: z
    .enum(['sum', 'mean', 'max'])
    .describe('how the values of a multi-valued field become one vector')
    .default('sum'),
  fusion: z.enum(['sum', 'concat', 'gate']).describe('how sources are fused').default('sum'),
};

/** Shapes of the options of DIF attention. */
export const difShape: {
  readonly fusionForm: z.ZodDefault<z.ZodEnum<{ 'causal-safe': 'causal-safe'; reference: 'reference' }>>;
  readonly sideWidth: z.ZodDefault<ReturnType<typeof perField>>;
} = {
  fusionForm: z
    .enum(['causal-safe', 'reference'])
    .describe(
      'how concat and gate treat hidden scores: as zero (any length), or as the published code does (prefix form only)',
    )
    .default('causal-safe'),
  sideWidth: perField('width of side embeddings', z.number().int().min(1), DEFAULT_SIDE_WIDTH).default(
    DEFAULT_SIDE_WIDTH,
  ),
};

/** Shapes of the options of attribute predictors. */
export const predictorShape: { readonly attributeLoss: z.ZodDefault<ReturnType<typeof perField>> } = {
  attributeLoss: perField(
    "lambda, the weight of the attribute predictors' loss; 0 leaves them out",
    z.number().min(0),
    UNNAMED_LOSS,
  ).default(5),
};

/** A number for all fields, or one per field; `unnamed` is what fields get that are not named then. */
export function perField(
  meaning: string,
  allowed: z.ZodNumber,
  unnamed: number,
): z.ZodUnion<readonly [z.ZodNumber, z.ZodRecord<z.ZodString, z.ZodNumber>]> {
  return z
    .union([allowed, z.record(z.string(), allowed)])
    .describe(
      `${meaning}; one number for all fields, or one per field by name (a field that is not named gets ${unnamed})`,
    );
}

/** The value of a per-field option. */
export function ofField(option: number | Readonly<Record<string, number>>, field: string, fallback: number): number {
  return typeof option === 'number' ? option : (option[field] ?? fallback);
}

/** The presets that transformers share, with what a model adds to each. */
export function transformerPresets(
  own: Readonly<Partial<Record<'small' | 'paper', Readonly<Record<string, unknown>>>>> = {},
): Readonly<Record<'small' | 'paper', Preset>> {
  const shared = { innerSize: 256, maxLength: 50, hiddenDropout: 0.5, attentionDropout: 0.3 };
  return {
    small: { model: { hiddenSize: 64, layers: 2, heads: 2, ...shared, ...own.small } },
    paper: { model: { hiddenSize: 256, layers: 4, heads: 8, ...shared, ...own.paper } },
  };
}
