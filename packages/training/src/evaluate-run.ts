// Evaluates a finished run on a data set, by either protocol.
import { sequenceStore, type Dataset, type StoredDataset } from '@difsr/data';
import type { Backend } from '@difsr/graph';
import { inferenceTensors } from '@difsr/models';
import { createEvaluator } from './evaluate.js';
import type { Metrics, TrainingEvent } from './events.js';
import { RunError } from './run-error.js';
import { fingerprint, type Run } from './run-folder.js';

/** Ranks validation and test targets with a run's best parameters. */
export async function evaluateRun(options: {
  readonly run: Run;
  readonly dataset: Dataset | StoredDataset;
  readonly backend: Backend;
  /** Default: as the run was evaluated. */
  readonly maskSeen?: boolean;
  readonly onEvent?: (event: TrainingEvent) => void;
}): Promise<{ valid: Metrics; test: Metrics; seconds: number }> {
  const { run, dataset, backend, onEvent } = options;
  const store = sequenceStore(dataset);
  if ((await fingerprint(dataset, store)) !== run.vocabulary.fingerprint) {
    throw new RunError(
      `${run.folder}: the data set "${run.config.data.path}" is not the one that this run was trained on (vocabulary or interactions differ). Cure: restore the files, or train again`,
    );
  }
  const variables = await backend.createVariables(inferenceTensors(run));
  const evaluator = await createEvaluator({
    backend,
    variables,
    model: run.model,
    ...run.config.evaluation,
    maskSeen: options.maskSeen ?? run.config.evaluation.maskSeen,
  });
  try {
    const started = performance.now();
    const valid = await evaluator.evaluate({ store, ranges: store.split.valid }, (done, total) =>
      onEvent?.({ kind: 'evaluation', split: 'valid', done, total }),
    );
    const test = await evaluator.evaluate({ store, ranges: store.split.test }, (done, total) =>
      onEvent?.({ kind: 'evaluation', split: 'test', done, total }),
    );
    return { valid, test, seconds: (performance.now() - started) / 2000 };
  } finally {
    await evaluator.dispose();
    await variables.dispose();
  }
}
