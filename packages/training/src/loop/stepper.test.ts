import type { Feeds } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { Stepper, type StepValues } from './stepper.js';

const NO_FEEDS: Feeds = {};

/** A backend whose runs end when they are told to. */
function controlled(): {
  readonly run: () => Promise<StepValues>;
  readonly end: (run: number, loss: number) => void;
  readonly fail: (run: number, message: string) => void;
  readonly begun: () => number;
} {
  const runs: { resolve: (values: StepValues) => void; reject: (error: Error) => void }[] = [];
  return {
    run: () => new Promise((resolve, reject) => runs.push({ resolve, reject })),
    end: (run, loss) => runs[run]?.resolve({ loss: { dtype: 'float32', shape: [], data: Float32Array.of(loss) } }),
    fail: (run, message) => runs[run]?.reject(new Error(message)),
    begun: () => runs.length,
  };
}

describe('a stepper', () => {
  it('sends a second step off while the first runs, and waits with the third', async () => {
    const backend = controlled();
    const finished: number[] = [];
    const stepper = new Stepper<number>(backend.run, (_, step) => finished.push(step));
    await stepper.begin(NO_FEEDS, 0); // does not wait
    const second = stepper.begin(NO_FEEDS, 1);
    expect(backend.begun()).toBe(2);
    expect(finished).toEqual([]);
    backend.end(0, 1);
    await second;
    expect(finished).toEqual([0]);
    backend.end(1, 2);
    await stepper.drain();
    expect(finished).toEqual([0, 1]);
  });

  it('takes results in the order of the steps, whichever ends first', async () => {
    const backend = controlled();
    const losses: (number | undefined)[] = [];
    const stepper = new Stepper<string>(backend.run, (values) => losses.push(values['loss']?.data[0]));
    await stepper.begin(NO_FEEDS, 'first');
    const second = stepper.begin(NO_FEEDS, 'second');
    backend.end(1, 20);
    backend.end(0, 10);
    await second;
    await stepper.drain();
    expect(losses).toEqual([10, 20]);
  });

  it('fails with the first failure, and settles whatever else runs', async () => {
    const backend = controlled();
    const finished: number[] = [];
    const stepper = new Stepper<number>(backend.run, (_, step) => finished.push(step));
    await stepper.begin(NO_FEEDS, 0);
    const second = stepper.begin(NO_FEEDS, 1);
    backend.fail(1, 'the second');
    backend.fail(0, 'the first');
    await expect(second).rejects.toThrow('the first');
    await stepper.settled();
    expect(finished).toEqual([]);
    await stepper.drain(); // nothing is left
  });

  it('fails with what its taker throws', async () => {
    const backend = controlled();
    const stepper = new Stepper<number>(backend.run, () => {
      throw new Error('diverged');
    });
    await stepper.begin(NO_FEEDS, 0);
    backend.end(0, Number.NaN);
    await expect(stepper.drain()).rejects.toThrow('diverged');
  });
});
