// BERT4Rec (Sun et al., CIKM 2019) in tfjs: attention in both directions, trained to fill in masked items; the next item is
// that of a mask at the end. `before.ts` is the plain model; `after.ts` is the same with genres in the attention.
import * as tf from '@tensorflow/tfjs-core';
import { difAttention, difAttentionWeights } from '@difsr/attention/tfjs';
import type { Catalogue } from '../shared/data.js';
import * as nn from '../shared/layers.js';
import type { ModelOptions, Recommender } from '../shared/train.js';

/** Share of the items that are masked in training. */
const MASKED = 0.3;

export class BERT4Rec implements Recommender {
  readonly #options: ModelOptions;
  /** The id of the mask token, the last row of the item table. */
  readonly #mask: number;
  readonly #items: tf.Variable<tf.Rank.R2>;
  readonly #genresOf: tf.Tensor2D;
  readonly #genres: tf.Variable<tf.Rank.R2>;
  readonly #positions: tf.Variable<tf.Rank.R2>;
  readonly #norm: ReturnType<typeof nn.normWeights>;
  readonly #layers: readonly ReturnType<typeof layerWeights>[];
  readonly #last: nn.Dense;
  readonly #lastNorm: ReturnType<typeof nn.normWeights>;
  #draws = 0;

  constructor({ items, genres }: Catalogue, options: ModelOptions) {
    const { width, length, layers, seed } = options;
    this.#options = options;
    this.#mask = items + 1;
    this.#items = nn.matrix(items + 2, width, seed);
    this.#genresOf = tf.tensor2d(genres);
    this.#genres = nn.matrix(this.#genresOf.shape[1], width / 4, seed + 2);
    this.#positions = nn.matrix(length, width, seed + 1);
    this.#norm = nn.normWeights(width);
    this.#layers = Array.from({ length: layers }, (_, i) => layerWeights(options, seed + 10 * (i + 1)));
    this.#last = nn.denseWeights(width, width, seed + 3);
    this.#lastNorm = nn.normWeights(width);
  }

  /** Mean loss over windows `[batch, length + 1]`, padded with 0 on the right: some items are masked, to be filled in. */
  loss(windows: tf.Tensor2D): tf.Scalar {
    const { width, length, dropout: rate } = this.#options;
    const { masked, places, targets } = this.#maskItems(tf.slice(windows, [0, 1], [-1, length]));
    const hidden = tf.reshape(this.#encode(masked, rate), [-1, width]);
    return nn.itemLoss(this.#predict(tf.gather(hidden, places)), this.#items, targets);
  }

  /** Scores of all item ids after histories `[batch, length]`, padded with 0 on the right: `[batch, items + 1]`. */
  scores(histories: tf.Tensor2D): tf.Tensor2D {
    const [batch, length] = histories.shape;
    const rows = histories.arraySync().map((row) => [...row.filter((id) => id !== 0).slice(1 - length), this.#mask]);
    const masked = rows.map((row) => [...row, ...Array<number>(length - row.length).fill(0)]);
    const last = rows.map((row, i) => i * length + row.length - 1);
    const hidden = tf.reshape(this.#encode(tf.tensor2d(masked, [batch, length], 'int32'), 0), [batch * length, -1]);
    const scores: tf.Tensor2D = tf.matMul(this.#predict(tf.gather(hidden, last)), this.#items, false, true);
    return tf.slice(scores, [0, 0], [batch, this.#mask]);
  }

  /** Hides some items behind the mask token: the rows with masks, where they are, and what they hide. */
  #maskItems(items: tf.Tensor2D): { masked: tf.Tensor2D; places: tf.Tensor1D; targets: tf.Tensor1D } {
    const ids = Int32Array.from(items.dataSync());
    const draws = tf.randomUniform([ids.length], 0, 1, 'float32', this.#options.seed + this.#draws++).dataSync();
    const places = [...ids.keys()].filter((place) => ids[place] !== 0 && (draws[place] ?? 1) < MASKED);
    const targets = places.map((place) => ids[place] ?? 0);
    places.forEach((place) => (ids[place] = this.#mask));
    return {
      masked: tf.tensor2d(ids, items.shape, 'int32'),
      places: tf.tensor1d(places, 'int32'),
      targets: tf.tensor1d(targets, 'int32'),
    };
  }

  /** What is compared with the items: `[t, width]` of hidden states `[t, width]`. */
  #predict(hidden: tf.Tensor): tf.Tensor2D {
    const x = tf.expandDims<tf.Tensor3D>(hidden, 0);
    return tf.squeeze<tf.Tensor2D>(nn.layerNorm(nn.gelu(nn.dense(x, this.#last)), this.#lastNorm), [0]);
  }

  /** Hidden states `[batch, length, width]`. */
  #encode(items: tf.Tensor2D, rate: number): tf.Tensor3D {
    const { heads, seed } = this.#options;
    const length = items.shape[1];
    const drop = (x: tf.Tensor3D): tf.Tensor3D => nn.dropout(x, rate, seed + this.#draws++);
    const mask = nn.paddingMask(items);
    const position = tf.slice(this.#positions, 0, length);
    let x = drop(nn.layerNorm(nn.embed(this.#items, items), this.#norm));
    const genre = nn.embed(tf.matMul(this.#genresOf, this.#genres), items);
    for (const layer of this.#layers) {
      const y = difAttention(x, {
        sides: [genre],
        position,
        heads,
        mask: { additive: mask },
        weights: layer.attention,
      });
      x = nn.layerNorm(tf.add(x, drop(y)), layer.attentionNorm);
      const inner = nn.gelu(nn.dense(x, layer.inner));
      x = nn.layerNorm(tf.add(x, drop(nn.dense(inner, layer.outer))), layer.outerNorm);
    }
    return x;
  }
}

/** Weights of one layer. */
function layerWeights({ width, inner, heads }: ModelOptions, seed: number) {
  return {
    attention: difAttentionWeights({ width, sides: [width / 4], position: width, heads, seed }),
    attentionNorm: nn.normWeights(width),
    inner: nn.denseWeights(width, inner, seed + 4),
    outer: nn.denseWeights(inner, width, seed + 5),
    outerNorm: nn.normWeights(width),
  };
}
