import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EARLY_STOPPING_START,
  type EarlyStoppingConfig,
  EarlyStoppingError,
  type EarlyStoppingState,
  judgeEpoch,
} from './early-stopping.js';

const config: EarlyStoppingConfig = { metric: 'ndcg@10', mode: 'max', patience: 2 };

/** Runs epochs until it stops or values end. */
function train(
  values: readonly number[],
  changed: Partial<EarlyStoppingConfig> = {},
): { epochs: number; state: EarlyStoppingState } {
  let state = EARLY_STOPPING_START;
  for (const [epoch, value] of values.entries()) {
    const decision = judgeEpoch({ ...config, ...changed }, state, epoch, { 'ndcg@10': value, loss: 1 });
    expect(decision.improved).toBe(decision.state.bestEpoch === epoch);
    state = decision.state;
    if (decision.stop) return { epochs: epoch + 1, state };
  }
  return { epochs: values.length, state };
}

describe('early stopping', () => {
  it('stops after `patience` evaluations without a better value', () => {
    expect(train([0.1, 0.3, 0.2, 0.3, 0.9])).toEqual({ epochs: 4, state: { best: 0.3, bestEpoch: 1, waited: 2 } });
    expect(train([0.1, 0.3, 0.2, 0.4, 0.1])).toEqual({ epochs: 5, state: { best: 0.4, bestEpoch: 3, waited: 1 } });
  });

  it('watches losses downwards', () => {
    expect(train([3, 2, 2.5, 2.1, 1], { mode: 'min' })).toEqual({
      epochs: 4,
      state: { best: 2, bestEpoch: 1, waited: 2 },
    });
  });

  it('asks for minDelta', () => {
    expect(train([0, 0.05, 0.09], { minDelta: 0.1 }).epochs).toBe(3);
    expect(train([0, 0.05, 0.11], { minDelta: 0.1 }).state.bestEpoch).toBe(2);
  });

  it('never stops without patience, and still knows the best epoch', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 1 }), (values) => {
        const { epochs, state } = train(values, { patience: null });
        expect(epochs).toBe(values.length);
        expect(state.best).toBe(values.reduce((a, b) => (b > a ? b : a)));
        expect(state.bestEpoch).toBe(values.findIndex((value) => value === state.best));
      }),
    );
  });

  it('goes on after a round trip through JSON as if nothing had happened', () => {
    const half = train([0.5, 0.4]).state;
    const restored: EarlyStoppingState = JSON.parse(JSON.stringify(half));
    expect(judgeEpoch(config, restored, 2, { 'ndcg@10': 0.5 })).toEqual(
      judgeEpoch(config, half, 2, { 'ndcg@10': 0.5 }),
    );
    expect(judgeEpoch(config, restored, 2, { 'ndcg@10': 0.5 }).stop).toBe(true);
    expect(JSON.parse(JSON.stringify(EARLY_STOPPING_START))).toEqual(EARLY_STOPPING_START);
  });

  it.each([
    ['a metric that nobody measures', { metric: 'ndgc@10' }, 0.1, /no metric "ndgc@10"[^]*ndcg@10, loss/],
    ['a name of Object.prototype', { metric: 'toString' }, 0.1, /no metric/],
    ['a value that is not a number', {}, NaN, /"ndcg@10" is NaN after epoch 0/],
    ['an infinite value', {}, Infinity, /is Infinity/],
    ['no patience at all', { patience: 0 }, 0.1, /patience .*got 0/],
    ['half an epoch of patience', { patience: 0.5 }, 0.1, /got 0\.5/],
    ['a negative minDelta', { minDelta: -1 }, 0.1, /minDelta .*got -1/],
    ['a misspelt mode', JSON.parse('{"mode": "maximum"}'), 0.1, /mode .*got "maximum"/],
  ] as [string, Partial<EarlyStoppingConfig>, number, RegExp][])(
    '%s: refused with the cure',
    (_, changed, value, message) => {
      expect(() => train([value], changed)).toThrow(EarlyStoppingError);
      expect(() => train([value], changed)).toThrow(message);
      expect(() => train([value], changed)).toThrow(/cure: /);
    },
  );
});
