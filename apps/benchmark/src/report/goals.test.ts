import { describe, expect, it } from 'vitest';
import { ratios, summarize } from '../measure/statistics.js';
import { judgeGoals } from './goals.js';
import type { AttentionReport, CaseResult } from './result.js';

const shape = {
  batch: 128,
  length: 50,
  width: 64,
  sideWidth: 64,
  heads: 2,
  position: false,
  padding: false,
  items: 10,
};

function resultOf(sides: number, samples: readonly number[], more: Partial<CaseResult> = {}): CaseResult {
  const ratio = summarize(
    ratios(
      samples,
      samples.map(() => 1),
    ),
  );
  return {
    backend: 'onnxruntime',
    device: 'cpu',
    case: { ...shape, fusion: 'sum', sides },
    rounds: samples.length,
    rate: { gigaflops: 100, when: 'rounds' },
    candidates: [],
    ratios: [{ of: 'fused', to: 'unfused', ratio }],
    skipped: null,
    ...more,
  };
}

function verdicts(...cases: readonly CaseResult[]): (readonly [string, string])[] {
  const report: AttentionReport = {
    kind: 'difsr-bench attention',
    version: 1,
    complete: true,
    started: '',
    finished: '',
    command: '',
    options: {},
    machine: { processor: '', cores: 2, memoryBytes: 0, platform: '', node: '', command: '' },
    load: { start: [], end: [] },
    warnings: [],
    method: [],
    engines: [],
    missing: [],
    cases,
  };
  return judgeGoals(report).map(({ verdict, found }) => [verdict, found]);
}

/** Samples that differ little. */
const steady = (value: number): number[] => Array.from({ length: 8 }, (_, i) => value * (1 + 0.001 * (i % 3)));

describe('goals', () => {
  it('are judged by the worst case', () => {
    expect(verdicts(resultOf(1, steady(0.9)), resultOf(2, steady(1.2)))).toEqual([
      ['not met', expect.stringContaining('2 sides')],
    ]);
    expect(verdicts(resultOf(1, steady(0.9)))).toEqual([['met', expect.stringContaining('0.900')]]);
  });

  it('are left open where the noise is larger than the distance', () => {
    expect(verdicts(resultOf(1, [0.6, 1, 1.9, 0.7, 1.8, 0.9, 1.5]))).toEqual([
      ['too noisy to say', expect.any(String)],
    ]);
  });

  it('are left open after a few rounds', () => {
    expect(verdicts(resultOf(1, [0.9, 0.9, 0.9]))).toEqual([['too noisy to say', expect.any(String)]]);
  });

  it('are silent where their case was not measured', () => {
    const elsewhere = resultOf(1, [2, 2], { device: 'cuda' });
    const shorter = resultOf(1, [2, 2], { case: { ...shape, length: 200, fusion: 'sum', sides: 1 } });
    expect(verdicts(elsewhere, shorter, resultOf(1, [1], { rounds: 0 }))).toEqual([]);
  });
});
