// From a run's data configuration to a data set.
import { DataError, sequenceStore, type Dataset } from '@difsr/data';
import type { LoadOptions } from '@difsr/prepare';
import { shellWord, type DataConfig } from '@difsr/training';
import { UsageError } from '../errors.js';
import { given } from '../options.js';
import { isRaw, type PreparedRaw, prepareRaw, withReport } from './raw.js';
import {
  isPreparedFolder,
  openPreparedFolder,
  requirePreparedOptions,
  type TrainingData,
  withFields,
} from './prepared.js';

/**
 * The data set of a configuration, in memory or with its sequences on disk. Close it with `closeData`.
 *
 * @param onPrepared hears of raw files that were prepared on the way
 * @throws DataError, or UsageError for options that do not fit the data
 */
export async function loadData(
  config: DataConfig,
  onPrepared?: (prepared: PreparedRaw) => void,
): Promise<TrainingData> {
  const { path, format } = config;
  if (format === 'prepared' || (format === undefined && (await isPreparedFolder(path)))) {
    requirePreparedOptions(config);
    return openPreparedFolder(path, config);
  }
  if (!(await isRaw(config))) return loadFiles(config);
  const prepared = await prepareRaw(config);
  onPrepared?.(prepared);
  const opened = await openPreparedFolder(prepared.folder, config);
  return onPrepared === undefined ? withReport(opened, prepared) : opened;
}

/** Loads a data set from files into memory. @throws DataError, or UsageError for options that do not fit the data */
export async function loadFiles(config: DataConfig): Promise<Dataset> {
  if (await isRaw(config)) {
    const prepared = await prepareRaw(config);
    const { loadPrepared } = await import('@difsr/prepare');
    const dataset = await loadPrepared(prepared.folder);
    return withReport(withFields(dataset, prepared.folder, config.fields), prepared);
  }
  const {
    path,
    format: form,
    fields,
    userMin,
    itemMin,
    categoryText,
    userColumn: user,
    itemColumn: item,
    timeColumn: time,
    streaming,
  } = config;
  const { DATA_FORMATS, loadDataset } = await import('@difsr/prepare');
  const format = DATA_FORMATS.find((known) => known === form);
  const options: LoadOptions = {
    ...given({ format, fields, userMin, itemMin, categoryText }),
    columns: given({ user, item, time }),
  };
  const dataset = await loadDataset(path, options);
  if (streaming === 'on') {
    throw new UsageError(
      `data.streaming: "on" needs a prepared data set, ${path} holds raw files`,
      `difsr data prepare ${shellWord(path)}, then train on what it wrote; or leave data.streaming out`,
    );
  }
  return dataset;
}

/**
 * Loads the data set of an existing run, from another place if one is given.
 *
 * @throws DataError that mentions --data where the files are gone.
 */
export async function loadRunData(config: DataConfig, moved: string | undefined): Promise<TrainingData> {
  try {
    return await loadData(moved === undefined ? config : { ...config, path: moved });
  } catch (error) {
    const [problem, second] = error instanceof DataError ? error.problems : [];
    const gone =
      problem !== undefined &&
      second === undefined &&
      /^(no such file|there is no folder|does not exist: this is no prepared)/.test(problem.message);
    if (!gone) throw error;
    throw new DataError([
      { ...problem, cure: `${problem.cure.replace(/\?$/, '')}; name the place of the run's data set with --data PATH` },
    ]);
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
