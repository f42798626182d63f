// What a model has to beat: one list for everybody, the items by training interactions. Ranked under the model's protocol, and
// without a backend: a target's rank is its place in that list, and what the model `popular` gives by its scores. An index with `!` is in range by construction.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import type { EvaluationCases } from '@difsr/data';
import { byPopularity } from '@difsr/models';
import { MetricsAccumulator, MISS } from '@difsr/metrics';
import { caseSource, type StoredCases } from './cases.js';
import { evaluationOf } from './evaluate.js';
import type { BySplit, Evaluation, Results, Split } from '../events.js';
import { RunError } from '../run-error.js';

/** Cases that are read at once. */
const PIECE = 4096;

/** What the popular items are ranked with. */
export interface PopularOptions {
  /** Training interactions by item id; entry 0 is padding. */
  readonly counts: ArrayLike<number>;
  readonly ks: readonly number[];
  readonly maskSeen: boolean;
}

const OPTIONS: OptionRules<PopularOptions> = {
  counts: needed(option.given),
  ks: needed(option.list(option.whole(1))),
  maskSeen: needed(option.flag),
};

/**
 * Metrics of the popular items over all cases.
 *
 * @throws RunError for options that it does not know, and values of another kind.
 */
export async function evaluatePopular(
  cases: EvaluationCases | StoredCases,
  options: PopularOptions,
): Promise<Evaluation> {
  checkOptions('evaluatePopular', options, OPTIONS, RunError);
  const { counts, ks, maskSeen } = options;
  const places = placesOf(counts);
  const metrics = new MetricsAccumulator(ks);
  const source = caseSource(cases);
  let hidden = 0;
  for (let begin = 0; begin < source.count; begin += PIECE) {
    const chosen = Int32Array.from({ length: Math.min(PIECE, source.count - begin) }, (_, i) => begin + i);
    const { histories, targets } = await source.read(chosen, maskSeen ? Infinity : 0);
    const ranks = targets.map((target, i) => {
      const place = places[target]!;
      if (!maskSeen) return place;
      const seen = new Set(histories[i]);
      if (!seen.has(target)) return place - [...seen].filter((item) => places[item]! < place).length;
      hidden++;
      return MISS;
    });
    metrics.add(
      ranks,
      chosen.map((index) => source.ofUser[index]!),
    );
  }
  return evaluationOf(metrics, hidden);
}

/** The 0-based place of every item in the popular list, ties to the lower id. */
function placesOf(counts: ArrayLike<number>): Int32Array {
  const places = new Int32Array(counts.length);
  byPopularity(counts).forEach((item, place) => (places[item] = place));
  return places;
}

/** What the splits gave, the model's ranking and that of the popular items, as it is written down. */
export function resultsOf<Ranked extends Split>(
  splits: readonly Ranked[],
  model: Readonly<Record<Ranked, Pick<Evaluation, 'byTarget' | 'byUser'>>>,
  popular: Readonly<Record<Ranked, Evaluation>>,
): Results<Ranked> {
  const [first] = splits;
  const names =
    first === undefined ? [] : Object.keys(model[first].byTarget).filter((name) => name.startsWith('ndcg@'));
  const by = names.find((name) => name === 'ndcg@10') ?? names[0] ?? 'ndcg@10';
  // One entry per split, which `Object.fromEntries` cannot tell the types of.
  const each = <T>(of: (split: Ranked) => T): BySplit<T, Ranked> =>
    Object.fromEntries(splits.map((split) => [split, of(split)])) as BySplit<T, Ranked>;
  return {
    ...each((split) => model[split].byTarget),
    byUser: each((split) => model[split].byUser),
    counts: each((split) => {
      const { targets, users, hidden } = popular[split];
      return { targets, users, hidden };
    }),
    popular: {
      ...each((split) => popular[split].byTarget),
      byUser: each((split) => popular[split].byUser),
    },
    beatsPopular: {
      by,
      ...each((split) => (model[split].byTarget[by] ?? 0) > (popular[split].byTarget[by] ?? 0)),
    },
  };
}
