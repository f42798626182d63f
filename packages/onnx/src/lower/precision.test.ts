// float16 inside programs: results within its rounding, only where the table allows it, and never a cast too many.
import {
  constant,
  createGraph,
  input,
  matmul,
  mul,
  opNames,
  reshape,
  rewrite,
  type Graph,
  type Tensor,
} from '@difsr/graph';
import { conformanceCases, runCase, type ConformanceCase } from '@difsr/graph/conformance';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel, onnxDataType } from '../file/encode.js';
import type { OnnxNode } from '../file/model.js';
import { modelBackend } from '../run.test.support.js';
import { lowerGraph, lowerModel, onnxOutputName } from './to-onnx.js';

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

/** Programs for a device without float16, which compute in float32 and round. */
const rounding = modelBackend(
  (graph) => encodeModel(lowerModel(graph, { target: 'runtime', arithmetic: 'float16 rounding' })),
  onnxOutputName,
);

it.each(opNames)('%s agrees with the reference within the rounding of float16', async (op) => {
  const failures: string[] = [];
  for (const example of some.filter((each) => each.op === op)) {
    const { pass, detail } = await runCase(rounding, halved(example));
    if (!pass) failures.push(detail);
  }
  expect(failures).toEqual([]);
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
