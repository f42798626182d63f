// A model written to ONNX for export and loaded from its bytes alone.
import { and, createGraph, GraphError, input, mul } from '@difsr/graph';
import { expect, it } from 'vitest';
import { toOnnx } from '@difsr/onnx';
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

it('takes any byte of a bool but 0 as true, of inputs and of the tensors inside', async () => {
  const bits = (...values: number[]) =>
    ({ dtype: 'bool', shape: [values.length], data: Uint8Array.from(values) }) as const;
  const both = createGraph({ y: and(input('a', [3], 'bool'), input('b', [3], 'bool')) });
  const model = await openModelFile(toOnnx(both, { target: 'export', initializers: { b: bits(4, 0, 255) } }));
  const { y } = await model.run({ a: bits(2, 2, 1) });
  expect([...(y?.data ?? [])]).toEqual([1, 0, 1]);
  await model.dispose();
});

it('refuses options and inputs that there are not', async () => {
  // As callers without types write them.
  const write = (options: object) => () => toOnnx(graph, { target: 'export', ...options });
  expect(write({ initialisers: { w } })).toThrow(/toOnnx has no option "initialisers"; .*initializers/);
  expect(write({ metadata: { k: 5 } })).toThrow(/metadata\.k is a text, got 5/);
  expect(write({ histories: { input: 'x', items: 5 } })).toThrow(/needs the option "histories\.longest"/);
  const bytes = toOnnx(graph, { target: 'export', initializers: { w } });
  await expect(openModelFile(bytes, { thread: 2 } as object)).rejects.toThrow(/has no option "thread"; .*threads/);
  await expect(openModelFile(bytes, { logLevel: 'quiet' } as object)).rejects.toThrow(/logLevel is one of verbose/);
  const model = await openModelFile(bytes);
  const x = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(5, 7) } as const;
  await expect(model.run({ x, X: x })).rejects.toThrow(/no input "X"; it has x/);
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
