import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { learningRate, placeInRun, type ScheduleConfig, ScheduleError } from './schedule.js';

/** The value of an object at a path such as `training.seed`. */
const valueAt = (of: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      of,
    );

const rates = (config: ScheduleConfig, total: number): number[] =>
  Array.from({ length: total }, (_, step) => learningRate(config, step, total));

describe('schedules', () => {
  it('constant stays', () => {
    expect(rates({ kind: 'constant', rate: 0.01 }, 3)).toEqual([0.01, 0.01, 0.01]);
  });

  it('step decays after every so many steps', () => {
    expect(rates({ kind: 'step', rate: 8, every: 2, gamma: 0.5 }, 7)).toEqual([8, 8, 4, 4, 2, 2, 1]);
  });

  it('cosine goes from the rate to its final fraction, half way in the middle', () => {
    const values = rates({ kind: 'cosine', rate: 2, finalFraction: 0.5 }, 5);
    [2, 1 + 0.5 * (1 + Math.SQRT1_2), 1.5, 1 + 0.5 * (1 - Math.SQRT1_2), 1].forEach((value, i) =>
      expect(values[i]).toBeCloseTo(value, 12),
    );
    expect(learningRate({ kind: 'cosine', rate: 2 }, 4, 5)).toBeCloseTo(0, 15);
    expect(learningRate({ kind: 'cosine', rate: 2, finalFraction: 0.5 }, 99, 5)).toBeCloseTo(1, 12);
    expect(learningRate({ kind: 'cosine', rate: 2 }, 0, 1)).toBe(2); // a run of one step learns something
  });

  it('warm-up rises in a straight line, then the schedule starts from its beginning', () => {
    expect(rates({ kind: 'constant', rate: 4, warmupSteps: 3 }, 5)).toEqual([1, 2, 3, 4, 4]);
    expect(rates({ kind: 'step', rate: 4, warmupSteps: 1, every: 1, gamma: 0.5 }, 4)).toEqual([2, 4, 2, 1]);
    const warmed = rates({ kind: 'cosine', rate: 4, warmupSteps: 3 }, 10);
    expect(warmed.slice(3)).toEqual(rates({ kind: 'cosine', rate: 4 }, 7));
  });

  it('never leave [0, rate], rise only while warming up', () => {
    const common = { rate: fc.double({ min: 1e-8, max: 10, noNaN: true }), warmupSteps: fc.nat(20) };
    const configs: fc.Arbitrary<ScheduleConfig> = fc.oneof(
      fc.record({ kind: fc.constant('constant' as const), ...common }),
      fc.record({
        kind: fc.constant('cosine' as const),
        finalFraction: fc.double({ min: 0, max: 1, noNaN: true }),
        ...common,
      }),
      fc.record({
        kind: fc.constant('step' as const),
        every: fc.integer({ min: 1, max: 20 }),
        gamma: fc.double({ min: 0.01, max: 1, noNaN: true }),
        ...common,
      }),
    );
    fc.assert(
      fc.property(configs, fc.integer({ min: 21, max: 80 }), (config, total) => {
        const values = rates(config, total);
        const { rate, warmupSteps = 0 } = config;
        expect(values[warmupSteps]).toBe(rate);
        values.forEach((value, step) => {
          const before = values[step - 1] ?? 0;
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(rate);
          if (step <= warmupSteps) expect(value).toBeGreaterThan(before);
          else expect(value).toBeLessThanOrEqual(before);
        });
      }),
    );
  });
});

