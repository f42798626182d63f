// What fused kernels are asked to reach, judged on the cases that were measured.
import { caseTitle } from '../attention/case.js';
import type { CandidateName } from '../attention/candidate.js';
import type { AttentionReport, CaseResult } from './result.js';
import { margin } from '../measure/statistics.js';
import { threeDigits } from '../terminal/format.js';

/** A goal and what came out. */
export interface Goal {
  readonly goal: string;
  readonly found: string;
  readonly verdict: 'met' | 'not met' | 'too noisy to say';
}

interface Wanted {
  readonly text: string;
  readonly of: CandidateName;
  readonly to: CandidateName;
  readonly atMost: number;
  readonly on: (result: CaseResult) => boolean;
}

const oneSide = ({ case: own }: CaseResult): boolean =>
  own.sides === 1 && own.fusion === 'sum' && own.sideWidth === own.width && !own.position;
const GOALS: readonly Wanted[] = [
  {
    text: 'fused takes at most 1.05 times unfused, in every case',
    of: 'fused',
    to: 'unfused',
    atMost: 1.05,
    on: () => true,
  },
  {
    text: 'one side source of equal width costs at most 1.7 times plain attention, tensors in',
    of: 'fused',
    to: 'plain',
    atMost: 1.7,
    on: oneSide,
  },
  {
    text: 'one side source of equal width costs at most 1.35 times plain attention, ids in and attributes tabulated',
    of: 'tabulated',
    to: 'plain',
    atMost: 1.35,
    on: oneSide,
  },
];

/** Rounds below which nothing is judged. */
const LEAST_ROUNDS = 7;

/** The goals, for ONNX Runtime on the CPU at batch 128, length 50; empty where no such case was measured. */
export function judgeGoals(report: AttentionReport): Goal[] {
  const results = report.cases.filter(
    ({ backend, device, case: own, rounds }) =>
      backend === 'onnxruntime' && device === 'cpu' && own.batch === 128 && own.length === 50 && rounds > 0,
  );
  return GOALS.flatMap(({ text, of, to, atMost, on }): Goal[] => {
    const worst = results
      .filter(on)
      .flatMap((result) =>
        result.ratios
          .filter((ratio) => ratio.of === of && ratio.to === to)
          .map(({ ratio }) => ({ ratio, title: caseTitle(result.case) })),
      )
      .toSorted((a, b) => b.ratio.median - a.ratio.median)[0];
    if (worst === undefined) return [];
    const { median, q1, q3 } = worst.ratio;
    const found = `${threeDigits(median)} [${threeDigits(q1)}, ${threeDigits(q3)}] at the most (${worst.title})`;
    // Of a few rounds the quartiles themselves are chance.
    const noise = worst.ratio.count < LEAST_ROUNDS ? Number.POSITIVE_INFINITY : margin(worst.ratio);
    const verdict = median + noise <= atMost ? 'met' : median - noise > atMost ? 'not met' : 'too noisy to say';
    return [{ goal: text, found, verdict }];
  });
}
