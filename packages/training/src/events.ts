// What a run reports while it goes on: plain data, for a progress bar, a log or a program.

/** Validation or test metrics by name, such as `ndcg@10`. */
export type Metrics = Readonly<Record<string, number>>;

/** One line of `history.jsonl`. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean of the total loss and of its parts, by name (`loss`, `loss.item`, ..). */
  readonly losses: Readonly<Record<string, number>>;
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
      readonly stepsPerEpoch: number;
      readonly epochs: number;
      readonly resumedAt?: { readonly epoch: number; readonly step: number };
    }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly positionsPerSecond: number;
      readonly secondsLeft: number;
    }
  | { readonly kind: 'evaluation'; readonly split: 'valid' | 'test'; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly record: EpochRecord; readonly best: boolean }
  | { readonly kind: 'checkpoint'; readonly epoch: number; readonly step: number }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'end'; readonly reason: 'finished' | 'early-stopping' | 'interrupted'; readonly epoch: number };

/** `metrics.json` of a finished run. */
export interface RunMetrics {
  readonly best: { readonly epoch: number };
  readonly valid: Metrics;
  readonly test: Metrics;
  /** How it was ranked; `split` names the split of a data set that was prepared with one of its own, otherwise it is leave-one-out. */
  readonly protocol: { readonly ranking: 'full'; readonly maskSeen: boolean; readonly split?: string };
  /** Median wall time of training an epoch, evaluation excluded. */
  readonly secondsPerEpoch: number;
  /** Wall time of the full-ranking evaluation on the test split. */
  readonly evaluationSeconds: number;
  readonly peakMemoryBytes: number;
  readonly seed: number;
}
