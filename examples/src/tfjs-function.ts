// DIF attention as a function of tfjs: called, differentiated, trained. `node examples/dist/tfjs-function.js`
import { fileURLToPath } from 'node:url';
import { difAttention, difAttentionWeights } from '@difsr/attention/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { setUp } from './shared/setup.js';

/** What the example found, for its test. */
export interface FunctionExample {
  readonly shape: readonly number[];
  /** Gradient of the loss with respect to the side information, largest element. */
  readonly sideGradient: number;
  /** Loss before and after the training. */
  readonly losses: readonly [number, number];
}

/** Runs the example on the active device. */
export function runFunctionExample(): FunctionExample {
  const [batch, length, width, heads] = [4, 10, 16, 2];
  const item = tf.randomNormal<tf.Rank.R3>([batch, length, width], 0, 1, 'float32', 1);
  const genre = tf.randomNormal<tf.Rank.R3>([batch, length, 8], 0, 1, 'float32', 2);
  const rating = tf.randomNormal<tf.Rank.R3>([batch, length, 4], 0, 1, 'float32', 3);
  const positions = tf.variable(tf.randomNormal<tf.Rank.R2>([length, width], 0, 0.1, 'float32', 4));
  const valid = tf.tidy(() => tf.less(tf.range(0, length), tf.tensor2d([[10], [7], [4], [2]]))); // the rest is padding

  // Queries and keys for each source, a gate that weighs their scores: [out, in] matrices in a record of tf.Variables.
  const shape = {
    width,
    sides: [8, 4],
    position: width,
    heads,
    fusion: 'gate',
    maxLength: length,
    deviation: 0.2,
  } as const;
  const weights = difAttentionWeights(shape);
  const attend = (side: tf.Tensor): tf.Tensor3D =>
    difAttention(item, {
      sides: [side, rating],
      position: positions,
      heads,
      fusion: 'gate',
      mask: { causal: true, valid },
      weights,
    });

  // It is an op like any other: tf.grad goes through it, and so does an optimizer, to weights and positions.
  const target = tf.mul(item, -1);
  const loss = (side: tf.Tensor): tf.Scalar => tf.losses.meanSquaredError(target, attend(side));
  const sideGradient = tf.tidy(() => tf.max(tf.abs(tf.grad(loss)(genre))).dataSync()[0] ?? NaN);
  const optimizer = tf.train.adam(0.02);
  const variables = [...Object.values(weights), positions];
  const lossNow = (): number => tf.tidy(() => loss(genre).dataSync()[0] ?? NaN);
  const first = lossNow();
  for (let step = 0; step < 60; step++) optimizer.minimize(() => loss(genre), false, variables);
  return { shape: tf.tidy(() => attend(genre).shape), sideGradient, losses: [first, lossNow()] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  console.log(runFunctionExample());
}
