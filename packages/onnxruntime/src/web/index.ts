// The public API of @difsr/onnxruntime in a browser: the names of the Node entry, over onnxruntime-web.
export { toOnnx, type ToOnnxOptions } from '../lower/to-onnx.js';
export type { HistoryInput } from '../onnx/histories.js';
export { createOnnxRuntimeBackend, createWorkerBackend, openModelFile, probeDevices } from './backend.js';
export { devices, precisions, type Device, type OnnxRuntimeOptions } from '../devices.js';
export type { Precision } from '../lower/precision.js';
export type { DeviceReport } from '../measure.js';
export type { ModelFile } from '../model-file.js';
export { spliceGraph, type Splice, type SpliceSource, type TypeOf } from '../onnx/splice.js';
export {
  describeOnnx,
  OnnxModelError,
  readOnnxTensors,
  transposed,
  type OnnxSummary,
  type OnnxValueSummary,
} from '../onnx/decode.js';
