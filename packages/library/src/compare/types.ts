// The parts of a comparison as plain data: what is asked for, what one run gave, and what is told meanwhile.
import type { ByProtocol, Split, TrainingEvent } from '@difsr/training';
import type { Tree } from '../config/layers.js';
import type { CurvePoint, DataFacts, JobData, JobModel, RunSettings, RunTimes, SearchValue } from '../jobs/types.js';

/** Values to try, by the dotted name of an option: `training.learningRate`. */
export type Search = Readonly<Record<string, readonly SearchValue[]>>;

/** A whole comparison. */
export interface Specification {
  readonly models: readonly JobModel[];
  readonly data: readonly JobData[];
  readonly seeds: readonly number[];
  readonly preset?: string | undefined;
  /** Of every run, in sections as in a configuration file. */
  readonly settings: Tree;
  readonly search: Search;
  /** What tests are made of, such as `ndcg@10`; default: the metric of early stopping. */
  readonly metric?: string | undefined;
  /** The label of the system that all others are held against. */
  readonly baseline?: string | undefined;
}

/** What one run gave: aggregates alone, nothing of a user. */
export interface RunRecord {
  readonly version: 1;
  readonly id: string;
  readonly data: string;
  readonly fingerprint: string;
  readonly model: string;
  readonly seed: number;
  readonly searched: Readonly<Record<string, SearchValue>>;
  /** The configuration without the place of the data and what computes. */
  readonly settings: RunSettings;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  /** The validation metric that chose the epoch, under the protocol of the run. */
  readonly watched: { readonly metric: string; readonly value: number };
  readonly reason: 'finished' | 'early-stopping';
  readonly bestEpoch: number;
  readonly trainedEpochs: number;
  /** Stopped early, or its best epoch well before the end; so has a model that is counted. */
  readonly converged: boolean;
  /** Of a model that is counted instead of being trained. */
  readonly counted?: true;
  readonly curve: readonly CurvePoint[];
  /** Both protocols; the test part of those whose test targets were ranked. */
  readonly protocols: ByProtocol;
  readonly times: RunTimes;
}

/** What a comparison tells while it goes on. */
export type CompareEvent =
  | {
      readonly kind: 'plan';
      readonly out: string;
      /** Training runs of the whole job, and how many of them are done. */
      readonly runs: number;
      readonly done: number;
      readonly data: readonly DataFacts[];
      readonly models: readonly string[];
      /** What this call adds to the job in the folder. */
      readonly added: readonly string[];
      /** Options that a model does not have: they are left out for it. */
      readonly ignored: readonly string[];
    }
  | {
      readonly kind: 'run';
      readonly id: string;
      /** From 1 on. */
      readonly number: number;
      readonly runs: number;
      readonly resumed: boolean;
      /** Of the whole job, by the runs that are done; undefined before the first. */
      readonly secondsLeft?: number | undefined;
    }
  | { readonly kind: 'training'; readonly id: string; readonly event: TrainingEvent }
  | { readonly kind: 'note'; readonly message: string }
  | {
      readonly kind: 'record';
      readonly id: string;
      readonly metric: string;
      readonly value: number;
      readonly split: Split;
    }
  | { readonly kind: 'chosen'; readonly data: string; readonly model: string; readonly searched: RunRecord['searched'] }
  | { readonly kind: 'failed'; readonly id: string; readonly message: string }
  | { readonly kind: 'report'; readonly files: readonly string[] };
