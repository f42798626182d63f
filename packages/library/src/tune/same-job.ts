// Whether a call goes on with the tuning in a folder, adds to it, or is another one.
import { bothWays, changesOf, type JobChange } from '../jobs/changes.js';
import { JobFolder } from '../jobs/job-folder.js';
import type { DataFacts } from '../jobs/types.js';
import type { TrialRecord, TuneSpecification } from './types.js';

/** `tune.json` of a job's folder. */
export interface TuneJob {
  readonly version: 1;
  readonly specification: TuneSpecification;
  readonly data: DataFacts;
}

/** The folder of a tuning: `tune.json` has what is searched. */
export class TuningFolder extends JobFolder<TuneJob, TrialRecord> {
  constructor(out: string) {
    super(out, { file: 'tune.json', noun: 'tuning' });
  }
}

/**
 * What differs between a tuning and a call. Trials and seeds may be added, and finalists may be any; everything else decides which trials there are, how they
 * are trained or when they are judged.
 */
export function tuneChange(before: TuneJob, now: TuneJob): JobChange {
  const [old, asked] = [before.specification, now.specification];
  const counted = (['trials', 'seeds'] as const).map((name) => ({ name, was: old[name], is: asked[name] }));
  return {
    added: counted.flatMap(({ name, was, is }) => (is > was ? [`${is} ${name} instead of ${was}`] : [])),
    refused: [
      ...counted.flatMap(({ name, was, is }) => (is < was ? [`it was of ${was} ${name}, is of ${is}`] : [])),
      ...changesOf(old.model.name, asked.model.name, 'model'),
      ...changesOf(old.model.label, asked.model.label, 'the label of the model'),
      ...changesOf(old.data.label, asked.data.label, 'the label of the data'),
      ...bothWays({ settings: old.model.settings }, { settings: asked.model.settings }),
      ...(before.data.fingerprint === now.data.fingerprint
        ? []
        : [
            `the data set is another one: it had ${before.data.users} users, ${before.data.items} items and ${before.data.interactions} interactions, now it has ${now.data.users}, ${now.data.items} and ${now.data.interactions}`,
          ]),
      ...bothWays({ data: { ...old.data.config, path: '' } }, { data: { ...asked.data.config, path: '' } }),
      ...bothWays({ space: old.space }, { space: asked.space }),
      ...changesOf(old.rungs, asked.rungs, 'rungs'),
      ...(['factor', 'seed', 'metric'] as const).flatMap((name) => changesOf(old[name], asked[name], name)),
      ...changesOf(old.preset ?? null, asked.preset ?? null, 'preset'),
      ...bothWays(old.settings, asked.settings),
    ],
  };
}
