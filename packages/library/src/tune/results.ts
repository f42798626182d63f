// What a search has found, as plain data: what became of every trial, the finalists over their seeds, and which is chosen. Pure.
import { overSeedsOf } from '../jobs/over-seeds.js';
import { bestWithin } from './run-trial.js';
import type { FinalistResult, TrialResult, TuneSpecification } from './types.js';
import type { Judged, Searching } from './work.js';

/** The results of a search. */
export interface TuneResults {
  /** Best first: those of the last rung, then those of the rung before, .. */
  readonly trials: readonly TrialResult[];
  /** In the order in which they would be chosen. */
  readonly finalists: readonly FinalistResult[];
}

/** @param specification Of the search. */
export function resultsOf({ judged, finalists }: Searching, { rungs }: TuneSpecification): TuneResults {
  const epochs = rungs.at(-1) ?? 0;
  const over = finalists.map(({ trial, records }): FinalistResult => {
    const seeds = records.flatMap((record) => {
      const best = bestWithin(record, epochs);
      return best === undefined ? [] : [{ seed: record.seed, value: best.value, bestEpoch: best.epoch }];
    });
    const { mean, margin } = overSeedsOf(seeds.map(({ value }) => value));
    return { trial: trial.number, seeds, mean, margin };
  });
  return {
    trials: judged.map((each) => trialResult(each, rungs.length)),
    // A finalist whose seed failed does not come before one whose seeds all came to an end; of equals the better one of the search stays first.
    finalists: over.toSorted((a, b) => b.seeds.length - a.seeds.length || b.mean - a.mean),
  };
}

function trialResult({ trial, rung, epochs, record, value, failure }: Judged, rungs: number): TrialResult {
  const { number, values, run } = trial;
  // What was trained beyond its rung, when there were fewer trials, says nothing of this search.
  const curve = record?.curve.filter(({ epoch }) => epoch <= epochs) ?? [];
  const best = record === undefined ? undefined : bestWithin(record, epochs);
  return {
    number,
    values,
    id: run.id,
    outcome: value === undefined ? 'failed' : rung === rungs ? 'kept' : 'out',
    rung,
    epochs: curve.length,
    ...(best === undefined ? {} : { value: best.value, bestEpoch: best.epoch }),
    ...(failure === undefined ? {} : { failure }),
    ...(record === undefined ? {} : { seconds: record.times.seconds, parameters: record.parameters }),
    curve,
  };
}
