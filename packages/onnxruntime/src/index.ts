// The public API of @difsr/onnxruntime in Node; ./web/index.ts is the same for browsers.
export { createOnnxRuntimeBackend } from './node/backend.js';
export { devices, precisions, type Device, type OnnxRuntimeOptions } from './devices.js';
export { createWorkerBackend } from './node/worker-backend.js';
export { probeDevices } from './node/probe.js';
export type { DeviceReport } from './measure.js';
export { openModelFile } from './node/model-file.js';
export type { ModelFile } from './model-file.js';
