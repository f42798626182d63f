// The public API of @difsr/attention/tfjs.
export { difAttention, type DifAttentionMask, type DifAttentionOptions } from './attention.js';
export { difAttentionWeights, type DifAttentionShape } from './weights.js';
export { AttentionError } from '../error.js';
