// What the runs of a comparison say together: means over seeds, tests over users. Pure: records and per-user values in, numbers out.
import { holm, pairedTest } from '@difsr/metrics';
import type { Protocol } from '@difsr/training';
import { overSeedsOf, type OverSeeds } from '../../jobs/over-seeds.js';
import type { RunRecord } from '../types.js';

/** Seeds from which on an order of systems is claimed. */
export const SEEDS_FOR_AN_ORDER = 3;

/** A system against another one, over the same users. */
export interface Against {
  readonly difference: number;
  readonly margin: number;
  /** Corrected by Holm's method for all comparisons of its column. */
  readonly p: number;
}

/** One system on one data set under one protocol. */
export interface SystemSummary {
  readonly model: string;
  readonly searched: RunRecord['searched'];
  readonly seeds: readonly number[];
  /** Test metrics, means over targets. */
  readonly metrics: Readonly<Record<string, OverSeeds>>;
  /** Properties of the lists, means over seeds. */
  readonly lists: Readonly<Record<string, OverSeeds>>;
  /** Undefined for the best, and for the baseline. */
  readonly againstBest?: Against;
  readonly againstBaseline?: Against;
  readonly parameters: number;
  readonly bestEpochs: readonly number[];
  readonly trainedEpochs: readonly number[];
  /** Of a model that is counted instead of being trained. */
  readonly counted: boolean;
  /** Whether every seed has converged. */
  readonly converged: boolean;
}

/** One data set under one protocol. */
export interface GroupSummary {
  readonly data: string;
  readonly protocol: Protocol;
  /** What was tested. */
  readonly metric: string;
  /** Best first, by the mean of `metric`. */
  readonly systems: readonly SystemSummary[];
  /** The popular items under the same protocol. */
  readonly popular: Readonly<Record<string, number>>;
  readonly best: string;
  readonly baseline?: string | undefined;
  /** Whether there are seeds enough to speak of an order. */
  readonly ordered: boolean;
  /** Users that the tests are over. */
  readonly users: number;
}

/** The runs of one system on one data set. */
export interface SystemRuns {
  readonly model: string;
  readonly records: readonly RunRecord[];
  /** The metric of each user by protocol, the mean over seeds: `[users]`. */
  readonly perUser: Readonly<Record<Protocol, Float64Array>>;
}

/** Summarizes the systems of one data set under one protocol; each has at least one run. */
export function summarize(
  data: string,
  protocol: Protocol,
  systems: readonly SystemRuns[],
  { metric, baseline }: { readonly metric: string; readonly baseline?: string | undefined },
): GroupSummary {
  const described = systems
    .map((system) => ({ system, summary: systemSummary(system, protocol) }))
    .sort((a, b) => (b.summary.metrics[metric]?.mean ?? 0) - (a.summary.metrics[metric]?.mean ?? 0));
  const [first] = described;
  const base = described.find(({ system }) => system.model === baseline);
  const best = first?.system;
  const against = (other: SystemRuns | undefined): ReadonlyMap<string, Against> =>
    other === undefined
      ? new Map()
      : testsAgainst(
          other,
          systems.filter(({ model }) => model !== other.model),
          protocol,
        );
  const [ofBest, ofBaseline] = [against(best), against(base?.system)];
  const popular = systems[0]?.records[0]?.protocols[protocol].popular.test ?? {};
  return {
    data,
    protocol,
    metric,
    systems: described.map(({ system: { model }, summary }) => {
      const [againstBest, againstBaseline] = [ofBest.get(model), ofBaseline.get(model)];
      return {
        ...summary,
        ...(againstBest === undefined ? {} : { againstBest }),
        ...(againstBaseline === undefined ? {} : { againstBaseline }),
      };
    }),
    popular,
    best: best?.model ?? '',
    ...(base === undefined ? {} : { baseline: base.system.model }),
    ordered: systems.length > 1 && systems.every(({ records }) => records.length >= SEEDS_FOR_AN_ORDER),
    users: best?.perUser[protocol].length ?? 0,
  };
}

/** Paired tests of systems against one of them; one family, corrected together. */
function testsAgainst(
  other: SystemRuns,
  systems: readonly SystemRuns[],
  protocol: Protocol,
): ReadonlyMap<string, Against> {
  if (other.perUser[protocol].length < 2) return new Map();
  const tests = systems.map(({ perUser }) => pairedTest(perUser[protocol], other.perUser[protocol]));
  const corrected = holm(tests.map(({ p }) => p));
  return new Map(
    systems.map(({ model }, i) => {
      const { difference = 0, margin = 0 } = tests[i] ?? {};
      return [model, { difference, margin, p: corrected[i] ?? 1 }];
    }),
  );
}

function systemSummary({ model, records }: SystemRuns, protocol: Protocol): SystemSummary {
  const [first] = records;
  return {
    model,
    searched: first?.searched ?? {},
    seeds: records.map(({ seed }) => seed),
    metrics: overSeeds(records.map(({ protocols }) => protocols[protocol].test ?? {})),
    lists: overSeeds(records.map(({ protocols }) => protocols[protocol].lists.test ?? {})),
    parameters: first?.parameters ?? 0,
    bestEpochs: records.map(({ bestEpoch }) => bestEpoch),
    trainedEpochs: records.map(({ trainedEpochs }) => trainedEpochs),
    counted: records.every(({ counted }) => counted === true),
    converged: records.every(({ converged }) => converged),
  };
}

/** Values by name, each over seeds; names that every seed has. */
function overSeeds(seeds: readonly Readonly<Record<string, number>>[]): Record<string, OverSeeds> {
  const [first = {}] = seeds;
  const names = Object.keys(first).filter((name) => seeds.every((each) => name in each));
  return Object.fromEntries(names.map((name) => [name, overSeedsOf(seeds.map((each) => each[name] ?? 0))]));
}

/** The mean of equally long lists, place by place. @throws TypeError where they are of different lengths */
export function meanOf(lists: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0)] = lists;
  const mean = new Float64Array(first.length);
  for (const list of lists) {
    if (list.length !== first.length)
      throw new TypeError(`${list.length} and ${first.length} users cannot be averaged`);
    for (let user = 0; user < list.length; user++) mean[user] = (mean[user] ?? 0) + (list[user] ?? 0) / lists.length;
  }
  return mean;
}
