// Devices are tried once, one after the other, whatever becomes of a trial.
import { expect, it } from 'vitest';
import type { Device } from '../devices.js';
import type { ProbeAnswer } from '../measure.js';
import { Trials } from './trials.js';

/** Trials whose end is decided by the test. */
function decided(): {
  readonly trials: Trials;
  readonly begun: Device[];
  readonly end: (answer: ProbeAnswer | Error) => void;
  readonly clock: { now: number };
} {
  const begun: Device[] = [];
  const clock = { now: 0 };
  let settle: ((answer: ProbeAnswer | Error) => void) | undefined;
  const attempt = (device: Device): Promise<ProbeAnswer> => {
    begun.push(device);
    return new Promise((resolve, reject) => {
      settle = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
    });
  };
  return { trials: new Trials(attempt, () => clock.now), begun, end: (answer) => settle?.(answer), clock };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('who asks while a device is tried, or later, gets the answer of that trial', async () => {
  const { trials, begun, end, clock } = decided();
  const asked = [trials.of('cpu'), trials.of('cpu')];
  await turn();
  end({ gigaflops: 3 });
  expect(await Promise.all(asked)).toEqual([{ gigaflops: 3 }, { gigaflops: 3 }]);
  clock.now = 1e9;
  expect(await trials.of('cpu')).toEqual({ gigaflops: 3 });
  expect(begun).toEqual(['cpu']);
});

it('devices are tried one after the other, whoever asks', async () => {
  const { trials, begun, end } = decided();
  const asked = [trials.of('cuda'), trials.of('webgpu')];
  await turn();
  expect(begun).toEqual(['cuda']);
  end(new Error('no process'));
  expect(await asked[0]).toEqual({ problem: 'the probe could not be started: no process' });
  await turn();
  expect(begun).toEqual(['cuda', 'webgpu']);
  end({ gigaflops: 1 });
  expect(await asked[1]).toEqual({ gigaflops: 1 });
});

it.each([{ problem: 'the probe died with SIGSEGV' }, new Error('no process')])(
  'a device that does not work is tried again, but not within a minute: %s',
  async (outcome) => {
    const { trials, begun, end, clock } = decided();
    const first = trials.of('cuda');
    await turn();
    end(outcome);
    expect(await first).toHaveProperty('problem');
    clock.now = 60_000;
    expect(await trials.of('cuda')).toBe(await first);
    clock.now = 60_001;
    const second = trials.of('cuda');
    await turn();
    end({ gigaflops: 2 });
    expect(await second).toEqual({ gigaflops: 2 });
    expect(begun).toEqual(['cuda', 'cuda']);
  },
);
