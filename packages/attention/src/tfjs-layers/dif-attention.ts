// DIF attention as a layer of tfjs-layers: the function of `../tfjs` with weights that a model trains, saves and loads.
import { needed, option, type OptionRules } from '@difsr/errors';
import { serialization, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import type { Fusion, FusionForm } from '../graph-options.js';
import { difAttention } from '../tfjs/attention.js';
import { difAttentionParameters } from '../tfjs/weights.js';
import { AttentionError } from '../error.js';
import { checkLayer } from './config-check.js';

/** Options of {@link DifAttention}. */
export interface DifAttentionLayerConfig {
  /** Name of the layer; tfjs makes one up by default. */
  readonly name?: string;
  readonly trainable?: boolean;
  readonly heads: number;
  /** How many side sources it is called with. Default 1. */
  readonly sides?: number;
  /**
   * Positions as a source: `true`, the last input holds position embeddings `[b, n, width]`; a number, the layer has a trained
   * table of that width itself (needs maxLength); `false` (default), none.
   */
  readonly position?: boolean | number;
  /** Default `sum`. */
  readonly fusion?: Fusion;
  /** Of `concat` and `gate`: default `causal-safe`. */
  readonly form?: FusionForm;
  /** Longest sequence; needed by `concat`, `gate` and a position table. */
  readonly maxLength?: number;
  /** Whether later items are hidden. Default true (SASRec); false for BERT4Rec. */
  readonly causal?: boolean;
  /** Share of the attention probabilities that training drops. Default 0. */
  readonly dropout?: number;
  /** Standard deviation of initial weights, default 0.02; biases start at 0. */
  readonly deviation?: number;
  /** Of initial weights and dropout. Default 1. */
  readonly seed?: number;
}

const NAME = 'DifAttention';
const OPTIONS: OptionRules<DifAttentionLayerConfig> = {
  heads: needed(option.whole(1)),
  sides: option.whole(0),
  position: option.either(option.flag, option.whole(1)),
  fusion: option.oneOf('sum', 'concat', 'gate'),
  form: option.oneOf('causal-safe', 'reference'),
  maxLength: option.whole(1),
  causal: option.flag,
  dropout: option.share,
  deviation: option.notNegative,
  seed: option.whole(0),
  name: option.text,
  trainable: option.flag,
};
const POSITIONS = 'positions';

/**
 * DIF attention (Xie et al., SIGIR 2022) as a layer, called on `[item, ...sides, position?]`: `[b, n, d]`, `[b, n, width_j]`
 * each, `[b, n, width]`; with neither sides nor positions, on the item tensor alone. Gives `[b, n, d]`, no residual, no
 * normalization. The mask of the first input (an embedding's `maskZero`) hides padding and is passed on: tfjs hands a layer
 * no mask but the first input's.
 *
 * @throws AttentionError for options that it does not know or cannot take, and for inputs that do not fit.
 * @example
 * ```ts
 * const attention = new DifAttention({ heads: 2, sides: 1, position: 64, maxLength: 50 });
 * const context = attention.apply([itemEmbedding, genreEmbedding]) as tf.SymbolicTensor;
 * ```
 */
export class DifAttention extends layers.Layer {
  /** The name under which models are saved and loaded. */
  static readonly className: string = NAME;
  readonly #config: Required<Omit<DifAttentionLayerConfig, 'name' | 'trainable' | 'maxLength'>> & {
    readonly maxLength?: number;
  };
  readonly #variables = new Map<string, LayerVariable>();
  #calls = 0;

  constructor(config: DifAttentionLayerConfig) {
    checkLayer(NAME, config, OPTIONS);
    super(baseConfig(config));
    this.supportsMasking = true;
    const {
      heads,
      sides = 1,
      position = false,
      fusion = 'sum',
      form = 'causal-safe',
      causal = true,
      maxLength,
    } = config;
    const { dropout = 0, deviation = 0.02, seed = 1 } = config;
    this.#config = {
      heads,
      sides,
      position,
      fusion,
      form,
      causal,
      dropout,
      deviation,
      seed,
      ...(maxLength === undefined ? {} : { maxLength }),
    };
    if (maxLength === undefined && (fusion !== 'sum' || typeof position === 'number'))
      throw new AttentionError(
        `${NAME}: ${fusion === 'sum' ? 'a position table' : `fusion "${fusion}"`} needs maxLength, the longest sequence`,
      );
  }

  override build(inputShape: Shape | Shape[]): void {
    const { heads, sides, position, fusion, maxLength, deviation, seed } = this.#config;
    const shapes = this.#shapes(inputShape);
    const widths = shapes.map((shape, i) => {
      const width = shape.length === 3 ? shape[2] : undefined;
      if (typeof width === 'number') return width;
      throw new AttentionError(`${this.name}: input ${i} is [${shape.join(', ')}], expected [batch, length, width]`);
    });
    const [width = 0, ...others] = widths;
    const positionWidth = position === true ? others.at(-1) : position === false ? undefined : position;
    const parameters = difAttentionParameters({
      width,
      sides: others.slice(0, sides),
      ...(positionWidth === undefined ? {} : { position: positionWidth }),
      heads,
      fusion,
      ...(maxLength === undefined ? {} : { maxLength }),
      deviation,
    });
    parameters.forEach(({ name, shape, initializer }, i) => {
      const start =
        initializer.kind === 'normal'
          ? initializers.randomNormal({ mean: 0, stddev: initializer.deviation, seed: seed * 1000 + i })
          : initializers.zeros();
      this.#variables.set(name, this.addWeight(name, [...shape], 'float32', start));
    });
    if (typeof position === 'number' && maxLength !== undefined) {
      const start = initializers.randomNormal({ mean: 0, stddev: deviation, seed: seed * 1000 + parameters.length });
      this.#variables.set(POSITIONS, this.addWeight(POSITIONS, [maxLength, position], 'float32', start));
    }
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: { readonly [key: string]: unknown }): Tensor {
    const { heads, sides, position, fusion, form, causal, dropout, seed } = this.#config;
    const all = Array.isArray(inputs) ? inputs : [inputs];
    const [item, ...others] = all;
    if (item === undefined) throw new AttentionError(`${this.name} was called without inputs`);
    const table = this.#variables.get(POSITIONS)?.read();
    const last = position === true ? others.at(-1) : table;
    const valid = firstTensor(kwargs?.['mask']);
    const weights = [...this.#variables].filter(([name]) => name !== POSITIONS).map(([name, w]) => [name, w.read()]);
    return difAttention(item, {
      sides: others.slice(0, sides),
      ...(last === undefined ? {} : { position: last }),
      heads,
      fusion,
      form,
      mask: { causal, ...(valid === undefined ? {} : { valid }) },
      weights: Object.fromEntries(weights),
      // Another pattern at every call: a seed has room for 2^32 calls.
      ...(dropout > 0 && kwargs?.['training'] === true
        ? { dropout: { rate: dropout, seed: (seed % 2 ** 20) * 2 ** 32 + this.#calls++ } }
        : {}),
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [item] = this.#shapes(inputShape);
    return item ?? [];
  }

  /** The item stream's mask goes on with the output. */
  override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor {
    // tfjs's type has no room for "no mask", which it passes and takes as null.
    return (Array.isArray(mask) ? mask[0] : mask) as Tensor;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#config };
  }

  /** Shapes of the inputs, checked for their number. */
  #shapes(inputShape: Shape | Shape[]): Shape[] {
    const shapes = isShapes(inputShape) ? inputShape : [inputShape];
    const { sides, position } = this.#config;
    const wanted = 1 + sides + (position === true ? 1 : 0);
    if (shapes.length === wanted) return shapes;
    const list = [
      'item',
      ...Array.from({ length: sides }, (_, j) => `side ${j}`),
      ...(position === true ? ['position'] : []),
    ];
    throw new AttentionError(
      `${this.name} was called on ${shapes.length} inputs, expected ${wanted}: [${list.join(', ')}]; set sides and position to what you give it`,
    );
  }
}

function isShapes(shape: Shape | Shape[]): shape is Shape[] {
  return Array.isArray(shape[0]);
}

/** What tfjs's own layers take; the rest stays out of its sight. */
function baseConfig(config: object): object {
  const passed = (key: string): boolean => key === 'name' || key === 'trainable' || !Object.hasOwn(OPTIONS, key);
  return Object.fromEntries(Object.entries(config).filter(([key]) => passed(key)));
}

/** tfjs gives a mask, a list of them (nested models), or null. */
function firstTensor(mask: unknown): Tensor | undefined {
  const first: unknown = Array.isArray(mask) ? mask.find((one) => one !== null && one !== undefined) : mask;
  // kwargs are untyped; under "mask" tfjs puts nothing but what computeMask gave.
  return (first ?? undefined) as Tensor | undefined;
}

serialization.registerClass(DifAttention);
