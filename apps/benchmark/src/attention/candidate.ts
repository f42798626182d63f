// What is timed against what, and what an engine (a backend on a device) must offer to take part.
import type { Case, CaseData } from './case.js';

/** Candidates by name, with what they are, in the order of reports. */
export const candidateTitles = {
  plain: 'plain attention, as defined',
  'plain-fused': 'plain attention, fused kernel',
  unfused: 'DIF attention, as defined',
  fused: 'DIF attention, fused kernel',
  tabulated: 'DIF attention, fused kernel, ids in and attributes tabulated',
  straightforward: 'DIF attention written with tfjs ops',
} as const;

export type CandidateName = keyof typeof candidateTitles;

/** One implementation, ready for one case. */
export interface Candidate {
  readonly name: CandidateName;
  /** Floating-point operations of the matrix products that cannot be avoided. */
  readonly operations: number;
  /** From typed arrays to the output `[batch, length, width]` as a typed array. */
  run(): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** A candidate that is not made yet. */
export interface Plan {
  readonly name: CandidateName;
  prepare(): Promise<Candidate>;
}

/** A backend on a device. */
export interface Engine {
  readonly backend: string;
  readonly device: string;
  /** Threads that it was told to use; undefined where that is its own affair. */
  readonly threads: number | undefined;
  /** What it is made of: `onnxruntime-node 1.30.0`. */
  readonly library: string;
  plans(own: Case, data: CaseData): Plan[];
  /** A product of two `[size, size]` matrices that live on the device. */
  product(size: number): Promise<{ run(): Promise<unknown>; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}

/** `onnxruntime cpu` */
export function engineTitle({ backend, device }: Pick<Engine, 'backend' | 'device'>): string {
  return `${backend} ${device}`;
}
