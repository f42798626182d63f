// The parts of jobs, each many runs, as plain data: models, data sets, planned runs, and what is known of a run.
import type { DataConfig, RunConfig, TrainingEvent } from '@difsr/training';
import type { Tree } from '../config/layers.js';
import type { NoteEvent } from '../events.js';

/** A model of a job, and what is set for it alone. */
export interface JobModel {
  /** What it is called in folders and reports; no two are called the same. */
  readonly label: string;
  /** A model of difsr, or the file of one of your own. */
  readonly name: string;
  /** What is set for this model alone, in sections as in a configuration file. */
  readonly settings: Tree;
}

/** A data set of a job, and how it is read. */
export interface JobData {
  readonly label: string;
  readonly config: Partial<DataConfig> & { readonly path: string };
}

/** A value of a search. */
export type SearchValue = string | number | boolean;

/** A data set as it was found. */
export interface DataFacts {
  readonly label: string;
  readonly name: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Of everything that a run can depend on. */
  readonly fingerprint: string;
  /** Side information in words. */
  readonly sides: readonly string[];
}

/** A run of the job. */
export interface PlannedRun {
  /** Its folder below `runs`, and its record: `Beauty/sasrec/learningRate=0.001/seed-1`. */
  readonly id: string;
  readonly data: string;
  readonly model: string;
  readonly seed: number;
  /** Values of the search by the names of their options; empty without a search. */
  readonly searched: Readonly<Record<string, SearchValue>>;
  readonly config: RunConfig;
  /** The file of the model's definition, where it is one of your own. */
  readonly modelFile?: string | undefined;
}

/** An epoch of a learning curve: means over validation targets. */
export interface CurvePoint {
  readonly epoch: number;
  readonly loss: number;
  readonly valid: number;
}

/** What differs between equal runs. */
export interface RunTimes {
  readonly secondsPerEpoch: number;
  readonly evaluationSeconds: number;
  /** Training and validation of all epochs, those of a pre-training included. */
  readonly seconds: number;
  readonly peakMemoryBytes: number;
}

/** What results depend on. */
export type RunSettings = Readonly<Record<'data' | 'model' | 'training' | 'evaluation', Tree>> & {
  readonly pretraining?: Tree;
  readonly distillation?: Tree;
};

/** What is told of the runs of a job while they are trained. */
export type RunEvent = { readonly kind: 'training'; readonly id: string; readonly event: TrainingEvent } | NoteEvent;
