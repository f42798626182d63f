// The public API of @difsr/attention/onnxruntime: DIF attention as ONNX.
export { difAttentionToOnnx, type DifAttentionToOnnxOptions, type DifOnnxWeights } from './to-onnx.js';
export {
  spliceDifAttention,
  type PositionSource,
  type SideSource,
  type SourceTable,
  type SpliceDifAttentionOptions,
} from './splice.js';
