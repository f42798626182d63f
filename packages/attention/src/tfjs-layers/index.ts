// The public API of @difsr/attention/tfjs-layers. Importing it registers the classes, so that loadLayersModel finds them.
export { DifAttention, type DifAttentionLayerConfig } from './dif-attention.js';
export {
  attributeLoss,
  type AttributeLossOptions,
  AttributePredictor,
  type AttributePredictorConfig,
  attributeTargets,
} from './attribute-predictor.js';
export { AttentionError } from '../error.js';
