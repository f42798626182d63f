// What a run reports while it goes on: plain data, for a progress bar, a log or a program.
import { say, type Text } from '@difsr/errors';
import type { BeyondValues } from '@difsr/metrics';
import type { InitialWeights } from './weights/taken.js';

/** Validation or test metrics by name, such as `ndcg@10`. */
export type Metrics = Readonly<Record<string, number>>;

/** What ranking the targets of one split gave. */
export interface Evaluation {
  /** Means over targets. */
  readonly byTarget: Metrics;
  /** Means over users of the mean over each one's targets; the same where every user has one target. */
  readonly byUser: Metrics;
  readonly targets: number;
  readonly users: number;
  /** Targets that were left out of their own ranking because their user has had them (with `maskSeen`): each is a miss. */
  readonly hidden: number;
}

/** How many targets of how many users a split has, and how many of them `maskSeen` hides. */
export type SplitCounts = Pick<Evaluation, 'targets' | 'users' | 'hidden'>;

/** A split that results are of. Test targets are seen by an evaluation alone where a run is trained without them. */
export type Split = 'valid' | 'test';

/** A value of each split that was ranked. */
export type BySplit<T, Ranked extends Split = 'valid'> = Readonly<Record<Ranked, T>> &
  Readonly<Partial<Record<Split, T>>>;

/** The splits, ranked: what training, evaluating and the baseline have in common. Means are over targets where nothing else is said. */
export type RankedSplits<Ranked extends Split = 'valid'> = BySplit<Metrics, Ranked> & {
  readonly byUser: BySplit<Metrics, Ranked>;
};

/** The results of the splits beside those of the popular items. */
export type Results<Ranked extends Split = 'valid'> = RankedSplits<Ranked> & {
  readonly counts: BySplit<SplitCounts, Ranked>;
  /** The items by training interactions, the same list for everybody, under the same protocol: what a model has to beat. */
  readonly popular: RankedSplits<Ranked>;
  /** Whether the model beats them, by the metric `by`: NDCG@10, or NDCG at the first cut-off where 10 is none. */
  readonly beatsPopular: BySplit<boolean, Ranked> & { readonly by: string };
};

/** What is ranked: all items, those of the history among them (`unmasked`, the paper's), or without them (`masked`). Never in one column. */
export type Protocol = 'unmasked' | 'masked';

/** The results of one protocol, and what the lists of recommendations are like beside how right they are. */
export type ProtocolResults<Ranked extends Split = 'valid'> = Results<Ranked> & {
  /**
   * Coverage, novelty, diversity and popularity of the first k (see `BeyondAccumulator` of @difsr/metrics); `popularity.targets` and
   * `popularity.histories` are the training interactions of what users took next and before.
   */
  readonly lists: BySplit<BeyondValues, Ranked>;
};

/** Both protocols of the same splits. */
export type ByProtocol<Ranked extends Split = 'valid'> = Readonly<Record<Protocol, ProtocolResults<Ranked>>>;

/** One line of `history.jsonl`. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean of the total loss and of its parts, by name (`loss`, `loss.item`, ..). */
  readonly losses: Readonly<Record<string, number>>;
  /** Means over targets. */
  readonly valid: Metrics;
  /** Wall time of training, evaluation excluded. */
  readonly seconds: number;
  readonly evaluationSeconds: number;
  /** Real targets per second. */
  readonly positionsPerSecond: number;
  readonly peakMemoryBytes: number;
  /** Longest time that the calling thread's event loop was held up while training, in milliseconds. */
  readonly longestPauseMilliseconds: number;
  readonly learningRate: number;
}

/** Everything that a run says. Epochs and steps count from 1. */
export type TrainingEvent =
  | {
      readonly kind: 'start';
      readonly run: string;
      readonly model: string;
      readonly backend: string;
      readonly device: string;
      readonly parameters: number;
      readonly users: number;
      readonly targets: number;
      /** What a step is a mean over: as configured, but at most `targets`. */
      readonly targetsPerStep: number;
      /** Of the first epoch; others may have one more or less. */
      readonly stepsPerEpoch: number;
      readonly epochs: number;
      /** The validation metric that chooses the best epoch, such as `ndcg@10`. */
      readonly metric: string;
      /** Of a model that is counted instead of being trained: in how many interactions. It has no targets and no steps. */
      readonly counted?: number;
      /** Of a resumed run that has nothing left to train. */
      readonly over?: 'finished' | 'early-stopping';
      readonly resumedAt?: { readonly epoch: number; readonly step: number };
    }
  /** After the start of a new run that takes its initial weights from another one. */
  | ({ readonly kind: 'initial-weights' } & InitialWeights)
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly positionsPerSecond: number;
      readonly secondsLeft: number;
    }
  /** Of a run in stages, before each: which of how many, the model that it trains, and its most epochs. */
  | {
      readonly kind: 'stage';
      readonly stage: number;
      readonly stages: number;
      readonly name: string;
      readonly epochs: number;
    }
  /** Of a run that learns from others, while what they predict is drawn from: which of how many, and how many of its steps. */
  | {
      readonly kind: 'teacher';
      readonly run: string;
      readonly teacher: number;
      readonly teachers: number;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: 'evaluation'; readonly split: 'valid' | 'test'; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly record: EpochRecord; readonly best: boolean }
  | { readonly kind: 'checkpoint'; readonly epoch: number; readonly step: number }
  /** `text` is the message with its settings not yet written out. */
  | { readonly kind: 'warning'; readonly message: string; readonly text: Text }
  | {
      readonly kind: 'end';
      readonly reason: 'finished' | 'early-stopping' | 'interrupted' | 'paused';
      readonly epoch: number;
      /** The best epoch, 0 before the first has ended. */
      readonly best: number;
    };

/** `metrics.json` of a finished run. */
export type RunMetrics = Results & {
  readonly best: { readonly epoch: number };
  /** How it was ranked; `split` names the split of a data set that was prepared with one of its own, otherwise it is leave-one-out. */
  readonly protocol: { readonly ranking: 'full'; readonly maskSeen: boolean; readonly split?: string };
  /** The same splits under both protocols; runs of before have none. */
  readonly protocols?: ByProtocol;
  /** Median wall time of training an epoch, evaluation excluded. */
  readonly secondsPerEpoch: number;
  /** Wall time of the full-ranking evaluation on the test split, or on the validation split where the run has no test. */
  readonly evaluationSeconds: number;
  readonly peakMemoryBytes: number;
  readonly seed: number;
  /** Of a model that is counted instead of being trained; an epoch is the counting. */
  readonly counted?: true;
};

/** Something that a reader should know, and that does not stop the run. */
export function warning(text: Text): Extract<TrainingEvent, { readonly kind: 'warning' }> {
  return { kind: 'warning', message: say(text), text };
}
