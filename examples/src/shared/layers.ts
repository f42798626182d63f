// The layers that every tfjs model writes once more, on [batch, length, width]: dense maps, attention, layer normalization.
import * as tf from '@tensorflow/tfjs-core';

/** A dense map `[inputs] -> [outputs]`. */
export interface Dense {
  readonly kernel: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** Gain and shift of a layer normalization. */
export interface Norm {
  readonly gain: tf.Variable<tf.Rank.R1>;
  readonly shift: tf.Variable<tf.Rank.R1>;
}

/** A trainable matrix of small normal numbers. */
export function matrix(rows: number, columns: number, seed: number): tf.Variable<tf.Rank.R2> {
  return tf.tidy(() => tf.variable(tf.randomNormal<tf.Rank.R2>([rows, columns], 0, 0.02, 'float32', seed)));
}

/** Weights of a dense map, zero bias. */
export function denseWeights(inputs: number, outputs: number, seed: number): Dense {
  return { kernel: matrix(inputs, outputs, seed), bias: tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([outputs]))) };
}

/** Weights of a layer normalization: gain 1, shift 0. */
export function normWeights(width: number): Norm {
  return tf.tidy(() => ({
    gain: tf.variable(tf.ones<tf.Rank.R1>([width])),
    shift: tf.variable(tf.zeros<tf.Rank.R1>([width])),
  }));
}

/** Rows of a table: `table [n, d], ids [b, l] -> [b, l, d]`. */
export function embed(table: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor3D {
  const [batch, length] = ids.shape;
  return tf.reshape(tf.gather<tf.Tensor>(table, ids), [batch, length, table.shape[1]]);
}

/** `x W + b` over the last axis of `[batch, length, inputs]`. */
export function dense(x: tf.Tensor3D, { kernel, bias }: Dense): tf.Tensor3D {
  const [batch, length, inputs] = x.shape;
  const y = tf.add(tf.matMul(tf.reshape(x, [batch * length, inputs]), kernel), bias);
  return tf.reshape(y, [batch, length, kernel.shape[1]]);
}

/** Layer normalization over the last axis. */
export function layerNorm(x: tf.Tensor3D, { gain, shift }: Norm): tf.Tensor3D {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-8))), gain), shift);
}

/** The four dense maps of an attention. */
export type Projections = Readonly<Record<'query' | 'key' | 'value' | 'output', Dense>>;

/** Weights of the four dense maps. */
export function projections(width: number, seed: number): Projections {
  const map = (i: number): Dense => denseWeights(width, width, seed + i);
  return { query: map(0), key: map(1), value: map(2), output: map(3) };
}

/** Multi-head attention (Vaswani et al., 2017): `x [b, n, d]`, `mask` added to the scores; `[b, n, d]`. */
export function attention(x: tf.Tensor3D, mask: tf.Tensor, weights: Projections, heads: number): tf.Tensor3D {
  const [batch, length, width] = x.shape;
  const split = (map: Dense): tf.Tensor =>
    tf.transpose(tf.reshape(dense(x, map), [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const scores = tf.mul(tf.matMul(split(weights.query), split(weights.key), false, true), 1 / Math.sqrt(width / heads));
  const context = tf.matMul(tf.softmax(tf.add(scores, mask)), split(weights.value));
  return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch, length, width]), weights.output);
}

/** 0 where a key is an item, -10000 where it is padding: `items [b, n] -> [b, 1, 1, n]`. */
export function paddingMask(items: tf.Tensor2D): tf.Tensor4D {
  return tf.mul(tf.sub(realKeys(items), 1), 1e4);
}

/** 0 where query i may look at key j, -10000 where j is later or padding: `items [b, n] -> [b, 1, n, n]`. */
export function causalMask(items: tf.Tensor2D): tf.Tensor4D {
  const length = items.shape[1];
  const earlier = tf.linalg.bandPart(tf.ones([length, length]), -1, 0);
  return tf.mul(tf.sub(tf.mul(realKeys(items), earlier), 1), 1e4);
}

function realKeys(items: tf.Tensor2D): tf.Tensor4D {
  const [batch, length] = items.shape;
  return tf.reshape(tf.cast(tf.notEqual(items, 0), 'float32'), [batch, 1, 1, length]);
}

/** Dropout by a pattern of `seed`; a rate of 0 is the identity. */
export function dropout(x: tf.Tensor3D, rate: number, seed: number): tf.Tensor3D {
  return rate === 0 ? x : tf.reshape(tf.dropout(x, rate, undefined, seed), x.shape);
}

/** GELU by a sigmoid, the usual approximation. */
export function gelu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
}

/**
 * Mean softmax cross-entropy of the real targets (not 0) over the rows of an item table; row 0, padding, is a class that is
 * never right. `hidden [t, d], table [items + 1, d], targets [t]`
 */
export function itemLoss(hidden: tf.Tensor2D, table: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar {
  const probabilities = tf.softmax(tf.matMul(hidden, table, false, true));
  const right = tf.sum(tf.mul(probabilities, tf.cast(tf.oneHot(targets, table.shape[0]), 'float32')), -1);
  const real = tf.cast(tf.notEqual(targets, 0), 'float32');
  return tf.neg(tf.div(tf.sum(tf.mul(tf.log(tf.add(right, 1e-9)), real)), tf.maximum(tf.sum(real), 1)));
}
