// What a run of `difsr-bench train`, `evaluate`, `recommend` or `load` gives: result.json is this, and the reports are made from it.
import type { Machine } from '../report/machine.js';
import type { Summary } from './statistics.js';

/** The commands whose results have this form. */
export const measuredCommands = ['train', 'evaluate', 'recommend', 'load'] as const;
export type MeasuredCommand = (typeof measuredCommands)[number];

/** The whole result. */
export interface BenchmarkResult {
  readonly kind: `difsr-bench ${MeasuredCommand}`;
  readonly version: 1;
  /** False after Ctrl-C: rounds are missing. */
  readonly complete: boolean;
  readonly started: string;
  readonly finished: string;
  readonly command: string;
  /** What the work of a visit depends on beside data and model, such as steps: results with others are not compared. */
  readonly work: Readonly<Record<string, string | number | boolean>>;
  readonly machine: Machine;
  /** Load averages over 1, 5 and 15 minutes. */
  readonly load: { readonly start: readonly number[]; readonly end: readonly number[] };
  readonly warnings: readonly string[];
  /** How times were taken and what is in them. */
  readonly method: readonly string[];
  readonly data: DataOfResult;
  readonly model: ModelOfResult;
  readonly engines: readonly EngineOfResult[];
  /** Backends and devices that do not work here, and why. */
  readonly missing: readonly { readonly backend: string; readonly device: string; readonly reason: string }[];
  /** Side of the square matrices whose product says how fast the machine is. */
  readonly productSize: number;
  /** Largest resident memory of the whole process until then. */
  readonly peakMemoryBytes: number;
  readonly measures: readonly Measure[];
}

export interface DataOfResult {
  readonly name: string;
  /** As it was named. */
  readonly path: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

export interface ModelOfResult {
  readonly name: string;
  readonly preset: string;
  /** Numbers in all parameters. */
  readonly parameters: number;
}

export interface EngineOfResult {
  /** `onnxruntime cpu` */
  readonly name: string;
  /** Null where that is its own affair. */
  readonly threads: number | null;
  readonly library: string;
}

/** One kind of work, done by several candidates in turns. */
export interface Measure {
  /** Its name in results: `epoch`. */
  readonly name: string;
  /** What a visit does: `steps 1 to 21 of an epoch`. */
  readonly title: string;
  /** Whole rounds. */
  readonly rounds: number;
  readonly candidates: readonly MeasuredCandidate[];
}

export interface MeasuredCandidate {
  /** Its name within the measure: `onnxruntime cpu, plain`. */
  readonly name: string;
  readonly title: string;
  /** One of {@link BenchmarkResult.engines}. */
  readonly engine: string;
  /** The plain implementation that it is compared with; null of that itself, and where there is none. */
  readonly plain: string | null;
  /** Milliseconds of a visit, one a round. */
  readonly samples: readonly number[];
  /** Milliseconds of the large product on the same engine, in the same rounds. */
  readonly products: readonly number[];
  /** Of the samples; null without a whole round. */
  readonly milliseconds: Summary | null;
  /** Samples over those of `plain`, round by round. */
  readonly ratio: Summary | null;
  readonly figures: readonly Figure[];
  /** Why it was not measured. */
  readonly problem: string | null;
}

/** A number that a reader wants to know. */
export interface Figure {
  /** What it is: `an epoch`, `users`. */
  readonly name: string;
  readonly unit: 's' | 'ms' | '/s' | 'MiB' | '%' | 'GFLOP' | 'GFLOP/s';
  readonly value: number;
  /** Quartiles, where the value is a median. */
  readonly q1: number | null;
  readonly q3: number | null;
}

/** A figure of many samples: their median and quartiles. */
export function figureOf(
  name: string,
  unit: Figure['unit'],
  { median, q1, q3 }: Omit<Summary, 'min' | 'max' | 'count'>,
): Figure {
  return { name, unit, value: median, q1, q3 };
}

/** A figure of one number. */
export function oneFigure(name: string, unit: Figure['unit'], value: number): Figure {
  return { name, unit, value, q1: null, q3: null };
}
