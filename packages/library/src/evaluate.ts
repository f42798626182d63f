// evaluate: ranks a run's validation and test targets again.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { evaluateRun, openRun, type EvaluatedRun, type RunMetrics, warning } from '@difsr/training';
import { openBackend, precisionOf, type BackendChoice } from './backend.js';
import { closeData, loadRunData } from './data/open.js';
import { UsageError } from './errors.js';
import type { EvaluateEvent } from './events.js';
import { backendChoice, backendRules, ownModelOf, type OwnModelOption } from './options.js';
import { cutOffWarning } from './warnings.js';

/** How a run is evaluated. */
export interface EvaluateOptions extends BackendChoice, OwnModelOption {
  /** Where the same data set is now, if it was moved. */
  readonly data?: string | undefined;
  /**
   * Leave items of the history out of the ranking, as `recommend` does (not the protocol of the paper); a target among them is a miss.
   * Default: as the run was evaluated.
   */
  readonly maskSeen?: boolean | undefined;
  /** Told everything that happens, in order. */
  readonly onEvent?: ((event: EvaluateEvent) => void) | undefined;
}

const RULES: OptionRules<EvaluateOptions> = {
  ...backendRules,
  model: option.given,
  data: option.text,
  maskSeen: option.flag,
  onEvent: option.callable,
};

/** The metrics of a run beside those of the popular items, and how they came about. */
export type EvaluationResult = EvaluatedRun &
  Pick<RunMetrics, 'protocol' | 'counted'> & {
    /** The run's folder. */
    readonly run: string;
    readonly model: string;
    readonly dataset: string;
    readonly backend: string;
    readonly device: string;
  };

/**
 * Ranks all items for the held-out interactions of a run, under both protocols (`protocols`), and keeps every rank in the run's
 * `ranks.parquet`.
 *
 * @param run its folder
 * @throws RunError where the folder holds no trained run, or the data is another; DataError, BackendError, UsageError as `train`
 * @example
 * ```ts
 * const { test, popular, beatsPopular } = await evaluate('runs/shop');
 * console.log(test['ndcg@10'], popular.test['ndcg@10'], beatsPopular.test);
 * ```
 */
export async function evaluate(run: string, options: EvaluateOptions = {}): Promise<EvaluationResult> {
  checkOptions('evaluate', options, RULES, UsageError);
  const { data, onEvent = () => undefined } = options;
  const opened = await openRun(run, await ownModelOf(options.model));
  const { config } = opened;
  const maskSeen = options.maskSeen ?? config.evaluation.maskSeen;
  const dataset = await loadRunData(config.data, data);
  try {
    const wide = cutOffWarning(config.evaluation.ks, dataset.items.size - 1);
    if (wide !== undefined) onEvent(warning(wide));
    const backendName = options.backend ?? config.backend;
    const backend = await openBackend({
      ...backendChoice(options),
      backend: backendName,
      threads: options.threads ?? config.threads,
      precision: precisionOf(config, backendName, options.precision),
    });
    try {
      const results = await evaluateRun({
        run: data === undefined ? opened : { ...opened, config: { ...config, data: { ...config.data, path: data } } },
        dataset,
        backend,
        maskSeen,
        onEvent: (event) => {
          if (event.kind === 'evaluation' || event.kind === 'warning') onEvent(event);
        },
      });
      const split = dataset.splitMethod === undefined ? {} : { split: dataset.splitMethod };
      return {
        ...results,
        run,
        model: opened.model.name,
        dataset: dataset.name,
        backend: backend.name,
        device: backend.device,
        protocol: { ranking: 'full', maskSeen, ...split },
        ...(opened.model.count === undefined ? {} : { counted: true }),
      };
    } finally {
      await backend.dispose();
    }
  } finally {
    await closeData(dataset);
  }
}
