// The public API of @difsr/attention.
export type {
  AttendOptions,
  AttentionMask,
  DifShape,
  FusedOptions,
  Fusion,
  FusionForm,
  MaskOptions,
  SumLayout,
} from './graph-options.js';
export * from './scores.js';
export * from './fusion.js';
export * from './family.js';
export * from './fused.js';
export * from './kernel/kernel.js';
export type { AttentionInputs, AttentionTables, TabulatedInputs } from './kernel/arrays.js';
export { parseConfig, type CompleteDifAttentionConfig, type DifAttentionConfig } from './kernel/config.js';
export * from './error.js';
