// What backends do when asked for float16; where programs use it is tested with the lowering.
import {
  add,
  broadcast,
  constant,
  createGraph,
  FLOAT16_LOSS_SCALE,
  gather,
  gelu,
  input,
  layerNorm,
  matmul,
  mul,
  optimizerScalars,
  reduceMean,
  reduceSum,
  reshape,
  select,
  softmax,
  tableCrossEntropy,
  trainingStep,
  type Backend,
  type HostTensor,
  type Tensor,
  type Precision,
} from '@difsr/graph';
import { createOnnxRuntimeBackend, createWorkerBackend, precisions } from '@difsr/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const floats = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

describe('on the cpu', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createOnnxRuntimeBackend({ threads: 2, precision: 'float16' });
  });
  afterAll(() => backend.dispose());

  it('operands and results are rounded as float16 would', async () => {
    const [a, b] = [input('a', ['n', 1]), input('b', [1, 1])];
    const program = await backend.compile(createGraph({ y: matmul(a, b), sum: add(a, b) }));
    const third = floats([1, 1], 1 / 3);
    const { y, sum } = await program.run({ a: third, b: third });
    const half = 1365 / 4096; // the float16 nearest to 1/3
    expect(y?.data[0]).toBe(1820 / 2 ** 14); // half * half, rounded to 11 bits once more
    expect(Math.abs(half * half - 1820 / 2 ** 14)).toBeLessThan(2 ** -15);
    expect(sum?.data[0]).toBe(Math.fround(2 / 3)); // inputs alone are no reason to leave float32
  });

  it('a worker rounds in the same way', async () => {
    const graph = createGraph({ y: matmul(input('a', ['n', 1]), input('b', [1, 1])) });
    const worker = await createWorkerBackend({ threads: 1, precision: 'float16' });
    const program = await worker.compile(graph);
    const { y } = await program.run({ a: floats([1, 1], 1 / 3), b: floats([1, 1], 1 / 3) });
    expect(y?.data[0]).toBe(1820 / 2 ** 14);
    await worker.dispose();
  });

  it('what a mask hides stays hidden, also under several masks', async () => {
    const x = input('x', [2, 2]);
    const mask = select(input('seen', [2], 'bool'), 0, -10_000);
    const scores = add(add(add(matmul(x, x, { transB: true }), mask), mask), mask);
    const program = await backend.compile(createGraph({ y: softmax(scores) }));
    const seen: HostTensor = { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) };
    const { y } = await program.run({ x: floats([2, 2], 1, 2, 3, 4), seen });
    expect([...(y?.data ?? [])]).toEqual([1, 0, 1, 0]);
  });

  it('an unknown precision is refused with those that exist', async () => {
    // @ts-expect-error: what a caller without types may pass
    await expect(createOnnxRuntimeBackend({ precision: 'int8' })).rejects.toThrow(/"int8".*float32, float16/);
  });
});

describe('training', () => {
  const [classes, width, targets] = [50, 16, 64];
  const parameters = (
    [
      ['table', [classes, width]],
      ['w', [width, width]],
      ['scale', [width]],
      ['bias', [width]],
    ] as const
  ).map(([name, shape]) => ({ name, tensor: input(name, shape), decay: false, trainable: true }));
  const [table, w, scale, bias] = parameters.map(({ tensor }) => tensor) as [Tensor, Tensor, Tensor, Tensor]; // as listed above
  const x = gather(table, input('items', ['n'], 'int32'));
  const h = layerNorm(add(x, gelu(matmul(x, w))), scale, bias, 1e-12);
  const loss = reduceMean(tableCrossEntropy(h, table, input('labels', ['n'], 'int32'), 1));
  const step = trainingStep({ loss, parameters, optimizer: { kind: 'adam' }, clipNorm: 5 });

  async function losses(backend: Backend): Promise<number[]> {
    const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
    const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(i * i) / 4);
    const values = Object.fromEntries([
      ...parameters.map(({ name, tensor }) => {
        const shape = tensor.shape.map(Number);
        return [name, floats(shape, ...wave(size(shape)))];
      }),
      ...[...step.state].map(([name, shape]) => [name, floats(shape, ...new Float32Array(size(shape)))]),
    ]);
    const variables = await backend.createVariables(values);
    const program = await backend.compile(step.graph, { variables, updates: step.updates });
    const found: number[] = [];
    const ids = (f: (i: number) => number): HostTensor => ({
      dtype: 'int32',
      shape: [targets],
      data: Int32Array.from({ length: targets }, (_, i) => 1 + (f(i) % (classes - 1))),
    });
    for (let at = 1; at <= 60; at++) {
      const scalars = Object.entries(optimizerScalars({ kind: 'adam' }, at, 0.01)).filter(([name]) =>
        step.graph.inputs.has(name),
      );
      const { loss: value } = await program.run({
        items: ids((i) => i + at),
        labels: ids((i) => 3 * (i + at)),
        ...Object.fromEntries(scalars.map(([name, scalar]) => [name, floats([], scalar)])),
      });
      found.push(value?.data[0] ?? Number.NaN);
    }
    await backend.dispose();
    return found;
  }

  it('follows float32, with the optimizer in float32', async () => {
    const full = await losses(await createOnnxRuntimeBackend({ threads: 1 }));
    const half = await losses(await createOnnxRuntimeBackend({ threads: 1, precision: 'float16' }));
    expect(half).not.toEqual(full);
    expect(full.at(-1)).toBeLessThan((full[0] ?? 0) / 2);
    half.forEach((value, i) => expect(Math.abs(value / (full[i] ?? 0) - 1)).toBeLessThan(0.02));
  });

  /** The norm of a gradient that is 2e-7, through a product of the backward pass that is no weight's own. */
  async function smallNorm(precision: Precision, lossScale: number): Promise<number> {
    const [a, v] = [input('a', [1, 2, 2]), input('v', [1, 1])];
    const inner = matmul(a, broadcast(v, [2, 1])); // its gradient goes through a^T
    const small = trainingStep({
      loss: mul(reduceSum(matmul(inner, reshape(constant(1), [1, 1]))), 1e-8),
      parameters: [{ name: 'v', tensor: v, decay: false, trainable: true }],
      optimizer: { kind: 'sgd' },
      lossScale,
    });
    const backend = await createOnnxRuntimeBackend({ threads: 1, precision });
    const variables = await backend.createVariables({ v: floats([1, 1], 1) });
    const program = await backend.compile(small.graph, { variables, updates: small.updates });
    const { gradientNorm } = await program.run({
      a: floats([1, 2, 2], 5, 5, 5, 5),
      'optimizer.learningRate': floats([], 0),
    });
    await backend.dispose();
    return gradientNorm?.data[0] ?? Number.NaN;
  }

  it('keeps small gradients and their squares with the loss scale for float16, and loses them without', async () => {
    expect(await smallNorm('float32', 1)).toBeCloseTo(2e-7, 10);
    expect(await smallNorm('float16', FLOAT16_LOSS_SCALE)).toBeCloseTo(2e-7, 10); // the square, 4e-14, is 0 in float16
    expect(await smallNorm('float16', 1)).toBe(0);
  });

  it('backends say what they compute in, so that a trainer can choose the scale', async () => {
    for (const precision of precisions) {
      const [here, worker] = [await createOnnxRuntimeBackend({ precision }), await createWorkerBackend({ precision })];
      expect([here.precision, worker.precision]).toEqual([precision, precision]);
      await Promise.all([here.dispose(), worker.dispose()]);
    }
  });
});
