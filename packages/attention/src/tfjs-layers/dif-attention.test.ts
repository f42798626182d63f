// The layer in models as a user builds them: masks, training by fit, saving and loading, configurations.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  layers,
  loadLayersModel,
  model,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { use } from '../tfjs/devices.test.support.js';
import { difAttention } from '../tfjs/index.js';
import { DifAttention, AttentionError, type DifAttentionLayerConfig } from './index.js';

const ITEMS = 12;
const GENRES = 4;
const LENGTH = 6;

beforeAll(() => use('cpu'));

/** Item ids and genre ids `[b, n]` to probabilities of the next item `[b, n, ITEMS + 1]`. */
function recommender(config: Partial<DifAttentionLayerConfig> = {}): LayersModel {
  const items = input({ shape: [LENGTH], dtype: 'int32', name: 'items' });
  const genres = input({ shape: [LENGTH], dtype: 'int32', name: 'genres' });
  const embed = (ids: SymbolicTensor, inputDim: number, outputDim: number, seed: number): SymbolicTensor =>
    layers
      .embedding({
        inputDim,
        outputDim,
        maskZero: true,
        embeddingsInitializer: initializers.randomNormal({ mean: 0, stddev: 1, seed }),
      })
      .apply(ids) as SymbolicTensor; // a layer applied to a symbolic tensor gives one
  const item = embed(items, ITEMS + 1, 8, 1);
  const attention = new DifAttention({
    heads: 2,
    position: 6,
    maxLength: LENGTH,
    deviation: 0.3,
    seed: 3,
    ...config,
    name: 'attention',
  });
  const context = attention.apply([item, embed(genres, GENRES + 1, 4, 2)]) as SymbolicTensor;
  const hidden = layers.add().apply([item, context]) as SymbolicTensor;
  const kernelInitializer = initializers.glorotNormal({ seed: 4 });
  const scores = layers.dense({ units: ITEMS + 1, activation: 'softmax', kernelInitializer }).apply(hidden);
  return model({ inputs: [items, genres], outputs: scores as SymbolicTensor });
}

function data(): { items: tf.Tensor2D; genres: tf.Tensor2D; next: tf.Tensor3D } {
  const row = (first: number): number[] => Array.from({ length: LENGTH }, (_, i) => 1 + ((first + i) % ITEMS));
  const rows = Array.from({ length: ITEMS }, (_, i) => row(i));
  const items = tf.tensor2d(rows, [ITEMS, LENGTH], 'int32');
  const genresOf = rows.map((own) => own.map((id) => 1 + (id % GENRES)));
  const next = tf.tensor3d(
    rows.map((own) => own.map((id) => [1 + (id % ITEMS)])),
    [ITEMS, LENGTH, 1],
  );
  return { items, genres: tf.tensor2d(genresOf, [ITEMS, LENGTH], 'int32'), next };
}

function predict(of: LayersModel, items: tf.Tensor, genres: tf.Tensor): number[] {
  const y = of.predict([items, genres]);
  if (Array.isArray(y)) throw new Error('the model has one output');
  return [...y.dataSync()];
}

