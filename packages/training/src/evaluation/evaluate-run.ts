// Evaluates a finished run on a data set, by both protocols.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { FileWriteError } from '@difsr/files';
import { sequenceStore, type Dataset, type StoredDataset } from '@difsr/data';
import { type Backend } from '@difsr/graph';
import { inferenceTensors, Owned } from '@difsr/models';
import { type ByProtocol, type Results, type TrainingEvent, warning } from '../events.js';
import { createSurveyor } from './survey.js';
import { surveySplits } from './survey-splits.js';
import { requireSameData } from '../run/other-data.js';
import { writeRanks } from '../run/ranks.js';
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

/** The results of a run. */
export type EvaluatedRun = Results<'valid' | 'test'> & {
  readonly protocols: ByProtocol<'valid' | 'test'>;
  /** Wall time of the test split, both protocols. */
  readonly seconds: number;
};

/**
 * Ranks validation and test targets with a run's best parameters, and by popularity beside, under both protocols; `ranks.parquet` of the run
 * folder has every rank afterwards. What is not under `protocols` is of the one that was asked for.
 *
 * @throws RunError where the data set is not the one of the run; MetricsError where a split has no targets.
 * @example
 * ```ts
 * const { test, popular, beatsPopular } = await evaluateRun({ run: await openRun('runs/clicks'), dataset, backend });
 * ```
 */
export async function evaluateRun(options: EvaluateRunOptions): Promise<EvaluatedRun> {
  checkOptions('evaluateRun', options, OPTIONS, RunError);
  const { run, dataset, backend, onEvent } = options;
  const store = sequenceStore(dataset);
  await requireSameData(run.folder, run.config.data.path, { dataset, store }, run.vocabulary);
  const { ks, batchSize } = run.config.evaluation;
  const maskSeen = options.maskSeen ?? run.config.evaluation.maskSeen;
  const { counts } = run.vocabulary;
  const emit = (event: TrainingEvent): void => onEvent?.(event);
  const sides = sideReader(dataset, store, run.model.reads);
  const owned = new Owned();
  try {
    const variables = owned.add(await backend.createVariables(inferenceTensors(run)));
    const surveyor = owned.add(
      await createSurveyor({ backend, variables, model: run.model, sides, ks, batchSize, counts, dataset }),
    );
    const surveyed = await surveySplits(['valid', 'test'] as const, { surveyor, store, counts, emit, ks });
    const { surveys, protocols, seconds } = surveyed;
    await writeRanks(run.folder, { dataset, store, surveys, backend }).catch((error: unknown) => {
      // A run of somebody else's can be evaluated all the same.
      if (!(error instanceof FileWriteError)) throw error;
      emit(warning(`the ranks of this evaluation are not kept: ${error.message}`));
    });
    const { lists: _, ...results } = protocols[maskSeen ? 'masked' : 'unmasked'];
    return { ...results, protocols, seconds };
  } finally {
    await owned.dispose();
  }
}
