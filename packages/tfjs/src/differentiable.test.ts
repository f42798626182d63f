// A graph as an operation of tfjs: its values, its gradients through tf.grad, tf.variableGrads and LayersModel.fit, and
// what stays in memory.
import {
  add,
  createGraph,
  evaluate,
  gather,
  gelu,
  GraphError,
  input,
  layerNorm,
  matmul,
  mul,
  reduceSum,
  softmax,
  vjp,
  type HostTensor,
} from '@difsr/graph';
import { createTfjsBackend, differentiableGraph, runGraph } from '@difsr/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { ints, noise } from './small-model.test.support.js';

const tensor = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(Float32Array.from(data), [...shape], dtype);
const numbers = (t: tf.Tensor): number[] => Array.from(t.dataSync());

/** y [m, 3]: rows of a little block over x [n, 4] with a weight, a scale and a bias. */
function block(): ReturnType<typeof createGraph> {
  const x = input('x', ['n', 4]);
  const hidden = gelu(layerNorm(x, input('scale', [4]), input('bias', [4]), 1e-6));
  return createGraph({ y: gather(softmax(matmul(hidden, input('w', [4, 3]))), input('ids', ['m'], 'int32')) });
}

const feeds: Record<string, HostTensor> = {
  x: noise('x', [5, 4]),
  scale: noise('scale', [4]),
  bias: noise('bias', [4]),
  w: noise('w', [4, 3]),
  ids: ints(0, 4, 4, 2),
};
const cotangent = noise('cotangent', [4, 3]);

/** Gradients of sum(y * cotangent) in double precision. */
function expectedGradients(names: readonly string[]): Record<string, HostTensor> {
  const { forward, backward, residuals } = vjp(block(), names);
  const results = evaluate(forward, feeds);
  const kept = Object.fromEntries(residuals.map((name) => [name, results[name]!])); // outputs of the forward graph
  return evaluate(backward, { ...kept, 'cotangent.y': cotangent });
}

function expectClose(actual: tf.Tensor | undefined, expected: HostTensor | undefined): void {
  expect(actual?.shape).toEqual(expected?.shape);
  const values = actual === undefined ? [] : numbers(actual);
  expected?.data.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
}

describe.each(['wasm', 'cpu'] as const)('on %s', (device) => {
  beforeAll(() => tf.setBackend(device));
  const f = differentiableGraph(block());
  const inputs = (): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, tensor(feed)]));

  it('tf.grads gives our gradients, and leaves no tensor', () => {
    const names = ['x', 'scale', 'bias', 'w'];
    const expected = expectedGradients(names);
    const { ids, ...floats } = inputs();
    const before = tf.memory().numTensors;
    const gradients = tf.grads((...args: tf.Tensor[]) =>
      tf.sum(
        tf.mul(
          f({ ids: ids!, ...Object.fromEntries(names.map((name, i) => [name, args[i]!])) }), // tfjs hands over as many as it got
          tensor(cotangent),
        ),
      ),
    )(names.map((name) => floats[name]!)); // of the feeds above
    names.forEach((name, i) => expectClose(gradients[i], expected[`grad.${name}`]));
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('variables are trained by a tfjs optimizer', () => {
    const { w, ...others } = inputs();
    const variable = tf.variable(w!); // of the feeds above
    const target = tf.oneHot(tf.tensor1d([0, 1, 1, 2], 'int32'), 3);
    const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(f({ ...others, w: variable }), target));
    const optimizer = tf.train.adam(0.05);
    const before = tf.tidy(() => numbers(loss())[0] ?? 0);
    optimizer.minimize(loss);
    const { numTensors } = tf.memory();
    for (let step = 0; step < 100; step++) optimizer.minimize(loss);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(tf.tidy(() => numbers(loss())[0] ?? Infinity)).toBeLessThan(0.6 * before);
  });

  it('without a gradient asked for nothing is kept, and inputs stay alive', () => {
    const given = inputs();
    const before = tf.memory().numTensors;
    const y = f(given);
    expect(tf.memory().numTensors).toBe(before + 1);
    expectClose(y, evaluate(block(), feeds)['y']);
    y.dispose();
    for (const each of Object.values(given)) each.dispose();
    expect(tf.memory().numTensors).toBe(before - Object.keys(given).length);
  });

  it('inputs outside wrt are constants to tfjs', () => {
    const only = differentiableGraph(block(), { wrt: ['w'] });
    const { x, ...others } = inputs();
    expect(() => tf.grad((t: tf.Tensor) => tf.sum(only({ ...others, x: t })))(x!)).toThrow(/Cannot compute gradient/);
  });
});

