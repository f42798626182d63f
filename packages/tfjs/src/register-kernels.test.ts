// tfjs's own gradients and layers on its wasm device, with the kernels that this package adds, against its cpu device.
import '@difsr/tfjs/register-kernels';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { noise } from './small-model.test.support.js';

const random = (name: string, shape: readonly number[]): tf.Tensor =>
  tf.tensor(Float32Array.from(noise(name, shape).data), [...shape]);

async function onBoth(compute: () => tf.Tensor): Promise<{ wasm: number[]; cpu: number[] }> {
  const run = async (device: string): Promise<number[]> => {
    await tf.setBackend(device);
    return tf.tidy(() => Array.from(compute().dataSync()));
  };
  return { cpu: await run('cpu'), wasm: await run('wasm') };
}

function expectClose({ wasm, cpu }: { wasm: number[]; cpu: number[] }): void {
  expect(wasm).toHaveLength(cpu.length);
  wasm.forEach((value, i) => expect(value).toBeCloseTo(cpu[i] ?? Number.NaN, 4));
}

describe('embeddings', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('the gradient of gather is exact, every repeated id counted, for whole numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 300 }),
        (count, width, draws) => {
          const ids = draws.map(([id]) => id % count);
          const expected = new Float32Array(count * width);
          ids.forEach((id, i) => {
            for (let j = 0; j < width; j++) expected[id * width + j]! += (draws[i]?.[1] ?? 0) + j;
          });
          const cotangent = Float32Array.from({ length: ids.length * width }, (_, place) => {
            const [row, column] = [Math.floor(place / width), place % width];
            return (draws[row]?.[1] ?? 0) + column;
          });
          const gradient = tf.tidy(() =>
            tf
              .grad((table: tf.Tensor) =>
                tf.sum(
                  tf.mul(tf.gather(table, tf.tensor1d(ids, 'int32')), tf.tensor2d(cotangent, [ids.length, width])),
                ),
              )(tf.zeros([count, width]))
              .dataSync(),
          );
          expect([...gradient]).toEqual([...expected]);
        },
      ),
    );
  });

  it('segments outside the result are left out, and int32 stays int32', () => {
    const sum = tf.unsortedSegmentSum(
      tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2], 'int32'),
      tf.tensor1d([1, -1, 1, 5], 'int32'),
      2,
    );
    expect(sum.dtype).toBe('int32');
    expect([...sum.dataSync()]).toEqual([0, 0, 6, 8]);
  });

  it('are gathered along another axis', async () => {
    expectClose(
      await onBoth(() =>
        tf.grad((x: tf.Tensor) =>
          tf.sum(tf.mul(tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'), 1), random('c', [3, 3, 2]))),
        )(random('x', [3, 5, 2])),
      ),
    );
  });
});

describe('einsum', () => {
  it.each([
    ['bij,bkj->bik', [2, 3, 4], [2, 5, 4]],
    ['bij,jk->bik', [2, 3, 4], [4, 5]],
    ['bnhd,bmhd->bhnm', [2, 3, 2, 4], [2, 5, 2, 4]],
    ['bhnm,bmhd->bnhd', [2, 2, 3, 5], [2, 5, 2, 4]],
    ['i,j->ji', [2], [3]],
    ['i,i->', [4], [4]],
    ['ijk->ki', [2, 3, 4], undefined],
  ] as const)('%s', async (equation, a, b) => {
    expectClose(await onBoth(() => tf.einsum(equation, random('a', a), ...(b === undefined ? [] : [random('b', b)]))));
  });

  it('leaves no tensor behind', async () => {
    await tf.setBackend('wasm');
    const [a, b] = [random('a', [2, 3, 4]), random('b', [2, 5, 4])];
    const before = tf.memory();
    for (let i = 0; i < 10; i++) tf.einsum('bij,bkj->bik', a, b).dispose();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
  });
});

describe('convolutions', () => {
  it.each(['same', 'valid'] as const)('have the gradient of their filter, %s', async (pad) => {
    expectClose(
      await onBoth(() => {
        const x: tf.Tensor3D = tf.reshape(random('x', [42]), [2, 7, 3]);
        return tf.grad((w: tf.Tensor) => {
          const y = tf.conv1d(x, tf.reshape<tf.Rank.R3>(w, [3, 3, 4]), 1, pad);
          return tf.sum(tf.mul(y, random('c', y.shape)));
        })(random('w', [3, 3, 4]));
      }),
    );
    expectClose(
      await onBoth(() => {
        const x: tf.Tensor4D = tf.reshape(random('x', [252]), [2, 7, 6, 3]);
        return tf.grad((w: tf.Tensor) => {
          const y = tf.conv2d(x, tf.reshape<tf.Rank.R4>(w, [3, 2, 3, 4]), [2, 1], pad);
          return tf.sum(tf.mul(y, random('c', y.shape)));
        })(random('w', [3, 2, 3, 4]));
      }),
    );
  });
});

it('a model of tf.layers with an embedding trains to the same losses as on cpu', async () => {
  const losses = async (device: string): Promise<number[]> => {
    await tf.setBackend(device);
    const ids = tfl.input({ shape: [6], dtype: 'int32' });
    const parts = [
      tfl.layers.embedding({
        inputDim: 20,
        outputDim: 8,
        embeddingsInitializer: tfl.initializers.randomNormal({ seed: 1 }),
      }),
      tfl.layers.layerNormalization(),
      tfl.layers.conv1d({ filters: 8, kernelSize: 1, kernelInitializer: tfl.initializers.randomNormal({ seed: 2 }) }),
      tfl.layers.batchNormalization(),
      tfl.layers.flatten(),
      tfl.layers.dense({
        units: 20,
        activation: 'softmax',
        kernelInitializer: tfl.initializers.randomNormal({ seed: 3 }),
      }),
    ];
    const output = parts.reduce<tfl.SymbolicTensor>((x, layer) => {
      const y = layer.apply(x);
      if (!(y instanceof tfl.SymbolicTensor)) throw new Error('a layer on a symbolic tensor gives another');
      return y;
    }, ids);
    const model = tfl.model({ inputs: ids, outputs: output });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'sparseCategoricalCrossentropy' });
    const data = tf.tensor2d(
      Array.from({ length: 240 }, (_, i) => (i * 7) % 20),
      [40, 6],
      'int32',
    );
    const labels = tf.tensor2d(
      Array.from({ length: 40 }, (_, i) => (i * 3) % 20),
      [40, 1],
    );
    const { history } = await model.fit(data, labels, { epochs: 3, verbose: 0, shuffle: false });
    return (history['loss'] ?? []).map(Number);
  };
  expectClose({ cpu: await losses('cpu'), wasm: await losses('wasm') });
});
