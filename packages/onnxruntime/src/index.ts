// The public API of @difsr/onnxruntime in Node; ./web/index.ts is the same for browsers.
export { toOnnx, type ToOnnxOptions } from './lower/to-onnx.js';
export { createOnnxRuntimeBackend } from './node/backend.js';
export { devices, type Device, type OnnxRuntimeOptions } from './devices.js';
export { createWorkerBackend } from './node/worker-backend.js';
export { probeDevices, type DeviceReport } from './node/probe.js';
export { openModelFile } from './node/model-file.js';
export type { ModelFile } from './model-file.js';
