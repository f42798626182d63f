// The promise that all of training rests on, by counting: each target of each user once per epoch, with equal weight.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantiate, nextItem, sasrec } from '@difsr/models';
import { type EpochOptions, type EpochPlan, planEpoch, SamplerError, type Sequences } from './sampler.js';
import { trainingWindows } from './windows.js';

/** Histories as CSR, every interaction with an id of its own (1, 2, ...): an id tells user and position. */
function numbered(lengths: readonly number[]): Sequences {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, user) => (offsets[user + 1] = (offsets[user] ?? 0) + length));
  const total = offsets[lengths.length] ?? 0;
  return { offsets, items: Int32Array.from({ length: total }, (_, i) => i + 1) };
}

/** Items of each history. */
const lengthsOf = ({ offsets }: Sequences): number[] =>
  Array.from({ length: offsets.length - 1 }, (_, user) => offsets[user + 1]! - offsets[user]!);

const histories = fc
  .array(fc.oneof(fc.nat(8), fc.nat(120)), { minLength: 1, maxLength: 40 })
  .filter((lengths) => lengths.some((length) => length > 1));
const cases = fc
  .record({
    lengths: histories,
    maxLength: fc.integer({ min: 1, max: 50 }),
    extraTargets: fc.nat(200),
    maxBuckets: fc.integer({ min: 1, max: 10 }),
    seed: fc.maxSafeNat(),
    epoch: fc.nat(1000),
    form: fc.constantFrom('all-positions' as const, 'prefix' as const),
  })
  .map(({ lengths, extraTargets, ...rest }): EpochOptions => ({
    ...rest,
    sequences: numbered(lengths),
    targetsPerStep: rest.form === 'prefix' ? extraTargets + 1 : rest.maxLength + extraTargets,
  }));

/** What the objective "next item" makes of a step's windows. */
interface Batch {
  readonly rows: number;
  readonly length: number;
  readonly items: Int32Array;
  readonly lengths: Int32Array;
  readonly targetPositions: Int32Array;
  readonly targetItems: Int32Array;
  readonly weights: Float32Array;
  readonly realTargets: number;
}

const model = instantiate(sasrec, {}, { items: 5000, fields: [] });

function batchOf(plan: EpochPlan, step: number): Batch {
  const windows = plan.windows(step);
  const { feeds, targets } = nextItem.batch(model, windows, { seed: 1, step });
  const data = <T extends Int32Array | Float32Array>(name: string, kind: new () => T): T => {
    const feed = feeds[name];
    if (feed === undefined || !('data' in feed) || !(feed.data instanceof kind)) throw new Error(`no ${name}`);
    return feed.data;
  };
  return {
    rows: windows.starts.length,
    length: windows.length,
    lengths: windows.inputs,
    items: data('items', Int32Array),
    targetPositions: data('targetPositions', Int32Array),
    targetItems: data('targetItems', Int32Array),
    weights: data('weights', Float32Array),
    realTargets: targets,
  };
}

function batches(options: EpochOptions): Batch[] {
  const plan = planEpoch(options);
  return Array.from({ length: plan.steps }, (_, step) => batchOf(plan, step));
}

/** The items of the row up to and with a flat position: what the model may look at for the target there. */
function context(batch: Batch, position: number): number[] {
  const row = Math.floor(position / batch.length);
  return [...batch.items.subarray(row * batch.length, position + 1)];
}

const padded = {
  sequences: numbered([30, 2, 9, 9, 5, 70, 3, 12]),
  maxLength: 20,
  targetsPerStep: 24,
  seed: 1,
  epoch: 0,
};

