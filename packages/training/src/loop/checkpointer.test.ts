import { describe, expect, it } from 'vitest';
import { Checkpointer } from './checkpointer.js';

describe('a checkpointer', () => {
  it('is due when its seconds are over, counted from the end of the last checkpoint', async () => {
    let time = 1000;
    const written: number[] = [];
    const write = async (): Promise<void> => {
      written.push(time);
      time += 500; // what writing takes
    };
    const checkpointer = new Checkpointer(2, write, () => time);
    expect(checkpointer.due()).toBe(false);
    time += 1999;
    expect(checkpointer.due()).toBe(false);
    time += 1;
    expect(checkpointer.due()).toBe(true);
    expect(await checkpointer.save()).toBe(500);
    expect(written).toEqual([3000]);
    time += 1999;
    expect(checkpointer.due()).toBe(false);
    time += 1;
    expect(checkpointer.due()).toBe(true);
  });

  it('is never due with 0 seconds', () => {
    let time = 0;
    const checkpointer = new Checkpointer(
      0,
      async () => undefined,
      () => time,
    );
    time += 1e9;
    expect(checkpointer.due()).toBe(false);
  });

  it('stays due when writing fails', async () => {
    let time = 0;
    const checkpointer = new Checkpointer(
      1,
      () => Promise.reject(new Error('the disk is full')),
      () => time,
    );
    time += 1000;
    await expect(checkpointer.save()).rejects.toThrow('the disk is full');
    expect(checkpointer.due()).toBe(true);
  });
});
