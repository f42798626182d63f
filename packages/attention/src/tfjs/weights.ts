// Weights of DIF attention as tf.Variables, by the names that `declareDif` gives them.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { initialValues, type ParameterSpec } from '@difsr/nn';
import { tensor, tidy, variable, type Variable } from '@tensorflow/tfjs-core';
import type { Fusion } from '../graph-options.js';
import { AttentionError } from '../error.js';
import { parametersOf } from '../trace.js';

/** Sizes of a DIF attention. */
export interface DifAttentionShape {
  /** Width of the item stream. */
  readonly width: number;
  /** Widths of the side sources, in their order. */
  readonly sides: readonly number[];
  /** Width of the positions, if they are a source. */
  readonly position?: number;
  readonly heads: number;
  /** Default `sum`. */
  readonly fusion?: Fusion;
  /** Longest sequence; needed by `concat` and `gate`, which have a weight per column. */
  readonly maxLength?: number;
  /** Standard deviation of initial weights, default 0.02; biases start at 0. */
  readonly deviation?: number;
  /** The same seed gives the same weights. Default 1. */
  readonly seed?: number;
  /** Whether tf.variableGrads and optimizers see them. Default true. */
  readonly trainable?: boolean;
}

const SHAPE: OptionRules<DifAttentionShape> = {
  width: needed(option.whole(1)),
  sides: needed(option.list(option.whole(1))),
  position: option.whole(1),
  heads: needed(option.whole(1)),
  fusion: option.oneOf('sum', 'concat', 'gate'),
  maxLength: option.whole(1),
  deviation: option.notNegative,
  seed: option.whole(0),
  trainable: option.flag,
};

/**
 * Names, shapes and initial values of the weights, in order of declaration.
 *
 * @throws AttentionError for sizes that do not fit.
 */
export function difAttentionParameters(shape: DifAttentionShape): readonly ParameterSpec[] {
  checkOptions('difAttentionWeights', shape, SHAPE, AttentionError);
  const { width, sides, position, heads, fusion = 'sum', maxLength, deviation = 0.02 } = shape;
  if (fusion !== 'sum' && maxLength === undefined)
    throw new AttentionError(`fusion "${fusion}" has a weight per column: give maxLength, the longest sequence`);
  if (width % heads !== 0)
    throw new AttentionError(`width ${width} cannot be split into ${heads} heads: take a divisor of ${width}`);
  const narrow = [...sides, ...(position === undefined ? [] : [position])].find((own) => own < heads);
  if (narrow !== undefined)
    throw new AttentionError(`a source of width ${narrow} cannot be split into ${heads} heads: widen it`);
  // What sum has does not depend on the longest sequence.
  return parametersOf(
    { width, sides: sides.map((own) => ({ width: own })), position, heads, fusion, maxLength: maxLength ?? 1 },
    deviation,
  );
}

/**
 * Fresh weights, the caller's to train, save and dispose.
 *
 * @returns variables by name: `query`, `key` (also `query.side0`, `key.side0` and so on, `query.position`, `key.position`), `value`,
 * `output` and what the fusion needs, `fusion.*`; each is a `.weight` `[out, in]` and a `.bias`.
 * @throws AttentionError for sizes that do not fit.
 * @example
 * ```ts
 * const weights = difAttentionWeights({ width: 64, sides: [16], position: 64, heads: 2 });
 * ```
 */
export function difAttentionWeights(shape: DifAttentionShape): Record<string, Variable> {
  const { seed = 1, trainable = true } = shape;
  const values = initialValues(difAttentionParameters(shape), seed);
  return tidy(() =>
    Object.fromEntries(
      Object.entries(values).map(([name, { shape: own, data }]) => [
        name,
        variable(tensor(Float32Array.from(data), [...own]), trainable),
      ]),
    ),
  );
}
