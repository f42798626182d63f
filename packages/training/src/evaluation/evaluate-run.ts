// Evaluates a finished run on a data set, by either protocol.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { sequenceStore, type Dataset, type StoredDataset } from '@difsr/data';
import { type Backend } from '@difsr/graph';
import { inferenceTensors, Owned } from '@difsr/models';
import { createEvaluator } from './evaluate.js';
import type { Results, TrainingEvent } from '../events.js';
import { requireSameData } from '../run/other-data.js';
import { evaluatePopular, resultsOf } from './popular.js';
import { RunError } from '../run-error.js';
import type { Run } from '../run/run-folder.js';
import { sideReader } from '../side/side-reader.js';

/** What {@link evaluateRun} needs. */
export interface EvaluateRunOptions {
  readonly run: Run;
  readonly dataset: Dataset | StoredDataset;
  readonly backend: Backend;
  /** Default: as the run was evaluated. */
  readonly maskSeen?: boolean;
  /** Called with the progress of the evaluation. */
  readonly onEvent?: (event: TrainingEvent) => void;
}

const OPTIONS: OptionRules<EvaluateRunOptions> = {
  run: needed(option.given),
  dataset: needed(option.given),
  backend: needed(option.given),
  maskSeen: option.flag,
  onEvent: option.callable,
};

/**
 * Ranks validation and test targets with a run's best parameters, and by popularity beside.
 *
 * @throws RunError where the data set is not the one of the run; MetricsError where a split has no targets.
 * @example
 * ```ts
 * const { test, popular, beatsPopular } = await evaluateRun({ run: await openRun('runs/clicks'), dataset, backend });
 * ```
 */
export async function evaluateRun(
  options: EvaluateRunOptions,
): Promise<Results<'valid' | 'test'> & { readonly seconds: number }> {
  checkOptions('evaluateRun', options, OPTIONS, RunError);
  const { run, dataset, backend, onEvent } = options;
  const store = sequenceStore(dataset);
  await requireSameData(run.folder, run.config.data.path, { dataset, store }, run.vocabulary);
  const { test: _, ...configured } = run.config.evaluation;
  const protocol = {
    ...configured,
    maskSeen: options.maskSeen ?? run.config.evaluation.maskSeen,
  };
  const sides = sideReader(dataset, store, run.model.reads);
  const owned = new Owned();
  try {
    const variables = owned.add(await backend.createVariables(inferenceTensors(run)));
    const evaluator = owned.add(await createEvaluator({ backend, variables, model: run.model, sides, ...protocol }));
    const started = performance.now();
    const valid = await evaluator.evaluate({ store, ranges: store.split.valid }, (done, total) =>
      onEvent?.({ kind: 'evaluation', split: 'valid', done, total }),
    );
    const test = await evaluator.evaluate({ store, ranges: store.split.test }, (done, total) =>
      onEvent?.({ kind: 'evaluation', split: 'test', done, total }),
    );
    const seconds = (performance.now() - started) / 2000;
    const popular = { ks: protocol.ks, maskSeen: protocol.maskSeen, counts: run.vocabulary.counts };
    return {
      ...resultsOf(
        ['valid', 'test'],
        { valid, test },
        {
          valid: await evaluatePopular({ store, ranges: store.split.valid }, popular),
          test: await evaluatePopular({ store, ranges: store.split.test }, popular),
        },
      ),
      seconds,
    };
  } finally {
    await owned.dispose();
  }
}