describe('a run whose epochs differ in steps', () => {
  const epochs = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
  /** The rate of every step of a run with such epochs. */
  const ratesOf = (config: ScheduleConfig, run: readonly number[]): number[] => {
    const [stepsPerEpoch = 1] = run;
    let before = 0;
    return run.flatMap((steps, epoch) => {
      const own = Array.from({ length: steps }, (_, step) =>
        learningRate(
          config,
          before + step,
          run.length * stepsPerEpoch,
          placeInRun({ epoch, step, steps }, stepsPerEpoch),
        ),
      );
      before += steps;
      return own;
    });
  };

  it('follows one cosine: it never rises, begins at the rate and ends at its end', () => {
    fc.assert(
      fc.property(epochs, fc.double({ min: 0, max: 1, noNaN: true }), (run, finalFraction) => {
        const values = ratesOf({ kind: 'cosine', rate: 2, finalFraction }, run);
        values.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual(values[i] ?? 0));
        if (run.length > 1 || (run[0] ?? 0) > 1) expect(values.at(-1)).toBeCloseTo(2 * finalFraction, 12);
        if ((run[0] ?? 0) > 1) expect(values[0]).toBe(2);
      }),
    );
  });

  it('with equal epochs has, to the last bit, the rates of the steps counted through', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), (steps, count) => {
        const config: ScheduleConfig = { kind: 'cosine', rate: 0.003 };
        expect(
          ratesOf(
            config,
            Array.from({ length: count }, () => steps),
          ),
        ).toEqual(rates(config, steps * count));
      }),
    );
  });

  it('counts the steps of warm-up and of decay, however long epochs are', () => {
    expect(ratesOf({ kind: 'step', rate: 8, every: 2, gamma: 0.5, warmupSteps: 1 }, [2, 3, 1])).toEqual([
      4, 8, 8, 4, 4, 2,
    ]);
  });
});

describe('bad values', () => {
  const constant: ScheduleConfig = { kind: 'constant', rate: 0.1 };
  const foreign: ScheduleConfig = JSON.parse('{"kind": "cosin", "rate": 0.1}'); // as a file may hold it

  it.each([
    ['a rate of 0', { kind: 'constant', rate: 0 }, 0, 10, /^training\.learningRate .*got 0/],
    ['an infinite rate', { kind: 'constant', rate: Infinity }, 0, 10, /^training\.learningRate .*got Infinity/],
    [
      'a warm-up as long as the run',
      { ...constant, warmupSteps: 10 },
      0,
      10,
      /^training\.warmupSteps .*\[0, 10\), the steps of the run, got 10/,
    ],
    [
      'a final fraction above 1',
      { kind: 'cosine', rate: 1, finalFraction: 1.1 },
      0,
      10,
      /^training\.schedule\.finalFraction .*got 1\.1/,
    ],
    [
      'decay at every 0 steps',
      { kind: 'step', rate: 1, every: 0, gamma: 0.5 },
      0,
      10,
      /^training\.schedule\.every .*got 0/,
    ],
    ['a growing rate', { kind: 'step', rate: 1, every: 5, gamma: 2 }, 0, 10, /^training\.schedule\.gamma .*got 2/],
    [
      'a decay that is not a number',
      { kind: 'step', rate: 1, every: 5, gamma: NaN },
      0,
      10,
      /^training\.schedule\.gamma .*got NaN/,
    ],
    ['a negative step', constant, -1, 10, /^step .*got -1/],
    ['a run of no steps', constant, 0, 0, /^totalSteps .*got 0/],
    [
      'a misspelt kind',
      foreign,
      0,
      10,
      /^training\.schedule .*cosin[^]*training\.schedule\.kind to one of constant, cosine, step/,
    ],
  ] satisfies [string, ScheduleConfig, number, number, RegExp][])(
    '%s: refused with the cure',
    (_, config, step, total, message) => {
      expect(() => learningRate(config, step, total)).toThrow(ScheduleError);
      expect(() => learningRate(config, step, total)).toThrow(message);
      expect(() => learningRate(config, step, total)).toThrow(/cure: /);
    },
  );

  it('what is named as an option is one of a run', () => {
    const option = (config: ScheduleConfig, step: number, total: number): string | undefined => {
      try {
        learningRate(config, step, total);
      } catch (error) {
        if (error instanceof ScheduleError) return error.option;
      }
      throw new Error('nothing of ours was thrown');
    };
    const { training } = runConfigSchema.parse({
      model: { name: 'sasrec' },
      training: { schedule: { kind: 'step', every: 3, gamma: 0.5 } },
    });
    const named = [
      option({ kind: 'constant', rate: 0 }, 0, 10),
      option({ ...constant, warmupSteps: 10 }, 0, 10),
      option({ kind: 'step', rate: 1, every: 0, gamma: 0.5 }, 0, 10),
      option({ kind: 'step', rate: 1, every: 5, gamma: 2 }, 0, 10),
      option(foreign, 0, 10),
    ];
    expect(named.filter((path) => valueAt({ training }, path ?? '') === undefined)).toEqual([]);
    expect([option(constant, -1, 10), option(constant, 0, 0)]).toEqual([undefined, undefined]);
  });
});
