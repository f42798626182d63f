// What the score of a target is trained against, as options: one table says which loss draws negatives, how many, and what it may be
// combined with. The formulas are in @difsr/nn, the draws in objectives/negatives.ts.
import { setting, text, type Text } from '@difsr/errors';
import { add, constant, div, maximum, mul, reduceSum, sqrt, type Tensor } from '@difsr/graph';
import * as z from 'zod';
import { ModelConfigError } from './model-error.js';

/** Losses, the default first. */
export const lossNames = ['cross-entropy', 'bpr', 'bce', 'gbce', 'sampled-softmax'] as const;
/** The name of a loss. */
export type LossName = (typeof lossNames)[number];

/** Where negatives are drawn from, the default first. */
export const samplingNames = ['uniform', 'popularity', 'in-batch'] as const;
/** The name of a law of negatives. */
export type SamplingName = (typeof samplingNames)[number];

/** Share of the way from BCE (0) to an unbiased probability (1), where `calibration` names no other (gSASRec, sec. 5). */
const DEFAULT_CALIBRATION = 0.75;
/** Of cosine logits. */
const DEFAULT_TEMPERATURE = 0.1;

/** More negatives than so many are drawn once a step for all of its targets: as rows of their own they would be most of its time. */
const OWN_AT_MOST = 16;

interface LossRules {
  /** Negatives where the option `negatives` names no number; undefined: it draws none. */
  readonly negatives?: number;
  /** Whether all targets of a step share them, however few they are. */
  readonly shared?: true;
  readonly sampling: readonly SamplingName[];
  readonly calibration?: true;
  readonly paddingClass?: true;
}

const RULES: { readonly [L in LossName]: LossRules } = {
  'cross-entropy': { sampling: [], paddingClass: true },
  bpr: { negatives: 1, sampling: samplingNames },
  bce: { negatives: 1, sampling: samplingNames },
  // Its calibration is derived for uniform negatives.
  gbce: { negatives: 256, sampling: ['uniform'], calibration: true },
  'sampled-softmax': { negatives: 1024, shared: true, sampling: samplingNames },
};

/** Options of losses. */
export interface LossOptions {
  /** Default `cross-entropy`. */
  readonly loss?: LossName;
  /** Of losses that sample: how many negatives, and from what. Default: by the loss, and all items alike. */
  readonly negatives?: number | undefined;
  readonly negativeSampling?: SamplingName | undefined;
  /** Of `gbce`. Default .75. */
  readonly calibration?: number | undefined;
  /** Default `product`. */
  readonly logits?: 'product' | 'cosine';
  /** Of cosine logits. Default .1. */
  readonly temperature?: number | undefined;
  /** Whether padding is a class of the softmax. Default false. */
  readonly paddingClass?: boolean;
}

/** How negatives are drawn. */
export interface NegativeSampling {
  readonly from: SamplingName;
  /** Per target; undefined: the targets of the step themselves. */
  readonly count: number | undefined;
  /** Whether all targets of a step have the same, each less the items of its row. */
  readonly shared: boolean;
}

/** A loss with its defaults filled in. */
export interface LossChoice {
  readonly name: LossName;
  /** Undefined where it draws none. */
  readonly sampling?: NegativeSampling;
  readonly calibration: number;
}

/** Shapes of the options of losses, for the configuration of a model that is trained by `nextItem` or `maskedItem`. */
export const lossShape: {
  readonly loss: z.ZodDefault<z.ZodEnum<{ [L in LossName]: L }>>;
  readonly negatives: z.ZodOptional<z.ZodNumber>;
  readonly negativeSampling: z.ZodOptional<z.ZodEnum<{ [S in SamplingName]: S }>>;
  readonly calibration: z.ZodOptional<z.ZodNumber>;
  readonly logits: z.ZodDefault<z.ZodEnum<{ product: 'product'; cosine: 'cosine' }>>;
  readonly temperature: z.ZodOptional<z.ZodNumber>;
  readonly paddingClass: z.ZodDefault<z.ZodBoolean>;
} = {
  loss: z
    .enum(lossNames)
    .describe(
      'softmax over all items; BPR, BCE or gBCE against sampled negatives; or softmax over sampled negatives with logQ correction',
    )
    .default('cross-entropy'),
  negatives: z
    .number()
    .int()
    .min(1)
    .describe(
      `sampled negatives per target (more than ${OWN_AT_MOST}, and those of sampled-softmax, are drawn once for all targets of a step); default: 1 of bpr and bce, ${RULES.gbce.negatives ?? 0} of gbce, ${RULES['sampled-softmax'].negatives ?? 0} of sampled-softmax`,
    )
    .optional(),
  negativeSampling: z
    .enum(samplingNames)
    .describe(
      'what negatives are drawn from: all items alike (default), items by their training interactions, or the targets of the step',
    )
    .optional(),
  calibration: z
    .number()
    .min(0)
    .max(1)
    .describe(
      `of gbce: from 0 (BCE) to 1 (scores are probabilities whatever is sampled); default: ${DEFAULT_CALIBRATION}`,
    )
    .optional(),
  logits: z
    .enum(['product', 'cosine'])
    .describe('scores: products of hidden states and item rows, or their cosines divided by temperature')
    .default('product'),
  temperature: z
    .number()
    .positive()
    .describe(`what cosines are divided by; default: ${DEFAULT_TEMPERATURE}`)
    .optional(),
  paddingClass: z
    .boolean()
    .describe('let the padding item be a class of the softmax, as the published code does')
    .default(false),
};

