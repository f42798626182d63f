// statistics: what a data set holds, and what should make one think before anything is trained on it.
import {
  analyseDataset,
  datasetStatistics,
  findingsOf,
  otherFieldStatistics,
  type Analysis,
  type DatasetStatistics,
  type Finding,
  type LoadReport,
  type OtherField,
} from '@difsr/data';
import { checkOptions, given, option, type OptionRules } from '@difsr/errors';
import type { DataConfig } from '@difsr/training';
import { loadFiles, refuseUnfollowed } from './data/open.js';
import { UsageError } from './errors.js';
import { findingsOfRuns } from './data/of-runs.js';

/** What counting may take. */
export interface StatisticsOptions {
  /** What it may keep in memory, e.g. `4GB`. Default: half, at most 6 GB. */
  readonly memoryLimit?: string | undefined;
  /** CPU threads. Default: all cores. */
  readonly threads?: number | undefined;
  /** Where to put what does not fit in memory. Default: the system's folder. */
  readonly tempDirectory?: string | undefined;
}

const RULES: OptionRules<StatisticsOptions> = {
  memoryLimit: option.text,
  threads: option.whole(1),
  tempDirectory: option.text,
};

/** A data set in numbers. */
export interface Statistics {
  readonly statistics: DatasetStatistics;
  readonly analysis: Analysis;
  /** What should make one think, with the cure. */
  readonly findings: readonly Finding[];
  /** Fields of interactions and users. */
  readonly otherFields: readonly OtherField[];
  /** What was dropped, inferred or noticed. */
  readonly report: LoadReport;
}

/**
 * Counts a data set: lengths, popularity, attributes, times, repeats, cold items and leakage.
 *
 * @param data its path, or how it is read
 * @throws DataError for data that cannot be used; UsageError for a wrong option
 * @example
 * ```ts
 * const { statistics: counted, findings } = await statistics('data/shop');
 * ```
 */
export async function statistics(data: string | DataConfig, options: StatisticsOptions = {}): Promise<Statistics> {
  checkOptions('statistics', options, RULES, UsageError);
  const config = typeof data === 'string' ? { path: data } : data;
  refuseChoice(config, 'streaming', 'how data is read for counting', 'leave it out: it is for training');
  // It brings what reads files of any form: loaded by those who need it.
  const { analysePrepared, formAt } = await import('@difsr/prepare');
  const place = await formAt(config.path, config.format);
  if (place.form === 'prepared') {
    refuseChoice(config, 'fields', 'what is counted of a prepared data set', 'leave it out: all of it is counted');
    await refuseUnfollowed(config, place);
    const { statistics: counted, analysis, otherFields, report } = await analysePrepared(config.path, given(options));
    return {
      statistics: counted,
      analysis,
      findings: findingsOf(analysis, counted, otherFields),
      otherFields,
      report,
    };
  }
  const dataset = await loadFiles(config, given(options));
  const counted = datasetStatistics(dataset);
  const analysis = analyseDataset(dataset);
  return {
    statistics: counted,
    analysis,
    findings: findingsOfRuns(findingsOf(analysis, counted), config.path),
    otherFields: otherFieldStatistics(dataset),
    report: dataset.report,
  };
}

/** @throws UsageError for a choice that would be ignored */
function refuseChoice(config: DataConfig, key: 'fields' | 'streaming', unchanged: string, cure: string): void {
  if (config[key] === undefined) return;
  throw new UsageError({
    option: `data.${key}`,
    what: `data.${key}: ${JSON.stringify(config[key])} does not change ${unchanged} (${config.path})`,
    cure,
  });
}
