// SASRec (Kang and McAuley, ICDM 2018) in tfjs: causal self-attention over a user's items, trained at every position by
// softmax cross-entropy over all items. `before.ts` is the plain model; `after.ts` is the same with genres in the attention.
import * as tf from '@tensorflow/tfjs-core';
import { difAttention, difAttentionWeights } from '@difsr/attention/tfjs';
import type { Catalogue } from '../shared/data.js';
import * as nn from '../shared/layers.js';
import type { ModelOptions, Recommender } from '../shared/train.js';

export class SASRec implements Recommender {
  readonly #options: ModelOptions;
  readonly #items: tf.Variable<tf.Rank.R2>;
  readonly #genresOf: tf.Tensor2D;
  readonly #genres: tf.Variable<tf.Rank.R2>;
  readonly #positions: tf.Variable<tf.Rank.R2>;
  readonly #norm: ReturnType<typeof nn.normWeights>;
  readonly #layers: readonly ReturnType<typeof layerWeights>[];
  #draws = 0;

  constructor({ items, genres }: Catalogue, options: ModelOptions) {
    const { width, length, layers, seed } = options;
    this.#options = options;
    this.#items = nn.matrix(items + 1, width, seed);
    this.#genresOf = tf.tensor2d(genres);
    this.#genres = nn.matrix(this.#genresOf.shape[1], width / 4, seed + 2);
    this.#positions = nn.matrix(length, width, seed + 1);
    this.#norm = nn.normWeights(width);
    this.#layers = Array.from({ length: layers }, (_, i) => layerWeights(options, seed + 10 * (i + 1)));
  }

  /** Mean loss over windows `[batch, length + 1]`, padded with 0 on the right: every item predicts the next one. */
  loss(windows: tf.Tensor2D): tf.Scalar {
    const { width, dropout: rate } = this.#options;
    const [batch, size] = windows.shape;
    const hidden = this.#encode(tf.slice(windows, [0, 0], [batch, size - 1]), rate);
    const targets = tf.reshape<tf.Rank.R1>(tf.slice(windows, [0, 1], [batch, size - 1]), [batch * (size - 1)]);
    return nn.itemLoss(tf.reshape(hidden, [-1, width]), this.#items, targets);
  }

  /** Scores of all item ids after histories `[batch, length]`, padded with 0 on the right: `[batch, items + 1]`. */
  scores(histories: tf.Tensor2D): tf.Tensor2D {
    const [batch, length] = histories.shape;
    const hidden = tf.reshape(this.#encode(histories, 0), [batch * length, this.#options.width]);
    const lengths = tf.sum(tf.cast(tf.notEqual(histories, 0), 'int32'), 1);
    const last = tf.add(tf.mul(tf.range(0, batch, 1, 'int32'), length), tf.sub(lengths, 1));
    return tf.matMul(tf.gather(hidden, tf.cast(last, 'int32')), this.#items, false, true);
  }

  /** Hidden states `[batch, length, width]`. */
  #encode(items: tf.Tensor2D, rate: number): tf.Tensor3D {
    const { heads, seed } = this.#options;
    const length = items.shape[1];
    const drop = (x: tf.Tensor3D): tf.Tensor3D => nn.dropout(x, rate, seed + this.#draws++);
    const mask = nn.causalMask(items);
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
      const inner = tf.relu(nn.dense(x, layer.inner));
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
