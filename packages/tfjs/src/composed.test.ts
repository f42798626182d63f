// A device whose memory is not JavaScript's has the kernels of tfjs alone. No GPU is needed to try that path: tfjs's cpu
// kernels under another name are such a device.
import { opNames, type Backend } from '@difsr/graph';
import { conformanceCases, emptyCases, exactCases, runCase, type ConformanceCase } from '@difsr/graph/conformance';
import { createTfjsBackend } from '@difsr/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';

// Large cases check nothing more here: the kernels are slow ones, in one thread.
const small = [...conformanceCases({ seeds: [1] })].filter(({ name }) => !name.includes(', large'));
const exact = [...exactCases()].filter(({ op }) => op !== 'tableCrossEntropyGrad');
const cases: readonly ConformanceCase[] = [...small, ...exact, ...emptyCases()].map((example) => ({
  ...example,
  repeats: 1,
}));

let backend: Backend;
beforeAll(async () => {
  tf.registerBackend('composed', () => new MathBackendCPU());
  tf.copyRegisteredKernels('cpu', 'composed');
  await tf.setBackend('composed');
  backend = await createTfjsBackend();
});
afterAll(() => backend.dispose());

it('is the device that was active', () => {
  expect(backend.device).toBe('composed');
});

it.each(opNames)('%s', async (op) => {
  const failures: string[] = [];
  for (const example of cases) {
    if (example.op !== op) continue;
    const { pass, detail } = await runCase(backend, example);
    if (!pass) failures.push(detail);
  }
  expect(failures).toEqual([]);
});