/**
 * The loss that options choose. Options of losses that another one does not take are refused.
 *
 * @throws ModelConfigError by the option's name.
 */
export function lossOf(config: LossOptions): LossChoice {
  const name = config.loss ?? 'cross-entropy';
  const rules = RULES[name];
  const refuse = (option: string, what: Text, takers: readonly LossName[]): never => {
    throw new ModelConfigError({
      what,
      option: `model.${option}`,
      cure: text`leave ${setting(`model.${option}`)} out, or choose ${either(takers.map((taker) => setting('model.loss', taker)))}`,
    });
  };
  const taking = (takes: (rules: LossRules) => boolean): LossName[] => lossNames.filter((loss) => takes(RULES[loss]));
  const { negatives, negativeSampling: from = 'uniform', calibration } = config;
  if (negatives !== undefined && rules.negatives === undefined)
    refuse(
      'negatives',
      text`the loss ${name} draws no negatives`,
      taking((loss) => loss.negatives !== undefined),
    );
  if (config.negativeSampling !== undefined && !rules.sampling.includes(from))
    refuse(
      'negativeSampling',
      rules.negatives === undefined
        ? text`the loss ${name} draws no negatives`
        : text`the loss ${name} is calibrated for uniform negatives, not for ${from} ones`,
      taking((loss) => loss.sampling.includes(from)),
    );
  if (calibration !== undefined && rules.calibration !== true)
    refuse(
      'calibration',
      text`the loss ${name} has no calibration`,
      taking((loss) => loss.calibration === true),
    );
  if (config.paddingClass === true && rules.paddingClass !== true)
    refuse(
      'paddingClass',
      text`the loss ${name} has no classes`,
      taking((loss) => loss.paddingClass === true),
    );
  if (config.temperature !== undefined && config.logits !== 'cosine')
    throw new ModelConfigError({
      what: 'products are divided by no temperature',
      option: 'model.temperature',
      cure: text`leave ${setting('model.temperature')} out, or choose ${setting('model.logits', 'cosine')}`,
    });
  if (rules.negatives === undefined) return { name, calibration: 0 };
  const all = rules.shared === true && from === 'in-batch';
  if (all && negatives !== undefined)
    throw new ModelConfigError({
      what: text`in-batch negatives of ${name} are all targets of a step: no number of them is drawn`,
      option: 'model.negatives',
      cure: text`leave ${setting('model.negatives')} out; ${setting('training.targetsPerStep')} says how many there are`,
    });
  const count = all ? undefined : (negatives ?? rules.negatives);
  return {
    name,
    sampling: { from, count, shared: rules.shared === true || count === undefined || count > OWN_AT_MOST },
    calibration: calibration ?? DEFAULT_CALIBRATION,
  };
}

/** One of several: `a, b or c`. */
function either(texts: readonly Text[]): Text {
  return texts.reduce((sum, each, i) => text`${sum}${i < texts.length - 1 ? ', ' : ' or '}${each}`);
}

/** What cosines are divided by; undefined where scores are products. */
export function temperatureOf({ logits, temperature }: LossOptions): number | undefined {
  return logits === 'cosine' ? (temperature ?? DEFAULT_TEMPERATURE) : undefined;
}

/** Rows of length 1; a row of zeros stays one. `x [.., d]`. */
export function unitRows(x: Tensor): Tensor {
  return div(x, maximum(sqrt(add(reduceSum(mul(x, x), [-1], true), constant(1e-24))), 1e-12));
}

/** Values of options as they were called before, for the configurations of older runs. */
export function renamedOptions(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || !('loss' in options) || options.loss !== 'pairwise')
    return options;
  return { ...options, loss: 'bpr' satisfies LossName };
}
