// The metrics and their names, written as in result files: `recall@10`.
import { MetricsError } from './errors.js';

/** All metrics, in the order in which tables show them. */
export const METRIC_KINDS = ['recall', 'ndcg', 'mrr', 'hit', 'precision', 'map'] as const;

/** One of {@link METRIC_KINDS}. */
export type MetricKind = (typeof METRIC_KINDS)[number];

/** A metric at a cutoff, e.g. `ndcg@10`. */
export type MetricName = `${MetricKind}@${number}`;

/** Means over users by name; holds every kind at every requested cutoff. */
export type MetricValues = Record<MetricName, number>;

/**
 * Reads a metric's name.
 * @throws MetricsError when it is none.
 * @example parseMetricName('ndcg@10'); // { kind: 'ndcg', k: 10 }
 */
export function parseMetricName(name: string): { kind: MetricKind; k: number } {
  const [word, cutoff, ...rest] = name.toLowerCase().split('@');
  const kind = METRIC_KINDS.find((each) => each === word);
  if (kind !== undefined && cutoff !== undefined && /^[1-9][0-9]*$/.test(cutoff) && rest.length === 0) {
    return { kind, k: Number(cutoff) };
  }
  throw new MetricsError({
    what: `"${name}" is not a metric`,
    cure: `write one of ${METRIC_KINDS.join(', ')}, then @ and the cutoff, e.g. ndcg@10`,
  });
}

/** Cutoffs in ascending order without repetition. Throws MetricsError unless there is one and all are whole and positive. */
export function checkCutoffs(ks: readonly number[], most: number = Number.MAX_SAFE_INTEGER): readonly number[] {
  const wrong = ks.find((k) => !Number.isInteger(k) || k < 1 || k > most);
  if (wrong !== undefined || ks.length === 0) {
    const range = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}, the length of the lists`;
    throw new MetricsError({
      what: `Cutoffs are whole numbers ${range}, got [${ks.join(', ')}]`,
      cure: 'pass for example [5, 10, 20]',
    });
  }
  return [...new Set(ks)].sort((a, b) => a - b);
}
