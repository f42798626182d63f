// A data set of a job, opened once to say what it holds and whether every configuration fits it.
import { sequenceStore } from '@difsr/data';
import { fingerprint } from '@difsr/training';
import { mergeTrees, type Tree } from '../config/layers.js';
import { resolveConfig } from '../config/resolve.js';
import { closeData, loadData, requireTrainable, type TrainingData } from '../data/open.js';
import { summaryOf } from '../data/summary.js';
import type { DataFacts, JobData } from './types.js';

/** A data set that is open, with its label, and what it holds. */
export interface OpenedData {
  readonly dataset: TrainingData;
  readonly data: JobData;
  readonly facts: DataFacts;
}

/**
 * Opens a data set for some checks, and closes it.
 *
 * @param settings Those of every run; the section `data` says how it is read.
 * @throws UsageError, DataError
 */
export async function withOpened<T>(
  asked: JobData,
  settings: Tree,
  work: (opened: OpenedData) => Promise<T>,
): Promise<T> {
  const values = { data: mergeTrees({ ...(settings['data'] as Tree | undefined) }, asked.config) };
  const { data: config } = await resolveConfig({ values });
  const dataset = await loadData(config);
  try {
    requireTrainable(dataset, config.path);
    const { name, users, items, interactions, sides } = summaryOf(dataset);
    const label = asked.label === '' ? name : asked.label;
    const hash = await fingerprint(dataset, sequenceStore(dataset));
    const facts = { label, name, users, items, interactions, fingerprint: hash, sides };
    return await work({ dataset, data: { ...asked, label }, facts });
  } finally {
    await closeData(dataset);
  }
}
