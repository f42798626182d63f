// Operators that a device lacks are composed from others, so that nothing large leaves the device: none of them is left, and
// the results are the same.
import { conformanceCases, runCase } from '@difsr/graph/conformance';
import { expect, it } from 'vitest';
import { encodeModel } from '../file/encode.js';
import { isGraph, type OnnxNode } from '../file/model.js';
import type { ComposableOperator } from './emitter.js';
import { modelBackend } from '../run.test.support.js';
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

/** Runs what is lowered for a device without those operators. */
const backend = modelBackend((graph) => encodeModel(lowerModel(graph, { target: 'runtime', lacks })), onnxOutputName);

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
