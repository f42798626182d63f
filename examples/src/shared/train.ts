// What the examples share beside data and layers: windows of sequences, epochs of Adam, early stopping, and evaluation by
// leave-one-out with full ranking.
import * as tf from '@tensorflow/tfjs-core';
import { permutation, randomInts, streamId } from '@difsr/graph';
import { rankingMetrics, targetRank } from '@difsr/metrics';
import type { Case, ExampleData } from './data.js';

/** Sizes of a model. */
export interface ModelOptions {
  readonly width: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  /** Longest history that the model sees. */
  readonly length: number;
  readonly dropout: number;
  readonly seed: number;
}

/** What training and evaluation need of a model; item ids are int32, padded with 0 on the right. */
export interface Recommender {
  /** Mean loss over windows `[batch, length + 1]` of sequences. */
  loss(windows: tf.Tensor2D): tf.Scalar;
  /** Scores `[batch, items + 1]` of what comes after histories `[batch, length]`. */
  scores(histories: tf.Tensor2D): tf.Tensor2D;
}

/** Settings of a training. */
export interface TrainOptions {
  readonly length: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly epochs: number;
  /** Epochs without a better validation NDCG@10 before training stops. */
  readonly patience: number;
  readonly seed: number;
  readonly onEpoch?: (epoch: Epoch) => void;
}

/** Metrics of a full ranking. */
export interface Metrics {
  readonly ndcg: number;
  readonly recall: number;
}

/** One epoch's results; `test` only where validation was the best so far. */
export interface Epoch {
  readonly epoch: number;
  readonly loss: number;
  readonly valid: Metrics;
  readonly test?: Metrics;
  readonly seconds: number;
}

/** All epochs of a training, and the one with the best validation NDCG@10. */
export interface Training {
  readonly best: Epoch;
  readonly epochs: readonly Epoch[];
}

/** Trains until validation stops improving. */
export async function train(model: Recommender, data: ExampleData, options: TrainOptions): Promise<Training> {
  const optimizer = tf.train.adam(options.learningRate);
  const epochs: Epoch[] = [];
  let best: Epoch | undefined;
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const started = performance.now();
    const losses: number[] = [];
    for (const windows of batches(data.train, options, epoch)) {
      const loss = optimizer.minimize(() => model.loss(windows), true);
      windows.dispose();
      if (loss === null) throw new Error('minimize was asked for the loss');
      losses.push((await loss.data())[0] ?? NaN);
      loss.dispose();
    }
    const valid = evaluate(model, data.valid, options.length);
    const better = best === undefined || valid.ndcg > best.valid.ndcg;
    const result: Epoch = {
      epoch,
      loss: losses.reduce((a, b) => a + b, 0) / losses.length,
      valid,
      ...(better ? { test: evaluate(model, data.test, options.length) } : {}),
      seconds: (performance.now() - started) / 1000,
    };
    if (better) best = result;
    epochs.push(result);
    options.onEpoch?.(result);
    if (best !== undefined && epoch - best.epoch >= options.patience) break;
  }
  optimizer.dispose();
  if (best === undefined) throw new Error(`no epoch was run: epochs is ${options.epochs}, give 1 or more`);
  return { best, epochs };
}

/**
 * The windows of one epoch in random order, as int32 `[batch, length + 1]` padded with 0 on the right. Each sequence is cut
 * at a new random place in every epoch; neighbouring windows share one item, so that every item but the first is a target.
 */
export function* batches(
  sequences: readonly Int32Array[],
  { length, batch, seed }: Pick<TrainOptions, 'length' | 'batch' | 'seed'>,
  epoch: number,
): Generator<tf.Tensor2D> {
  const cuts = randomInts({ seed, step: epoch, stream: streamId('cuts') }, sequences.length, length);
  const windows = sequences.flatMap((sequence, user) => {
    if (sequence.length < 2) return [];
    const first = sequence.length <= length + 1 ? 0 : (cuts[user] ?? 0) - length + 1;
    const count = Math.ceil((sequence.length - 1 - first) / length);
    return Array.from({ length: count }, (_, i) =>
      sequence.subarray(Math.max(0, first + i * length), first + (i + 1) * length + 1),
    ).filter((window) => window.length > 1);
  });
  const order = permutation({ seed, step: epoch, stream: streamId('order') }, windows.length);
  for (let from = 0; from < order.length; from += batch) {
    const rows = [...order.subarray(from, from + batch)].map((i) => windows[i] ?? new Int32Array(0));
    yield padded(rows, length + 1);
  }
}

/** The last `length` items of each row as int32 `[rows, length]`, padded with 0 on the right. */
function padded(rows: readonly Int32Array[], length: number): tf.Tensor2D {
  const data = new Int32Array(rows.length * length);
  rows.forEach((row, i) => data.set(row.subarray(-length), i * length));
  return tf.tensor2d(data, [rows.length, length], 'int32');
}

/** Ranks each case's target among all items; items that the user had already are ranked too. */
export function evaluate(model: Recommender, cases: readonly Case[], length: number, batch = 256): Metrics {
  const ranks: number[] = [];
  for (let from = 0; from < cases.length; from += batch) {
    const some = cases.slice(from, from + batch);
    const scores = tf.tidy(() => {
      const histories = some.map(({ history }) => history);
      return model.scores(padded(histories, length));
    });
    const [, columns] = scores.shape;
    const values = scores.dataSync<'float32'>();
    some.forEach(({ target }, row) =>
      ranks.push(targetRank(values.subarray(row * columns, (row + 1) * columns), target)),
    );
    scores.dispose();
  }
  const metrics = rankingMetrics(ranks, [10]);
  return { ndcg: metrics['ndcg@10'] ?? NaN, recall: metrics['recall@10'] ?? NaN };
}