describe('runGraph', () => {
  beforeAll(() => tf.setBackend('wasm'));
  const x = input('x', ['n']);

  it('gives outputs of their own, also of an input as it stands and of one value under two names', () => {
    const doubled = mul(x, 2);
    const graph = createGraph({ same: x, a: doubled, b: doubled });
    const before = tf.memory().numTensors;
    const t = tf.tensor1d([1, 2]);
    const { same, a, b } = runGraph(graph, { x: t });
    expect(tf.memory().numTensors).toBe(before + 4);
    t.dispose();
    a?.dispose();
    expect([same, b].map((y) => y && numbers(y))).toEqual([
      [1, 2],
      [2, 4],
    ]);
    tf.dispose([same, b]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes tensors that were made on another device, also where they make wasm grow its memory', async () => {
    const [rows, width] = [600_000, 8];
    await tf.setBackend('cpu');
    const [table, ids] = [tf.ones([rows, width]), tf.tensor1d([1, rows - 1], 'int32')];
    await tf.setBackend('wasm');
    const graph = createGraph({ y: gather(input('table', [rows, width]), input('ids', ['m'], 'int32')) });
    const { y } = runGraph(graph, { ids, table });
    expect(y && numbers(y)).toEqual(Array.from({ length: 2 * width }, () => 1));
    tf.dispose([y, table, ids]);
  });

  it('leaves nothing behind where inputs do not fit, and says what does not', () => {
    const graph = createGraph({ y: add(mul(x, 2), input('z', ['n'])) });
    const [two, three] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2, 3])];
    const before = tf.memory().numTensors;
    expect(() => runGraph(graph, { x: two, z: three })).toThrow(/input "z".*n = 2 by input "x"/);
    expect(() => runGraph(graph, { x: two })).toThrow('"z" (float32[n]) was not given');
    expect(() => runGraph(graph, { x: two, z: tf.tidy(() => two.clone()), w: two })).toThrow('no input "w"');
    expect(() => runGraph(graph, { x: two, z: tf.cast(two, 'int32') })).toThrow(GraphError);
    expect(tf.memory().numTensors - before).toBe(2); // the two made for the last calls
    three.dispose();
    expect(() => runGraph(graph, { x: two, z: three })).toThrow('input "z" was disposed');
  });

  it('records nothing: a gradient through it is an error of tfjs, not a wrong one', () => {
    const graph = createGraph({ y: mul(x, x) });
    const through = tf.grad((t: tf.Tensor) => tf.sum(runGraph(graph, { x: t })['y']!)); // the graph's output
    expect(() => through(tf.tensor1d([1, 2]))).toThrow(/Cannot compute gradient/);
  });
});

describe('options that do not fit', () => {
  const x = input('x', [2]);
  const graph = createGraph({ y: mul(x, 2), s: reduceSum(x), i: input('i', [1], 'int32') });
  it.each([
    [{}, 'name one of the outputs y, s, i'],
    [{ output: 'z' }, 'no output "z"; outputs are y, s, i'],
    [{ output: 'i' }, 'output "i" is int32'],
    [{ output: 'y', wrt: ['i'] }, 'no float32 input "i"'],
  ])('%o', (options, message) => {
    expect(() => differentiableGraph(graph, options)).toThrow(message);
  });
});

it('LayersModel.fit trains through a layer made of a graph', async () => {
  await tf.setBackend('wasm');
  const width = 4;
  const x = input('x', ['b', width]);
  const hidden = differentiableGraph(createGraph({ y: gelu(matmul(x, input('w', [width, width]))) }));
  class Block extends tfl.layers.Layer {
    static readonly className = 'TestBlock';
    #weight: tfl.LayerVariable | undefined;
    override build(): void {
      this.#weight = this.addWeight('w', [width, width], 'float32', tfl.initializers.glorotUniform({ seed: 1 }));
      this.built = true;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [value] = Array.isArray(inputs) ? inputs : [inputs];
      if (value === undefined || this.#weight === undefined) throw new Error('called without an input or before build');
      return hidden({ x: value, w: this.#weight.read() });
    }
  }
  const inputTensor = tfl.input({ shape: [width] });
  const output = new Block({}).apply(inputTensor);
  if (!(output instanceof tfl.SymbolicTensor)) throw new Error('a layer on a symbolic tensor gives another');
  const model = tfl.model({ inputs: inputTensor, outputs: output });
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
  const data = tensor(noise('data', [64, width]));
  const { history } = await model.fit(
    data,
    tf.tidy(() => tf.mul(data, 0.5)),
    { epochs: 20, verbose: 0, shuffle: false },
  );
  const losses = (history['loss'] ?? []).map(Number);
  expect(losses.at(-1)).toBeLessThan(0.3 * (losses[0] ?? 0));
});

it('refuses options that there are not', async () => {
  // As callers without types write them.
  expect(() => differentiableGraph(block(), { by: ['x'] } as object)).toThrow(
    /no option "by"; its options are wrt, output/,
  );
  expect(() => differentiableGraph(block(), { wrt: 'x' } as object)).toThrow(/wrt is a list, got "x"/);
  await expect(createTfjsBackend({ devise: 'cpu' } as object)).rejects.toThrow(
    /no option "devise"; its options are device/,
  );
});
