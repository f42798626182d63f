import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureRounds, roundOrder, type RoundOptions, type Subject } from './rounds.js';

/** Subjects on a clock of their own: a run takes as long as `cost` says, times the machine's slowness at that moment. */
function scene(costs: Readonly<Record<string, number>>, slowness: (time: number) => number = () => 1) {
  let clock = 0;
  const log: string[] = [];
  const subjects = Object.entries(costs).map(([name, cost]): Subject => ({
    name,
    run: () => {
      log.push(name);
      clock += cost * slowness(clock);
      return Promise.resolve();
    },
  }));
  const options: RoundOptions = {
    minRounds: 3,
    maxRounds: 50,
    budget: 1e9,
    precision: 0,
    visit: 0,
    now: () => clock,
    settle: () => {
      log.push('-');
      clock += 1;
      return Promise.resolve();
    },
  };
  return { subjects, options, log };
}

const costs = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.double({ min: 1, max: 900, noNaN: true }), {
  minKeys: 1,
});

describe('rounds', () => {
  it('give every subject one sample a round, its own cost', async () => {
    await fc.assert(
      fc.asyncProperty(costs, fc.integer({ min: 1, max: 8 }), async (own, rounds) => {
        const { subjects, options } = scene(own);
        const samples = await measureRounds(subjects, { ...options, minRounds: rounds, maxRounds: rounds });
        for (const [name, cost] of Object.entries(own)) {
          expect(samples.get(name)).toHaveLength(rounds);
          for (const sample of samples.get(name) ?? []) expect(sample).toBeCloseTo(cost, 6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('let everyone come first, and follow everyone, equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), (count) => {
        const subjects = Array.from({ length: count }, (_, i) => i);
        const places = subjects.map(() => subjects.map(() => 0));
        for (let round = 0; round < 2 * count; round++)
          roundOrder(subjects, round).forEach((subject, place) => places[subject]![place]!++); // made above
        for (const row of places) expect(row).toEqual(subjects.map(() => 2));
      }),
    );
  });

  it('rest and run once untimed before the timed runs', async () => {
    const { subjects, options, log } = scene({ a: 10, b: 30 });
    await measureRounds(subjects, { ...options, maxRounds: 3, visit: 25 });
    expect(log.slice(0, 7)).toEqual(['-', 'a', 'a', 'a', '-', 'b', 'b']);
  });

  it('run long ones once and without an untimed run', async () => {
    const { subjects, options, log } = scene({ a: 2000 });
    await measureRounds(subjects, { ...options, maxRounds: 3, visit: 100 });
    expect(log).toEqual(['-', 'a', 'a', '-', 'a', '-', 'a']); // the first visit cannot know
  });

  it('end when the budget would be passed, but not before the least number of rounds', async () => {
    const { subjects, options } = scene({ a: 10, b: 10 }); // 42 ms a round: two rests, four runs
    expect((await measureRounds(subjects, { ...options, budget: 300, precision: -1 })).get('a')).toHaveLength(7);
    expect((await measureRounds(subjects, { ...options, budget: 1, precision: -1 })).get('a')).toHaveLength(3);
  });

  it('end early when the ratios are known, whatever the drift', async () => {
    const drift = scene({ a: 10, b: 20 }, (time) => 1 + time / 1e5);
    expect((await measureRounds(drift.subjects, { ...drift.options, precision: 0.01 })).get('b')?.length).toBeLessThan(
      6,
    );
    let noise = 0;
    const noisy = scene({ a: 10, b: 20 }, () => 1 + (noise++ % 5));
    expect((await measureRounds(noisy.subjects, { ...noisy.options, precision: 0.01 })).get('b')).toHaveLength(50);
  });

  it('keep whole rounds only when interrupted', async () => {
    for (let after = 1; after < 12; after++) {
      const { subjects, options, log } = scene({ a: 10, b: 10, c: 10 });
      const controller = new AbortController();
      const stopping = subjects.map((subject): Subject => ({
        ...subject,
        run: () => {
          if (log.filter((entry) => entry !== '-').length >= after) controller.abort();
          return subject.run(true);
        },
      }));
      const samples = await measureRounds(stopping, { ...options, signal: controller.signal });
      expect(new Set([...samples.values()].map((own) => own.length)).size).toBe(1);
      expect(samples.get('a')?.length).toBeLessThan(4);
    }
  });
});
