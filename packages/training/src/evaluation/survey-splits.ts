// The survey of a run's splits as results: both protocols, each beside the popular items under the same one.
import type { SequenceStore } from '@difsr/data';
import { evaluatePopular, resultsOf } from './popular.js';
import type { Survey, Surveyor } from './survey.js';
import type { BySplit, ByProtocol, Evaluation, Protocol, ProtocolResults, Split, TrainingEvent } from '../events.js';

/** What splits are surveyed with. */
export interface SurveySplitsOptions {
  readonly surveyor: Surveyor;
  readonly store: SequenceStore;
  readonly ks: readonly number[];
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  readonly emit: (event: TrainingEvent) => void;
}

/** Surveys of splits, and what is written down of them. */
export interface SurveyedSplits<Ranked extends Split> {
  readonly surveys: BySplit<Survey, Ranked>;
  readonly protocols: ByProtocol<Ranked>;
  /** Wall time of the last split. */
  readonly seconds: number;
}

/** Surveys splits one after the other. */
export async function surveySplits<Ranked extends Split>(
  splits: readonly Ranked[],
  { surveyor, store, ks, counts, emit }: SurveySplitsOptions,
): Promise<SurveyedSplits<Ranked>> {
  const found: [Ranked, Survey][] = [];
  let seconds = 0;
  for (const split of splits) {
    const started = performance.now();
    const survey = await surveyor.survey({ store, ranges: store.split[split] }, (done, total) =>
      emit({ kind: 'evaluation', split, done, total }),
    );
    seconds = (performance.now() - started) / 1000;
    found.push([split, survey]);
  }
  const of = async (protocol: Protocol): Promise<ProtocolResults<Ranked>> => {
    const popular: [Ranked, Evaluation][] = [];
    for (const split of splits) {
      const options = { ks, counts, maskSeen: protocol === 'masked' };
      popular.push([split, await evaluatePopular({ store, ranges: store.split[split] }, options)]);
    }
    return {
      ...resultsOf(splits, bySplit(found.map(([split, survey]) => [split, survey[protocol]])), bySplit(popular)),
      lists: bySplit(found.map(([split, survey]) => [split, survey[protocol].lists])),
    };
  };
  return {
    surveys: bySplit(found),
    protocols: { unmasked: await of('unmasked'), masked: await of('masked') },
    seconds,
  };
}

/** One entry per split, which `Object.fromEntries` cannot tell the types of. */
function bySplit<T, Ranked extends Split>(entries: readonly (readonly [Ranked, T])[]): BySplit<T, Ranked> {
  return Object.fromEntries(entries) as BySplit<T, Ranked>;
}
