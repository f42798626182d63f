import type { HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import type { RunState } from './checkpoint.js';
import { EARLY_STOPPING_START } from './early-stopping.js';
import { EpochMeter, type MeterOptions } from './meter.js';

const START: RunState = {
  version: 1,
  epoch: 1,
  step: 0,
  globalStep: 3,
  lossSums: {},
  targets: 0,
  earlyStopping: EARLY_STOPPING_START,
  bestValid: {},
  done: false,
  environment: { backend: 'reference', device: 'cpu', threads: null, node: '', processor: '' },
  fingerprint: '',
};

const values = (losses: Readonly<Record<string, number>>): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(losses).map(([name, loss]) => [name, { dtype: 'float32', shape: [], data: Float64Array.of(loss) }]),
  );

/** A meter of an epoch of three steps, 20 targets, and its clock in milliseconds. */
function meterFrom(
  start: RunState,
  options: Partial<MeterOptions> = {},
): { meter: EpochMeter; wait: (milliseconds: number) => void } {
  let time = 5000;
  const meter = new EpochMeter(start, {
    steps: 3,
    targets: 20,
    losses: ['loss', 'loss.item'],
    earlierSeconds: 0,
    now: () => time,
    ...options,
  });
  return {
    meter,
    wait: (milliseconds) => {
      time += milliseconds;
    },
  };
}

describe('a meter of an epoch', () => {
  it('weighs each target the same, however full its step is', () => {
    const { meter, wait } = meterFrom(START);
    // 8 slots each: sums over 8, 8 and 4 targets, each divided by 8.
    for (const [targets, loss] of [
      [8, 3],
      [8, 2],
      [4, 0.5],
    ] as const) {
      meter.begin({ targets, slots: 8 });
      wait(1000);
      meter.finish(values({ loss, 'loss.item': loss / 2 }), { targets, slots: 8 });
    }
    const { state, totals } = meter.complete();
    expect(totals).toEqual({
      epoch: 2,
      losses: { loss: (8 * (3 + 2 + 0.5)) / 20, 'loss.item': (4 * (3 + 2 + 0.5)) / 20 },
      seconds: 3,
      positionsPerSecond: 20 / 3,
    });
    expect(state).toMatchObject({ epoch: 1, step: 3, globalStep: 6, targets: 20 });
  });

  it('tells of a step the mean over its own targets, the rate, and the seconds that are left', () => {
    const { meter, wait } = meterFrom(START);
    meter.begin({ targets: 4, slots: 8 });
    wait(2000);
    expect(meter.finish(values({ loss: 1.5 }), { targets: 4, slots: 8 })).toEqual({
      kind: 'step',
      epoch: 2,
      step: 1,
      steps: 3,
      loss: 3,
      positionsPerSecond: 2,
      secondsLeft: expect.closeTo(4, 10),
    });
  });

  it('leaves pauses out of its seconds, and counts those before a resume', () => {
    const { meter, wait } = meterFrom({ ...START, step: 1, globalStep: 4, targets: 8 }, { earlierSeconds: 10 });
    wait(1500);
    meter.pause(500);
    expect(meter.seconds()).toBe(11);
    meter.begin({ targets: 8, slots: 8 });
    // One of the two steps that are left is done, in a second: what was before counts for nothing here.
    expect(meter.finish(values({ loss: 1 }), { targets: 8, slots: 8 })).toMatchObject({
      step: 2,
      positionsPerSecond: 8,
      secondsLeft: 1,
    });
  });

  it('goes on from the state that another one gave, to the same sums', () => {
    const size = { targets: 8, slots: 8 };
    const losses = [0.1, 0.2, 0.3].map((loss) => values({ loss, 'loss.item': loss * 0.7 }));
    const { meter: whole } = meterFrom(START);
    for (const step of losses) whole.finish(step, size);
    const { meter: first } = meterFrom(START);
    for (const step of losses.slice(0, 1)) first.finish(step, size);
    const { meter: second } = meterFrom(first.state());
    for (const step of losses.slice(1)) second.finish(step, size);
    expect(second.complete().state).toEqual(whole.complete().state);
  });

  it('gives a state that later steps do not change', () => {
    const { meter } = meterFrom(START);
    meter.finish(values({ loss: 1 }), { targets: 8, slots: 8 });
    const state = meter.state();
    meter.finish(values({ loss: 1 }), { targets: 8, slots: 8 });
    expect(state).toMatchObject({ step: 1, globalStep: 4, lossSums: { loss: 8 }, targets: 8 });
  });

  it('takes the targets of the plan where a checkpoint within the epoch did not count them', () => {
    const { targets: _, ...uncounted } = START;
    const { meter } = meterFrom({ ...uncounted, step: 2, globalStep: 5, lossSums: { loss: 30, 'loss.item': 20 } });
    meter.finish(values({ loss: 1.25, 'loss.item': 0 }), { targets: 4, slots: 8 });
    expect(meter.complete()).toMatchObject({
      totals: { losses: { loss: 2, 'loss.item': 1 } },
      state: { targets: 20 },
    });
  });
});
