// Whether a call goes on with the job in a folder, adds to it, or is another one.
import { bothWays, changesOf, type JobChange } from '../jobs/changes.js';
import { JobFolder } from '../jobs/job-folder.js';
import type { DataFacts } from '../jobs/types.js';
import type { RunRecord, Specification } from './types.js';

/** `compare.json` of a job's folder. */
export interface Job {
  readonly version: 1;
  readonly specification: Specification;
  readonly data: readonly DataFacts[];
}

/** The folder of a comparison: `compare.json` has what is compared. */
export class ComparisonFolder extends JobFolder<Job, RunRecord> {
  constructor(out: string) {
    super(out, { file: 'compare.json', noun: 'comparison' });
  }
}

/**
 * What differs between a job and a call. Models, data sets, seeds and values of the search may be added; what was compared before stays, or its
 * runs would be of two comparisons. What the report alone goes by, the metric and the baseline, may be any.
 */
export function jobChange(before: Job, now: Job): JobChange {
  const [old, asked] = [before.specification, now.specification];
  const models = byLabel(old.models, asked.models, 'model', (one, other) => [
    ...changesOf(one.name, other.name, 'name'),
    ...bothWays(one.settings, other.settings),
  ]);
  const data = byLabel(before.data, now.data, 'data set', (one, other) =>
    one.fingerprint === other.fingerprint
      ? []
      : [
          `it is another one: ${one.users} users, ${one.items} items and ${one.interactions} interactions were compared, now there are ${other.users}, ${other.items} and ${other.interactions}`,
        ],
  );
  const reading = byLabel(old.data, asked.data, 'data set', (one, other) =>
    bothWays({ ...one.config, path: '' }, { ...other.config, path: '' }),
  ).refused;
  const seeds = listChange(old.seeds, asked.seeds, 'seed');
  const searching = Object.keys(old.search).length > 0;
  const names = [Object.keys(old.search), Object.keys(asked.search)].map(String);
  const search =
    names[0] === names[1]
      ? Object.entries(old.search).map(([name, values]) => listChange(values, asked.search[name] ?? [], name))
      : [{ added: [], refused: [`the search was over ${names[0] || 'nothing'}, is over ${names[1] || 'nothing'}`] }];
  return {
    added: [models, data, seeds, ...search].flatMap(({ added }) => added),
    refused: [
      // A data set that is missing is both another one and read otherwise: said once.
      ...new Set([...[models, data, seeds, ...search].flatMap(({ refused }) => refused), ...reading]),
      ...(searching && old.seeds[0] !== asked.seeds[0]
        ? [`the search was done with seed ${old.seeds[0]}, the first of the seeds, which is now ${asked.seeds[0]}`]
        : []),
      ...changesOf(old.preset ?? null, asked.preset ?? null, 'preset'),
      ...bothWays(old.settings, asked.settings),
    ],
  };
}

function byLabel<T extends { readonly label: string }>(
  before: readonly T[],
  now: readonly T[],
  what: string,
  changes: (one: T, other: T) => readonly string[],
): JobChange {
  const known = new Map(now.map((each) => [each.label, each]));
  const old = new Set(before.map(({ label }) => label));
  return {
    added: now.filter(({ label }) => !old.has(label)).map(({ label }) => `${what} ${label}`),
    refused: before.flatMap((each) => {
      const found = known.get(each.label);
      if (found === undefined) return [`${what} ${each.label} was compared, and is missing`];
      return changes(each, found).map((change) => `${what} ${each.label}: ${change}`);
    }),
  };
}

function listChange(before: readonly unknown[], now: readonly unknown[], what: string): JobChange {
  return {
    added: now.filter((each) => !before.includes(each)).map((each) => `${what} ${String(each)}`),
    refused: before
      .filter((each) => !now.includes(each))
      .map((each) => `${what} ${String(each)} was compared, and is missing`),
  };
}
