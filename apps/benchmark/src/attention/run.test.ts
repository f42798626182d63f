// The run with engines of the test's own: what happens to candidates that fail, and to a run that is interrupted.
import { createReferenceBackend } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import type { Candidate, CandidateName, Engine, Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { largestDifference } from './check.js';
import { runBenchmark, type BenchmarkEvent, type BenchmarkOptions } from './run.js';
import { definitionGraph, plainGraph, tracedOutput } from './traced.js';

const OPTIONS: BenchmarkOptions = {
  fusions: ['sum'],
  sides: [1],
  lengths: [3],
  batches: [2],
  width: 4,
  sideWidth: 4,
  heads: 2,
  position: false,
  padding: false,
  items: 5,
  all: false,
  budget: 0.5,
  visit: 5,
  productSize: 8,
};

/** An engine whose candidates give what the definition gives, changed by `change`. */
function engineOf(change: (name: CandidateName, output: Float32Array) => Float32Array): Engine & { live: number } {
  const backend = createReferenceBackend();
  const engine = {
    backend: 'fake',
    device: 'cpu',
    threads: undefined,
    library: 'fake 1.0',
    live: 0,
    plans: (own: Case, data: CaseData): Plan[] =>
      (['plain', 'unfused', 'fused'] as const).map((name) => ({
        name,
        prepare: async (): Promise<Candidate> => {
          const graph = name === 'plain' ? plainGraph(own) : definitionGraph(own);
          const output = await tracedOutput(backend, graph, own, data);
          engine.live++;
          return {
            name,
            operations: 1000,
            run: () => Promise.resolve(change(name, output.slice())),
            dispose: () => Promise.resolve(void engine.live--),
          };
        },
      })),
    product: () => Promise.resolve({ run: () => Promise.resolve(), dispose: () => Promise.resolve() }),
    dispose: () => backend.dispose(),
  };
  return engine;
}

async function run(
  engine: Engine,
  onEvent: (event: BenchmarkEvent) => void = () => undefined,
  controller = new AbortController(),
) {
  return runBenchmark(OPTIONS, { engines: [engine], missing: [], command: 'test', signal: controller.signal, onEvent });
}

describe('a run', () => {
  it('times candidates that agree and frees them', async () => {
    const engine = engineOf((_, output) => output);
    const report = await run(engine);
    const [result] = report.cases;
    expect(report.complete).toBe(true);
    expect(result?.rounds).toBeGreaterThanOrEqual(3);
    for (const { samples, problem } of result?.candidates ?? []) {
      expect(problem).toBeNull();
      expect(samples).toHaveLength(result?.rounds ?? -1);
    }
    expect(result?.ratios.map(({ of, to }) => `${of}/${to}`)).toEqual([
      'fused/unfused',
      'unfused/plain',
      'fused/plain',
    ]);
    expect(engine.live).toBe(0);
  });

  it.each([
    [
      'differs',
      (output: Float32Array) => output.map((x, i) => (i === 7 ? x + 2e-4 : x)),
      /differs from the definition by 0\.00020/,
    ],
    [
      'is not finite',
      (output: Float32Array) => output.fill(Number.NaN, 3, 4),
      /differs from the definition by Infinity/,
    ],
    ['has another size', (output: Float32Array) => output.subarray(1), /Infinity/],
    [
      'throws',
      () => {
        throw new Error('no such kernel');
      },
      /no such kernel/,
    ],
  ])('a candidate that %s is named and not timed', async (_, spoil, message) => {
    const engine = engineOf((name, output) => (name === 'fused' ? spoil(output) : output));
    const report = await run(engine);
    const spoilt = report.cases[0]?.candidates.find(({ name }) => name === 'fused');
    expect(spoilt?.problem).toMatch(message);
    expect(spoilt?.milliseconds).toBeNull();
    expect(report.cases[0]?.candidates.filter(({ milliseconds }) => milliseconds !== null)).toHaveLength(2);
    expect(report.warnings.some((warning) => message.test(warning))).toBe(true); // the check at the start saw it, too
    expect(engine.live).toBe(0);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report); // nothing that JSON cannot hold
  });

  it('that is interrupted keeps what it has and says so', async () => {
    const controller = new AbortController();
    const report = await run(
      engineOf((_, output) => output),
      ({ kind }) => {
        if (kind === 'check') controller.abort();
      },
      controller,
    );
    expect(report.complete).toBe(false);
    expect(report.cases).toEqual([]);
    expect(report.engines).toHaveLength(1);
  });
});

describe('difference', () => {
  it('leaves rows of padding out', () => {
    const a = Float32Array.of(1, 2, 3, 4);
    const b = Float32Array.of(1, 2.5, 9, 9);
    expect(largestDifference(a, b, Uint8Array.of(1, 0))).toBe(0.5);
    expect(largestDifference(a, b)).toBe(6);
  });
});
