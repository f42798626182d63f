// Parts of backends keep the promises of the interface: order, rejection after the end, types of variables.
import { describe, expect, it } from 'vitest';
import { BackendError } from '../backend.js';
import { GraphError } from '../types.js';
import { hostArray, Slots, Turns, zeroArray } from './index.js';

describe('turns', () => {
  it('come one at a time, in order, also after one that failed', async () => {
    const turns = new Turns('the backend', { pauseEvery: 0 });
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      seen.push(`${name} ends`);
      if (name === 'b') throw new Error('no');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.take(task(name))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(seen).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('are refused after the end, that of the running task as well; freeing still has its turn', async () => {
    const turns = new Turns('the example backend');
    const running = turns.take(() => new Promise((resolve) => setTimeout(resolve, 5)));
    const waiting = turns.take(() => expect.unreachable());
    await new Promise((resolve) => setTimeout(resolve, 1));
    const rejected = Promise.allSettled([running, waiting]);
    await turns.close();
    for (const result of await rejected) {
      expect(result).toMatchObject({ status: 'rejected' });
      if (result.status === 'rejected') expect(String(result.reason)).toMatch(/the example backend was disposed/);
    }
    let freed = false;
    await turns.takeAlways(() => void (freed = true));
    expect(freed).toBe(true);
    await expect(turns.take(() => 1)).rejects.toThrow(BackendError);
  });

  it('let timers run where the device blocks the thread', async () => {
    const turns = new Turns('the backend', { pauseEvery: 0 });
    let fired = false;
    setTimeout(() => (fired = true));
    for (let i = 0; i < 3; i++) await turns.take(() => undefined);
    expect(fired).toBe(true);
  });
});

describe('slots', () => {
  it('keep their names and types, and are gone after the end', () => {
    const slots = new Slots([['w', { dtype: 'float32', shape: [2, 1], held: 'a buffer' }]] as const);
    expect(slots.fitting('w', { dtype: 'float32', shape: [2, 1] }).held).toBe('a buffer');
    expect(() => slots.fitting('w', { dtype: 'float32', shape: [1, 2] })).toThrow(
      'variable "w" is float32[2, 1] and keeps that type, got float32[1, 2]',
    );
    expect(() => slots.slot('v')).toThrow('there is no variable "v"; variables are w');
    expect(slots.close().map(({ held }) => held)).toEqual(['a buffer']);
    expect(slots.close()).toEqual([]);
    expect(() => slots.slot('w')).toThrow(BackendError);
  });
});

describe('host arrays', () => {
  it('are the caller’s own where they can be, and of the right kind', () => {
    const data = Float32Array.of(1, 2);
    expect(hostArray('x', { dtype: 'float32', shape: [2], data })).toBe(data);
    expect(hostArray('x', { dtype: 'float32', shape: [2], data: Float64Array.of(1, 2) })).toEqual(data);
    expect(hostArray('x', { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 255) })).toEqual(Uint8Array.of(0, 1));
    expect(() => hostArray('x', { dtype: 'int32', shape: [2], data })).toThrow(
      /travels as Int32Array; got Float32Array/,
    );
    expect(() => hostArray('x', { dtype: 'float32', shape: [3], data })).toThrow(GraphError);
    expect(zeroArray('int32', 2)).toEqual(new Int32Array(2));
  });
});
