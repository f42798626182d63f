// What the backend promises beside the common contract: agreement with the reference over whole training steps, the same
// bits at every run, memory that stays, errors that name what is wrong, and a worker that may die.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { say } from '@difsr/errors';
import {
  add,
  BackendError,
  cast,
  createGraph,
  createReferenceBackend,
  fillWords,
  gather,
  gelu,
  GraphError,
  input,
  layerNorm,
  matmul,
  mul,
  optimizerScalars,
  reduceMean,
  slice,
  streamId,
  tableCrossEntropy,
  trainingStep,
  type Backend,
  type Feeds,
  type HostTensor,
  type Parameter,
  type Tensor,
  type TrainingStep,
} from '@difsr/graph';

import { createOnnxRuntimeBackend, createWorkerBackend, probeDevices } from '@difsr/onnxruntime';
import { describe, expect, it } from 'vitest';

const floats = (shape: readonly number[], values: ArrayLike<number>): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const ints = (...values: number[]): HostTensor => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
});

/** Values in [-0.5, 0.5), the same for every call with the same name. */
function noise(name: string, shape: readonly number[]): HostTensor {
  const words = fillWords(
    { seed: 1, step: 0, stream: streamId(name) },
    new Uint32Array(shape.reduce((a, b) => a * b, 1)),
  );
  return floats(
    shape,
    Float32Array.from(words, (word) => word / 2 ** 32 - 0.5),
  );
}

interface Setting {
  readonly step: TrainingStep;
  readonly values: Record<string, HostTensor>;
  feeds(step: number): Feeds;
}

/** A small model with an embedding, dropout, a block and a loss over the table, trained by Adam. */
function smallModel(classes: number, width: number, targets: number): Setting {
  const parameters: Parameter[] = [];
  const values: Record<string, HostTensor> = {};
  const parameter = (name: string, shape: readonly number[]): Tensor => {
    const tensor = input(name, shape);
    parameters.push({ name, tensor, decay: true, trainable: true });
    values[name] = noise(name, shape);
    return tensor;
  };
  const table = parameter('table', [classes, width]);
  const keep = input('keep', ['targets', width], 'bool');
  const x = mul(gather(table, input('items', ['targets'], 'int32')), mul(2, cast(keep, 'float32')));
  const hidden = gelu(matmul(x, parameter('w', [2 * width, width]), { transB: true }));
  const h = layerNorm(
    add(x, slice(hidden, 1, 0, width)),
    parameter('scale', [width]),
    parameter('bias', [width]),
    1e-12,
  );
  const loss = reduceMean(tableCrossEntropy(h, table, input('labels', ['targets'], 'int32'), 1));
  const step = trainingStep({ loss, parameters, optimizer: { kind: 'adam', decay: 0.01 }, clipNorm: 1 });
  for (const [name, shape] of step.state)
    values[name] = floats(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const ids = (stream: string, at: number): HostTensor =>
    ints(
      ...Array.from(
        fillWords({ seed: 2, step: at, stream: streamId(stream) }, new Uint32Array(targets)),
        (word) => 1 + (word % (classes - 1)),
      ),
    );
  const feeds = (at: number): Feeds => ({
    items: ids('items', at),
    labels: ids('labels', at),
    keep: { mask: { seed: 1, step: at, stream: streamId('keep') }, rate: 0.5, shape: [targets, width] },
    ...Object.fromEntries(
      Object.entries(optimizerScalars({ kind: 'adam' }, at, 0.01))
        .filter(([name]) => step.graph.inputs.has(name))
        .map(([name, value]) => [name, floats([], [value])]),
    ),
  });
  return { step, values, feeds };
}

/** Losses of some steps from the initial values, and what they have made of the values. */
type Trained = { readonly losses: number[]; readonly after: Record<string, HostTensor> };

/** Trains from the initial values, `times` times with one program. */
async function train(backend: Backend, setting: Setting, steps: number, times = 1): Promise<Trained[]> {
  const { step, values, feeds } = setting;
  const trained: Trained[] = [];
  const variables = await backend.createVariables(values);
  const program = await backend.compile(step.graph, { variables, updates: step.updates, label: 'train' });
  for (let time = 0; time < times; time++) {
    if (time > 0) await variables.write(values);
    const losses: number[] = [];
    for (let at = 1; at <= steps; at++) losses.push((await program.run(feeds(at)))['loss']?.data[0] ?? Number.NaN);
    trained.push({ losses, after: await variables.read() });
  }
  await program.dispose();
  await variables.dispose();
  return trained;
}

const NOTHING: Trained = { losses: [], after: {} };

async function using(backend: Backend, body: (backend: Backend) => Promise<void>): Promise<void> {
  try {
    await body(backend);
  } finally {
    await backend.dispose();
  }
}

describe('training steps', () => {
  it('follow the float64 reference', async () => {
    const setting = smallModel(40, 8, 20);
    const [expected] = await train(createReferenceBackend(), setting, 5);
    await using(await createOnnxRuntimeBackend({ threads: 2 }), async (backend) => {
      const [{ losses, after } = NOTHING] = await train(backend, setting, 5);
      expect(losses).toHaveLength(5);
      losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected?.losses[i] ?? Number.NaN, 4));
      for (const [name, { data }] of Object.entries(expected?.after ?? {})) {
        const largest = Math.max(...Array.from(data, Math.abs));
        data.forEach((value, i) =>
          expect(Math.abs((after[name]?.data[i] ?? Number.NaN) - value)).toBeLessThan(1e-3 * largest + 1e-7),
        );
      }
    });
  });

  it('give the same bits 50 times on two threads, with the program and compiled again, and in a worker', async () => {
    const setting = smallModel(3000, 16, 700); // three chunks of the cross-entropy's loop, many repeated ids
    const trained: Trained[] = [];
    await using(await createOnnxRuntimeBackend({ threads: 2 }), async (backend) => {
      for (let program = 0; program < 5; program++) trained.push(...(await train(backend, setting, 2, 10)));
    });
    await using(await createWorkerBackend({ threads: 2 }), async (backend) => {
      trained.push(...(await train(backend, setting, 2)));
    });
    expect(trained).toHaveLength(51);
    const [first = NOTHING, ...others] = trained;
    expect(first.losses).toHaveLength(2);
    for (const { losses, after } of others) {
      expect(losses).toEqual(first.losses);
      for (const [name, { data }] of Object.entries(first.after))
        expect(Buffer.compare(bytes(after[name]), bytes({ data }))).toBe(0);
    }
  });

  it('hold no more memory after 1,000 runs than after 100, in a worker as training runs', async () => {
    const setting = smallModel(4000, 32, 64); // a variable is 0.5 MB: a run that kept one copy would add half a gigabyte
    await using(await createWorkerBackend({ threads: 1 }), async (backend) => {
      const [at100, at1000] = await memoryAt(backend, setting, [100, 1000]);
      expect((at1000?.rss ?? Infinity) / (at100?.rss ?? 1)).toBeLessThan(1.02);
    });
  });

  it('leave no buffer of this thread behind', async () => {
    const setting = smallModel(4000, 32, 64);
    await using(await createOnnxRuntimeBackend({ threads: 1 }), async (backend) => {
      const [at100, at300] = await memoryAt(backend, setting, [100, 300]);
      expect((at300?.arrayBuffers ?? Infinity) - (at100?.arrayBuffers ?? 0)).toBeLessThan(100_000);
      // This thread's JavaScript heap grows to its working size after step 100; buffers do not.
      expect((at300?.rss ?? Infinity) / (at100?.rss ?? 1)).toBeLessThan(1.2);
    });
  });
});

