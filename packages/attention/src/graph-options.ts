// What the functions on graph tensors take, checked as it is given.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { GraphError, type Tensor } from '@difsr/graph';

/** Which keys a query may see: 0 where it may, a large negative number where not; `[b, 1, n, n]`. */
export interface AttentionMask {
  /** Added to the scaled scores. */
  readonly additive: Tensor;
  /** bool `[b, 1, n, n]`, true where the query may look. */
  readonly visible: Tensor;
}

/** What `attentionMask` hides. */
export interface MaskOptions {
  readonly valid?: Tensor;
  readonly causal: boolean;
}

/** What attention does with fused scores: scale, mask, softmax, dropout, values, output projection. */
export interface AttendOptions {
  readonly heads: number;
  readonly mask: AttentionMask;
  /** Factor on the fused scores; default 1 / sqrt(head size of the values). */
  readonly scale?: number;
  /** Applied to the attention probabilities. */
  readonly dropout?: (probabilities: Tensor) => Tensor;
}

/** How sources of scores are fused. */
export type Fusion = 'sum' | 'concat' | 'gate';

/** `reference`: rows of exactly `maxLength`, unmasked scores included. `causal-safe`: hidden scores count as zero, any length up to `maxLength`. */
export type FusionForm = 'reference' | 'causal-safe';

/** Sizes of a DIF attention. */
export interface DifShape {
  readonly width: number;
  readonly sides: readonly number[];
  readonly position?: number;
  readonly heads: number;
  readonly fusion: Fusion;
  readonly maxLength: number;
  readonly deviation: number;
}

/** How `sum` adds: score matrices one by one, or all in one product of concatenated heads. */
export type SumLayout = 'added' | 'concatenated';

/** What the fused kernel needs beside its tensors. */
export interface FusedOptions extends Pick<AttendOptions, 'heads' | 'mask' | 'scale'> {
  readonly form?: FusionForm;
  readonly layout?: SumLayout;
}

const mask = needed(option.object<AttentionMask>({ additive: needed(option.given), visible: needed(option.given) }));
const form = option.oneOf('causal-safe', 'reference');

export const maskRules: OptionRules<MaskOptions> = { valid: option.given, causal: needed(option.flag) };

export const attendRules: OptionRules<AttendOptions> = {
  heads: needed(option.whole(1)),
  mask,
  scale: option.finite,
  dropout: option.callable,
};

export const difRules: OptionRules<AttendOptions & { readonly form?: FusionForm }> = { ...attendRules, form };

export const fusedRules: OptionRules<FusedOptions> = {
  heads: needed(option.whole(1)),
  mask,
  scale: option.finite,
  form,
  layout: option.oneOf('added', 'concatenated'),
};

export const shapeRules: OptionRules<DifShape> = {
  width: needed(option.whole(1)),
  sides: needed(option.list(option.whole(1))),
  position: option.whole(1),
  heads: needed(option.whole(1)),
  fusion: needed(option.oneOf('sum', 'concat', 'gate')),
  maxLength: needed(option.whole(1)),
  deviation: needed(option.notNegative),
};

/** @throws GraphError for options that `rules` do not have or take. */
export function checkGraphOptions<T extends object>(where: string, options: T, rules: OptionRules<T>): void {
  checkOptions(where, options, rules, GraphError);
}
