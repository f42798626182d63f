// What workers in threads say to each other; each side runs in a thread of its own, as it does in a training.
import { Worker } from 'node:worker_threads';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Range } from './collective.js';
import { layoutOf, sharesOf } from './layout.js';
import { sharedMemory } from './shared-memory.js';
import { input } from '@difsr/graph';

const BUILT = new URL('replicas/', pathToFileURL(createRequire(import.meta.url).resolve('@difsr/training')));
const LENGTH = 7;
const RANGES: readonly (readonly Range[])[] = [
  [{ start: 0, end: 2 }],
  [
    { start: 2, end: 3 },
    { start: 5, end: 7 },
  ],
  [{ start: 3, end: 5 }],
];

/** Runs `steps` (statements over `collective`, `values`, `ranges`, `rank`) in three threads; the values of each. */
async function inThreads(steps: string, precision: 'float32' | 'float64' = 'float32'): Promise<number[][]> {
  const size = RANGES.length;
  const memory = sharedMemory({ size, length: LENGTH, precision });
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ sharedCollective }) => {
      const { rank, ranges, memory } = workerData;
      const collective = sharedCollective(memory, rank);
      const array = memory.precision === 'float64' ? Float64Array : Float32Array;
      const values = array.from({ length: ${LENGTH} }, (_, i) => (rank + 1) * 10 + i);
      ${steps}
      parentPort.postMessage(Array.from(values));
    });`;
  const module = new URL('shared-memory.js', BUILT).href;
  return Promise.all(
    RANGES.map(
      async (_, rank) =>
        new Promise<number[]>((resolve, reject) => {
          const worker = new Worker(code, { eval: true, workerData: { module, rank, ranges: RANGES, memory } });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
}

const sums = Array.from({ length: LENGTH }, (_, i) => 60 + 3 * i);

describe('workers in threads', () => {
  it('add up what they have', async () => {
    expect(await inThreads('collective.allReduce(values);')).toEqual([sums, sums, sums]);
  });

  it('add up what each is to have, and hand it round', async () => {
    const steps = 'collective.reduceScatter(values, ranges); collective.allGather(values, ranges);';
    expect(await inThreads(steps, 'float64')).toEqual([sums, sums, sums]);
  });

  it('take over what one of them has', async () => {
    const second = Array.from({ length: LENGTH }, (_, i) => 20 + i);
    expect(await inThreads('collective.broadcast(values, 1);')).toEqual([second, second, second]);
  });

  it('keep in step over many rounds', async () => {
    const steps =
      'for (let i = 0; i < 500; i++) { collective.allReduce(values); for (let j = 0; j < values.length; j++) values[j] /= 3; }';
    const [first = [], ...others] = await inThreads(steps, 'float64');
    first.forEach((value, i) => expect(value).toBeCloseTo((sums[i] ?? 0) / 3, 8));
    for (const other of others) expect(other).toEqual(first);
  });
});

describe('the parameters as one vector', () => {
  const parameter = (name: string, shape: number[], decay = true): Parameters<typeof layoutOf>[0][number] => ({
    name,
    tensor: input(name, shape),
    decay,
    trainable: name !== 'frozen',
  });
  const layout = layoutOf([
    parameter('table', [300, 100]),
    parameter('bias', [5], false),
    parameter('small', [3, 2]),
    parameter('frozen', [9]),
    parameter('other', [4]),
    parameter('scale', [5], false),
  ]);

  it('has what is updated alike side by side, and the state of small parameters where they are', () => {
    expect(layout.length).toBe(30_000 + 5 + 6 + 4 + 5);
    expect(layout.areas.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['decay', 0, 30_010],
      ['plain', 30_010, 30_020],
    ]);
    expect(layout.parameters.map(({ name, start }) => [name, start])).toEqual([
      ['table', 0],
      ['small', 30_000],
      ['other', 30_006],
      ['bias', 30_010],
      ['scale', 30_015],
    ]);
    expect(layout.packs.map(({ name, start, shape }) => [name, start, shape])).toEqual([
      ['table', 0, [300, 100]],
      ['small', 30_000, [10]],
      ['small.plain', 30_010, [10]],
    ]);
  });

  it.each([1, 2, 3, 16])('is shared out evenly among %i, nothing twice and nothing left', (size) => {
    const shares = sharesOf(layout, size);
    const owners = new Uint8Array(layout.length);
    for (const { start, end } of shares.flat()) for (let i = start; i < end; i++) owners[i] = (owners[i] ?? 0) + 1;
    expect(owners.every((owner) => owner === 1)).toBe(true);
    const lengths = shares.map((own) => own.reduce((sum, { start, end }) => sum + end - start, 0));
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(layout.areas.length);
  });
});
