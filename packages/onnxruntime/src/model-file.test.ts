// A model written to ONNX for export and loaded from its bytes alone.
import { createGraph, GraphError, input, mul } from '@difsr/graph';
import { expect, it } from 'vitest';
import { toOnnx } from './lower/to-onnx.js';
import { openModelFile } from './node/model-file.js';

const graph = createGraph({ y: mul(input('x', ['n', 2]), input('w', [2])) });
const w = { dtype: 'float32', shape: [2], data: Float32Array.of(2, 3) } as const;

it('computes what the graph says, with the weights inside and the number of rows free', async () => {
  const model = await openModelFile(toOnnx(graph, { target: 'export', initializers: { w } }));
  expect(model.inputs).toEqual(['x']);
  expect(model.outputs).toEqual(['y']);
  const { y } = await model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(5, 7) } });
  expect(y).toEqual({ dtype: 'float32', shape: [1, 2], data: Float32Array.of(10, 21) });
  const more = await model.run({ x: { dtype: 'float32', shape: [3, 2], data: Float32Array.of(1, 1, 2, 2, 3, 3) } });
  expect([...(more['y']?.data ?? [])]).toEqual([2, 3, 4, 6, 6, 9]);
  await model.dispose();
});

it('refuses bytes that are no model, and inputs whose length is not their shape', async () => {
  await expect(openModelFile(Uint8Array.of(1, 2, 3))).rejects.toThrow(/refused by ONNX Runtime/);
  const model = await openModelFile(toOnnx(graph, { target: 'export', initializers: { w } }));
  await expect(model.run({ x: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1) } })).rejects.toThrow(
    GraphError,
  );
  await model.dispose();
});
