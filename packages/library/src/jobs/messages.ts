// What a job and the process that trains one of its runs say to each other.
import type { Fault } from '@difsr/errors';
import type { TrainOutcome } from '@difsr/training';
import type { RunConfig } from '@difsr/training';
import type { BackendChoice } from '../backend.js';
import type { EvaluationResult } from '../evaluate.js';
import type { TrainEvent } from '../events.js';

/** What a process is to do: one thing, and then to end. */
export type Task =
  | {
      readonly kind: 'train';
      readonly out: string;
      readonly config: RunConfig;
      readonly modelFile?: string | undefined;
      /** The epoch after which the run pauses. */
      readonly pauseAfter?: number | undefined;
    }
  | {
      readonly kind: 'resume';
      readonly out: string;
      readonly data: string;
      readonly choice: BackendChoice;
      readonly modelFile?: string | undefined;
      readonly pauseAfter?: number | undefined;
    }
  | {
      readonly kind: 'evaluate';
      readonly out: string;
      readonly data: string;
      readonly choice: BackendChoice;
      readonly modelFile?: string | undefined;
    };

/** What comes of it. */
export interface Results {
  readonly train: TrainOutcome;
  readonly resume: TrainOutcome;
  readonly evaluate: EvaluationResult;
}

/** To the process. */
export type Request = { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'abort' };

/** From the process. */
export type Reply =
  | { readonly kind: 'event'; readonly event: TrainEvent }
  | { readonly kind: 'done'; readonly result: Results[Task['kind']] }
  /** Stopped before anything was trained. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly faults: readonly Fault[] };