describe('DifAttention in a model', () => {
  it('is trained by fit, and goes through save and loadLayersModel, in memory and on disk', async () => {
    const { items, genres, next } = data();
    const before = recommender({ dropout: 0.1, fusion: 'gate' });
    before.compile({ optimizer: tf.train.adam(0.03), loss: 'sparseCategoricalCrossentropy' });
    const { history } = await before.fit([items, genres], next, {
      epochs: 25,
      batchSize: 6,
      shuffle: false,
      verbose: 0,
    });
    const losses = (history['loss'] ?? []).map(Number);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);

    let saved: tf.io.ModelArtifacts | undefined;
    await before.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    if (saved === undefined) throw new Error('nothing was saved');
    const expected = predict(before, items, genres);
    const inMemory = await loadLayersModel(tf.io.fromMemory(saved));
    expect(predict(inMemory, items, genres)).toEqual(expected);

    const folder = mkdtempSync(path.join(tmpdir(), 'dif-attention-'));
    try {
      const { weightData, ...rest } = saved;
      if (!(weightData instanceof ArrayBuffer)) throw new Error('weights come as one buffer');
      writeFileSync(path.join(folder, 'model.json'), JSON.stringify(rest));
      writeFileSync(path.join(folder, 'weights.bin'), new Uint8Array(weightData));
      const artifacts: tf.io.ModelArtifacts = {
        ...JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')),
        weightData: new Uint8Array(readFileSync(path.join(folder, 'weights.bin'))).buffer,
      };
      const fromDisk = await loadLayersModel(tf.io.fromMemory(artifacts));
      expect(predict(fromDisk, items, genres)).toEqual(expected);
      expect(fromDisk.getLayer('attention').getConfig()).toEqual(before.getLayer('attention').getConfig());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('uses the side information: another genre gives another output', () => {
    const { items, genres } = data();
    const of = recommender();
    expect(predict(of, items, tf.onesLike(genres))).not.toEqual(predict(of, items, genres));
  });

  it('hides what an embedding masks, and later items where it is causal', () => {
    const { items, genres } = data();
    // Items from place 4 on are padding; then place 3 is changed.
    const early = tf.cast(tf.less(tf.range(0, LENGTH), 4), 'int32');
    const padded = tf.mul(items, early);
    const other = tf.add(tf.mod(padded, ITEMS), 1);
    const changed = tf.where(tf.equal(tf.range(0, LENGTH), 3), other, padded);
    const width = ITEMS + 1;
    for (const causal of [true, false]) {
      const of = recommender({ causal, deviation: 1 });
      const first = (ids: tf.Tensor, own: tf.Tensor): number[] => predict(of, ids, own).slice(0, 3 * width);
      // What is padded may have any genre.
      expect(first(padded, genres)).toEqual(first(padded, tf.mul(genres, early)));
      if (causal) expect(first(changed, genres)).toEqual(first(padded, genres));
      else expect(first(changed, genres)).not.toEqual(first(padded, genres));
    }
  });

  it('computes what the function computes with its weights', () => {
    const layer = new DifAttention({
      heads: 2,
      sides: 2,
      position: true,
      causal: false,
      fusion: 'concat',
      maxLength: 5,
      seed: 7,
    });
    const shapes = [8, 4, 6, 10].map((width) => [2, 5, width] as [number, number, number]);
    const [item, ...others] = shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i));
    const [one, two, position] = others;
    if (!item || !one || !two || !position) throw new Error('four tensors');
    const output = layer.apply([item, one, two, position]) as tf.Tensor; // of tensors, not of symbols
    const weights = Object.fromEntries(layer.weights.map((w) => [w.originalName.split('/').at(-1) ?? '', w.read()]));
    expect(Object.keys(weights)).toContain('query.side1.weight');
    const expected = difAttention(item, { sides: [one, two], position, heads: 2, fusion: 'concat', weights });
    expect([...output.dataSync()]).toEqual([...expected.dataSync()]);
    expect(layer.computeOutputShape(shapes)).toEqual([2, 5, 8]);
  });

  it('without sides takes the item tensor alone; training drops by seed and call', () => {
    const layer = new DifAttention({ heads: 2, sides: 0, dropout: 0.5, deviation: 1 });
    const x = tf.randomNormal([2, 5, 8], 0, 1, 'float32', 1);
    const run = (training: boolean): number[] => [...(layer.apply(x, { training }) as tf.Tensor).dataSync()];
    expect(run(false)).toEqual(run(false));
    expect(run(true)).not.toEqual(run(false));
    expect(run(true)).not.toEqual(run(true));
  });
});

describe('configurations', () => {
  it('go through getConfig and fromConfig', () => {
    const layer = new DifAttention({
      heads: 4,
      sides: 2,
      position: 16,
      fusion: 'concat',
      maxLength: 9,
      causal: false,
      name: 'a',
    });
    const again = tf.serialization.SerializationMap.getMap().classNameMap['DifAttention'];
    const [constructor, fromConfig] = again ?? [];
    if (constructor === undefined || fromConfig === undefined) throw new Error('the class is not registered');
    expect(fromConfig(constructor, layer.getConfig()).getConfig()).toEqual(layer.getConfig());
    expect(layer.getConfig()).toMatchObject({ name: 'a', heads: 4, sides: 2, position: 16, causal: false });
  });

  it.each<[object, RegExp]>([
    [{ heads: 2, head: 3 }, /DifAttention has no option "head"; its options are heads, sides/],
    [{ heads: 0 }, /heads is a whole number from 1 on, got 0/],
    [{ heads: 2, fusion: 'add' }, /fusion is one of sum, concat, gate, got "add"/],
    [{ heads: 2, fusion: 'gate' }, /fusion "gate" needs maxLength/],
    [{ heads: 2, position: 8 }, /a position table needs maxLength/],
    [{ heads: 2, dropout: 1 }, /dropout is a share in \[0, 1\), got 1/],
    [{ heads: 2, causal: 'yes' }, /causal is true or false, got "yes"/],
  ])('that cannot be are errors: %j', (config, message) => {
    // What JSON holds has no type.
    expect(() => new DifAttention(config as DifAttentionLayerConfig)).toThrow(message);
    expect(() => new DifAttention(config as DifAttentionLayerConfig)).toThrow(AttentionError);
  });

  it('that are left out are errors', () => {
    const config: unknown = undefined;
    expect(() => new DifAttention(config as DifAttentionLayerConfig)).toThrow(
      /DifAttention takes an object with its options heads/,
    );
  });

  it('that do not fit the inputs are errors', () => {
    const [item, side] = [tf.zeros([2, 5, 8]), tf.zeros([2, 5, 4])];
    expect(() => new DifAttention({ heads: 2, name: 'dif' }).apply(item)).toThrow(
      /dif was called on 1 inputs, expected 2: \[item, side 0\]/,
    );
    expect(() => new DifAttention({ heads: 3 }).apply([item, side])).toThrow(/width 8 cannot be split into 3 heads/);
  });
});
