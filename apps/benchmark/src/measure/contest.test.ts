// Contests of made-up candidates: who is timed, who is not and why, and what is said of those who are.
import { describe, expect, it } from 'vitest';
import { runContest, type Contestant, type ContestEvent, type ContestPlan } from './contest.js';
import { oneFigure } from './result.js';

const PRODUCT = { engine: 'e', size: 8, run: () => Promise.resolve() };

function scene() {
  const live = { count: 0 };
  const plan = (name: string, change: Partial<Contestant> = {}, more: Partial<ContestPlan> = {}): ContestPlan => ({
    name,
    title: `the candidate ${name}`,
    engine: 'e',
    make: () => {
      live.count++;
      return Promise.resolve({
        check: () => Promise.resolve([1, 100]),
        run: () => Promise.resolve(),
        figures: (samples) => [oneFigure('visits', 's', samples.length)],
        dispose: () => Promise.resolve(void live.count--),
        ...change,
      });
    },
    ...more,
  });
  return { live, plan };
}

function contest(
  plans: readonly ContestPlan[],
  signal = new AbortController().signal,
  onEvent: (event: ContestEvent) => void = () => undefined,
) {
  return runContest(plans, { name: 'work', title: 'some work', rounds: 2, products: [PRODUCT], signal, onEvent });
}

describe('a contest', () => {
  it('gives every candidate and the product a sample a round, and ratios to the plain one', async () => {
    const { live, plan } = scene();
    const { candidates, rounds } = await contest([plan('ours', {}, { plain: 'plain' }), plan('plain')]);
    expect(rounds).toBe(2);
    for (const { samples, products, problem, figures } of candidates) {
      expect([samples.length, products.length, problem]).toEqual([2, 2, null]);
      expect(figures).toEqual([oneFigure('visits', 's', 2)]);
    }
    expect(candidates.map(({ plain, ratio }) => [plain, ratio?.count])).toEqual([
      ['plain', 2],
      [null, undefined],
    ]);
    expect(live.count).toBe(0);
  });

  it.each<[string, Partial<Contestant>, RegExp]>([
    ['other numbers', { check: () => Promise.resolve([1, 101]) }, /differs from the first candidate by 0\.010 /],
    ['numbers that are none', { check: () => Promise.resolve([1, Number.NaN]) }, /differs .* by NaN/],
    ['fewer numbers', { check: () => Promise.resolve([1]) }, /gives 1 numbers where .* 2/],
    ['an error', { check: () => Promise.reject(new Error('no such kernel')) }, /no such kernel/],
  ])('names a candidate with %s, and does not time it', async (_, change, problem) => {
    const { live, plan } = scene();
    const { candidates } = await contest([plan('first'), plan('second', change), plan('third')]);
    expect(candidates.map(({ samples }) => samples.length)).toEqual([2, 0, 2]);
    expect(candidates[1]?.problem).toMatch(problem);
    expect(candidates[1]?.milliseconds).toBeNull();
    expect(live.count).toBe(0);
  });

  it('takes numbers within rounding for the same', async () => {
    const { plan } = scene();
    const { candidates } = await contest([
      plan('first'),
      plan('second', { check: () => Promise.resolve([1.0001, 100.01]) }),
    ]);
    expect(candidates.map(({ problem }) => problem)).toEqual([null, null]);
  });

  it('takes the times that a candidate has itself, and runs a cold one once a round', async () => {
    const { plan } = scene();
    let runs = 0;
    const own = { cold: true, run: () => Promise.resolve(runs++), times: () => [7, 8, 9] };
    const { candidates } = await contest([plan('cold', own)]);
    expect(candidates[0]?.samples).toEqual([7, 8]);
    expect(runs).toBe(2);
  });

  it('keeps whole rounds only when interrupted', async () => {
    const { live, plan } = scene();
    const controller = new AbortController();
    let runs = 0;
    const run = (): Promise<void> => {
      if (++runs === 3) controller.abort(); // in the second round: a visit runs once untimed and once timed
      return controller.signal.aborted ? Promise.reject(new Error('gave up')) : Promise.resolve();
    };
    const { rounds, candidates } = await contest([plan('stopped', { run }), plan('other')], controller.signal);
    expect(rounds).toBe(1);
    expect(candidates.map(({ samples }) => samples.length)).toEqual([1, 1]);
    expect(live.count).toBe(0);
  });

  it('that is interrupted before it begins measures nothing', async () => {
    const { plan } = scene();
    const { rounds, candidates } = await contest([plan('a')], AbortSignal.abort());
    expect([rounds, candidates]).toEqual([0, []]);
  });
});
