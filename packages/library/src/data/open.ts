// From a run's data configuration to a data set.
import { given, placeholder, setting, text } from '@difsr/errors';
import { DataError, sequenceStore, type Dataset, type StoredDataset } from '@difsr/data';
import type { OpenDatasetOptions, PlaceOfData, PreparedOnTheWay } from '@difsr/prepare';
import type { DataConfig } from '@difsr/training';
import { UsageError } from '../errors.js';
import { inTermsOfRuns, optionOfRuns, reportOfRuns } from './of-runs.js';

/** A data set in memory, or one whose sequences stay on disk. */
export type TrainingData = Dataset | StoredDataset;

/** What goes with loading. */
export interface LoadControl extends Pick<OpenDatasetOptions, 'memoryLimit' | 'threads' | 'tempDirectory'> {
  /** Hears of raw files that were prepared on the way; without it the report tells of them. */
  readonly onPrepared?: (prepared: PreparedOnTheWay) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data set of a configuration, in memory or with its sequences on disk. Close it with `closeData`.
 *
 * @throws DataError, or UsageError for options that do not fit the data
 */
export async function loadData(
  config: DataConfig,
  { onPrepared, signal, ...engine }: LoadControl = {},
): Promise<TrainingData> {
  // It brings what reads files of any form: loaded by those who need it.
  const { openDataset } = await import('@difsr/prepare');
  const { path } = config;
  const options: OpenDatasetOptions = {
    ...openingOf(config),
    ...given({ signal }),
    ...engine,
    ...(onPrepared === undefined ? {} : { onPrepared: (prepared) => onPrepared(preparedForRuns(prepared, path)) }),
  };
  return inNamesOfRuns(path, async () => {
    const { dataset } = await openDataset(path, options);
    return { ...dataset, report: reportOfRuns(dataset.report, path) };
  });
}

/** Refuses what a data set of this form cannot follow, for whoever does not open it. @throws UsageError */
export async function refuseUnfollowed(config: DataConfig, place: PlaceOfData): Promise<void> {
  const { refuseOptions } = await import('@difsr/prepare');
  await inNamesOfRuns(config.path, async () => refuseOptions(place, openingOf(config)));
}

/** What a configuration says, as options of `openDataset`. */
function openingOf(config: DataConfig): OpenDatasetOptions {
  const { format, fields, userMin, itemMin, categoryText, streaming } = config;
  const { userColumn: user, itemColumn: item, timeColumn: time } = config;
  return {
    ...given({ format, fields, userMin, itemMin, categoryText, streaming }),
    columns: given({ user, item, time }),
  };
}

/** Work on data whose errors name the options of a run. */
async function inNamesOfRuns<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { DatasetOptionError } = await import('@difsr/prepare');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DatasetOptionError) || error.option === undefined) throw inTermsOfRuns(error, path);
    const option = optionOfRuns(error.option);
    throw new UsageError({
      option,
      what: `${option}: ${JSON.stringify(error.value)} ${error.why} (${path})`,
      cure: error.cure,
    });
  }
}

function preparedForRuns({ findings, ...prepared }: PreparedOnTheWay, path: string): PreparedOnTheWay {
  if (findings === undefined) return prepared;
  return { ...prepared, findings: { ...findings, report: reportOfRuns(findings.report, path) } };
}

/** Loads a data set into memory. @throws DataError, or UsageError for options that do not fit the data */
export async function loadFiles(config: DataConfig, control: LoadControl = {}): Promise<Dataset> {
  const dataset = await loadData({ ...config, streaming: 'off' }, control);
  if ('store' in dataset) throw new TypeError('streaming is off, and sequences were left on disk');
  return dataset;
}

/** Closes the files of a data set that has any. */
export async function closeData(dataset: TrainingData): Promise<void> {
  if ('store' in dataset) await dataset.close();
}

/**
 * Loads the data set of an existing run, from another place if one is given.
 *
 * @throws DataError that says how to name another place, where the files are gone.
 */
export async function loadRunData(
  config: DataConfig,
  moved: string | undefined,
  signal?: AbortSignal,
): Promise<TrainingData> {
  try {
    return await loadData(moved === undefined ? config : { ...config, path: moved }, { signal });
  } catch (error) {
    const [problem, second] = error instanceof DataError ? error.problems : [];
    if (problem?.kind !== 'missing' || second !== undefined) throw error;
    const cure = text`${problem.cure} Or name the place of the run's data set (${setting('data', placeholder('PATH'))})`;
    throw new DataError([{ ...problem, cure }]);
  }
}

/** Checks that a data set can be trained on and validated. @throws DataError */
export function requireTrainable(dataset: TrainingData, path: string): void {
  const store = sequenceStore(dataset);
  const { train, valid, test } = store.split;
  let longest = 0;
  for (const [user, end] of train.ends.entries()) longest = Math.max(longest, end - (train.begins[user] ?? 0));
  const ownSplit = dataset.splitMethod !== undefined;
  if (valid.targets.length > 0 && longest >= 2) return;
  if (ownSplit) {
    const lacking = valid.targets.length === 0 ? 'validation' : 'training';
    throw new DataError([
      {
        file: path,
        message: `has no ${lacking} targets: its split (${dataset.splitMethod}) left none`,
        cure: 'change the split in its description (dataset.yaml), and prepare it again',
      },
    ]);
  }
  const most = test.targets.length > 0 ? 3 : longest;
  throw new DataError([
    {
      file: path,
      message: `no user has the 4 interactions that training, validation and test need together (the most is ${most}, over ${store.users} users)`,
      cure: 'use data with longer histories, or check which column is the user',
    },
  ]);
}
