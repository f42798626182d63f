// Whole training steps: as the reference has them, the same bits at every run, and memory that stays.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createReferenceBackend, type Backend, type HostTensor } from '@difsr/graph';
import { createOnnxRuntimeBackend, createWorkerBackend } from '@difsr/onnxruntime';
import { describe, expect, it } from 'vitest';
import { NOTHING, smallModel, train, using, type Setting, type Trained } from './small-model.test.support.js';

describe('training steps', () => {
  it('follow the float64 reference', async () => {
    const setting = smallModel(40, 8, 20);
    const [expected] = await train(createReferenceBackend(), setting, 5);
    await using(await createOnnxRuntimeBackend({ threads: 2 }), async (backend) => {
      const [{ losses, after } = NOTHING] = await train(backend, setting, 5);
      expect(losses).toHaveLength(5);
      losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected?.losses[i] ?? Number.NaN, 4));
      const wanted = Object.entries(expected?.after ?? {});
      expect(wanted.map(([name]) => name)).toEqual(Object.keys(setting.values));
      for (const [name, { data }] of wanted) {
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
    expect(first.losses.every(Number.isFinite)).toBe(true);
    const names = Object.keys(setting.values);
    expect(Object.keys(first.after)).toEqual(names);
    for (const { losses, after } of others) {
      expect(losses).toEqual(first.losses);
      for (const name of names) expect(Buffer.compare(bytes(after[name]), bytes(first.after[name]))).toBe(0);
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

function bytes(tensor: HostTensor | undefined): Uint8Array {
  if (tensor === undefined) throw new Error('a value is missing');
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}
