// float16 inside programs: results within its rounding, only where the table allows it, and never a cast too many.
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
  opNames,
  optimizerScalars,
  reduceMean,
  reduceSum,
  reshape,
  rewrite,
  select,
  softmax,
  tableCrossEntropy,
  trainingStep,
  type Backend,
  type Graph,
  type HostTensor,
  type Tensor,
} from '@difsr/graph';
import { conformanceCases, runCase, type ConformanceCase } from '@difsr/graph/conformance';
import { createOnnxRuntimeBackend, createWorkerBackend, precisions, type Precision } from '@difsr/onnxruntime';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, onnxDataType } from '../onnx/encode.js';
import type { OnnxNode } from '../onnx/model.js';
import { lowerGraph, lowerModel } from './to-onnx.js';

/** A unit in the last place of float16 is 2^-10 of a value; each of the few roundings on the way is off by half of it. */
const HALF = { relative: 3e-3, absolute: 1e-5 };

const all: readonly ConformanceCase[] = [...conformanceCases({ seeds: [1] })];
/** The first case of each op and kind. */
const some = opNames.flatMap((op) =>
  (['forward', 'gradient'] as const).flatMap(
    (kind) => all.find((example) => example.op === op && example.kind === kind) ?? [],
  ),
);

/** The same case with all float inputs in float16: values that float16 holds, multiplied by 1 in a float16 product. */
function halved(example: ConformanceCase): ConformanceCase {
  return {
    ...example,
    repeats: 1,
    tolerance: HALF,
    build: () => {
      const { graph, feeds } = example.build();
      const timesOne = (x: Tensor): Tensor =>
        reshape(matmul(reshape(x, [...x.shape, 1]), reshape(constant(1), [1, 1])), x.shape);
      return {
        graph: rewrite(graph, ({ op }, [x, ...others]) =>
          op === 'input' && x?.dtype === 'float32' && x.shape.length > 0 ? [timesOne(x)] : x ? [x, ...others] : [],
        ),
        feeds: Object.fromEntries(
          Object.entries(feeds).map(([name, feed]) => [
            name,
            'data' in feed && feed.dtype === 'float32'
              ? { ...feed, data: Float32Array.from(feed.data, nearestHalf) }
              : feed,
          ]),
        ),
      };
    },
  };
}

/** The nearest number that float16 holds, ties to even. */
function nearestHalf(x: number): number {
  if (!Number.isFinite(x)) return x;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -14) - 10);
  const [below, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return x === 0 ? x : Math.max(-65504, Math.min(65504, (up ? below + 1 : below) * unit));
}

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

  it.each(opNames)('%s agrees with the reference within the rounding of float16', async (op) => {
    const failures: string[] = [];
    for (const example of some.filter((each) => each.op === op)) {
      const { pass, detail } = await runCase(backend, halved(example));
      if (!pass) failures.push(detail);
    }
    expect(failures).toEqual([]);
  });

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

describe('the lowering', () => {
  const half = (graph: Graph): readonly OnnxNode[] =>
    lowerGraph(graph, { target: 'runtime', arithmetic: 'float16' }).nodes;
  const graphs = some.map((example) => [example.name, halved(example).build().graph] as const);

  it('gives models that ONNX Runtime accepts, for every op', async () => {
    let halves = 0;
    for (const [name, graph] of graphs) {
      const bytes = encodeModel(lowerModel(graph, { target: 'runtime', arithmetic: 'float16' }));
      const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 }).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
      await session.release();
      if (half(graph).some(isCast('float16'))) halves++;
    }
    expect(halves).toBeGreaterThan(20);
  });

  it('never casts a value twice to the same type, nor back to what it was', () => {
    for (const [, graph] of graphs) {
      const nodes = half(graph);
      const casts = nodes.filter((node) => isCast('float16')(node) || isCast('float')(node));
      const sources = new Map(casts.map((node) => [node.outputs[0], node]));
      const keys = casts.map(({ inputs, attributes }) => `${inputs[0]} to ${String(attributes['to'])}`);
      // Casts of constants cost nothing: they are computed when the session is made.
      expect(keys.filter((key, i) => keys.indexOf(key) < i && !key.startsWith('const/'))).toEqual([]);
      for (const node of casts) {
        const before = sources.get(node.inputs[0] ?? '');
        const ownCast = /^(cast|rank|topK|size)_/.test(before?.outputs[0] ?? ''); // of integers and truth values
        expect(before !== undefined && !ownCast && before.attributes['to'] !== node.attributes['to']).toBe(false);
      }
    }
  });

  it('keeps sums, exponentials, normalization, losses and orders in float32', () => {
    const fullOnly =
      /^(Exp|Log|Sqrt|Erf|Div|Softmax|LogSoftmax|LayerNormalization|ReduceSum|ScatterElements|TopK|Loop)$/;
    let checked = 0;
    for (const [, graph] of graphs) {
      const halves = new Set<string>();
      for (const node of half(graph)) {
        const reads = node.inputs.some((name) => halves.has(name));
        if (fullOnly.test(node.type)) {
          checked++;
          expect(reads).toBe(false);
        }
        const toHalf =
          node.type === 'Cast' ? isCast('float16')(node) : reads && !/^(Shape|Equal|Less)$/.test(node.type);
        if (toHalf) for (const name of node.outputs) halves.add(name);
      }
    }
    expect(checked).toBeGreaterThan(20);
  });

  it('leaves float32 programs and exported files without float16', () => {
    for (const [, graph] of graphs) {
      const nodes = lowerGraph(graph, { target: 'runtime' }).nodes;
      expect(nodes.some(isCast('float16'))).toBe(false);
    }
    const graph = createGraph({ y: matmul(input('x', ['n', 2]), input('w', [2, 2])) });
    const options = { target: 'export', arithmetic: 'float16' } as const;
    expect(lowerModel(graph, options)).toEqual(lowerModel(graph, { target: 'export' }));
  });

  it('keeps constants that float16 would flush to zero or to infinity', () => {
    const h = matmul(input('x', ['n', 2]), input('w', [2, 2]));
    const multipliedInHalf = (factor: number): boolean => {
      const nodes = half(createGraph({ y: mul(h, factor) }));
      const product = nodes.find(({ type }) => type === 'MatMul')?.outputs[0];
      return nodes.some(({ type, inputs }) => type === 'Mul' && inputs.some((name) => name === product));
    };
    expect([0.5, 1e-12, 1e6].map(multipliedInHalf)).toEqual([true, false, false]);
  });
});

function isCast(to: 'float' | 'float16'): (node: OnnxNode) => boolean {
  return ({ type, attributes }) => type === 'Cast' && attributes['to'] === onnxDataType(to);
}

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
