// Comparisons of made-up results: whatever the machine did, what is told is a slowdown, and nothing else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import type { BenchmarkResult, MeasuredCandidate } from '../measure/result.js';
import { summarize } from '../measure/statistics.js';
import { compareResults, requireComparable, type Verdict } from './compare.js';

/** Numbers in [0, 1) from a seed. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What happens to a run: how slow ours and the machine are, and how noisy each time is. */
interface Scene {
  readonly seed: number;
  readonly rounds?: number;
  /** Our times, beside those of the run before. */
  readonly slowdown?: number;
  /** A share: each time is up to so much longer or shorter. */
  readonly noise?: number;
  /** All times of the machine, in each round anew, up to so many times as long. */
  readonly drift?: number;
}

function resultOf(
  { seed, rounds = 9, slowdown = 1, noise = 0.02, drift = 1 }: Scene,
  more: Partial<BenchmarkResult> = {},
): BenchmarkResult {
  const draw = uniform(seed * 7919 + 17);
  for (let i = 0; i < 5; i++) draw();
  const speeds = Array.from({ length: rounds }, () => 1 + (drift - 1) * draw());
  const times = (cost: number): number[] => speeds.map((speed) => cost * speed * (1 + noise * (2 * draw() - 1)));
  const [ours, plain, products] = [times(100 * slowdown), times(140), times(12)];
  const candidate = (name: string, samples: number[], own: string | null): MeasuredCandidate => ({
    name,
    title: name,
    engine: 'onnxruntime cpu',
    plain: own,
    samples,
    products,
    milliseconds: summarize(samples),
    ratio: null,
    figures: [],
    problem: null,
  });
  return {
    kind: 'difsr-bench train',
    version: 1,
    complete: true,
    started: '2026-01-01T00:00:00.000Z',
    finished: '2026-01-01T00:01:00.000Z',
    command: 'difsr-bench train',
    work: { steps: 3 },
    machine: {
      processor: 'P',
      cores: 2,
      memoryBytes: 1,
      platform: 'linux-x64 6.1',
      node: '20',
      command: 'difsr-bench 1',
    },
    load: { start: [], end: [] },
    warnings: [],
    method: [],
    data: { name: 'shop', path: 'data/shop', users: 10, items: 20, interactions: 30 },
    model: { name: 'dif-sr', preset: 'small', parameters: 100 },
    engines: [{ name: 'onnxruntime cpu', threads: 2, library: 'onnxruntime-node 1' }],
    missing: [],
    productSize: 1024,
    peakMemoryBytes: 1,
    measures: [
      {
        name: 'training',
        title: 'steps',
        rounds,
        candidates: [candidate('ours', ours, 'plain'), candidate('plain', plain, null)],
      },
    ],
    ...more,
  };
}

const FILE = { file: 'before.json', tolerance: 0.05 };

function verdictsOf(before: BenchmarkResult, now: BenchmarkResult): Verdict[] {
  return compareResults(before, now, FILE).rows.map(({ verdict }) => verdict);
}

const seeds = fc.tuple(fc.nat(100_000), fc.nat(100_000));
/** Machines that are up to three times as slow, from round to round. */
const drifts = fc.double({ min: 1, max: 3, noNaN: true });

