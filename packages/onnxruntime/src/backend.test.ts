// What the backend promises beside the common contract: errors that name what is wrong, a worker that may die, and devices that are tried.
import type { Worker } from 'node:worker_threads';
import { say } from '@difsr/errors';
import {
  add,
  BackendError,
  createGraph,
  gather,
  GraphError,
  input,
  matmul,
  mul,
  reduceMean,
  slice,
  type Backend,
  type HostTensor,
} from '@difsr/graph';
import { createOnnxRuntimeBackend, createWorkerBackend, probeDevices } from '@difsr/onnxruntime';
import { describe, expect, it } from 'vitest';
import { floats, using } from './small-model.test.support.js';

describe.each([
  ['in this thread', createOnnxRuntimeBackend],
  ['in a worker', createWorkerBackend],
] as const)('%s', (_, create) => {
  /** total' = total + row: fails within ONNX Runtime where the id is no row of the table. */
  const graph = createGraph({
    next: add(input('total', [2]), gather(input('table', [3, 2]), input('id', [], 'int32'))),
  });
  const table = floats([3, 2], [1, 2, 3, 4, 5, 6]);
  const id = (value: number): HostTensor => ({ dtype: 'int32', shape: [], data: Int32Array.of(value) });

  it('a run that fails inside ONNX Runtime changes no variable and names the program', () =>
    create({ threads: 2 }).then((backend) =>
      using(backend, async () => {
        const variables = await backend.createVariables({ total: floats([2], [0, 0]) });
        const program = await backend.compile(graph, { variables, updates: { total: 'next' }, label: 'counter' });
        await program.run({ table, id: id(1) });
        await expect(program.run({ table, id: id(7) })).rejects.toThrow(BackendError);
        await expect(program.run({ table, id: id(7) })).rejects.toThrow(/program "counter" failed.*7/s);
        expect([...((await variables.read())['total']?.data ?? [])]).toEqual([3, 4]);
        await program.run({ table, id: id(0) });
        expect([...((await variables.read())['total']?.data ?? [])]).toEqual([4, 6]);
      }),
    ));

  it('feeds that do not fit are named', () =>
    create().then((backend) =>
      using(backend, async () => {
        const x = input('x', ['n', 3]);
        const program = await backend.compile(createGraph({ y: slice(x, 0, 0, 'm'), z: input('w', ['m']) }), {
          label: 'cut',
        });
        const w = floats([2], [1, 2]);
        await expect(program.run({ x: floats([4, 3], [1, 2]), w })).rejects.toThrow(/"x" has 2 values.*takes 12/);
        await expect(
          program.run({ x: { dtype: 'float32', shape: [4, 3], data: new Int32Array(12) }, w }),
        ).rejects.toThrow(/"x" is float32.*Float32Array.*Int32Array/);
        await expect(
          program.run({ x: { mask: { seed: 1, step: 1, stream: 1 }, rate: 0.5, shape: [4, 3] }, w }),
        ).rejects.toThrow(GraphError);
        await expect(program.run({ x: floats([1, 3], [1, 2, 3]), w })).rejects.toThrow(
          /end of a slice \(m = 2\) exceeds the axis \(n = 1\)/,
        );
        expect((await program.run({ x: floats([3, 3], new Float32Array(9)), w }))['y']?.shape).toEqual([2, 3]);
      }),
    ));

  it('variables of another backend are refused', () =>
    create().then((backend) =>
      using(backend, () =>
        create().then((other) =>
          using(other, async () => {
            const variables = await other.createVariables({ total: floats([2], [0, 0]) });
            await expect(backend.compile(graph, { variables })).rejects.toThrow(/belong to another backend/);
          }),
        ),
      ),
    ));

  it('calls in flight reject when the backend is disposed', async () => {
    const backend = await create();
    const program = await backend.compile(createGraph({ y: mul(input('x', [2]), 2) }));
    const runs = [1, 2, 3].map(() => program.run({ x: floats([2], [1, 2]) }));
    const outcomes = Promise.allSettled(runs);
    await backend.dispose();
    const rejected = (await outcomes).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(rejected.length).toBeGreaterThan(0);
    for (const reason of rejected) expect(reason).toBeInstanceOf(BackendError);
    await expect(program.run({ x: floats([2], [1, 2]) })).rejects.toThrow(/was disposed/);
  });

  it('what is disposed after its backend, or twice, is no error', async () => {
    const backend = await create();
    const variables = await backend.createVariables({ total: floats([2], [0, 0]) });
    const program = await backend.compile(graph, { variables });
    await backend.dispose();
    for (let i = 0; i < 2; i++)
      await expect(Promise.all([program.dispose(), variables.dispose(), backend.dispose()])).resolves.toBeDefined();
  });

  it('options out of range are refused with the allowed values', async () => {
    await expect(create({ threads: 0 })).rejects.toThrow(/1\.\.1024, got 0/);
    // @ts-expect-error: what a caller without types may pass
    await expect(create({ device: 'tpu' })).rejects.toThrow(/no device "tpu".*cuda, webgpu, cpu/);
  });
});

