// The public API of @difsr/onnxruntime in a browser: the names of the Node entry, over onnxruntime-web.
export { createOnnxRuntimeBackend, createWorkerBackend, openModelFile, probeDevices } from './backend.js';
export { devices, precisions, type Device, type OnnxRuntimeOptions } from '../devices.js';
export type { DeviceReport } from '../measure.js';
export type { ModelFile } from '../model-file.js';