describe('a comparison', () => {
  it('of a result with itself tells nothing', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.double({ min: 0, max: 0.5, noNaN: true }), (seed, noise) => {
        const result = resultOf({ seed, noise });
        const { rows } = compareResults(result, result, FILE);
        expect(rows.map(({ verdict, ratio }) => [verdict, ratio])).toEqual([
          ['no difference', 1],
          ['no difference', 1],
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it('tells a slowdown and a speed-up of 30 %, however the machine drifts', () => {
    fc.assert(
      fc.property(seeds, drifts, ([first, second], drift) => {
        const before = resultOf({ seed: first, drift });
        const slower = resultOf({ seed: second, drift, slowdown: 1.3 });
        expect(verdictsOf(before, slower)).toEqual(['slower', 'slower']);
        expect(verdictsOf(slower, before)).toEqual(['faster', 'faster']);
      }),
      { numRuns: 20 },
    );
  });

  it('tells nothing of noise alone', () => {
    fc.assert(
      fc.property(seeds, drifts, fc.double({ min: 0, max: 0.05, noNaN: true }), ([first, second], drift, noise) => {
        expect(verdictsOf(resultOf({ seed: first, drift, noise }), resultOf({ seed: second, noise }))).toEqual([
          'no difference',
          'no difference',
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it('is rarely wrong where noise is large', () => {
    const wrong = Array.from({ length: 100 }, (_, i) =>
      verdictsOf(
        resultOf({ seed: 2 * i + 1, noise: 0.3, rounds: 7 }),
        resultOf({ seed: 2 * i + 2, noise: 0.3, rounds: 7 }),
      ),
    ).filter((found) => found.some((verdict) => verdict !== 'no difference'));
    expect(wrong.length).toBeLessThanOrEqual(5); // 5 %, which its intervals keep together
  });

  it('judges nothing by a few rounds', () => {
    const before = resultOf({ seed: 1, rounds: 4 });
    expect(verdictsOf(before, resultOf({ seed: 2, slowdown: 3 }))).toEqual(['too few rounds', 'too few rounds']);
  });

  it('says nothing of a difference below its tolerance', () => {
    const [before, now] = [resultOf({ seed: 1, noise: 0.001 }), resultOf({ seed: 2, noise: 0.001, slowdown: 1.1 })];
    expect(verdictsOf(before, now)).toEqual(['slower', 'slower']);
    const { rows } = compareResults(before, now, { file: '', tolerance: 0.15 });
    expect(rows.map(({ verdict }) => verdict)).toEqual(['no difference', 'no difference']);
  });

  it('names candidates that one of the two lacks, and versions that differ', () => {
    const before = resultOf({ seed: 1 });
    const [measure] = before.measures;
    const other = resultOf(
      { seed: 2 },
      {
        engines: [{ name: 'onnxruntime cpu', threads: 2, library: 'onnxruntime-node 2' }],
        measures: [
          { ...measure!, candidates: measure!.candidates.map((own) => ({ ...own, name: `new ${own.name}` })) },
        ], // made above
      },
    );
    const { rows, notes } = compareResults(before, other, FILE);
    expect(rows).toEqual([]);
    expect(notes.join('\n')).toMatch(
      /new ours: not in the result before[^]*training, ours: not measured[^]*onnxruntime-node 1[^]*onnxruntime-node 2/,
    );
  });

  it.each<[string, Partial<BenchmarkResult>, RegExp]>([
    ['command', { kind: 'difsr-bench load' }, /the command was difsr-bench train, is difsr-bench load/],
    [
      'data set',
      { data: { name: 'shop', path: 'elsewhere', users: 10, items: 20, interactions: 31 } },
      /data set was shop .*30 interactions.*31/,
    ],
    ['model', { model: { name: 'sasrec', preset: 'small', parameters: 100 } }, /the model was dif-sr .* is sasrec/],
    ['preset', { model: { name: 'dif-sr', preset: 'paper', parameters: 100 } }, /the preset was small, is paper/],
    ['work', { work: { steps: 4 } }, /work of a visit was .*3.* is .*4/],
    ['product', { productSize: 256 }, /large product was 1024\^3, is 256\^3/],
    [
      'machine',
      { machine: { processor: 'Q', cores: 8, memoryBytes: 1, platform: 'linux-x64 6.1', node: '20', command: '' } },
      /the machine was P, 2 cores, linux-x64, is Q, 8 cores/,
    ],
    [
      'number of threads',
      { engines: [{ name: 'onnxruntime cpu', threads: 1, library: '' }] },
      /threads of onnxruntime cpu were 2, are 1/,
    ],
  ])('refuses another %s by name', (_, other, message) => {
    const refused = (): void => requireComparable(resultOf({ seed: 1 }), resultOf({ seed: 1 }, other), 'before.json');
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(message);
    expect(refused).toThrow(/before\.json[^]*cure: measure the one before/);
  });

  it('of the same data set in another place, on another kernel, is no other one', () => {
    const moved = { name: 'shop', path: 'elsewhere/shop', users: 10, items: 20, interactions: 30 };
    const { machine } = resultOf({ seed: 1 });
    const now = resultOf({ seed: 1 }, { data: moved, machine: { ...machine, platform: 'linux-x64 6.9', node: '24' } });
    expect(() => requireComparable(resultOf({ seed: 1 }), now, '')).not.toThrow();
  });
});
