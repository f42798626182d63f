// DIF attention as a layer in a tf.model, with an attribute predictor beside the item's output (DIF-SR's two heads): fitted,
// saved, loaded. `node examples/dist/tfjs-layers.js`
import { fileURLToPath } from 'node:url';
import { attributeLoss, AttributePredictor, attributeTargets, DifAttention } from '@difsr/attention/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  layers,
  loadLayersModel,
  model,
  type LayersModel,
  type ModelCompileArgs,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { setUp } from './shared/setup.js';

const ITEMS = 30;
const GENRES = 5;
const LENGTH = 8;

/** What the example found, for its test. */
export interface LayersExample {
  /** Sum of the two losses, first and last epoch. */
  readonly losses: readonly [number, number];
  /** Share of the next items that the model ranks first. */
  readonly accuracy: number;
  /** Largest difference between the model's predictions and those of the model loaded again. */
  readonly difference: number;
}

/** A next-item model: item ids and genre ids `[b, n]` to items `[b, n, ITEMS + 1]` and genres `[b, n, GENRES]`. */
function recommender(): LayersModel {
  const items = input({ shape: [LENGTH], dtype: 'int32', name: 'items' });
  const genres = input({ shape: [LENGTH], dtype: 'int32', name: 'genres' });
  // A layer applied to symbolic tensors gives a symbolic tensor; tfjs's types leave that open.
  const apply = (layer: layers.Layer, to: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
    layer.apply(to) as SymbolicTensor;
  const item = apply(layers.embedding({ inputDim: ITEMS + 1, outputDim: 32, maskZero: true }), items);
  const genre = apply(layers.embedding({ inputDim: GENRES + 1, outputDim: 8 }), genres);
  // Padding is hidden by the mask of the item embedding; positions are a table of the layer's own.
  const context = apply(new DifAttention({ heads: 2, position: 32, maxLength: LENGTH }), [item, genre]);
  const hidden = apply(layers.layerNormalization(), apply(layers.add(), [item, context]));
  const next = apply(layers.dense({ units: ITEMS + 1, activation: 'softmax', name: 'next' }), hidden);
  const nextGenres = apply(new AttributePredictor({ values: GENRES, name: 'genres_of_next' }), hidden);
  return model({ inputs: [items, genres], outputs: [next, nextGenres] });
}

/** Runs the example on the active device. */
export async function runLayersExample(): Promise<LayersExample> {
  // Users who go through the catalogue in order, from different starts; genre = item modulo GENRES, some rows padded.
  const genreOf = (id: number): number => (id === 0 ? 0 : 1 + (id % GENRES));
  const rows = Array.from({ length: ITEMS }, (_, start) =>
    Array.from({ length: LENGTH + 1 }, (_, i) => (i < 4 + (start % 6) ? 1 + ((start + i) % ITEMS) : 0)),
  );
  const shown = rows.map((row) => row.slice(0, -1));
  const wanted = rows.map((row) => row.slice(1));
  const ids = (of: number[][]): tf.Tensor2D => tf.tensor2d(of, [of.length, LENGTH], 'int32');
  const inputs = [ids(shown), ids(shown.map((row) => row.map(genreOf)))];
  const next = tf.tensor3d(wanted.map((row) => row.map((id) => [id])));
  const genreIds = wanted.map((row) => row.map((id) => [id === 0 ? -1 : genreOf(id)])); // -1: padding, no target
  const nextGenres = attributeTargets(tf.tensor3d(genreIds, [rows.length, LENGTH, 1], 'int32'), GENRES);

  const before = recommender();
  before.compile({
    optimizer: tf.train.adam(0.01),
    // tfjs takes names and functions side by side; its types know lists of one kind only.
    loss: ['sparseCategoricalCrossentropy', attributeLoss({ weight: 5 })] as ModelCompileArgs['loss'],
  });
  const { history } = await before.fit(inputs, [next, nextGenres], { epochs: 30, batchSize: 10, verbose: 0 });
  const losses = (history['loss'] ?? []).map(Number);

  let artifacts: tf.io.ModelArtifacts | undefined;
  await before.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved; // or 'localstorage://..' in a browser, 'file://..' with tfjs-node
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  if (artifacts === undefined) throw new Error('nothing was saved');
  const again = await loadLayersModel(tf.io.fromMemory(artifacts));

  const [scores, scoresAgain] = [before, again].map((of) => {
    const outputs = of.predict(inputs);
    const first = Array.isArray(outputs) ? outputs[0] : outputs;
    if (first === undefined) throw new Error('the model has two outputs');
    return first;
  });
  if (scores === undefined || scoresAgain === undefined) throw new Error('two models were asked');
  const best = tf.argMax(scores, -1).dataSync();
  const places = wanted.flat().flatMap((id, place) => (id === 0 ? [] : [best[place] === id]));
  return {
    losses: [losses[0] ?? NaN, losses.at(-1) ?? NaN],
    accuracy: places.filter(Boolean).length / places.length,
    difference: tf.tidy(() => tf.max(tf.abs(tf.sub(scores, scoresAgain))).dataSync()[0] ?? NaN),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  console.log(await runLayersExample());
}
