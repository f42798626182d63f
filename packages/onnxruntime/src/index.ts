// The public API of @difsr/onnxruntime in Node; ./web/index.ts is the same for browsers.
export { toOnnx, type ToOnnxOptions } from './lower/to-onnx.js';
export type { HistoryInput } from './onnx/histories.js';
export { createOnnxRuntimeBackend } from './node/backend.js';
export { devices, precisions, type Device, type OnnxRuntimeOptions } from './devices.js';
export type { Precision } from './lower/precision.js';
export { createWorkerBackend } from './node/worker-backend.js';
export { probeDevices } from './node/probe.js';
export type { DeviceReport } from './measure.js';
export { openModelFile } from './node/model-file.js';
export type { ModelFile } from './model-file.js';
export { spliceGraph, type Splice, type SpliceSource, type TypeOf } from './onnx/splice.js';
export {
  describeOnnx,
  OnnxModelError,
  readOnnxTensors,
  transposed,
  type OnnxSummary,
  type OnnxValueSummary,
} from './onnx/decode.js';
