// Ranks of targets by what the targets have in common. Pure: numbers in, groups out.
import { MetricsAccumulator, MISS } from '@difsr/metrics';
import type { TargetGroup } from './types.js';

/** A target: its rank, 1 = best, null for one that was hidden from its own ranking (a miss), and what it is grouped by. */
export interface RankedTarget {
  readonly rank: number | null;
  /** Items of the history. */
  readonly length: number;
  /** Training interactions of the target. */
  readonly popularity: number;
}

/** Where groups of history lengths and of popularity begin. */
export const LENGTHS: readonly number[] = [1, 5, 10, 20, 50];
export const POPULARITIES: readonly number[] = [0, 1, 5, 10, 20, 50, 100];

/**
 * Targets in groups by a number, those below the first edge in a group of their own; groups without targets are left out.
 *
 * @param edges Where groups begin, ascending.
 * @param ks Cut-offs of metrics.
 * @example groupTargets(targets, ({ length }) => length, [1, 5, 10], [10]); // 1–4, 5–9, 10 or more
 */
export function groupTargets(
  targets: readonly RankedTarget[],
  by: (target: RankedTarget) => number,
  edges: readonly number[],
  ks: readonly number[],
): TargetGroup[] {
  const groups = edges.map((): RankedTarget[] => []);
  const below: RankedTarget[] = [];
  for (const target of targets) {
    const at = edges.findLastIndex((edge) => edge <= by(target));
    (groups[at] ?? below).push(target);
  }
  return [
    ...(below.length === 0 ? [] : [groupOf(`less than ${edges[0]}`, below, targets.length, ks)]),
    ...groups.flatMap((own, i) => (own.length === 0 ? [] : [groupOf(nameOf(edges, i), own, targets.length, ks)])),
  ];
}

/** The metrics of a group. @throws MetricsError for no targets */
export function groupOf(
  name: string,
  targets: readonly RankedTarget[],
  of: number,
  ks: readonly number[],
): TargetGroup {
  const metrics = new MetricsAccumulator(ks);
  metrics.add(targets.map(({ rank }) => (rank === null ? MISS : rank - 1)));
  return { name, targets: targets.length, share: targets.length / of, metrics: metrics.result() };
}

function nameOf(edges: readonly number[], at: number): string {
  const [from = 0, next] = [edges[at], edges[at + 1]];
  if (next === undefined) return `${from} or more`;
  return next === from + 1 ? String(from) : `${from}–${next - 1}`;
}
