// The public API of @difsr/onnxruntime.
export { toOnnx, type ToOnnxOptions } from './lower/to-onnx.js';
export { createOnnxRuntimeBackend } from './backend.js';
export { devices, type Device, type OnnxRuntimeOptions } from './devices.js';
export { createWorkerBackend } from './worker-backend.js';
export { probeDevices, type DeviceReport } from './probe.js';
export { openModelFile, type ModelFile } from './model-file.js';
