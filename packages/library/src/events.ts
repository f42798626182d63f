// What the verbs tell while they work: plain data, for a progress bar, a log or a program.
import type { PreparedOnTheWay } from '@difsr/prepare';
import type { TrainingEvent } from '@difsr/training';
import type { DataSummary } from './data/summary.js';

/** Said of what was chosen or noticed, such as the device that `auto` took. */
export interface NoteEvent {
  readonly kind: 'note';
  readonly message: string;
}

/** Raw files were prepared on the way, or found as they had been prepared before. */
export interface RawPreparedEvent extends PreparedOnTheWay {
  readonly kind: 'prepared';
  /** The files, as they were named. */
  readonly path: string;
}

/** What was loaded. */
export interface DataEvent extends DataSummary {
  readonly kind: 'data';
}

/** Everything that `train` tells, in order: data, notes and warnings, then the training. */
export type TrainEvent = RawPreparedEvent | DataEvent | NoteEvent | TrainingEvent;

/** Everything that `resume` tells, the data first. */
export type ResumeEvent = DataEvent | NoteEvent | TrainingEvent;

/** Everything that `evaluate` tells. */
export type EvaluateEvent = Extract<TrainingEvent, { readonly kind: 'evaluation' | 'warning' }>;
