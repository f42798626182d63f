// The suite that every backend passes, on ONNX Runtime: in this thread with two threads within operators, and a part of
// it through the worker.
import { opNames, type Backend } from '@difsr/graph';
import {
  conformanceCases,
  contractChecks,
  emptyCases,
  exactCases,
  runCase,
  type ConformanceCase,
} from '@difsr/graph/conformance';
import { createOnnxRuntimeBackend, createWorkerBackend, probeDevices } from '@difsr/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cases: readonly ConformanceCase[] = [...conformanceCases(), ...exactCases(), ...emptyCases()];

async function expectConformance(backend: Backend, some: readonly ConformanceCase[]): Promise<void> {
  const failures: string[] = [];
  for (const example of some) {
    const { pass, detail } = await runCase(backend, example);
    if (!pass) failures.push(detail);
  }
  expect(failures).toEqual([]);
}

describe('in this thread', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createOnnxRuntimeBackend({ threads: 2 });
  });
  afterAll(() => backend.dispose());

  describe.each(['forward', 'gradient', 'exact'] as const)('%s', (kind) => {
    it.each(opNames.filter((op) => cases.some((example) => example.op === op && example.kind === kind)))('%s', (op) =>
      expectConformance(
        backend,
        cases.filter((example) => example.op === op && example.kind === kind),
      ),
    );
  });

  it.each(contractChecks)('$name', ({ run }) => run(() => createOnnxRuntimeBackend({ threads: 2 })));
});

describe('in a worker', () => {
  it.each(contractChecks)('$name', ({ run }) => run(() => createWorkerBackend({ threads: 2 })));

  it('gives the results of every op', async () => {
    const backend = await createWorkerBackend({ threads: 2 });
    const first = opNames.flatMap(
      (op) => cases.find((example) => example.op === op && example.kind === 'forward') ?? [],
    );
    await expectConformance(backend, first).finally(() => backend.dispose());
  });
});

describe('on other devices', () => {
  it.for(['cuda', 'webgpu'] as const)(
    '%s gives the results of every op, gradients and repeated ids included',
    { timeout: 600_000 }, // a software adapter takes minutes
    async (device, context) => {
      const [report] = await probeDevices([device]);
      if (report?.works !== true) context.skip(report?.detail);
      const backend = await createOnnxRuntimeBackend({ device });
      const fewer = cases.map((example) => ({ ...example, repeats: Math.min(example.repeats, 5) }));
      await expectConformance(backend, fewer).finally(() => backend.dispose());
    },
  );
});