describe('a worker', () => {
  const double = createGraph({ y: mul(input('x', ['n']), 2) });

  /** A backend and its thread. */
  async function withThread(): Promise<{ backend: Backend; thread: Worker }> {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const backend = await createWorkerBackend();
    return { backend, thread: await started };
  }

  it('that is ended rejects all pending and later calls, naming the exit code', async () => {
    const { backend, thread } = await withThread();
    const a = input('a', ['n', 'n']);
    const program = await backend.compile(createGraph({ y: reduceMean(matmul(matmul(a, a), matmul(a, a))) }));
    // What is under way keeps the worker busy, so that nothing of it is answered before the end.
    const pending = Promise.allSettled([
      program.run({ a: floats([900, 900], new Float32Array(900 * 900)) }),
      backend.createVariables({}),
      backend.compile(double),
    ]);
    void thread.terminate();
    for (const outcome of await pending)
      expect(outcome.status === 'rejected' ? String(outcome.reason) : 'was answered').toMatch(
        /^BackendError: .*exit code 1[^]*cure:/,
      );
    await expect(program.run({ a: floats([1, 1], [1]) })).rejects.toThrow(/worker ended with exit code 1/);
    await expect(backend.compile(double)).rejects.toThrow(BackendError);
    await backend.dispose();
  });

  it('that throws says why', async () => {
    const { backend, thread } = await withThread();
    const program = await backend.compile(double);
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage(null); // nothing that this package sends
    await ended;
    await expect(program.run({ x: floats([1], [1]) })).rejects.toThrow(/exit code 1 \(.*null.*\)/);
    await backend.dispose();
  });

  it("leaves the caller's event loop turning while it computes", () =>
    createWorkerBackend({ threads: 1 }).then((backend) =>
      using(backend, async () => {
        const a = input('a', ['n', 'n']);
        const program = await backend.compile(createGraph({ y: reduceMean(matmul(matmul(a, a), matmul(a, a))) }));
        const run = program.run({ a: floats([700, 700], new Float32Array(700 * 700)) });
        let turns = 0;
        let running = true;
        void run.finally(() => (running = false));
        while (running) {
          turns++;
          await new Promise((resolve) => setImmediate(resolve));
        }
        await run;
        expect(turns).toBeGreaterThan(10);
      }),
    ));

  it('takes feeds that are views without sending or losing the rest of their buffer', () =>
    createWorkerBackend().then((backend) =>
      using(backend, async () => {
        const program = await backend.compile(double);
        const large = new Float32Array(1000).fill(7);
        const feed: HostTensor = { dtype: 'float32', shape: [2], data: large.subarray(10, 12) };
        expect([...((await program.run({ x: feed }))['y']?.data ?? [])]).toEqual([14, 14]);
        expect(large.every((value) => value === 7)).toBe(true);
      }),
    ));
});

describe('devices', () => {
  it('are probed, with a cure for each that does not work', async () => {
    const reports = await probeDevices();
    expect(reports.map(({ device }) => device).toSorted()).toEqual(['cpu', 'cuda', 'webgpu']);
    expect(reports[0]?.works).toBe(true); // those that work come first
    expect(reports.find(({ device }) => device === 'cpu')).toMatchObject({ works: true });
    for (const { works, detail, cure } of reports) {
      expect(detail).not.toBe('');
      expect(cure === undefined).toBe(works);
    }
  });

  it('that cannot be used give a BackendError with the cure', async (context) => {
    const missing = (await probeDevices()).filter(({ works }) => !works);
    if (missing.length === 0) context.skip('every device works on this machine');
    for (const { device, cure } of missing) {
      await using(await createOnnxRuntimeBackend({ device }), async (backend) => {
        const attempt = backend.compile(createGraph({ y: mul(input('x', [2]), 2) }));
        await expect(attempt).rejects.toThrow(BackendError);
        await expect(attempt).rejects.toThrow(`device "${device}" cannot be used`);
        await expect(attempt).rejects.toThrow(say(cure ?? 'a cure'));
      });
    }
  });
});
