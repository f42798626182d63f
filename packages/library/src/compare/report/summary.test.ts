// What runs say together, from records made by hand: means, intervals and tests against the same from @difsr/metrics.
import { holm, meanInterval, pairedTest } from '@difsr/metrics';
import { describe, expect, it } from 'vitest';
import { record } from '../record.test.support.js';
import { meanOf, summarize, type SystemRuns } from './summary.js';
import { orderLine, pText } from './tables.js';

/** 40 users; how many of them a system finds. */
const users = (found: number): Float64Array => Float64Array.from({ length: 40 }, (_, i) => (i % 40 < found ? 1 : 0));
const system = (model: string, values: readonly number[], found: number, masked = found): SystemRuns => ({
  model,
  records: values.map((value, i) => record({ model, seed: i + 1, test: value })),
  perUser: { unmasked: users(found), masked: users(masked) },
});
const three = [
  system('good', [0.3, 0.32, 0.31], 30, 2),
  system('bad', [0.1, 0.12, 0.11], 4, 3),
  system('fair', [0.29, 0.33, 0.3], 29, 1),
];
const OPTIONS = { metric: 'ndcg@10', baseline: 'bad' };

describe('a summary', () => {
  const group = summarize('shop', 'unmasked', three, OPTIONS);
  const of = (model: string): (typeof group.systems)[number] => {
    const found = group.systems.find((each) => each.model === model);
    if (found === undefined) throw new Error(model);
    return found;
  };

  it('has the best first, with the interval over its seeds', () => {
    expect(group.systems.map(({ model }) => model)).toEqual(['good', 'fair', 'bad']);
    const { mean, margin } = meanInterval([0.3, 0.32, 0.31]);
    expect(of('good').metrics['ndcg@10']).toEqual({ mean, margin, seeds: 3 });
  });

  it('tests over users against the best and the baseline, each column corrected by itself, and nobody against itself', () => {
    const tests = ['bad', 'fair'].map((_, i) => pairedTest(users([4, 29][i] ?? 0), users(30)));
    const corrected = holm(tests.map(({ p }) => p));
    expect(of('bad').againstBest).toEqual({
      difference: tests[0]?.difference,
      margin: tests[0]?.margin,
      p: corrected[0],
    });
    expect(of('fair').againstBest?.p).toBe(corrected[1]);
    expect([of('good').againstBest, of('bad').againstBaseline]).toEqual([undefined, undefined]);
    expect(of('good').againstBaseline?.difference).toBeCloseTo(26 / 40, 12);
  });

  it('goes by the users of its own protocol', () => {
    const masked = summarize('shop', 'masked', three, OPTIONS);
    expect(masked.systems.find(({ model }) => model === 'good')?.againstBaseline?.difference).toBeCloseTo(-1 / 40, 12);
  });

  it('claims an order from three seeds of every system on, and says who is told apart', () => {
    expect(group.ordered).toBe(true);
    expect(orderLine(group)).toBe(
      'By mean NDCG@10: good > fair > bad. Below good at the level of 0.05: bad. Not told apart from good: fair.',
    );
    const fewer = summarize('shop', 'unmasked', [system('good', [0.3, 0.3], 30), ...three.slice(1)], OPTIONS);
    expect(fewer.ordered).toBe(false);
    expect(orderLine(fewer)).toBe('No order is claimed: a system has 2 seeds, it takes 3.');
    expect(orderLine(summarize('shop', 'unmasked', three.slice(0, 1), OPTIONS))).toMatch(/nothing to compare/);
  });

  it('has no interval for one seed, and none that has not converged for one that has', () => {
    const one = system('one', [0.2], 5);
    const stuck = {
      ...one,
      model: 'stuck',
      records: [record({ model: 'stuck', seed: 1, test: 0.1, converged: false })],
    };
    const { systems } = summarize('shop', 'unmasked', [one, stuck], { metric: 'ndcg@10' });
    expect(systems.map(({ metrics, converged }) => [metrics['ndcg@10']?.margin, converged])).toEqual([
      [null, true],
      [null, false],
    ]);
  });
});

it('users are averaged place by place, and other users are refused', () => {
  expect(meanOf([Float64Array.of(1, 0), Float64Array.of(0, 0.5)])).toEqual(Float64Array.of(0.5, 0.25));
  expect(() => meanOf([Float64Array.of(1), Float64Array.of(1, 2)])).toThrow(/cannot be averaged/);
});

it('p-values are never shown as 0', () => expect([pText(0), pText(0.0312)]).toEqual(['< 0.001', '0.031']));