describe('an epoch', () => {
  it('trains every target of every user exactly once, with equal weight', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const { offsets } = options.sequences;
        const times = new Int32Array(options.sequences.items.length + 1);
        const lengths = lengthsOf(options.sequences);
        const all = lengths.reduce((sum, length) => sum + Math.max(0, length - 1), 0);
        for (const batch of batches(options)) {
          for (let slot = 0; slot < batch.realTargets; slot++) {
            times[batch.targetItems[slot]!]!++; // slots and ids are in range by construction
            expect(batch.weights[slot]).toBe(Math.fround(1 / Math.min(all, options.targetsPerStep)));
          }
        }
        const expected = new Int32Array(times.length).fill(1);
        expected[0] = 0;
        offsets.subarray(0, -1).forEach((first, user) => {
          if (lengths[user]! > 0) expected[first + 1] = 0; // the first item of a user is never a target
        });
        expect(times).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('shows each target the unbroken run of items before it, and half a window at least', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const userOf = lengthsOf(options.sequences).flatMap((length, user) => Array.from({ length }, () => user));
        for (const batch of batches(options)) {
          for (let slot = 0; slot < batch.realTargets; slot++) {
            const target = batch.targetItems[slot]!; // realTargets <= targetsPerStep
            const seen = context(batch, batch.targetPositions[slot]!);
            const available = target - 1 - options.sequences.offsets[userOf[target - 1]!]!;
            expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => target - seen.length + i));
            expect(seen.length).toBeLessThanOrEqual(available);
            const least =
              options.form === 'prefix' ? options.maxLength : Math.max(1, Math.floor(options.maxLength / 2));
            expect(seen.length).toBeGreaterThanOrEqual(Math.min(available, least));
          }
        }
      }),
    );
  });

  it('has batches of the promised form', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const { targetsPerStep, maxLength, form } = options;
        const slots = Math.min(planEpoch(options).targets, targetsPerStep);
        expect(planEpoch(options).slots).toBe(slots);
        for (const batch of batches(options)) {
          expect(batch.rows).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxLength);
          if (form === 'prefix') expect([batch.length, batch.rows]).toEqual([maxLength, batch.realTargets]);
          expect(batch.items.length).toBe(batch.rows * batch.length);
          expect(batch.rows * batch.length).toBeLessThanOrEqual(form === 'prefix' ? Infinity : 2 * targetsPerStep);
          batch.lengths.forEach((length, row) => {
            const items = batch.items.subarray(row * batch.length, (row + 1) * batch.length);
            expect(length).toBeGreaterThan(0);
            expect(items.subarray(0, length).every((item) => item > 0)).toBe(true);
            expect(items.subarray(length).every((item) => item === 0)).toBe(true);
          });
          expect(batch.targetPositions.length).toBe(slots);
          expect(batch.targetItems.length).toBe(slots);
          expect(batch.weights.length).toBe(slots);
          expect(batch.realTargets).toBeGreaterThan(0);
          expect(batch.targetPositions.subarray(batch.realTargets).every((position) => position === 0)).toBe(true);
          expect(batch.targetItems.subarray(batch.realTargets).every((item) => item === 1)).toBe(true);
          expect(batch.weights.subarray(batch.realTargets).every((weight) => weight === 0)).toBe(true);
        }
      }),
    );
  });
});

describe('a step that no epoch can fill', () => {
  it('is a mean over the targets there are, as if it had been made for them', () => {
    const options = { ...padded, form: 'all-positions' as const };
    const { targets } = planEpoch(options);
    const [only, ...others] = batches({ ...options, targetsPerStep: 10 * targets });
    expect(others).toEqual([]);
    expect([only?.realTargets, only?.weights.length]).toEqual([targets, targets]);
    expect(only?.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });
});

describe('determinism', () => {
  it('a batch depends on (seed, epoch, step) alone, not on the order of calls or on other plans', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const forward = batches(options);
        const plan = planEpoch(options);
        batchOf(planEpoch({ ...options, epoch: options.epoch + 1 }), 0);
        for (let step = plan.steps - 1; step >= 0; step--) {
          expect(batchOf(plan, step)).toEqual(forward[step]);
          expect(batchOf(plan, step)).toEqual(forward[step]);
        }
      }),
    );
  });

  it('a batch that the caller overwrites is built afresh', () => {
    const plan = planEpoch({ ...padded, form: 'all-positions' });
    const first = batchOf(plan, 0);
    const copy = structuredClone(first);
    first.items.fill(99);
    first.targetItems.fill(99);
    expect(batchOf(plan, 0)).toEqual(copy);
  });

  it.each(['all-positions', 'prefix'] as const)(
    '%s: another epoch or seed gives another order of the same targets',
    (form) => {
      const options = { ...padded, form };
      const order = (changed: Partial<EpochOptions>): number[] =>
        batches({ ...options, ...changed }).flatMap((batch) => [...batch.targetItems.subarray(0, batch.realTargets)]);
      const orders = [{}, { epoch: 1 }, { seed: 2 }].map((changed) => order(changed));
      expect(new Set(orders.map(String)).size).toBe(3);
      expect(new Set(orders.map((each) => String([...each].sort((a, b) => a - b)))).size).toBe(1);
    },
  );
});

