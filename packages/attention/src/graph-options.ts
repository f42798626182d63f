// What the functions on graph tensors take, checked as it is given.
import { checkOptions, GraphError, needed, option, type OptionRules } from '@difsr/graph';
import type { DifShape } from './family.js';
import type { FusedOptions } from './fused.js';
import type { FusionForm } from './fusion.js';
import type { AttendOptions, AttentionMask, MaskOptions } from './scores.js';

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
  checkOptions(where, options, rules, (message) => new GraphError(message));
}
