// DIF-SR's auxiliary attribute predictor (paper, eq. 13-14) as a layer and a loss: beside the item, the hidden state predicts
// the attributes of the item to come. The same mathematics as `attributeLoss` of @difsr/nn, on dense targets, since tfjs wants
// targets in the shape of the output.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AttentionError } from '../error.js';
import { checkLayer } from './config-check.js';

/** Options of {@link AttributePredictor}. */
export interface AttributePredictorConfig {
  readonly name?: string;
  readonly trainable?: boolean;
  /** How many values the field has, without "none". */
  readonly values: number;
  /** Standard deviation of initial weights, default 0.02; the bias starts at 0. */
  readonly deviation?: number;
  /** Default 1. */
  readonly seed?: number;
}

const NAME = 'AttributePredictor';
const OPTIONS: OptionRules<AttributePredictorConfig> = {
  values: needed(option.whole(1)),
  deviation: option.notNegative,
  seed: option.whole(0),
  name: option.text,
  trainable: option.flag,
};

/**
 * Predicts attributes: hidden states `[.., d]` to logits `[.., values]`, to be trained by {@link attributeLoss}; tf.sigmoid
 * (several values per item) or tf.softmax (one) makes probabilities of them.
 *
 * @throws AttentionError for options that it does not know or cannot take.
 * @example
 * ```ts
 * const genres = new AttributePredictor({ values: 19, name: 'genres' }).apply(hidden) as tf.SymbolicTensor;
 * // Beside a loss by name; tfjs's types know lists of one kind only.
 * const loss = ['sparseCategoricalCrossentropy', attributeLoss({ weight: 5 })] as ModelCompileArgs['loss'];
 * model.compile({ optimizer: 'adam', loss });
 * ```
 */
export class AttributePredictor extends layers.Layer {
  /** The name under which models are saved and loaded. */
  static readonly className: string = NAME;
  readonly #config: { readonly values: number; readonly deviation: number; readonly seed: number };
  #kernel: LayerVariable | undefined;
  #bias: LayerVariable | undefined;

  constructor(config: AttributePredictorConfig) {
    checkLayer(NAME, config, OPTIONS);
    const { values, deviation = 0.02, seed = 1, ...base } = config;
    super(base);
    this.supportsMasking = true;
    this.#config = { values, deviation, seed };
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = inputShape.at(-1);
    if (typeof width !== 'number')
      throw new AttentionError(`${this.name} takes one input of known width, got ${JSON.stringify(inputShape)}`);
    const { values, deviation, seed } = this.#config;
    const start = initializers.randomNormal({ mean: 0, stddev: deviation, seed });
    this.#kernel = this.addWeight('weight', [values, width], 'float32', start);
    this.#bias = this.addWeight('bias', [values], 'float32', initializers.zeros());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (x === undefined || this.#kernel === undefined || this.#bias === undefined)
      throw new AttentionError(`${this.name} was called without an input, or before it was built`);
    const { values } = this.#config;
    const width = x.shape.at(-1) ?? 0;
    const rows = tf.matMul(tf.reshape(x, [-1, width]), tf.transpose(this.#kernel.read()));
    return tf.reshape(tf.add(rows, this.#bias.read()), [...x.shape.slice(0, -1), values]);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [shape] = Array.isArray(inputShape[0]) ? (inputShape as Shape[]) : [inputShape as Shape]; // told apart by the test
    return [...(shape ?? []).slice(0, -1), this.#config.values];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }
}

/** How {@link attributeLoss} reads its targets. */
export interface AttributeLossOptions {
  /** `several`: any number of values per item, binary cross-entropy (the paper's; default). `one`: one value, softmax. */
  readonly valuesPerItem?: 'several' | 'one';
  /** lambda, the weight beside the item's loss. Default 1. */
  readonly weight?: number;
}

const LOSS_OPTIONS: OptionRules<AttributeLossOptions> = {
  valuesPerItem: option.oneOf('several', 'one'),
  weight: option.finite,
};

/**
 * The loss of an attribute predictor, for `compile`: mean over the targets and, for `several`, over the field's values.
 *
 * @returns a function of targets as {@link attributeTargets} makes them and logits `[.., values]`; a target whose first entry
 * is negative (padding) counts nothing.
 * @throws AttentionError for options that it does not know or cannot take.
 * @example
 * ```ts
 * model.compile({ optimizer: 'adam', loss: attributeLoss({ weight: 5 }) });
 * ```
 */
export function attributeLoss(
  options: AttributeLossOptions = {},
): (targets: tf.Tensor, logits: tf.Tensor) => tf.Tensor {
  checkOptions('attributeLoss', options, LOSS_OPTIONS, AttentionError);
  const { valuesPerItem = 'several', weight = 1 } = options;
  return (targets, logits) =>
    tf.tidy(() => {
      const wanted = tf.maximum(targets, 0);
      // No padding, and for `one` some value: an item of an unknown value says nothing about the others.
      const counts = tf.cast(
        valuesPerItem === 'one' ? tf.greater(tf.max(targets, -1), 0) : tf.greaterEqual(tf.min(targets, -1), 0),
        'float32',
      );
      const losses =
        valuesPerItem === 'one'
          ? tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), -1))
          : tf.mean(tf.sub(tf.softplus(logits), tf.mul(wanted, logits)), -1);
      return tf.mul(tf.div(tf.sum(tf.mul(losses, counts)), tf.maximum(tf.sum(counts), 1)), weight);
    });
}

/**
 * Targets of an attribute predictor: value ids `[.., k]` (int32, 0 = none, -1 in the first place = padding) as `[.., values]`
 * of 0 and 1, rows of -1 at padding.
 *
 * @example
 * ```ts
 * attributeTargets(tf.tensor2d([[1, 3], [2, 0]], [2, 2], 'int32'), 3); // [[1, 0, 1], [0, 1, 0]]
 * ```
 */
export function attributeTargets(ids: tf.Tensor, values: number): tf.Tensor {
  return tf.tidy(() => {
    const axis = ids.shape.length - 1;
    const several = tf.oneHot(tf.cast(tf.maximum(ids, 0), 'int32'), values + 1); // [.., k, values + 1]
    const hot = tf.cast(tf.max(several, axis), 'float32');
    const real = tf.slice(
      hot,
      hot.shape.map((_, i) => (i === axis ? 1 : 0)),
      [...hot.shape.slice(0, -1), values],
    );
    const first = tf.slice(
      ids,
      ids.shape.map(() => 0),
      [...ids.shape.slice(0, -1), 1],
    );
    const padding = tf.cast(tf.less(first, 0), 'float32'); // [.., 1]
    return tf.sub(tf.mul(real, tf.sub(1, padding)), padding);
  });
}

tf.serialization.registerClass(AttributePredictor);
