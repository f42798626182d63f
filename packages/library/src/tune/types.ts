// The parts of a tuning as plain data: what is asked for, what one run gave, and what is told meanwhile.
import type { Tree } from '../config/layers.js';
import type { Searched } from '../jobs/planned.js';
import type { CurvePoint, DataFacts, JobData, JobModel, RunEvent, RunSettings, SearchValue } from '../jobs/types.js';

/** What an option may be in the trials. */
export type Dimension =
  | { readonly kind: 'values'; readonly values: readonly SearchValue[] }
  | {
      readonly kind: 'range';
      readonly from: number;
      readonly to: number;
      /** Equal factors are equally likely instead of equal differences. */
      readonly logarithmic: boolean;
      /** Of an option that is a whole number; `to` is among the values. */
      readonly whole: boolean;
    };

/** The space of a search: by the full names of options, in their order. */
export type Space = Readonly<Record<string, Dimension>>;

/** A whole tuning. */
export interface TuneSpecification {
  readonly model: JobModel;
  readonly data: JobData;
  readonly space: Space;
  /** Trials that are asked for; a small space may have fewer. */
  readonly trials: number;
  /** The epochs at which trials are judged, rising; the last is the whole training. */
  readonly rungs: readonly number[];
  /** One in so many trials goes on from a rung to the next. */
  readonly factor: number;
  /** Of the draws, and of the trainings. */
  readonly seed: number;
  /** Trainings of each finalist: with `seed`, `seed + 1`, .. */
  readonly seeds: number;
  readonly finalists: number;
  readonly preset?: string | undefined;
  /** Of every run, in sections as in a configuration file. */
  readonly settings: Tree;
  /** What trials are judged by on validation targets, and what chooses their epochs. */
  readonly metric: string;
}

/** One configuration of the space. */
export interface Trial {
  /** From 1 on, in the order of the draws. */
  readonly number: number;
  readonly values: Searched;
}

/** What one run gave so far: aggregates alone, nothing of a user. */
export interface TrialRecord {
  readonly version: 1;
  readonly id: string;
  readonly data: string;
  readonly fingerprint: string;
  readonly model: string;
  readonly seed: number;
  readonly searched: Searched;
  /** The configuration without the place of the data and what computes. */
  readonly settings: RunSettings;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly metric: string;
  readonly reason: 'paused' | 'finished' | 'early-stopping' | 'failed';
  /** Why it failed. */
  readonly failure?: string;
  /** Every epoch that was trained. */
  readonly curve: readonly CurvePoint[];
  /** What differs between equal runs. */
  readonly times: {
    /** Training and validation of all epochs, those of a pre-training included. */
    readonly seconds: number;
    readonly peakMemoryBytes: number;
  };
}

/** What became of a trial. */
export interface TrialResult extends Trial {
  /** Its run. */
  readonly id: string;
  /** `kept` in the last rung, `out` at a rung, or failed. */
  readonly outcome: 'kept' | 'out' | 'failed';
  /** The rung that it got to, from 1 on. */
  readonly rung: number;
  /** Epochs that were trained when it was judged there. */
  readonly epochs: number;
  /** The best validation metric of these epochs; undefined of a trial that failed before the first rung. */
  readonly value?: number;
  readonly bestEpoch?: number;
  readonly failure?: string;
  /** Of its run so far; of a trial that failed without a record, undefined. */
  readonly seconds?: number;
  readonly parameters?: number;
  readonly curve: readonly CurvePoint[];
}

/** What was decided at a rung. */
export interface RungResult {
  readonly epochs: number;
  /** Numbers of the trials that were trained to it. */
  readonly entered: readonly number[];
  /** Numbers of those that went on; of the last rung, those that are finalists. */
  readonly kept: readonly number[];
  readonly failed: readonly number[];
}

/** A finalist over its seeds. */
export interface FinalistResult {
  /** Number of its trial. */
  readonly trial: number;
  readonly seeds: readonly { readonly seed: number; readonly value: number; readonly bestEpoch: number }[];
  readonly mean: number;
  /** Of the 95 % t-interval; null for one seed, about which nothing is known. */
  readonly margin: number | null;
}

/** What a tuning tells while it goes on. */
export type TuneEvent =
  | {
      readonly kind: 'plan';
      readonly out: string;
      readonly model: string;
      readonly data: DataFacts;
      readonly metric: string;
      readonly space: Space;
      /** Configurations of the space; undefined where there is no counting them. */
      readonly size?: number | undefined;
      readonly trials: number;
      /** Trials that are trained to so many epochs, where none fails. */
      readonly rungs: readonly { readonly epochs: number; readonly trials: number }[];
      /** Runs of which there is a record already. */
      readonly done: number;
      /** What this call adds to the job in the folder. */
      readonly added: readonly string[];
    }
  | {
      readonly kind: 'run';
      readonly id: string;
      readonly trial: number;
      readonly values: Searched;
      readonly seed: number;
      /** From 1 on; undefined of another seed of a finalist. */
      readonly rung?: number | undefined;
      /** Which of how many at this rung, from 1 on. */
      readonly number: number;
      readonly runs: number;
      /** The epoch that it is trained to. */
      readonly epochs: number;
      readonly resumed: boolean;
      /** Of the whole job, by the epochs that are done; undefined before the first. */
      readonly secondsLeft?: number | undefined;
    }
  | RunEvent
  | {
      readonly kind: 'record';
      readonly id: string;
      readonly trial: number;
      readonly seed: number;
      readonly epochs: number;
      readonly reason: TrialRecord['reason'];
      readonly metric: string;
      readonly value: number;
    }
  | ({ readonly kind: 'rung'; readonly rung: number; readonly rungs: number } & RungResult)
  | { readonly kind: 'failed'; readonly id: string; readonly trial: number; readonly message: string }
  | { readonly kind: 'chosen'; readonly trial: number; readonly values: Searched; readonly value: number }
  | { readonly kind: 'report'; readonly files: readonly string[] };
