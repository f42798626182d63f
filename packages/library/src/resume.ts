// resume: goes on with a run that was interrupted or killed, or trains a finished one for more epochs.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { readRunConfig, trainInStages, type TrainOutcome } from '@difsr/training';
import { openBackend, precisionOf, type BackendChoice } from './backend.js';
import { trainOwn } from './config/own-model.js';
import { closeData, loadRunData } from './data/open.js';
import { summaryOf } from './data/summary.js';
import { UsageError } from './errors.js';
import type { ResumeEvent } from './events.js';
import { aborts, backendRules, ownModelOf, type OwnModelOption } from './options.js';

/** How a run goes on. What is left out is as the run has it. */
export interface ResumeOptions extends BackendChoice, OwnModelOption {
  /** Where the same data set is now, if it was moved. */
  readonly data?: string | undefined;
  /** Train to this number of epochs, those that are done included. */
  readonly epochs?: number | undefined;
  /** Aborting it saves a checkpoint, and ends with the reason `interrupted`; before the training goes on, it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The epoch after which the run ends with the reason `paused`, where it has not ended before. Default: none. */
  readonly pauseAfter?: number | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: ResumeEvent) => void) | undefined;
}

const RULES: OptionRules<ResumeOptions> = {
  ...backendRules,
  model: option.given,
  data: option.text,
  epochs: option.whole(1),
  signal: aborts,
  pauseAfter: option.whole(1),
  onEvent: option.callable,
};

/**
 * Goes on with a run. Under the same conditions (device, threads, processor) the result is the same, bit for bit, as without the
 * interruption.
 *
 * @param run its folder
 * @throws RunError where the folder holds no run that can go on, or the data is another; DataError, BackendError, UsageError as `train`
 * @example
 * ```ts
 * const { reason } = await resume('runs/shop', { epochs: 60 });
 * ```
 */
export async function resume(run: string, options: ResumeOptions = {}): Promise<TrainOutcome> {
  checkOptions('resume', options, RULES, UsageError);
  const { data, epochs, signal, pauseAfter, onEvent = () => undefined } = options;
  const saved = await readRunConfig(run);
  const backendName = options.backend ?? saved.backend;
  const config = {
    ...saved,
    data: data === undefined ? saved.data : { ...saved.data, path: data },
    training: epochs === undefined ? saved.training : { ...saved.training, epochs },
    backend: backendName,
    device: options.device ?? saved.device,
    threads: options.threads ?? saved.threads,
    precision: precisionOf(saved, backendName, options.precision),
  };
  const own = await ownModelOf(options.model);
  const dataset = await loadRunData(saved.data, data, signal);
  try {
    signal?.throwIfAborted();
    onEvent({ kind: 'data', ...summaryOf(dataset) });
    const backend = await openBackend(config, (message) => onEvent({ kind: 'note', message }));
    try {
      return await trainInStages({
        config,
        dataset,
        backend,
        out: run,
        resume: true,
        onEvent,
        ...trainOwn(own),
        ...(signal === undefined ? {} : { signal }),
        ...(pauseAfter === undefined ? {} : { pauseAfter }),
      });
    } finally {
      await backend.dispose();
    }
  } finally {
    await closeData(dataset);
  }
}
