// What an analysis gives: plain data, the same in code, in JSON and behind the page.
import type { Explanation } from '@difsr/models';
import type { Protocol } from '@difsr/training';
import type { Effect } from './rank.js';

/** A part of an analysis, or why a run does not have it. */
export type Available<T> = T | { readonly unavailable: string };

/** One head of one attention. */
export interface HeadRank extends Effect {
  /** The attention's place in the model, such as `layers.0.attention`. */
  readonly attention: string;
  /** From 0. */
  readonly head: number;
  /** Whether hidden entries count as zero in the matrix, as in a causal-safe `concat`, which has no other: it is triangular then. */
  readonly masked: boolean;
}

/** Ranks of attention scores before mask and softmax. */
export interface RankAnalysis {
  /** Rows of each matrix: how many items of each history are read. */
  readonly length: number;
  /** Histories whose matrices are averaged over. */
  readonly histories: number;
  /** Histories that are long enough. */
  readonly eligible: number;
  /** What a reader must know, such as that no history is as long as was asked for. */
  readonly notes: readonly string[];
  readonly heads: readonly HeadRank[];
  /** Means over heads and attentions. */
  readonly mean: Pick<HeadRank, 'rank' | 'rank64' | 'effective'>;
}

/** Square matrices of one head over a history: rows are queries, columns keys. */
export interface HeadMaps {
  readonly head: number;
  /** Of DIF attention: scores of each source, scaled as their sum is. */
  readonly sources: readonly { readonly name: string; readonly scores: readonly (readonly number[])[] }[];
  /** Fused and scaled, before the mask. */
  readonly fused: readonly (readonly number[])[];
  /** What is attended to; hidden entries are 0. */
  readonly probabilities: readonly (readonly number[])[];
}

/** How a place is called that asks, and holds no item. */
export const MASK = '[MASK]';

/** Attention maps of one history. */
export interface MapAnalysis {
  /** Of `user`: the token. */
  readonly user?: string;
  /** What is shown to the model, oldest first; `[MASK]` where it asks with a place of its own. */
  readonly history: readonly { readonly id: string; readonly name?: string }[];
  /** Ids that the run does not know, and that were left out. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  readonly attentions: readonly { readonly attention: string; readonly heads: readonly HeadMaps[] }[];
}

/** The gradient of one source at the places of sequences. */
export interface SourceGradient {
  /** `item`, `position`, or the name of a field. */
  readonly source: string;
  /** Mean over places of the L2 norm, of the sum of the targets' losses. */
  readonly magnitude: number;
  /**
   * How it stands to the item's: the norm of their difference over the norm of the item's, and the mean cosine over places. Undefined for the
   * item itself, and where widths differ.
   */
  readonly toItem?: { readonly difference: number; readonly cosine: number };
}

/** Gradients of the run's training loss at its weights. */
export interface GradientAnalysis {
  readonly steps: number;
  /** Places of sequences that hold an item. */
  readonly places: number;
  readonly targets: number;
  /** Mean over steps; parts by name. */
  readonly losses: Readonly<Record<string, number>>;
  readonly sources: readonly SourceGradient[];
}

/** Targets that have something in common, and how well they are ranked. */
export interface TargetGroup {
  /** `5–9`, `cold (0)` */
  readonly name: string;
  readonly targets: number;
  /** Of all targets. */
  readonly share: number;
  /** Means over targets, by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Results by group. */
export interface GroupAnalysis {
  readonly part: 'valid' | 'test';
  readonly protocol: Protocol;
  readonly all: TargetGroup;
  /** By items of the history before the target. */
  readonly length: readonly TargetGroup[];
  /** By training interactions of the target; the first group is of items that have none. */
  readonly popularity: readonly TargetGroup[];
}

/** All of one run. */
export interface RunAnalysis {
  /** Its folder. */
  readonly run: string;
  readonly model: string;
  readonly dataset: string;
  /** Options that decide what can be compared: width, heads, layers, fusion, where the model has them. */
  readonly options: Readonly<Record<string, string | number>>;
  readonly rank: Available<RankAnalysis>;
  /** Of a user or history that was asked for. */
  readonly maps?: Available<MapAnalysis>;
  /** Of the same history: what decided the best recommendation, as a recommender explains it. */
  readonly explanation?: Available<Explanation>;
  readonly gradients: Available<GradientAnalysis>;
  readonly groups: Available<GroupAnalysis>;
}

/** What `analyze` gives. */
export interface Analysis {
  readonly formatVersion: 1;
  /** What must be known of runs that stand side by side, such as that their widths differ. */
  readonly notes: readonly string[];
  readonly runs: readonly RunAnalysis[];
}

/** Whether a run has a part. */
export function isAvailable<T extends object>(part: Available<T>): part is T {
  return !('unavailable' in part);
}
