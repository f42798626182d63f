// Which backend and device a command gets.
import { createGraph, input, matmul, mul } from '@difsr/graph';
import { expect, it } from 'vitest';
import { autoDevice, openBackend, precisionOf } from './backend.js';
import { UsageError } from './errors.js';

const report = (device: 'cpu' | 'cuda' | 'webgpu', works = true) => ({ device, works, detail: '' });

it('auto takes the fastest device that works, and webgpu only when it is named', () => {
  expect(autoDevice([report('cuda'), report('cpu')])).toBe('cuda');
  expect(autoDevice([report('cpu'), report('cuda')])).toBe('cpu');
  expect(autoDevice([report('webgpu'), report('cpu'), report('cuda', false)])).toBe('cpu');
  expect(autoDevice([report('cpu', false)])).toBeUndefined();
});

it('says what auto took, and the backend computes', async () => {
  const said: string[] = [];
  const backend = await openBackend({ threads: 1 }, (line) => said.push(line));
  expect(said).toEqual([`device auto: ${backend.device}`]);
  const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
  const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 21) } });
  expect(y?.data).toEqual(Float32Array.of(2, 42));
  await backend.dispose();
});

it('the reference backend needs no device', async () => {
  const backend = await openBackend({ backend: 'reference' });
  expect([backend.name, backend.device]).toEqual(['reference', 'cpu']);
  await backend.dispose();
});

it('tfjs takes wasm where no native device is installed, and computes', async () => {
  const said: string[] = [];
  const backend = await openBackend({ backend: 'tfjs', threads: 2 }, (line) => said.push(line));
  expect(said).toEqual([`device auto: ${backend.device}`, expect.stringContaining('threads 2')]);
  expect([backend.name, backend.device]).toEqual(['tfjs', 'wasm']);
  const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
  const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 21) } });
  expect(y?.data).toEqual(Float32Array.of(2, 42));
  await backend.dispose();
});

it.each([
  ['tfjs', 'cuda', 'wasm, node, node-gpu, cpu', "backend: 'onnxruntime'"],
  ['onnxruntime', 'wasm', 'cpu, cuda, webgpu', "backend: 'tfjs'"],
  ['reference', 'node-gpu', 'cpu', "backend: 'tfjs'"],
] as const)('%s has no %s', async (backend, device, devices, cure) => {
  const attempt = openBackend({ backend, device });
  await expect(attempt).rejects.toThrow(UsageError);
  await expect(attempt).rejects.toThrow(devices);
  await expect(attempt).rejects.toThrow(cure);
});

it('a device of tfjs that is not installed gives the cure', async () => {
  await expect(openBackend({ backend: 'tfjs', device: 'node-gpu' })).rejects.toThrow(
    /"node-gpu"[^]*cure: npm install @tensorflow\/tfjs-node-gpu/s,
  );
});

it('float16 is a word, on the backend that has it', async () => {
  const backend = await openBackend({ device: 'cpu', threads: 1, precision: 'float16' });
  expect(backend.precision).toBe('float16');
  const x = input('x', [1, 1]);
  const program = await backend.compile(createGraph({ y: matmul(x, x) }));
  const { y } = await program.run({ x: { dtype: 'float32', shape: [1, 1], data: Float32Array.of(1 / 3) } });
  expect(y?.data[0]).toBeCloseTo(1 / 9, 3);
  expect(Math.abs((y?.data[0] ?? 0) - 1 / 9)).toBeGreaterThan(1e-6); // rounded as float16
  await backend.dispose();
  for (const other of ['tfjs', 'reference'] as const) {
    await expect(openBackend({ backend: other, precision: 'float16' })).rejects.toThrow(UsageError);
    await expect(openBackend({ backend: other, precision: 'float16' })).rejects.toThrow(/has none/);
  }
  expect(precisionOf({ precision: 'float16' }, 'onnxruntime', undefined)).toBe('float16');
  expect(precisionOf({ precision: 'float16' }, 'tfjs', undefined)).toBe('float32');
  expect(precisionOf({ precision: 'float16' }, 'tfjs', 'float16')).toBe('float16');
});
