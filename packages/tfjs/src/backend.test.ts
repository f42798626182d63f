// What the backend promises beside the common contract: agreement with the reference over training steps, the same bits
// again, no tensor left behind, variables that a failing run leaves alone, and whose device is active.
import util from 'node:util';
import { MissingPackageError } from '@difsr/errors';
import {
  add,
  BackendError,
  createGraph,
  createReferenceBackend,
  gather,
  GraphError,
  input,
  matmul,
  mul,
  reduceSum,
  slice,
  tableCrossEntropy,
  type HostTensor,
} from '@difsr/graph';
import { createTfjsBackend, deviceCure } from '@difsr/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { floats, noise, smallModel, train, using } from './small-model.test.support.js';

const devices = ['wasm', 'cpu'] as const;

describe.each(devices)('training steps on %s', (device) => {
  it('follow the float64 reference', async () => {
    const setting = smallModel(40, 8, 20);
    const expected = await train(createReferenceBackend(), setting, 5);
    await using(await createTfjsBackend({ device }), async (backend) => {
      const { losses, after } = await train(backend, setting, 5);
      losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected.losses[i] ?? Number.NaN, 4));
      for (const [name, { data }] of Object.entries(expected.after)) {
        const largest = Math.max(...Array.from(data, Math.abs));
        data.forEach((value, i) =>
          expect(Math.abs((after[name]?.data[i] ?? Number.NaN) - value)).toBeLessThan(1e-3 * largest + 1e-7),
        );
      }
    });
  });

  it('give the same bits again', async () => {
    const setting = smallModel(300, 16, 200); // many repeated ids
    await using(await createTfjsBackend({ device }), async (backend) => {
      const first = await train(backend, setting, 2);
      for (let round = 0; round < 5; round++) {
        const { losses, after } = await train(backend, setting, 2);
        expect(losses).toEqual(first.losses);
        expect(after).toEqual(first.after);
      }
    });
  });

  it('and runs leave as many tensors as there were: 100 steps, 1,000 runs', async () => {
    const { step, values, feeds } = smallModel(30, 8, 12);
    await using(await createTfjsBackend({ device }), async (backend) => {
      const empty = tf.memory().numTensors;
      const variables = await backend.createVariables(values);
      const program = await backend.compile(step.graph, { variables, updates: step.updates });
      await program.run(feeds(1));
      const before = tf.memory();
      for (let at = 2; at <= 101; at++) await program.run(feeds(at));
      expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
      const x = input('x', ['n', 3]);
      const small = await backend.compile(createGraph({ y: reduceSum(mul(x, x)), same: x }));
      for (let run = 0; run < 1000; run++) await small.run({ x: noise('x', [1 + (run % 3), 3]) });
      expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
      await variables.dispose();
      expect(tf.memory().numTensors).toBe(empty);
    });
  });
});

describe.each(devices)('on %s', (device) => {
  /** total' = total + row: fails where the id is no row of the table. */
  const graph = createGraph({
    next: add(input('total', [2]), gather(input('table', [3, 2]), input('id', [], 'int32'))),
  });
  const table = floats([3, 2], [1, 2, 3, 4, 5, 6]);
  const id = (value: number): HostTensor => ({ dtype: 'int32', shape: [], data: Int32Array.of(value) });

  it('a run that fails on the device changes no variable and leaves no tensor', async () =>
    using(await createTfjsBackend({ device }), async (backend) => {
      const variables = await backend.createVariables({ total: floats([2], [0, 0]) });
      const program = await backend.compile(graph, { variables, updates: { total: 'next' }, label: 'counter' });
      await program.run({ table, id: id(1) });
      const { numTensors } = tf.memory();
      await expect(program.run({ table, id: id(7) })).rejects.toThrow(/id 7 at position 0.*outside 0\.\.2/);
      await expect(program.run({ table, id: id(-1) })).rejects.toThrow(GraphError);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect([...((await variables.read())['total']?.data ?? [])]).toEqual([3, 4]);
      await program.run({ table, id: id(0) });
      expect([...((await variables.read())['total']?.data ?? [])]).toEqual([4, 6]);
    }));

  it('an update that turns out to have another size changes no variable', async () =>
    using(await createTfjsBackend({ device }), async (backend) => {
      const variables = await backend.createVariables({ a: floats([2], [1, 2]), b: floats([2], [3, 4]) });
      const x = input('x', ['n']);
      const program = await backend.compile(createGraph({ nextA: mul(input('b', [2]), 2), nextB: x }), {
        variables,
        updates: { a: 'nextA', b: 'nextB' },
      });
      const { numTensors } = tf.memory();
      await expect(program.run({ x: floats([3], [1, 2, 3]) })).rejects.toThrow(/variable "b".*\[2\].*\[3\]/);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect([...((await variables.read())['a']?.data ?? [])]).toEqual([1, 2]);
    }));

  it('feeds that do not fit are named', async () =>
    using(await createTfjsBackend({ device }), async (backend) => {
      const x = input('x', ['n', 3]);
      const program = await backend.compile(createGraph({ y: slice(x, 0, 0, 'm'), z: input('w', ['m']) }));
      const w = floats([2], [1, 2]);
      await expect(program.run({ x: floats([4, 3], [1, 2]), w })).rejects.toThrow(/"x" has 2 values.*takes 12/);
      await expect(
        program.run({ x: { dtype: 'float32', shape: [4, 3], data: new Int32Array(12) }, w }),
      ).rejects.toThrow(/"x" is float32.*Float32Array.*Int32Array/);
      await expect(program.run({ x: floats([1, 3], [1, 2, 3]), w })).rejects.toThrow(/end m = 2 is past axis 0/);
      expect((await program.run({ x: floats([3, 3], new Float32Array(9)), w }))['y']?.shape).toEqual([2, 3]);
    }));

  it('the cross-entropy in several chunks is that in one', async () =>
    using(await createTfjsBackend({ device }), async (backend) => {
      // 130,000 classes: 16 rows of logits are a chunk.
      const [rows, classes, width] = [37, 130_000, 4];
      const parts = (count: number): HostTensor => floats([count, width], noise('h', [count, width]).data);
      const big = createGraph({
        loss: tableCrossEntropy(
          input('h', ['t', width]),
          input('table', [classes, width]),
          input('ids', ['t'], 'int32'),
          1,
        ),
      });
      const program = await backend.compile(big);
      const feed = { table: noise('table', [classes, width]) };
      const ids = Int32Array.from({ length: rows }, (_, i) => 1 + i * 3000);
      const whole = await program.run({ ...feed, h: parts(rows), ids: { dtype: 'int32', shape: [rows], data: ids } });
      for (const row of [0, 15, 16, 36]) {
        const h = floats([1, width], parts(rows).data.slice(row * width, (row + 1) * width));
        const one = await program.run({
          ...feed,
          h,
          ids: { dtype: 'int32', shape: [1], data: ids.slice(row, row + 1) },
        });
        expect(one['loss']?.data[0]).toBeCloseTo(whole['loss']?.data[row] ?? Number.NaN, 4);
      }
    }));
});

