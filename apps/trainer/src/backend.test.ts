// Which backend and device a command gets.
import { createGraph, input, mul } from '@difsr/graph';
import { expect, it } from 'vitest';
import { autoDevice, openBackend } from './backend.js';
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
  ['tfjs', 'cuda', 'wasm, node, node-gpu, cpu', '--backend onnxruntime'],
  ['onnxruntime', 'wasm', 'cpu, cuda, webgpu', '--backend tfjs'],
  ['reference', 'node-gpu', 'cpu', '--backend tfjs'],
] as const)('%s has no %s', async (backend, device, devices, cure) => {
  const attempt = openBackend({ backend, device });
  await expect(attempt).rejects.toThrow(UsageError);
  await expect(attempt).rejects.toThrow(devices);
  await expect(attempt).rejects.toThrow(cure);
});

it('a device of tfjs that is not installed gives the cure', async () => {
  await expect(openBackend({ backend: 'tfjs', device: 'node-gpu' })).rejects.toThrow(
    /"node-gpu".*Cure: npm install @tensorflow\/tfjs-node-gpu/s,
  );
});
