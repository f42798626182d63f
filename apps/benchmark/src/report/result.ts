// What a run of `difsr-bench attention` gives: the JSON report is this, and Markdown and charts are made from it.
import type { Summary } from '../measure/statistics.js';
import type { CandidateName } from '../attention/candidate.js';
import type { Case } from '../attention/case.js';
import type { Machine } from './machine.js';

/** The whole report. */
export interface AttentionReport {
  readonly kind: 'difsr-bench attention';
  readonly version: 1;
  /** False after Ctrl-C: cases are missing. */
  readonly complete: boolean;
  readonly started: string;
  readonly finished: string;
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly machine: Machine;
  /** Load averages over 1, 5 and 15 minutes. */
  readonly load: { readonly start: readonly number[]; readonly end: readonly number[] };
  readonly warnings: readonly string[];
  /** How times were taken and what is in them. */
  readonly method: readonly string[];
  readonly engines: readonly EngineResult[];
  /** Backends and devices that do not work here, and why. */
  readonly missing: readonly { readonly backend: string; readonly device: string; readonly reason: string }[];
  readonly cases: readonly CaseResult[];
}

export interface EngineResult {
  readonly backend: string;
  readonly device: string;
  readonly threads: number | null;
  readonly library: string;
  /** Side of the square matrices whose product gives the rate. */
  readonly productSize: number;
  /** GFLOP/s of that product at the start and at the end of the run. */
  readonly rate: { readonly start: Summary; readonly end: Summary | null };
  /** Largest difference of a candidate from the float64 reference on a small case. */
  readonly difference: number;
}

/** One case on one engine. */
export interface CaseResult {
  readonly backend: string;
  readonly device: string;
  readonly case: Case;
  /** Rounds that were measured; each visits every candidate once. */
  readonly rounds: number;
  /** GFLOP/s of the matrix product, measured in the same rounds, or at the start where it takes too long. */
  readonly rate: { readonly gigaflops: number; readonly when: 'rounds' | 'start' };
  readonly candidates: readonly CandidateResult[];
  readonly ratios: readonly RatioResult[];
  /** Why the case was not measured. */
  readonly skipped: string | null;
}

export interface CandidateResult {
  readonly name: CandidateName;
  /** GFLOP of the matrix products that cannot be avoided. */
  readonly gigaflop: number;
  /** Largest absolute difference from the definition. */
  readonly difference: number | null;
  readonly milliseconds: Summary | null;
  /** One a round. */
  readonly samples: readonly number[];
  /** The time that the matrix products would take at the rate of the large product, over the time taken. */
  readonly fraction: Summary | null;
  /** Why it was not measured. */
  readonly problem: string | null;
}

export interface RatioResult {
  readonly of: CandidateName;
  readonly to: CandidateName;
  readonly ratio: Summary;
}
