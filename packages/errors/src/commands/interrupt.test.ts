// Ctrl-C, pressed in this process.
import { expect, it, vi } from 'vitest';
import { withInterrupt } from './interrupt.js';

const pressed = { doing: () => 'stopping', stopped: () => 'stopped' };

/** Work that Ctrl-C interrupts, and that then fails with what is given, or with the signal's reason. */
async function interrupted(fail: (signal: AbortSignal) => unknown): Promise<unknown> {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    return await withInterrupt(async (signal) => {
      process.emit('SIGINT', 'SIGINT');
      expect(signal.aborted).toBe(true);
      throw fail(signal);
    }, pressed);
  } finally {
    expect(told).toHaveBeenCalledWith('\nstopping; Ctrl-C again quits at once\n');
    told.mockRestore();
  }
}

it.each<[string, (signal: AbortSignal) => unknown]>([
  ["the signal's reason", ({ reason }) => reason as unknown],
  ['an error that it caused', ({ reason }) => new Error('no download', { cause: reason })],
  ["Node's own error for a signal", () => new DOMException('aborted', 'AbortError')],
])('work that fails with %s has stopped', async (_, fail) => expect(await interrupted(fail)).toBe('stopped'));

it('what fails while it stops is told', async () => {
  await expect(interrupted(() => new Error('the disk is full'))).rejects.toThrow('the disk is full');
});

it('the result of work that ends all the same is kept, and listeners are gone', async () => {
  const before = process.listenerCount('SIGINT');
  expect(await withInterrupt(async () => 7, pressed)).toBe(7);
  expect(process.listenerCount('SIGINT')).toBe(before);
});
