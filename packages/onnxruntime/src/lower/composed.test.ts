// Operators that a device lacks are composed from others, so that nothing large leaves the device: none of them is left, and
// the results are the same.
import type { Backend } from '@difsr/graph';
import { conformanceCases, runCase } from '@difsr/graph/conformance';
import { expect, it } from 'vitest';
import { openModelFile } from '../node/model-file.js';
import { encodeModel } from '../onnx/encode.js';
import { isGraph, type OnnxNode } from '../onnx/model.js';
import type { ComposableOperator } from './emitter.js';
import { lowerGraph, lowerModel, onnxOutputName } from './to-onnx.js';

const lacks: ReadonlySet<ComposableOperator> = new Set(['FusedMatMul', 'LogSoftmax', 'Or']);
/** Whose lowering uses one of them. */
const ops = ['or', 'select', 'matmul', 'contract', 'tableCrossEntropy', 'tableCrossEntropyGrad', 'rank'] as const;
const cases = [...conformanceCases({ seeds: [1], ops })];

/** Node types of a graph, those of loop bodies included. */
function types(nodes: readonly OnnxNode[]): string[] {
  return nodes.flatMap(({ type, attributes }) => [
    type,
    ...Object.values(attributes).flatMap((value) => (isGraph(value) ? types(value.nodes) : [])),
  ]);
}

/** Runs what is lowered for a device without those operators; a backend only as far as `runCase` needs one. */
const backend: Backend = {
  name: 'composed',
  device: 'cpu',
  createVariables: () => Promise.reject(new Error('not part of this test')),
  dispose: () => Promise.resolve(),
  compile: async (graph) => {
    const model = await openModelFile(encodeModel(lowerModel(graph, { target: 'runtime', lacks })), { threads: 2 });
    return {
      dispose: () => model.dispose(),
      run: async (feeds) => {
        const tensors = Object.entries(feeds).flatMap(([name, feed]) =>
          'mask' in feed ? [] : [[name, feed] as const],
        );
        const results = await model.run(Object.fromEntries(tensors));
        return Object.fromEntries(
          [...graph.outputs.keys()].flatMap((name) => {
            const result = results[onnxOutputName(graph, name)];
            return result === undefined ? [] : [[name, result]];
          }),
        );
      },
    };
  },
};

it('no such operator is left in any program, and each is used where the device has it', () => {
  const all = cases.map(({ build }) => build().graph);
  const used = (without: ReadonlySet<ComposableOperator>): Set<string> =>
    new Set(all.flatMap((graph) => types(lowerGraph(graph, { target: 'runtime', lacks: without }).nodes)));
  const [kept, composed] = [used(new Set()), used(lacks)];
  for (const operator of lacks)
    expect([operator, kept.has(operator), composed.has(operator)]).toEqual([operator, true, false]);
});

it.each(ops)('%s agrees with the reference', async (op) => {
  const failures: string[] = [];
  for (const example of cases.filter((each) => each.op === op)) {
    const { pass, detail } = await runCase(backend, example);
    if (!pass) failures.push(detail);
  }
  expect(failures).toEqual([]);
});