/**
 * Memory of the process after garbage collection at some steps of a training, the least of eleven samples over 50 steps:
 * a worker's garbage cannot be collected from here, it comes and goes. Another training goes before, because V8
 * compiles hot functions around step 250, which costs some 6 MB once and has nothing to do with steps.
 */
async function memoryAt(
  backend: Backend,
  { step, values, feeds }: Setting,
  steps: readonly number[],
): Promise<{ readonly rss: number; readonly arrayBuffers: number }[]> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no garbage collector to call');
  await train(backend, { step, values, feeds }, 400);
  const variables = await backend.createVariables(values);
  const program = await backend.compile(step.graph, { variables, updates: step.updates });
  const least = steps.map(() => ({ rss: Infinity, arrayBuffers: Infinity }));
  for (let at = 1; at <= Math.max(...steps) + 50; at++) {
    await program.run(feeds(at));
    const index = steps.findIndex((start) => at >= start && at <= start + 50);
    const entry = least[index];
    if (entry === undefined || at % 5 !== 0) continue;
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { rss, arrayBuffers } = process.memoryUsage();
    entry.rss = Math.min(entry.rss, rss);
    entry.arrayBuffers = Math.min(entry.arrayBuffers, arrayBuffers);
  }
  return least;
}

function bytes(tensor: Pick<HostTensor, 'data'> | undefined): Uint8Array {
  if (tensor === undefined) return new Uint8Array();
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}

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
    const program = await backend.compile(double);
    const pending = Promise.allSettled([
      program.run({ x: floats([1], [1]) }),
      backend.createVariables({}),
      backend.compile(double),
    ]);
    void thread.terminate();
    for (const outcome of await pending) {
      if (outcome.status === 'rejected')
        expect(String(outcome.reason)).toMatch(/^BackendError: .*exit code 1[^]*cure:/);
    }
    await expect(program.run({ x: floats([1], [1]) })).rejects.toThrow(/worker ended with exit code 1/);
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
