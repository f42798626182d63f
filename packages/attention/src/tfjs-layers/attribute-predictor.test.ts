// The predictor's loss against that of @difsr/nn in the float64 interpreter; training, padding, saving.
import { createGraph, evaluate, input, type HostTensor } from '@difsr/graph';
import { attributeLoss as define } from '@difsr/nn';
import * as tf from '@tensorflow/tfjs-core';
import { input as layerInput, layers, loadLayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';
import { use } from '../tfjs/devices.test.support.js';
import { random } from '../values.test.support.js';
import { attributeLoss, AttributePredictor, attributeTargets, AttentionError } from './index.js';

const VALUES = 5;
const IDS = [
  [1, 3],
  [2, 0],
  [0, 0],
  [5, 4],
];

beforeAll(() => use('cpu'));

/** The predictor with given weights, applied. */
function logitsOf(hidden: HostTensor, weight: HostTensor, bias: HostTensor): tf.Tensor {
  const layer = new AttributePredictor({ values: VALUES });
  const x = tf.tensor(Float32Array.from(hidden.data), [...hidden.shape]);
  layer.apply(x);
  layer.setWeights([
    tf.tensor(Float32Array.from(weight.data.subarray(8)), [VALUES, 8]), // its first row stands for "none"
    tf.tensor(Float32Array.from(bias.data.subarray(1)), [VALUES]),
  ]);
  return layer.apply(x) as tf.Tensor; // of a tensor, not of a symbol
}

it('has the loss of the definition, weighted by lambda', () => {
  const hidden = random('hidden', [4, 8], 1);
  const weight = random('weight', [VALUES + 1, 8], 2);
  const bias = random('bias', [VALUES + 1], 3);
  const names = { hidden, weight, bias };
  const given = Object.fromEntries(Object.entries(names).map(([name, { shape }]) => [name, input(name, shape)]));
  const take = (name: string) => given[name] ?? expect.fail(name);
  const loss = define(
    take('hidden'),
    { weight: take('weight'), bias: take('bias') },
    input('ids', [4, 2], 'int32'),
    input('w', [4]),
  );
  const { y } = evaluate(createGraph({ y: loss }), {
    ...names,
    ids: { dtype: 'int32', shape: [4, 2], data: Int32Array.from(IDS.flat()) },
    w: { dtype: 'float32', shape: [4], data: Float64Array.of(0.25, 0.25, 0.25, 0.25) },
  });
  const targets = attributeTargets(tf.tensor2d(IDS, [4, 2], 'int32'), VALUES);
  const mine = attributeLoss({ weight: 10 })(targets, logitsOf(hidden, weight, bias)).dataSync()[0];
  expect(mine).toBeCloseTo(10 * Number(y?.data[0]), 4);
});

it('reads value ids as rows of 0 and 1; padding is -1 and counts nothing', () => {
  const ids = tf.tensor2d([...IDS, [-1, 0]], [5, 2], 'int32');
  const targets = attributeTargets(ids, VALUES);
  expect(targets.arraySync()).toEqual([
    [1, 0, 1, 0, 0],
    [0, 1, 0, 0, 0],
    [0, 0, 0, 0, 0],
    [0, 0, 0, 1, 1],
    [-1, -1, -1, -1, -1],
  ]);
  const logits = tf.randomNormal([5, VALUES], 0, 1, 'float32', 1);
  const whole = attributeLoss()(targets, logits).dataSync()[0];
  const real = attributeLoss()(
    tf.slice(targets, [0, 0], [4, VALUES]),
    tf.slice(logits, [0, 0], [4, VALUES]),
  ).dataSync()[0];
  expect(whole).toBeCloseTo(real ?? NaN, 6);
});

it('with one value per item is softmax cross-entropy; items without a value count nothing', () => {
  const targets = attributeTargets(tf.tensor2d([[2], [0], [-1]], [3, 1], 'int32'), 3);
  const logits = tf.tensor2d([
    [0, 1, 2],
    [9, 9, 9],
    [9, 9, 9],
  ]);
  const expected = Math.log(1 + Math.E + Math.E ** 2) - 1;
  expect(attributeLoss({ valuesPerItem: 'one' })(targets, logits).dataSync()[0]).toBeCloseTo(expected, 5);
});

it('is trained by fit, saved and loaded', async () => {
  const x = layerInput({ shape: [3, 4] });
  const y = new AttributePredictor({ values: VALUES, name: 'genres' }).apply(x) as SymbolicTensor;
  const before = model({ inputs: x, outputs: y });
  before.compile({ optimizer: tf.train.adam(0.1), loss: attributeLoss() });
  const rows = tf.oneHot(
    tf.tensor2d(
      [
        [0, 1, 2],
        [3, 2, 1],
      ],
      [2, 3],
      'int32',
    ),
    4,
  );
  const ids = tf.tensor3d(
    [
      [
        [1, 3],
        [2, 0],
        [4, 5],
      ],
      [
        [0, 0],
        [4, 5],
        [2, 0],
      ],
    ],
    [2, 3, 2],
    'int32',
  );
  const { history } = await before.fit(rows, attributeTargets(ids, VALUES), { epochs: 60, verbose: 0 });
  expect(Number(history['loss']?.at(-1))).toBeLessThan(0.1);
  let saved: tf.io.ModelArtifacts | undefined;
  await before.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const again = await loadLayersModel(tf.io.fromMemory(saved ?? expect.fail('nothing was saved')));
  const run = (of: typeof before): number[] => [...(of.predict(rows) as tf.Tensor).dataSync()]; // one output, one tensor
  expect(run(again)).toEqual(run(before));
});

it('knows no other options', () => {
  expect(() => new AttributePredictor({ values: 0 })).toThrow(/values is a whole number from 1 on, got 0/);
  const config: object = { values: 3, units: 3 };
  // What JSON holds has no type.
  expect(() => new AttributePredictor(config as { values: number })).toThrow(AttentionError);
  expect(() => new AttributePredictor({ values: 3, deviation: NaN })).toThrow(/deviation is a finite number/);
  expect(() => attributeLoss({ wieght: 5 } as object)).toThrow(/attributeLoss has no option "wieght"/);
  expect(() => attributeLoss({ weight: NaN })).toThrow(/weight is a finite number, got NaN/);
});

it('is a layer of any stack of tfjs', () => {
  const dense = layers.dense({ units: 4, inputShape: [3, 4] });
  expect(new AttributePredictor({ values: 2 }).computeOutputShape(dense.computeOutputShape([null, 3, 4]))).toEqual([
    null,
    3,
    2,
  ]);
});
