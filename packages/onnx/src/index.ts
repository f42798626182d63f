// The public API of @difsr/onnx.
export { toOnnx, type ToOnnxOptions } from './lower/to-onnx.js';
export type { HistoryInput } from './file/histories.js';
export { extractOnnx, type Extraction } from './splice/extract.js';
export { spliceGraph, type Splice, type SpliceSource, type TypeOf } from './splice/splice.js';
export {
  describeOnnx,
  OnnxModelError,
  readOnnxTensors,
  transposed,
  type OnnxSummary,
  type OnnxValueSummary,
} from './file/decode.js';