describe('economy', () => {
  // Lengths as in sparse data: many short histories, a long tail.
  const lengths = Array.from({ length: 4000 }, (_, user) => 2 + Math.floor(8 / Math.sqrt((user + 1) / 4001)));
  const options: EpochOptions = {
    sequences: numbered(lengths),
    maxLength: 50,
    targetsPerStep: 512,
    seed: 3,
    epoch: 0,
    form: 'all-positions',
  };

  it('nearly all steps are full', () => {
    const plan = planEpoch(options);
    const used = batches(options).map((batch) => batch.realTargets / 512);
    expect(plan.targets).toBe(lengths.reduce((total, length) => total + length - 1, 0));
    expect(used.filter((share) => share < 0.9).length).toBeLessThanOrEqual(2);
    expect(plan.steps).toBeLessThanOrEqual(Math.ceil(plan.targets / 512) * 1.02 + 1);
  });

  it('little of the rows is padding', () => {
    const inputs = lengths
      .flatMap((length) => trainingWindows(length, 50))
      .reduce((total, { start, end }) => total + end - start, 0);
    const positions = batches(options).reduce((total, batch) => total + batch.rows * batch.length, 0);
    expect(positions).toBeLessThan(1.15 * inputs);
    expect(planEpoch(options).bucketLengths.length).toBeLessThanOrEqual(10);
    expect(planEpoch(options).bucketLengths.at(-1)).toBe(50);
  });
});

describe('what cannot be planned', () => {
  it.each([
    ['fewer target slots than a window has targets', { targetsPerStep: 19 }, /at least 20 .*got 19/],
    ['half a target slot', { form: 'prefix', targetsPerStep: 0.5 }, /got 0\.5/],
    ['a window of no items', { maxLength: 0, targetsPerStep: 4 }, /maxLength .*got 0/],
    ['no buckets', { maxBuckets: 0 }, /maxBuckets .*got 0/],
    ['a negative epoch', { epoch: -1 }, /epoch .*got -1/],
    ['no targets', { sequences: numbered([1, 0, 1]) }, /None of the 3 sequences/],
  ] satisfies [string, Partial<EpochOptions>, RegExp][])('%s is refused, with the cure', (_, changed, message) => {
    const plan = (): unknown => planEpoch({ ...padded, form: 'all-positions', ...changed });
    expect(plan).toThrow(SamplerError);
    expect(plan).toThrow(message);
    expect(plan).toThrow(/cure: /);
  });

  it.each<[object, RegExp]>([
    [{ maxBukets: 3 }, /planEpoch has no option "maxBukets"; [^]*did you mean maxBuckets\?/],
    [{ store: 1 }, /planEpoch has no option "store"/],
    [{ form: 'prefx' }, /form is one of all-positions, prefix, got "prefx"/],
    [{ seed: undefined }, /planEpoch needs the option "seed"/],
    [{ seed: '1' }, /seed is a finite number, got "1"/],
  ])('%j is refused', (wrong, message) => {
    const plan = (): unknown => planEpoch({ ...padded, form: 'all-positions', ...wrong });
    expect(plan).toThrow(SamplerError);
    expect(plan).toThrow(message);
  });

  it('a step outside the epoch is refused', () => {
    const plan = planEpoch({ ...padded, form: 'all-positions' });
    expect(() => plan.windows(plan.steps)).toThrow(SamplerError);
    expect(() => plan.windows(-1)).toThrow(/steps 0 to .*got -1/);
    expect(() => plan.windows(0.5)).toThrow(SamplerError);
  });
});