describe('the device that is active in tfjs', () => {
  const double = createGraph({ y: mul(input('x', [2]), 2) });

  it('stays active when a backend on another one is made and runs', async () => {
    await tf.setBackend('cpu');
    await using(await createTfjsBackend({ device: 'wasm' }), async (backend) => {
      expect([backend.device, tf.getBackend()]).toEqual(['wasm', 'cpu']);
      const program = await backend.compile(double);
      expect((await program.run({ x: floats([2], [1, 2]) }))['y']?.data).toEqual(Float32Array.of(2, 4));
      expect(tf.getBackend()).toBe('cpu');
    });
  });

  it('is the default', async () => {
    await tf.setBackend('cpu');
    await using(await createTfjsBackend(), async ({ device }) => expect(device).toBe('cpu'));
    await tf.setBackend('wasm');
    await using(await createTfjsBackend(), async ({ device }) => expect(device).toBe('wasm'));
  });

  it('is put back after a run that fails', async () => {
    await tf.setBackend('cpu');
    await using(await createTfjsBackend({ device: 'wasm' }), async (backend) => {
      const program = await backend.compile(createGraph({ y: gather(input('x', [2]), input('i', [1], 'int32')) }));
      const i: HostTensor = { dtype: 'int32', shape: [1], data: Int32Array.of(5) };
      await expect(program.run({ x: floats([2], [1, 2]), i })).rejects.toThrow(GraphError);
      expect(tf.getBackend()).toBe('cpu');
    });
  });
});

describe('devices', () => {
  it.each(['node', 'node-gpu', 'webgl'] as const)('%s is missing here: the error names the cure', async (device) => {
    const attempt = createTfjsBackend({ device });
    await expect(attempt).rejects.toThrow(MissingPackageError);
    await expect(attempt).rejects.toThrow(`device "${device}" of tfjs needs the package @tensorflow/tfjs-`);
    await expect(attempt).rejects.toThrow(`cure: ${deviceCure(device)}`);
    expect(deviceCure(device)).toContain('npm install @tensorflow/tfjs-');
  });

  it('what tfjs-node calls and later versions of Node.js lack is there when it is loaded', async () => {
    await expect(createTfjsBackend({ device: 'node' })).rejects.toThrow(MissingPackageError);
    const { isNullOrUndefined, isArray }: Record<string, unknown> = { ...util };
    expect([isNullOrUndefined, isArray].map((f) => typeof f)).toEqual(['function', 'function']);
  });

  it('an unknown one is an error that names those that exist', async () => {
    const options: { device?: 'wasm' } = JSON.parse('{"device":"cuda"}') as { device?: 'wasm' }; // as configuration files have it
    await expect(createTfjsBackend(options)).rejects.toThrow(/no device "cuda".*node-gpu, node, wasm/);
  });
});

describe('variables and programs', () => {
  it('of another backend are refused', async () =>
    using(await createTfjsBackend({ device: 'wasm' }), async (one) =>
      using(await createTfjsBackend({ device: 'wasm' }), async (other) => {
        const variables = await other.createVariables({ total: floats([2], [0, 0]) });
        const graph = createGraph({ y: mul(input('total', [2]), 2) });
        await expect(one.compile(graph, { variables })).rejects.toThrow(/belong to another backend/);
      }),
    ));

  it('that wait when the backend is disposed reject', async () => {
    const backend = await createTfjsBackend({ device: 'wasm' });
    const x = input('x', [50, 50]);
    const program = await backend.compile(createGraph({ y: matmul(x, x) }));
    const runs = [1, 2, 3].map(() => program.run({ x: noise('x', [50, 50]) }));
    const outcomes = Promise.allSettled(runs);
    await backend.dispose();
    const waiting = (await outcomes).slice(1);
    for (const outcome of waiting)
      expect(outcome.status === 'rejected' ? outcome.reason : undefined).toBeInstanceOf(BackendError);
    expect(waiting).toHaveLength(2);
  });
});
